"""Errors of the native core."""


class NativeError(Exception):
    """Root of every error raised by :mod:`native`."""


class RangeError(NativeError, ValueError):
    """An argument is outside its documented range."""
