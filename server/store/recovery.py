"""Ending the take of a process that is gone, by what it left."""

import asyncio

import structlog

from server.errors import TakeError
from server.store.records import TakeEnd
from server.takes.format import Entry, StoredTake, decode_chunk
from server.takes.replay import perform
from server.takes.take import RECOVERED

_log = structlog.get_logger(__name__)


async def recovered(take: StoredTake) -> TakeEnd:
    """Judge what was kept of a take again and sum it up, on another thread.

    What cannot be read is passed over with a warning: one damaged take must not stand in the way
    of the others.
    """
    return await asyncio.to_thread(_recovered, take)


def _recovered(take: StoredTake) -> TakeEnd:
    try:
        performance = perform(take, _readable(take))
    except TakeError as error:
        _log.warning("a lost take cannot be summed up", take=take.header.id, error=str(error))
        return TakeEnd(take.header.id, RECOVERED, None, None)
    return TakeEnd.of(take.header.id, RECOVERED, performance)


def _readable(take: StoredTake) -> list[Entry]:
    entries: list[Entry] = []
    for number, data in enumerate(take.chunks):
        try:
            entries += decode_chunk(data, number)
        except TakeError as error:
            _log.warning("a lost take is damaged", take=take.header.id, error=str(error))
            break
    return entries
