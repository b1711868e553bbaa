"""The version of the whole program, as in CHANGELOG.md and the tags of git."""

VERSION = "0.1.0"
