"""Storage that survives a restart: the working state, the quarters, the day files, the log."""
