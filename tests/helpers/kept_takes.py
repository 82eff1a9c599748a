"""Takes that were played, put into a store or written down."""

import numpy as np

from engine.events import Event, Kind
from engine.score import Score
from server.store import TakeKeeper, TakeStore
from server.takes.format import StoredTake, encode_chunk, encode_entry
from server.takes.take import Take

PITCHES = (60, 62, 64, 65, 67, 69, 71, 72)


def scale() -> Score:
    """A scale in quarter notes at 120, its last two notes together."""
    notes = np.zeros(8, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"] = PITCHES
    notes["onset_beat"] = [0, 1, 2, 3, 4, 5, 6, 6]
    return Score.from_notes(notes, title="Scale", tempo_bpm=120.0)


def played(take: Take, *, count: int = 8) -> Take:
    """Play the scale a little late, and let each note go."""
    for k in range(count):
        onset_sec = 0.5 * min(k, 6) + 0.01
        take.process(Event(onset_sec, Kind.NOTE_ON, PITCHES[k], 64))
        take.process(Event(onset_sec + 0.4, Kind.NOTE_OFF, PITCHES[k]))
    return take


def stored(take: Take, chunks: list[bytes]) -> StoredTake:
    return StoredTake(take.header(), take.status, take.performance.summary(), chunks)


def whole(take: Take) -> StoredTake:
    chunk = take.drain()
    return stored(take, [chunk] if chunk else [])


async def keep(url: str, *takes: Take) -> None:
    """Keep takes as a server does."""
    store = await TakeStore.open(url)
    keeper = TakeKeeper(store)
    for take in takes:
        keeper.add(take)
    await keeper.close()
    await store.close()


def chunk_of(entries) -> bytes:
    """A log written down as the first chunk of a take."""
    log = bytearray()
    for event, verdicts in entries:
        encode_entry(event, verdicts, log)
    return encode_chunk(0, len(entries), log)
