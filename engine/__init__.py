"""The engine: scores, following, judging. No sockets, no clocks, no threads."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.matching import ScoreFollower
    from engine.score.score import Score

__all__ = ["Score", "ScoreFollower"]

_HOMES = {"Score": "engine.score.score", "ScoreFollower": "engine.matching"}


def __getattr__(name: str) -> Any:
    """Import on first use, so that a command that needs neither starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
