"""``etude room``: what its user sees and presses."""
