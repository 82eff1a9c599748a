"""Read standard MIDI files as scores: ticks become beats, tracks become staves."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from itertools import islice, pairwise
from typing import Any

import mido

from engine.errors import ScoreError
from engine.score.limits import (
    DEFAULT_TEMPO_BPM,
    MAX_BARS,
    MAX_BEATS,
    MAX_NOTES,
    MAX_TEMPO_BPM,
    MIN_TEMPO_BPM,
)
from engine.score.musicxml import MAX_METRE
from engine.score.playing import beat_in_bar
from engine.score.reading import BarRow, NoteRow, Reading, TempoRow

PERCUSSION_CHANNEL = 9
"""General MIDI's channel 10, counted from 0: its numbers are drums, not pitches."""


@dataclass(frozen=True, slots=True)
class _Note:
    pitch: int
    onset: Fraction
    end: Fraction
    lane: tuple[int, int]  # track, channel


@dataclass(frozen=True, slots=True)
class _Metre:
    onset: Fraction
    count: int = 4
    unit: int = 4

    @property
    def duration(self) -> Fraction:
        return Fraction(4 * self.count, self.unit)


@dataclass(slots=True)
class _Content:
    """Everything of interest in the tracks."""

    notes: list[_Note] = field(default_factory=list)
    metres: list[_Metre] = field(default_factory=list)
    tempi: list[TempoRow] = field(default_factory=list)
    title: str = ""
    end: Fraction = Fraction(0)


def read_midi(data: bytes) -> Reading:
    """Read a MIDI file; its beat 0 is the downbeat of bar 1.

    Parameters
    ----------
    data : bytes
        A standard MIDI file of type 0 or 1.

    Returns
    -------
    Reading
        Ids are n1, n2 ... in the order of the notes; a staff is one channel of one track.

    Raises
    ------
    ScoreError
        If it is damaged, has no notes, or counts in film frames instead of beats.
    """
    _check_division(data)
    file = parse_midi(data)
    content = _Content()
    for index, track in enumerate(file.tracks):
        _read_track(track, index, file.ticks_per_beat, content)
    if not content.notes:
        raise ScoreError("a score must have at least one note, got none")
    bars = _bars(content)
    return Reading(
        notes=_note_rows(content.notes, bars),
        bars=_bar_rows(bars),
        tempi=_tempi(content.tempi),
        title=content.title,
    )


def parse_midi(data: bytes) -> Any:
    """Parse a MIDI file of type 0 or 1, whatever it counts in.

    Returns
    -------
    mido.MidiFile

    Raises
    ------
    ScoreError
        If it is damaged, or of type 2.
    """
    try:
        file = mido.MidiFile(file=BytesIO(data))
    except (OSError, EOFError, ValueError, LookupError, TypeError) as error:
        reason = str(error) or type(error).__name__
        raise ScoreError(f"the MIDI file is damaged or cut off: {reason}") from error
    if file.type == 2:
        raise ScoreError("a MIDI file must be of type 0 or 1, got type 2 (separate songs)")
    return file


def _check_division(data: bytes) -> None:
    division = int.from_bytes(data[12:14], "big")
    if division == 0 or division & 0x8000:
        raise ScoreError(
            f"a MIDI file must count in ticks per quarter note, got division {division:#06x}"
        )


def _read_track(track: Any, index: int, ticks_per_beat: int, content: _Content) -> None:
    now_tick = 0
    sounding: dict[tuple[int, int], Fraction] = {}  # (channel, pitch) -> onset

    def end_note(key: tuple[int, int], end: Fraction) -> None:
        onset = sounding.pop(key, None)
        if onset is not None:
            content.notes.append(_Note(key[1], onset, end, (index, key[0])))

    for message in track:
        now_tick += message.time
        now = Fraction(now_tick, ticks_per_beat)
        if now > MAX_BEATS or len(content.notes) > MAX_NOTES:
            raise ScoreError(f"must be at most {MAX_BEATS:.0f} beats and {MAX_NOTES} notes long")
        if message.is_meta:
            _read_meta(message, now, content)
        elif message.type in ("note_on", "note_off") and message.channel != PERCUSSION_CHANNEL:
            key = (message.channel, message.note)
            end_note(key, now)
            if message.type == "note_on" and message.velocity > 0:
                sounding[key] = now
    now = Fraction(now_tick, ticks_per_beat)
    for key in list(sounding):
        end_note(key, now)
    content.end = max(content.end, now)


