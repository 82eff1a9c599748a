"""The engine: scores, following, judging, reports, rooms. No sockets, no clocks, no threads."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.chords import ChordVerifier
    from engine.drift import SyncRoom
    from engine.matching import ScoreFollower
    from engine.pitch import PitchTracker
    from engine.report import Report, make_report
    from engine.score.score import Score

__all__ = [
    "ChordVerifier",
    "PitchTracker",
    "Report",
    "Score",
    "ScoreFollower",
    "SyncRoom",
    "make_report",
]

_HOMES = {
    "ChordVerifier": "engine.chords",
    "PitchTracker": "engine.pitch",
    "Report": "engine.report",
    "Score": "engine.score.score",
    "ScoreFollower": "engine.matching",
    "SyncRoom": "engine.drift",
    "make_report": "engine.report",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that a command that needs neither starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
