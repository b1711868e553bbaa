"""Where the trips come from: one module for each kind of calendar, all giving Events."""
