"""The lessons that are shipped: what is taught, and what to play for it."""
