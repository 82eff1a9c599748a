"""Numbers in files: read with bounds, refused with the field's name."""

import re
from fractions import Fraction

from engine.errors import ScoreError

_DECIMAL = re.compile(r"[+-]?\d{1,9}(\.\d{0,30})?")
_LEADING = re.compile(r"\D{0,3}(\d{1,6})")


def integer(name: str, text: str | None, low: int, high: int) -> int:
    """Read a whole number between ``low`` and ``high``."""
    number = fraction(name, text)
    if number.denominator != 1 or not low <= number <= high:
        raise ScoreError(f"{name} must be a whole number from {low} to {high}, got {text!r}")
    return int(number)


def fraction(name: str, text: str | None) -> Fraction:
    """Read a decimal number exactly; exponents are refused, they can fill the memory."""
    stripped = (text or "").strip()
    if not _DECIMAL.fullmatch(stripped):
        raise ScoreError(f"{name} must be a number, got {stripped[:20]!r}")
    return Fraction(stripped)


def leading_integer(text: str, otherwise: int) -> int:
    """Read a bar number such as 12, 12a or X1; ``otherwise`` where there is none."""
    match = _LEADING.match(text)
    return int(match.group(1)) if match and not text.startswith("X") else otherwise


def fraction_or_none(text: str | None) -> Fraction | None:
    """Read a decimal number that a score can do without."""
    stripped = (text or "").strip()
    return Fraction(stripped) if _DECIMAL.fullmatch(stripped) else None
