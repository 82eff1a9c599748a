"""Write the bars of ABC voices as MusicXML."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import zip_longest
from math import lcm
from xml.etree.ElementTree import Element, SubElement

from engine.errors import ScoreError
from engine.score.abc_music import AbcBar, AbcEvent, AbcNote, AbcVoice
from engine.score.abc_signs import notation_signs
from engine.score.musicxml import MAX_DIVISIONS

TYPES = {
    Fraction(2): "breve",
    Fraction(1): "whole",
    Fraction(1, 2): "half",
    Fraction(1, 4): "quarter",
    Fraction(1, 8): "eighth",
    Fraction(1, 16): "16th",
    Fraction(1, 32): "32nd",
    Fraction(1, 64): "64th",
    Fraction(1, 128): "128th",
}

CLEFS = {"treble": ("G", 2), "bass": ("F", 4), "alto": ("C", 3), "tenor": ("C", 4)}

ACCIDENTALS = {"^": "sharp", "^^": "double-sharp", "_": "flat", "__": "flat-flat", "=": "natural"}

JUMPS = {
    "D.C.": "D.C.",
    "dacapo": "D.C.",
    "D.C.alfine": "D.C. al Fine",
    "D.C.alcoda": "D.C. al Coda",
    "D.S.": "D.S.",
    "D.S.alfine": "D.S. al Fine",
    "D.S.alcoda": "D.S. al Coda",
    "dacoda": "To Coda",
    "fine": "Fine",
}
"""Decorations that are words on paper."""

SIGNS = ("segno", "coda")

DYNAMICS = ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "sfz")

WEDGES = {
    "crescendo(": "crescendo",
    "<(": "crescendo",
    "diminuendo(": "diminuendo",
    ">(": "diminuendo",
    "crescendo)": "stop",
    "<)": "stop",
    "diminuendo)": "stop",
    ">)": "stop",
}
"""Hairpins: each end stands before the note where it is."""


def write_score(
    voices: Sequence[AbcVoice], title: str, composer: str, *, is_braced: bool = False
) -> Element:
    """Write one part for each voice, all of them within a brace where ``is_braced``."""
    score = Element("score-partwise", version="4.0")
    _text(SubElement(score, "work"), "work-title", title)
    _text(SubElement(score, "identification"), "creator", composer, type="composer")
    part_list = SubElement(score, "part-list")
    if is_braced:
        _write_brace(part_list, "start")
    divisions = _divisions(voices)
    numbers = _bar_numbers(voices[0].bars if voices else [])
    for k, voice in enumerate(voices):
        part_id = f"P{k + 1}"
        _text(SubElement(part_list, "score-part", id=part_id), "part-name", "")
        part = SubElement(score, "part", id=part_id)
        _PartWriter(part, voice, divisions).write(numbers)
    if is_braced:
        _write_brace(part_list, "stop")
    return score


def _write_brace(part_list: Element, edge: str) -> None:
    group = SubElement(part_list, "part-group", number="1", type=edge)
    if edge == "start":
        _text(group, "group-symbol", "brace")
        _text(group, "group-barline", "yes")


def _text(parent: Element, tag: str, text: object, **attributes: str) -> Element:
    element = SubElement(parent, tag, attributes)
    element.text = str(text)
    return element


def _divisions(voices: Sequence[AbcVoice]) -> int:
    """Divisions of a quarter that make every duration whole."""
    divisions = 1
    for voice in voices:
        for event in (event for bar in voice.bars for event in bar.events):
            divisions = lcm(divisions, (4 * event.sounding).denominator)
            for piece in split_duration(event.duration):
                scaled = 4 * piece * event.tuplet[1] / event.tuplet[0]
                divisions = lcm(divisions, scaled.denominator)
            if divisions > MAX_DIVISIONS:
                raise ScoreError(f"lengths must divide a {MAX_DIVISIONS}th of a quarter note")
    return divisions


@lru_cache(maxsize=1024)
def split_duration(duration: Fraction) -> tuple[Fraction, ...]:
    """Split into note values that can be written with up to two dots; tied, they make the whole."""
    pieces: list[Fraction] = []
    left = duration
    while left > 0 and len(pieces) < 64:
        value = next((v for v in _writable() if v <= left), left)
        pieces.append(value)
        left -= value
    return tuple(pieces)


def _writable() -> Iterator[Fraction]:
    for value in TYPES:
        if value <= 1:
            yield value * Fraction(7, 4)
        yield value * Fraction(3, 2)
        yield value


def _bar_numbers(bars: Sequence[AbcBar]) -> list[int]:
    """Count bars from 1, a pickup as 0; two short bars that fill a metre are one."""
    numbers: list[int] = []
    for k, bar in enumerate(bars):
        before = bars[k - 1] if k else None
        if before is None:
            numbers.append(0 if bar.is_short and len(bars) > 1 else 1)
        elif k > 1 and _are_halves(before, bar) and numbers[-1] != numbers[-2]:
            numbers.append(numbers[-1])
        else:
            numbers.append(numbers[-1] + 1)
    return numbers


def _are_halves(before: AbcBar, bar: AbcBar) -> bool:
    metre = Fraction(bar.count, bar.unit)
    return before.is_short and bar.is_short and before.duration + bar.duration == metre


class _PartWriter:
    """Writes the bars of one voice into one part."""

    def __init__(self, part: Element, voice: AbcVoice, divisions: int) -> None:
        self.part = part
        self.voice = voice
        self.divisions = divisions
        self.metre: tuple[int, int] | None = None
        self.fifths: int | None = None
        self.open_ending = ""

    def write(self, numbers: Sequence[int]) -> None:
        """Write all bars; an empty one at the end only closes the bar before it."""
        bars = list(self.voice.bars)
        while bars and not bars[-1].events:
            bars.pop()
        for k, (bar, number) in enumerate(zip_longest(bars, numbers[: len(bars)])):
            measure = SubElement(self.part, "measure", number=str(number or k + 1))
            if number == 0:
                measure.set("number", "0")
                measure.set("implicit", "yes")
            self._write_bar(measure, bar)

    def _write_bar(self, measure: Element, bar: AbcBar) -> None:
        self._write_left(measure, bar)
        self._write_attributes(measure, bar)
        voice, now = 1, Fraction(0)
        beams = beam_types(bar.events)
        for k, event in enumerate(bar.events):
            if event.opens_overlay:
                voice += 1
                backup = SubElement(measure, "backup")
                _text(backup, "duration", self._units(now))
                now = Fraction(0)
            self._write_event(measure, event, voice, beams.get(k, ""))
            now += event.sounding
        self._write_right(measure, bar)

    def _units(self, whole_notes: Fraction) -> int:
        return int(whole_notes * 4 * self.divisions)

    def _write_left(self, measure: Element, bar: AbcBar) -> None:
        if not bar.starts_repeat and not bar.ending:
            return
        barline = SubElement(measure, "barline", location="left")
        if bar.ending:
            self.open_ending = bar.ending
            SubElement(barline, "ending", number=bar.ending, type="start")
        if bar.starts_repeat:
            SubElement(barline, "repeat", direction="forward")

    def _write_right(self, measure: Element, bar: AbcBar) -> None:
        is_closing = bool(self.open_ending) and bar.closes_ending
        if not (bar.style or bar.ends_repeat or is_closing):
            return
        barline = SubElement(measure, "barline", location="right")
        style = "light-heavy" if bar.ends_repeat else bar.style
        if style:
            _text(barline, "bar-style", style)
        if is_closing:
            SubElement(barline, "ending", number=self.open_ending, type="stop")
            self.open_ending = ""
        if bar.ends_repeat:
            repeat = SubElement(barline, "repeat", direction="backward")
            if bar.ends_repeat > 2:
                repeat.set("times", str(bar.ends_repeat))

    def _write_attributes(self, measure: Element, bar: AbcBar) -> None:
        is_first = self.fifths is None
        attributes = Element("attributes")
        if is_first:
            _text(attributes, "divisions", self.divisions)
        if bar.fifths != self.fifths:
            _text(SubElement(attributes, "key"), "fifths", bar.fifths)
        if (bar.count, bar.unit) != self.metre and bar.count:
            time = SubElement(attributes, "time")
            _text(time, "beats", bar.count)
            _text(time, "beat-type", bar.unit)
        if is_first:
            self._write_clef(attributes)
        self.fifths, self.metre = bar.fifths, (bar.count, bar.unit)
        if len(attributes):
            measure.append(attributes)

    def _write_clef(self, attributes: Element) -> None:
        sign, line = CLEFS.get(self.voice.clef, CLEFS["treble"])
        clef = SubElement(attributes, "clef")
        _text(clef, "sign", sign)
        _text(clef, "line", line)
        if self.voice.octave_shift:
            _text(clef, "clef-octave-change", self.voice.octave_shift)

    def _write_event(self, measure: Element, event: AbcEvent, voice: int, beam: str) -> None:
        _write_directions(measure, event)
        pieces = split_duration(event.duration)
        for k, piece in enumerate(pieces):
            heads: Sequence[AbcNote | None] = event.notes or [None]
            for number, head in enumerate(heads):
                note = SubElement(measure, "note")
                if event.is_hidden:
                    note.set("print-object", "no")
                self._write_head(note, event, head, is_chord=number > 0)
                first, last = k == 0, k == len(pieces) - 1
                ties = _tie_types(head, is_first=first, is_last=last)
                self._write_value(note, event, piece, voice, ties)
                if beam and number == 0:
                    _text(note, "beam", beam, number="1")
                edges = event.tuplet_edges if number == 0 else ()
                _write_notations(note, ties, edges, notation_signs(event, number) if first else ())
                if head is not None and head.accidental and first:
                    note.insert(list(note).index(_child(note, "type")) + 1, _accidental(head))
                if number == 0 and first and event.lyric:
                    _text(SubElement(note, "lyric"), "text", event.lyric)

    def _write_head(
        self, note: Element, event: AbcEvent, head: AbcNote | None, *, is_chord: bool
    ) -> None:
        if event.is_grace:
            SubElement(note, "grace", {"slash": "yes"} if event.has_slash else {})
        if is_chord:
            SubElement(note, "chord")
        if head is None:
            SubElement(note, "rest", {"measure": "yes"} if event.fills_bar else {})
            return
        pitch = SubElement(note, "pitch")
        _text(pitch, "step", head.letter)
        if head.alteration:
            _text(pitch, "alter", head.alteration)
        _text(pitch, "octave", head.octave)

    def _write_value(
        self, note: Element, event: AbcEvent, piece: Fraction, voice: int, ties: list[str]
    ) -> None:
        if not event.is_grace:
            played = piece * event.tuplet[1] / event.tuplet[0]
            _text(note, "duration", self._units(played))
        for tie in ties:
            SubElement(note, "tie", type=tie)
        _text(note, "voice", voice)
        base, dots = _value_and_dots(piece)
        _text(note, "type", TYPES.get(base, "128th"))
        for _ in range(dots):
            SubElement(note, "dot")
        if event.tuplet != (1, 1):
            modification = SubElement(note, "time-modification")
            _text(modification, "actual-notes", event.tuplet[0])
            _text(modification, "normal-notes", event.tuplet[1])


def _write_notations(
    note: Element, ties: Sequence[str], tuplet_edges: Sequence[str], signs: Sequence[Element]
) -> None:
    if not ties and not tuplet_edges and not signs:
        return
    notations = SubElement(note, "notations")
    for tie in ties:
        SubElement(notations, "tied", type=tie)
    for edge in tuplet_edges:
        SubElement(notations, "tuplet", type=edge)
    notations.extend(signs)


def beam_types(events: Sequence[AbcEvent]) -> dict[int, str]:
    """By index: "begin", "continue" or "end" of beams over short notes written without space."""
    groups: list[list[int]] = []
    for k, event in enumerate(events):
        if event.is_grace:
            continue
        is_short = bool(event.notes) and len(split_duration(event.duration)) == 1
        is_short = is_short and event.duration < Fraction(1, 4)
        if is_short and event.is_joined and groups and groups[-1] and not event.opens_overlay:
            groups[-1].append(k)
        else:
            groups.append([k] if is_short else [])
    types: dict[int, str] = {}
    for group in (group for group in groups if len(group) > 1):
        types |= dict.fromkeys(group, "continue") | {group[0]: "begin", group[-1]: "end"}
    return types


def _child(note: Element, tag: str) -> Element:
    return next(child for child in note if child.tag == tag)


def _accidental(head: AbcNote) -> Element:
    element = Element("accidental")
    element.text = ACCIDENTALS[head.accidental]
    return element


def _tie_types(head: AbcNote | None, *, is_first: bool, is_last: bool) -> list[str]:
    if head is None:
        return []
    stops = not is_first or head.is_tied_from
    starts = not is_last or head.is_tied_to
    return ["stop"] * stops + ["start"] * starts


@lru_cache(maxsize=1024)
def _value_and_dots(piece: Fraction) -> tuple[Fraction, int]:
    for dots in range(3):
        base = piece / (2 - Fraction(1, 2**dots))
        if base in TYPES:
            return base, dots
    return Fraction(1, 128), 0


def _write_directions(measure: Element, event: AbcEvent) -> None:
    if event.tempo is not None:
        words, beat, per_minute = event.tempo
        _write_tempo(measure, words, beat, per_minute)
    for text in event.texts:
        if not text.startswith("!"):
            _write_words(measure, text)
        elif text[1:] in SIGNS:
            direction = SubElement(measure, "direction", placement="above")
            SubElement(SubElement(direction, "direction-type"), text[1:])
        elif text[1:] in JUMPS:
            _write_words(measure, JUMPS[text[1:]])
        elif text[1:] in DYNAMICS:
            SubElement(_write_below(measure, "dynamics"), text[1:])
        elif text[1:] in WEDGES:
            _write_below(measure, "wedge").set("type", WEDGES[text[1:]])


def _write_words(measure: Element, text: str) -> Element:
    direction = SubElement(measure, "direction", placement="above")
    _text(SubElement(direction, "direction-type"), "words", text)
    return direction


def _write_below(measure: Element, sign: str) -> Element:
    direction = SubElement(measure, "direction", placement="below")
    return SubElement(SubElement(direction, "direction-type"), sign)


def _write_tempo(measure: Element, words: str, beat: Fraction, per_minute: float) -> None:
    base, dots = _value_and_dots(beat)
    direction = SubElement(measure, "direction", placement="above")
    if words:
        _text(SubElement(direction, "direction-type"), "words", words)
    metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
    _text(metronome, "beat-unit", TYPES.get(base, "quarter"))
    for _ in range(dots):
        SubElement(metronome, "beat-unit-dot")
    _text(metronome, "per-minute", f"{per_minute:g}")
    SubElement(direction, "sound", tempo=f"{float(beat * 4) * per_minute:.3f}")
