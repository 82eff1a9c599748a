"""What stops a benchmark and can be helped by whoever runs it."""


class BenchError(Exception):
    """Something that a benchmark needs is missing or was asked for wrongly; says what to do."""
