"""Judging: what is said of each note, by which rule, and how a take is marked."""

from engine.judging.remarks import Remark
from engine.judging.verdicts import RESULTS, Position, Summary, Tally, Verdict, Why, summarize

__all__ = ["RESULTS", "Position", "Remark", "Summary", "Tally", "Verdict", "Why", "summarize"]
