"""Takes: running, written down, judged again."""
