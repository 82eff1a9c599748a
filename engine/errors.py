"""Errors of the engine: one class per thing a caller can act on."""


class EngineError(Exception):
    """Root of every error raised by :mod:`engine`."""


class ScoreError(EngineError):
    """A file or an array is no score: not music, cut off, too large or unsafe."""


class RuleError(EngineError, ValueError):
    """An argument breaks a documented rule; the message names argument, rule and value."""
