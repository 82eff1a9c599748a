"""What a score asks of who learns it: its phrases, how hard each is, the key it is in."""
