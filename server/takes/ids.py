"""Identifiers: UUID version 7, which sort by the time they were made."""

import secrets
import time
import uuid


def uuid7() -> str:
    """Make a new identifier.

    Returns
    -------
    str
        36 characters; 48 bits of milliseconds, 12 bits of the fraction of one, 62 random bits.

    References
    ----------
    RFC 9562, section 5.7, and method 3 of section 6.2.
    """
    milliseconds, rest_ns = divmod(time.time_ns(), 1_000_000)
    fraction = rest_ns * 4096 // 1_000_000
    high = milliseconds << 16 | 0x7000 | fraction
    low = 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=high << 64 | low))
