"""What goes into the store and what comes out of it, without SQL."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row

from engine.judging import Summary
from engine.performance import Performance
from server.takes.format import TakeHeader


class TakeChunk(NamedTuple):
    """One part of a take's log."""

    take_id: str
    number: int
    data: bytes


class TakeEnd(NamedTuple):
    """How a take ended, and when by its own clock; no summary where its log cannot be read."""

    take_id: str
    status: str
    summary: Summary | None
    notes_played: int | None
    duration_sec: float = 0.0

    @classmethod
    def of(cls, take_id: str, status: str, performance: Performance) -> "TakeEnd":
        """Sum up a take that is over."""
        duration_sec = max(performance.now_sec, 0.0)
        summary = performance.summary()
        return cls(take_id, status, summary, performance.notes_played, duration_sec)


class Batch(NamedTuple):
    """What is written in one transaction; writing it twice is writing it once."""

    headers: list[TakeHeader]
    chunks: list[TakeChunk]
    ends: list[TakeEnd]


class TakeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a list of takes; ``summary`` is None until the take has ended."""

    id: str
    status: str
    user_id: str
    started_at: datetime
    song: str
    title: str
    source: str
    mode: str
    tempo_bpm: float | None
    judged_by: str
    notes_played: int | None
    summary: Summary | None


INFO_FIELDS = [name for name in TakeInfo.__struct_fields__ if name != "summary"]


def take_info(row: Row[Any]) -> TakeInfo:
    """Read a row of the table of takes."""
    values = {name: getattr(row, name) for name in INFO_FIELDS}
    return TakeInfo(summary=take_summary(row), **values)


def take_header(row: Row[Any]) -> TakeHeader:
    """Read what a replay needs from a row of the table of takes.

    Raises
    ------
    msgspec.ValidationError
        If a value is none of its field.
    """
    values = {name: getattr(row, name) for name in TakeHeader.__struct_fields__}
    return msgspec.convert(values, TakeHeader)


def take_summary(row: Row[Any]) -> Summary | None:
    """Read the marks from a row of the table of takes."""
    if row.grade is None:
        return None
    return Summary(row.overall_score, row.accuracy, row.grade, row.message, row.counts)


def end_values(end: TakeEnd) -> dict[str, Any]:
    """Lay the end of a take out as columns."""
    marks = end.summary._asdict() if end.summary else dict.fromkeys(Summary._fields)
    return {"status": end.status, "notes_played": end.notes_played, **marks}
