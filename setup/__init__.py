"""Setup: installs the program on a machine, checks it, upgrades it and uninstalls it."""
