"""How a take is written down: header, score and log, each readable on its own.

A chunk is MessagePack of ``[version, number, entries]``; an entry is ``[event, verdicts]``, both
arrays in the order of their fields. A score is zlib of MessagePack, one column of bytes a field.
"""

import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.events import Event
from engine.judging import Summary, Verdict
from engine.judging.verdicts import TOLD_FIELDS
from engine.score import Score
from engine.score.arrays import (
    NO_PITCH,
    ORNAMENTS,
    TEMPO_DTYPE,
    Structured,
    blank_bars,
    blank_notes,
    no_notes,
)
from server.errors import TakeError

VERSION = 1
MAX_SCORE_BYTES = 64 << 20  # unpacked; 400,000 notes: no score is that long
THREE_ITEMS, MANY_ITEMS = b"\x93", b"\xdd"  # heads of MessagePack arrays: of 3, of 32 bits' worth
MAX_TEXT = 200  # characters of a title, a name
_NO_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0))) | dict.fromkeys(b"\t\n\r", " ")

ADDED_TO_NOTES = frozenset({"ornament", "ornament_upper", "ornament_lower", "has_fermata"})
ADDED_TO_BARS = frozenset({"written", "is_unrepeated"})

Entry = tuple[Event, list[Verdict]]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]


class TakeHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay needs beside the log, and what a list of takes shows.

    Attributes
    ----------
    id, user_id : str
        UUID version 7 of the take; who played it.
    started_at : datetime
        With zone.
    song, title : str
        Which piece of the catalogue, if any; the name to show.
    source : str
        Where the events came from: ws, socketio, midi, file, ...
    mode : str
        tempo, follow or wait.
    tempo_bpm : float or None
        Quarter notes a minute at the start; None: as written.
    judged_by : str
        The version of Etude that gave the verdicts.
    score : bytes
        Written by :func:`pack_score`.
    instrument : str or None
        What the microphone was told to listen to.
    """

    id: Annotated[str, Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    user_id: Text
    started_at: Annotated[datetime, Meta(tz=True)]
    song: Text
    title: Text
    source: Text
    mode: Text
    tempo_bpm: float | None
    judged_by: Text
    score: bytes
    instrument: Text | None = None


class StoredTake(NamedTuple):
    """A take as it was kept; ``summary`` is None where it was never summed up."""

    header: TakeHeader
    status: str
    summary: Summary | None
    chunks: list[bytes]


class _Array(msgspec.Struct, frozen=True):
    length: Annotated[int, Meta(ge=0, le=1 << 20)]
    columns: dict[str, tuple[str, bytes]]


class _Score(msgspec.Struct, frozen=True, omit_defaults=True):
    version: int
    title: str
    composer: str
    notes: _Array
    bars: _Array
    tempi: _Array
    ignored: _Array | None = None


# Whatever a damaged or malicious score may raise on its way through zlib, msgspec and NumPy.
_DAMAGE = (zlib.error, msgspec.MsgspecError, LookupError, TypeError, ValueError, EngineError)

_encode = msgspec.msgpack.Encoder().encode
_encode_into = msgspec.msgpack.Encoder().encode_into
_decode_chunk = msgspec.msgpack.Decoder(tuple[int, int, list[Entry]]).decode
_decode_score = msgspec.msgpack.Decoder(_Score).decode


def clean(text: str) -> str:
    """Make a text of a client fit for every database and terminal.

    It is valid Unicode and bounded, and has no controls: NUL ends a text, ESC commands a terminal.
    """
    return text.translate(_NO_CONTROLS).encode("utf-8", "replace").decode()[:MAX_TEXT]


def encode_entry(event: Event, verdicts: list[Verdict], log: bytearray) -> None:
    """Write one entry at the end of a log; the inverse of what :func:`decode_chunk` does to it.

    Why a verdict was given is not kept: a replay says it again.
    """
    _encode_into((event, [verdict[:TOLD_FIELDS] for verdict in verdicts]), log, -1)


def encode_chunk(number: int, n_entries: int, log: bytes | bytearray) -> bytes:
    """Write one part of a log, its entries written before; the inverse of :func:`decode_chunk`."""
    head = THREE_ITEMS + _encode(VERSION) + _encode(number)
    return head + MANY_ITEMS + n_entries.to_bytes(4, "big") + log


def decode_chunk(data: bytes, number: int) -> list[Entry]:
    """Read the ``number``-th part of a log.

    Raises
    ------
    TakeError
        If it is damaged, not this part, or of a version not known.
    """
    try:
        version, found, entries = _decode_chunk(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError) as error:
        raise TakeError(f"chunk {number} of the take is damaged: {error}") from None
    if version != VERSION or found != number:
        raise TakeError(f"chunk {number} must be of version {VERSION}, got {found} of {version}")
    return entries


def decode_log(chunks: list[bytes]) -> list[Entry]:
    """Read a whole log; raises as :func:`decode_chunk`."""
    return [entry for number, data in enumerate(chunks) for entry in decode_chunk(data, number)]


def pack_score(score: Score) -> bytes:
    """Write a score in full; the inverse of :func:`unpack_score`."""
    arrays = [_pack(score.notes), _pack(score.bars), _pack(score.tempi)]
    if len(score.ignored):
        arrays.append(_pack(score.ignored))
    return zlib.compress(_encode(_Score(VERSION, score.title, score.composer, *arrays)), 6)


def unpack_score(data: bytes) -> Score:
    """Read a score.

    Raises
    ------
    TakeError
        If it is damaged, of a version not known, longer than ``MAX_SCORE_BYTES`` or no score.
    """
    try:
        inflate = zlib.decompressobj()
        raw = inflate.decompress(data, MAX_SCORE_BYTES)
        if inflate.unconsumed_tail or not inflate.eof:
            raise TakeError(f"the score of the take is cut off or over {MAX_SCORE_BYTES} bytes")
        stored = _decode_score(raw)
        if stored.version != VERSION:
            raise TakeError(f"the score's version must be {VERSION}, got {stored.version}")
        return Score(
            notes=_unpack_notes(stored.notes),
            bars=_finite(_unpack(stored.bars, blank_bars, ADDED_TO_BARS)),
            tempi=_finite(_unpack(stored.tempi, lambda length: np.zeros(length, TEMPO_DTYPE))),
            title=stored.title,
            composer=stored.composer,
            ignored=no_notes() if stored.ignored is None else _unpack_notes(stored.ignored),
        )
    except _DAMAGE as error:
        raise TakeError(f"the score of the take is damaged: {error}") from None


def _unpack_notes(stored: _Array) -> NDArray[np.void]:
    return _sorted(_ornamented(_finite(_unpack(stored, blank_notes, ADDED_TO_NOTES))))


def _pack(array: NDArray[np.void]) -> _Array:
    columns: dict[str, tuple[str, bytes]] = {}
    for name in array.dtype.names or ():
        column = np.ascontiguousarray(array[name])
        column = column.astype(column.dtype.newbyteorder("<"), copy=False)
        columns[name] = (column.dtype.str, column.tobytes())
    return _Array(len(array), columns)


def _unpack(
    stored: _Array, blank: Callable[[int], Structured], added: frozenset[str] = frozenset()
) -> NDArray[np.void]:
    """Fill a blank array; a column ``added`` since may be absent from an older score."""
    array = blank(stored.length)
    for name in array.dtype.names or ():
        if name in added and name not in stored.columns:
            continue
        kind, data = stored.columns[name]
        if np.dtype(kind).kind != array.dtype[name].kind:
            raise TakeError(f"{name} must be {array.dtype[name]}, got {kind}")
        array[name] = np.frombuffer(data, kind)
        if array.dtype[name].kind == "U":
            "".join(array[name].tolist()).encode().decode()  # fails where a character is none
    array.setflags(write=False)
    return array


def _finite(array: NDArray[np.void]) -> NDArray[np.void]:
    if not len(array):
        raise TakeError("notes, bars and tempi must have at least one row")
    for name in array.dtype.names or ():
        if array.dtype[name].kind == "f" and not np.isfinite(array[name]).all():
            raise TakeError(f"{name} must be finite")
    return array


def _ornamented(notes: NDArray[np.void]) -> NDArray[np.void]:
    for name in ("ornament_upper", "ornament_lower"):
        if (notes[name] < NO_PITCH).any() or (notes[name] > 127).any():
            raise TakeError(f"{name} must be {NO_PITCH} to 127")
    if not set(notes["ornament"].tolist()) <= set(ORNAMENTS):
        raise TakeError(f"ornament must be one of {ORNAMENTS}")
    return notes


def _sorted(notes: NDArray[np.void]) -> NDArray[np.void]:
    if (notes["pitch"] < 0).any() or (notes["pitch"] > 127).any():
        raise TakeError("pitch must be 0 to 127")
    if (np.diff(notes["onset_beat"]) < 0).any():
        raise TakeError("the notes must be sorted by onset")
    return notes
