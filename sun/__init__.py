"""Solar forecast: watts per quarter, from a weather service, scaled to the house."""
