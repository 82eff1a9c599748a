"""Scores: read from files or made of arrays, cut into sections, engraved."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.score.engraving import engrave
    from engine.score.score import Score

__all__ = ["Score", "engrave"]

_HOMES = {"Score": "engine.score.score", "engrave": "engine.score.engraving"}


def __getattr__(name: str) -> Any:
    """Import on first use: the reading process starts in this package and needs no arrays."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
