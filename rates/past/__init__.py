"""Past use and market prices, read from files: exports, tables of quarters, prices."""
