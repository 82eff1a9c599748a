"""The report of a take as a web page and as JSON."""
