"""What was played in a practice session: the events of its take, each with its verdicts."""

import asyncio
from collections.abc import Sequence
from itertools import islice
from math import isnan
from typing import Annotated

from msgspec import Meta, Struct

from engine.events import Event, Kind
from engine.judging import Verdict
from server.errors import ApiError, NoTakeError, TakeError
from server.practice.changes import Row
from server.store import TakeStore
from server.takes.format import StoredTake, decode_log

MAX_EVENTS = 1000  # of one page

# What an event of the log is called on the wire, where it is called anything there.
NAMES = {
    Kind.NOTE_ON: "note_played",
    Kind.NOTE_OFF: "note_released",
    Kind.CONTROL: "control_change",
    Kind.TICK: "time_passed",
    Kind.END: "end_session",
    Kind.RENAMED: "note_renamed",
    Kind.CENTS: "note_cents",
}


class EventsQuery(Struct, kw_only=True):
    """``?limit=&cursor=``; the cursor is how many events came before."""

    limit: Annotated[int, Meta(ge=1, le=MAX_EVENTS)] = 200
    cursor: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0


class PlayedVerdict(Struct, kw_only=True):
    """What was said of a note; -1 stands for no note, null for no time."""

    result: str
    played_index: int
    score_index: int
    midi_note: int
    timing_diff: float | None
    score_delta: int
    is_revision: bool


class PlayedEvent(Struct, kw_only=True):
    """One event of a take, as it came, and what was said then; times in milliseconds.

    ``number`` is a MIDI note or a controller, ``value`` its velocity or position.
    """

    index: int
    event: str
    timestamp: float
    number: int
    value: int
    verdicts: list[PlayedVerdict]


async def load_take(store: TakeStore, row: Row) -> StoredTake:
    """Load the take of a practice session.

    Raises
    ------
    ApiError
        404, if it has none; 409, if it cannot be read.
    """
    if row["take_id"] is None:
        raise _no_take()
    try:
        take = await store.load(row["take_id"])
    except NoTakeError:
        raise _no_take() from None
    except TakeError as error:
        raise unreadable(error) from None
    if take.header.user_id != row["user_id"]:
        raise _no_take()
    return take


async def events_of(take: StoredTake, query: EventsQuery) -> tuple[list[PlayedEvent], int]:
    """Give some of the events of a take, and how many there are in all.

    Raises
    ------
    ApiError
        409, if the log cannot be read.
    """
    try:
        return await asyncio.to_thread(_events_of, take.chunks, query)
    except TakeError as error:
        raise unreadable(error) from None


def unreadable(error: TakeError) -> ApiError:
    """The answer for a take that is damaged."""
    return ApiError(409, "TAKE_UNREADABLE", f"what was kept of this take cannot be used: {error}")


def _no_take() -> ApiError:
    return ApiError(404, "NO_TAKE", "this practice session was not played here: it has no take")


def _events_of(chunks: list[bytes], query: EventsQuery) -> tuple[list[PlayedEvent], int]:
    log = decode_log(chunks)
    some = islice(enumerate(log), query.cursor, query.cursor + query.limit)
    return [_event(index, event, verdicts) for index, (event, verdicts) in some], len(log)


def _event(index: int, event: Event, verdicts: Sequence[Verdict]) -> PlayedEvent:
    return PlayedEvent(
        index=index,
        event=NAMES[event.kind],
        timestamp=1000.0 * event.time_sec,
        number=event.number,
        value=event.value,
        verdicts=[_verdict(verdict) for verdict in verdicts],
    )


def _verdict(verdict: Verdict) -> PlayedVerdict:
    timing_sec = verdict.timing_sec
    return PlayedVerdict(
        result=verdict.result,
        played_index=verdict.played_index,
        score_index=verdict.score_index,
        midi_note=verdict.pitch,
        timing_diff=None if isnan(timing_sec) else 1000.0 * timing_sec,
        score_delta=verdict.points,
        is_revision=verdict.is_revision,
    )
