"""The page for a telephone: plain HTML, CSS and ES modules, served unchanged."""
