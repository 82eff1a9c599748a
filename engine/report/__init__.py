"""The report of a take: bars, hands, tempo, dynamics, what to practise, progress."""

from engine.report.report import Report, make_report
from engine.report.values import (
    BarChange,
    BarStats,
    Counts,
    Exercise,
    HandStats,
    Incident,
    Intonation,
    LoudnessPoint,
    Progress,
    TakePoint,
    TempoPoint,
    Timing,
    Totals,
    Velocity,
)

__all__ = [
    "BarChange",
    "BarStats",
    "Counts",
    "Exercise",
    "HandStats",
    "Incident",
    "Intonation",
    "LoudnessPoint",
    "Progress",
    "Report",
    "TakePoint",
    "TempoPoint",
    "Timing",
    "Totals",
    "Velocity",
    "make_report",
]