def _read_meta(message: Any, now: Fraction, content: _Content) -> None:
    if message.type == "set_tempo":
        tempo_bpm = 60e6 / max(message.tempo, 1)
        if MIN_TEMPO_BPM <= tempo_bpm <= MAX_TEMPO_BPM:
            content.tempi.append(TempoRow(float(now), tempo_bpm))
    elif message.type == "time_signature":
        _check_metre(message.numerator, message.denominator)
        content.metres.append(_Metre(now, message.numerator, message.denominator))
    elif message.type == "track_name" and not content.title:
        content.title = " ".join(_text(message.name).split())[:200]


def _text(latin: str) -> str:
    """Text as it was meant: in UTF-8, if it is that; mido takes every byte for a letter."""
    try:
        return latin.encode("latin-1").decode()
    except UnicodeDecodeError:
        return latin


def _check_metre(count: int, unit: int) -> None:
    if not (1 <= count <= MAX_METRE and unit <= MAX_METRE):
        raise ScoreError(f"a metre must be from 1/1 to {MAX_METRE}/{MAX_METRE}, got {count}/2^n")


def _bars(content: _Content) -> list[_Metre]:
    """One entry a bar; a change of metre begins a new bar wherever it stands."""
    changes = sorted(content.metres, key=lambda metre: metre.onset)
    if not changes or changes[0].onset > 0:
        changes.insert(0, _Metre(Fraction(0)))
    last_onset = max(note.onset for note in content.notes)
    end = max(content.end, last_onset + Fraction(1, 1024))
    bars: list[_Metre] = []
    for change, following in pairwise([*changes, _Metre(end)]):
        bars += islice(_grid(change, following.onset), MAX_BARS + 1 - len(bars))
        if len(bars) > MAX_BARS:
            raise ScoreError(f"a score must have at most {MAX_BARS} bars")
    return bars


def _grid(metre: _Metre, end: Fraction) -> Iterator[_Metre]:
    onset = metre.onset
    while onset < end:
        yield _Metre(onset, metre.count, metre.unit)
        onset += metre.duration


def _bar_rows(bars: list[_Metre]) -> list[BarRow]:
    """Number the bars; one cut short by a change of metre is as short as it is."""
    ends = [*(bar.onset for bar in bars[1:]), bars[-1].onset + bars[-1].duration]
    return [
        BarRow(k + 1, float(bar.onset), float(end - bar.onset), bar.count, bar.unit, k)
        for k, (bar, end) in enumerate(zip(bars, ends, strict=True))
    ]


def _note_rows(notes: list[_Note], bars: list[_Metre]) -> list[NoteRow]:
    lanes = {lane: k + 1 for k, lane in enumerate(sorted({note.lane for note in notes}))}
    rows, at = [], 0
    for k, note in enumerate(sorted(notes, key=lambda note: (note.onset, note.pitch))):
        while at + 1 < len(bars) and bars[at + 1].onset <= note.onset:
            at += 1
        rows.append(
            NoteRow(
                id=f"n{k + 1}",
                pitch=note.pitch,
                onset_beat=float(note.onset),
                duration_beat=float(note.end - note.onset),
                measure=at + 1,
                beat=beat_in_bar(note.onset - bars[at].onset, bars[at].unit),
                staff=lanes[note.lane],
                voice=1,
                is_grace=False,
            )
        )
    return rows


def _tempi(tempi: list[TempoRow]) -> list[TempoRow]:
    rows = dict(sorted(tempi))
    return [TempoRow(*row) for row in ({0.0: DEFAULT_TEMPO_BPM} | rows).items()]
