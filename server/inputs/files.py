"""Recorded performances as inputs: standard MIDI files and take files."""

from collections.abc import Iterator
from itertools import accumulate
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import ScoreError
from engine.events import Event, Kind
from server.inputs import ARRIVAL_SEC
from server.inputs.errors import MidiFileError

MAX_FILE_BYTES = 1 << 20  # hours of dense playing; reading it takes a few seconds at worst
MAX_TAKE_SEC = 24 * 3600.0
DEFAULT_TEMPO_USEC = 500_000  # microseconds a quarter note where no tempo is set: the format's own
PERCUSSION_CHANNEL = 9  # General MIDI's channel 10: its numbers are drums, not pitches
HEADER_BYTES = 14
KINDS = {"note_on": Kind.NOTE_ON, "note_off": Kind.NOTE_OFF, "control_change": Kind.CONTROL}


class _Timed(NamedTuple):
    """A message at its tick."""

    tick: int
    message: Any


def read_midi_events(path: Path) -> list[Event]:
    """Read a performance from a standard MIDI file.

    Parameters
    ----------
    path : Path
        Type 0 or 1. All tracks and channels count but the drums.

    Returns
    -------
    list of Event
        Notes and control changes in order; ``time_sec`` counts from the start of the file.

    Raises
    ------
    MidiFileError
        If the file cannot be read, is no MIDI file, is damaged, has no notes, or is longer than
        ``MAX_FILE_BYTES`` or ``MAX_TAKE_SEC``.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise MidiFileError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return midi_events(data)
    except MidiFileError as error:
        raise MidiFileError(f"{path}: {error}") from error


def midi_events(data: bytes) -> list[Event]:
    """Read a performance from the bytes of a MIDI file; see :func:`read_midi_events`."""
    if len(data) > MAX_FILE_BYTES:
        raise MidiFileError(f"a MIDI file must be at most {MAX_FILE_BYTES >> 20} MiB long")
    file = _parse(data)
    timed = sorted(_all_messages(file), key=attrgetter("tick"))
    events = [
        _event(entry, second) for entry, second in zip(timed, _seconds(timed, data), strict=True)
    ]
    played = [event for event in events if event is not None]
    if not any(event.kind == Kind.NOTE_ON for event in played):
        raise MidiFileError("a performance must have at least one note, got none")
    if played[-1].time_sec > MAX_TAKE_SEC:
        raise MidiFileError(f"a performance must last at most {MAX_TAKE_SEC / 3600:g} hours")
    return played


def _parse(data: bytes) -> Any:
    from engine.score.midi import parse_midi

    if data[:4] != b"MThd" or len(data) < HEADER_BYTES:
        raise MidiFileError("this is no MIDI file")
    try:
        return parse_midi(data)
    except ScoreError as error:
        raise MidiFileError(str(error)) from error


def _all_messages(file: Any) -> Iterator[_Timed]:
    for track in file.tracks:
        ticks = accumulate(message.time for message in track)
        yield from (
            _Timed(tick, message)
            for tick, message in zip(ticks, track, strict=True)
            if message.type == "set_tempo"
            or (message.type in KINDS and message.channel != PERCUSSION_CHANNEL)
        )


def _seconds(timed: list[_Timed], data: bytes) -> Iterator[float]:
    """The time of each message, by the tempo map or, where the file counts so, by film frames."""
    high, low = data[12], data[13]
    in_frames = high >= 0x80
    ticks_per_unit = (0x100 - high) * low if in_frames else high << 8 | low
    if ticks_per_unit == 0:
        raise MidiFileError("a MIDI file must count ticks, got a division of 0")
    tick_sec = 1.0 / ticks_per_unit if in_frames else DEFAULT_TEMPO_USEC * 1e-6 / ticks_per_unit
    now_tick, now_sec = 0, 0.0
    for tick, message in timed:
        now_sec += (tick - now_tick) * tick_sec
        now_tick = tick
        yield now_sec
        if message.type == "set_tempo" and not in_frames:
            tick_sec = message.tempo * 1e-6 / ticks_per_unit


def _event(entry: _Timed, time_sec: float) -> Event | None:
    message = entry.message
    if message.type == "set_tempo":
        return None
    if message.type == "control_change":
        return Event(time_sec, Kind.CONTROL, message.control, message.value)
    if message.type == "note_on" and message.velocity > 0:
        return Event(time_sec, Kind.NOTE_ON, message.note, message.velocity)
    return Event(time_sec, Kind.NOTE_OFF, message.note, message.velocity)


def read_events(path: Path) -> list[Event]:
    """Read a performance from a MIDI file or a take file.

    Returns
    -------
    list of Event
        Notes and control changes in order. A MIDI file's count from its start; a take's are at the
        times of that take, a count-in negative.

    Raises
    ------
    MidiFileError
        As :func:`read_midi_events`.
    server.errors.TakeError
        If a take file is damaged.
    """
    from server.takes.file import is_take_file, read_take
    from server.takes.format import decode_log

    if not is_take_file(path):
        return read_midi_events(path)
    events = (entry[0] for entry in decode_log(read_take(path).chunks))
    played = [event for event in events if event.kind in KINDS.values()]
    if not any(event.kind == Kind.NOTE_ON for event in played):
        raise MidiFileError(f"{path}: a performance must have at least one note, got none")
    return played


class RecordedInput:
    """Plays a recording again, each event at its time.

    Parameters
    ----------
    events : list of Event
        In order.
    zero_sec : float
        Where the recording's 0 stands on the clock of :meth:`poll`.
    """

    def __init__(self, events: list[Event], zero_sec: float) -> None:
        self._events = events
        self._zero_sec = zero_sec
        self._next = 0

    @property
    def is_over(self) -> bool:
        """Whether everything was played."""
        return self._next == len(self._events)

    def poll(self, now_sec: float) -> list[Event]:
        """Return what became due since the last call, at times of the clock of ``now_sec``."""
        start = self._next
        events = self._events
        while self._next < len(events) and events[self._next].time_sec + self._zero_sec <= now_sec:
            self._next += 1
        return [
            event._replace(time_sec=event.time_sec + self._zero_sec)
            for event in events[start : self._next]
        ]

    def settled_sec(self, now_sec: float) -> float:
        """Return until when everything that was recorded has been polled."""
        return now_sec - ARRIVAL_SEC
