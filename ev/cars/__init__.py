"""Sources of a car's state: one module for each source, all giving a CarStatus."""
