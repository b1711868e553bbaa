"""Sources of trips: one module for each kind of calendar, all giving Events."""
