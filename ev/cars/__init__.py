"""Where a car's state comes from: one module for each source, all giving a CarStatus."""
