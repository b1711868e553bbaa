"""What was used and what the market cost, read from files: exports, tables of quarters, prices."""
