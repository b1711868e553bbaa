"""Battery devices: the driver of each family, and the parts that all share."""
