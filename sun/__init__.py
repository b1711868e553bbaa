"""What the sun will give: watts per quarter, from a weather service, scaled to the house."""
