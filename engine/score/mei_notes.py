"""Notes of one MEI staff in one bar: durations, tuplets, chords, grace notes, accidentals."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element

from engine.errors import ScoreError
from engine.score.numbers import integer, leading_integer
from engine.score.ornaments import TREMOLO
from engine.score.spelling import (
    FLATS,
    SEMITONES,
    SHARPS,
    STEPS,
    Spelling,
    key_of_steps,
    natural_semitones,
)
from engine.score.written import OrnamentSign, WrittenBar, WrittenNote

XML_ID = "{http://www.w3.org/XML/1998/namespace}id"

SKIPPED = frozenset({"del", "ossia"})
"""What is inside is not played."""

TRANSPARENT = frozenset(
    {"lem", "rdg", "orig", "reg", "sic", "corr", "abbr", "expan", "add", "supplied", "unclear"}
)
"""Editorial marks around music that is played."""

ALTERNATIVES = frozenset({"app", "choice", "subst"})
"""Several readings of one place, of which the first counts; a lemma comes before all."""

LONG_VALUES = {"breve": Fraction(8), "long": Fraction(16), "maxima": Fraction(32)}
"""Quarter notes in the values above a whole note."""

ALTERATIONS = {"n": 0, "s": 1, "ns": 1, "f": -1, "nf": -1, "x": 2, "ss": 2, "ff": -2}
"""Semitones of written accidentals; finer ones are rounded away."""

FIRST_OF_TWO = OrnamentSign(TREMOLO, role="start")
SECOND_OF_TWO = OrnamentSign(TREMOLO, role="stop")


def effective_children(element: Element) -> Iterator[Element]:
    """Children as they are played: through editorial marks, one reading only."""
    for child in element:
        if child.tag in ALTERNATIVES:
            reading = child.find("lem")
            yield from _unwrapped(child[0] if reading is None and len(child) else reading)
        else:
            yield from _unwrapped(child)


def _unwrapped(element: Element | None) -> Iterator[Element]:
    if element is None or element.tag in SKIPPED:
        return
    if element.tag in TRANSPARENT:
        yield from effective_children(element)
    else:
        yield element


@dataclass
class Staff:
    """What holds on one staff from bar to bar."""

    number: int
    transposition: int = 0
    key: dict[str, int] = field(default_factory=dict)  # step -> semitones

    def define(self, definition: Element) -> None:
        """Take over transposition and key of a ``staffDef``."""
        if (semitones := definition.get("trans.semi")) is not None:
            self.transposition = integer("trans.semi", semitones, -127, 127)
        self.define_key(definition)
        for signature in definition.iter("keySig"):
            self.define_key(signature)

    def define_key(self, element: Element) -> None:
        """Take over a key signature such as 2s or 3f."""
        signature = element.get("keysig") or element.get("key.sig") or element.get("sig")
        if signature is None:
            return
        count = min(leading_integer(signature, 0), 7)
        steps, shift = (FLATS, -1) if signature.endswith("f") else (SHARPS, 1)
        self.key = dict.fromkeys(steps[:count], shift)


@dataclass
class StaffReader:
    """Reads the layers of one staff in one bar into that bar."""

    staff: Staff
    bar: WrittenBar
    staves: dict[str, Staff]
    tied_to: frozenset[str]
    tied_from: frozenset[str]
    has_implied_keys: bool
    anchors: dict[str, list[WrittenNote]]
    alterations: dict[tuple[str, str], int] = field(default_factory=dict)
    now: Fraction = Fraction(0)
    voice: int = 1
    staff_number: int = 0
    tremolo: OrnamentSign | None = None
    last_note: list[WrittenNote] = field(default_factory=list)  # of the layer, if any

    def read_layer(self, layer: Element) -> None:
        """Read one voice from the bar's beginning."""
        self.now = Fraction(0)
        self.voice = leading_integer(layer.get("n", ""), 1)
        self.last_note = []
        self._read_children(layer, Fraction(1), is_grace=False)
        self.bar.duration = max(self.bar.duration, self.now)

    def _read_children(self, element: Element, ratio: Fraction, *, is_grace: bool) -> None:
        for child in effective_children(element):
            outer, self.staff_number = self.staff_number, self._staff_of(child)
            self._read_event(child, ratio, is_grace=is_grace or "grace" in child.attrib)
            self.staff_number = outer

    def _staff_of(self, element: Element) -> int:
        """Staff an event is written on: its own, or one it crosses to."""
        name = element.get("staff", "")
        if name in self.staves:
            return self.staves[name].number
        return self.staff_number or self.staff.number

    def _read_event(self, event: Element, ratio: Fraction, *, is_grace: bool) -> None:
        match event.tag:
            case "note" | "chord":
                notes = [event] if event.tag == "note" else list(event.iter("note"))
                self._read_notes(event, notes, ratio, is_grace=is_grace)
            case "rest" | "space":
                self.anchors[event.get(XML_ID, "")] = self.last_note
                self._move(self._duration(event, ratio), is_grace=is_grace)
            case "tuplet":
                ratio *= Fraction(
                    integer("numbase", event.get("numbase", "2"), 1, 1024),
                    integer("num", event.get("num", "3"), 1, 1024),
                )
                self._read_children(event, ratio, is_grace=is_grace)
            case "fTrem":
                self.tremolo = FIRST_OF_TWO
                self._read_children(event, ratio / 2, is_grace=is_grace)
                self.tremolo = None
            case "bTrem":
                self.tremolo = OrnamentSign(TREMOLO)
                self._read_children(event, ratio, is_grace=is_grace)
                self.tremolo = None
            case "graceGrp":
                self._read_children(event, ratio, is_grace=True)
            case "beam" | "beamSpan" | "ligature":
                self._read_children(event, ratio, is_grace=is_grace)
            case "keySig":
                self.staff.define_key(event)

    def _move(self, duration: Fraction, *, is_grace: bool) -> None:
        if not is_grace:
            self.now += duration

    def _duration(self, event: Element, ratio: Fraction) -> Fraction:
        name = event.get("dur.ges") or event.get("dur") or "4"
        value = LONG_VALUES.get(name) or Fraction(4, integer("dur", name, 1, 2048))
        dots = integer("dots", event.get("dots.ges") or event.get("dots", "0"), 0, 8)
        return value * (2 - Fraction(1, 2**dots)) * ratio

    def _read_notes(
        self, event: Element, notes: list[Element], ratio: Fraction, *, is_grace: bool
    ) -> None:
        sources = [note if "dur" in note.attrib else event for note in notes]
        durations = [self._duration(source, ratio) for source in sources] or [Fraction(0)]
        for note, duration in zip(notes, durations, strict=bool(notes)):
            if "pname" in note.attrib or "pname.ges" in note.attrib:
                staff_number = self._staff_of(note)
                length = Fraction(0) if is_grace else duration
                written = self._written(note, event, length, staff_number, is_grace)
                self.bar.notes.append(written)
                self.anchors[written.id] = self.last_note = [written]
                if event is not note:
                    self.anchors.setdefault(event.get(XML_ID, ""), []).append(written)
        if self.tremolo == FIRST_OF_TWO:
            self.tremolo = SECOND_OF_TWO
        self._move(self._duration(event, ratio), is_grace=is_grace)

    def _written(
        self, note: Element, event: Element, duration: Fraction, staff: int, is_grace: bool
    ) -> WrittenNote:
        note_id, event_id = note.get(XML_ID, ""), event.get(XML_ID, "")
        tie = note.get("tie") or event.get("tie", "")
        spelling = self._spelling(note)
        return WrittenNote(
            id=note_id,
            pitch=self._pitch(spelling),
            onset=self.now,
            duration=duration,
            staff=staff,
            voice=self.voice,
            part=self.staff.number,
            is_grace=is_grace,
            is_tied_to=bool({note_id, event_id} & self.tied_to) or tie in ("i", "m"),
            is_tied_from=bool({note_id, event_id} & self.tied_from) or tie in ("m", "t"),
            spelling=spelling,
            sign=self.tremolo,
        )

    def _spelling(self, note: Element) -> Spelling:
        step = (note.get("pname.ges") or note.get("pname") or "").upper()
        if step not in SEMITONES:
            raise ScoreError(f"pname must be a to g, got {step[:20]!r} (bar {self.bar.number})")
        written_octave = note.get("oct", "4")
        octave = integer("oct", note.get("oct.ges", written_octave), -1, 10)
        alteration = self._alteration(note, step, written_octave)
        return Spelling(7 * octave + STEPS.index(step), alteration, key_of_steps(self.staff.key))

    def _pitch(self, spelling: Spelling) -> int:
        """MIDI pitch as it sounds."""
        pitch = 12 + natural_semitones(spelling.line) + spelling.alter + self.staff.transposition
        if not 0 <= pitch <= 127:
            raise ScoreError(f"pitch must be 0..127, got {pitch} (bar {self.bar.number})")
        return pitch

    def _alteration(self, note: Element, step: str, octave: str) -> int:
        """Sounding accidental, else the written one, else what key and bar imply."""
        accidental = note.find("accid")
        sources = [note] if accidental is None else [note, accidental]
        for key in ("accid.ges", "accid"):
            for source in sources:
                if (text := source.get(key)) in ALTERATIONS:
                    return self._remember(step, octave, ALTERATIONS[text])
        if not self.has_implied_keys:
            return 0
        return self.alterations.get((step, octave), self.staff.key.get(step, 0))

    def _remember(self, step: str, octave: str, alteration: int) -> int:
        self.alterations[step, octave] = alteration
        return alteration
