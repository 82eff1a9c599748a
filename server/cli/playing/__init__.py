"""``etude play``: from the command line's wishes to the live view."""
