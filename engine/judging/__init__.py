"""Judging: what is said of each note, by which rule, and how a take is marked."""

from engine.judging.verdicts import RESULTS, Position, Summary, Tally, Verdict, summarize

__all__ = ["RESULTS", "Position", "Summary", "Tally", "Verdict", "summarize"]
