"""A comparison of contracts as text for any terminal, and as a drawing."""
