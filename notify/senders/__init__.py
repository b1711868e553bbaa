"""The ways of a notification to a telephone: one file and one registry row for each."""
