"""Read MusicXML: time is counted in the file's own divisions, exactly as written.

The engraver's idea of time is not used here: it follows the printed note values, which disagree
with the durations wherever a notation program wrote a tuplet or a hidden note its own way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element

from engine.errors import ScoreError
from engine.score.limits import MAX_BARS
from engine.score.marks import read_barline, read_direction, settle_codas
from engine.score.musicxml_signs import has_fermata, line_ends, read_sign
from engine.score.numbers import fraction, integer, leading_integer
from engine.score.ornaments import MELODIC, TrillLines
from engine.score.spelling import (
    NO_KEY,
    SEMITONES,
    STEPS,
    Key,
    Spelling,
    key_of_fifths,
    key_of_steps,
    natural_semitones,
)
from engine.score.written import WrittenBar, WrittenNote, WrittenScore

MAX_PARTS = 256
"""Parts in one score: the largest orchestras have near 100."""

MAX_DIVISIONS = 1_000_000
"""Divisions of a quarter note; programs write 1 to 10080."""

MAX_METRE = 256
"""Largest number in a metre."""


def read_musicxml(root: Element) -> WrittenScore:
    """Read a partwise score.

    Parameters
    ----------
    root : Element
        ``score-partwise``, whose notes all have ids.

    Returns
    -------
    WrittenScore
        All parts together; staff numbers run on from part to part.

    Raises
    ------
    ScoreError
        If a number in it is none, or out of its range.
    """
    views: list[list[WrittenBar]] = []  # of each bar, by part
    staff_offset = 0
    for number, part in enumerate(root.iterfind("part")):
        if number == MAX_PARTS:
            raise ScoreError(f"a score must have at most {MAX_PARTS} parts")
        reader = _PartReader(part=number, staff_offset=staff_offset)
        for index, measure in enumerate(part.iterfind("measure")):
            if index == len(views):
                _check_bars(index + 1)
                views.append([])
            views[index].append(reader.read_bar(measure, index))
        staff_offset += reader.staves
    bars = [_together(bar_views) for bar_views in views]
    _fill_empty(bars)
    settle_codas(bars)
    return WrittenScore(bars, title=_title(root), composer=_composer(root))


@dataclass
class _PartReader:
    """What holds from bar to bar in one part."""

    part: int
    staff_offset: int
    staves: int = 1
    divisions: int = 1
    count: int = 0  # 0: no metre yet
    unit: int = 4
    transposition: dict[int, int] = field(default_factory=dict)  # by staff; 0 is every staff
    keys: dict[int, Key] = field(default_factory=dict)  # by staff; 0 is every staff
    trills: TrillLines = field(default_factory=TrillLines)
    last_notes: dict[int, WrittenNote] = field(default_factory=dict)  # by voice
    endings: frozenset[int] = frozenset()
    number: int = 0
    voices: dict[str, int] = field(default_factory=dict)

    def read_bar(self, measure: Element, index: int) -> WrittenBar:
        self.number = leading_integer(measure.get("number", ""), self.number if index else 1)
        bar = WrittenBar(self.number, Fraction(0), endings=self.endings)
        notes = _BarCursor(self, bar)
        for element in measure:
            notes.read(element)
        bar.duration = notes.length
        self._leave_ending(measure, bar)
        if self.count:
            bar.count, bar.unit = self.count, self.unit
        else:
            bar.fit_metre()
        bar.notes = _own_notes(measure, bar.notes)
        return bar

    def _leave_ending(self, measure: Element, bar: WrittenBar) -> None:
        kinds = {ending.get("type") for ending in measure.iterfind("barline/ending")}
        if bar.repeat_times or kinds & {"stop", "discontinue"}:
            self.endings = frozenset()

    def read_attributes(self, attributes: Element) -> None:
        if (divisions := attributes.findtext("divisions")) is not None:
            self.divisions = integer("divisions", divisions, 1, MAX_DIVISIONS)
        if (staves := attributes.findtext("staves")) is not None:
            self.staves = max(self.staves, integer("staves", staves, 1, 64))
        for time in attributes.iterfind("time"):
            self._read_metre(time)
        for transpose in attributes.iterfind("transpose"):
            self._read_transposition(transpose)
        for key in attributes.iterfind("key"):
            self._read_key(key)

    def _read_key(self, key: Element) -> None:
        """Take over a key signature; one for all staves replaces those of single ones."""
        staff = integer("number", key.get("number", "0"), 0, 64)
        if not staff:
            self.keys.clear()
        if (fifths := key.findtext("fifths")) is not None:
            self.keys[staff] = key_of_fifths(integer("fifths", fifths, -14, 14))
            return
        steps = [(step.text or "").strip() for step in key.iterfind("key-step")]
        alters = [round(fraction("key-alter", alter.text)) for alter in key.iterfind("key-alter")]
        self.keys[staff] = key_of_steps(dict(zip(steps, alters, strict=False)))

    def key_of_staff(self, staff: int) -> Key:
        """The key signature now in force there."""
        return self.keys.get(staff, self.keys.get(0, NO_KEY))

    def _read_metre(self, time: Element) -> None:
        """Take sums like 3+2/8 and 2/4 + 3/8 as one metre in the smallest unit."""
        counts = [
            sum(integer("beats", part, 1, MAX_METRE) for part in (beats.text or "").split("+"))
            for beats in time.iterfind("beats")
        ]
        units = [integer("beat-type", t.text, 1, MAX_METRE) for t in time.iterfind("beat-type")]
        if len(counts) != len(units) or not counts:
            self.count = 0
            return
        self.unit = max(units)
        quarters = sum(Fraction(4 * c, u) for c, u in zip(counts, units, strict=True))
        self.count = int(quarters * self.unit / 4)

    def _read_transposition(self, transpose: Element) -> None:
        chromatic = fraction("chromatic", transpose.findtext("chromatic", "0"))
        octaves = integer("octave-change", transpose.findtext("octave-change", "0"), -10, 10)
        staff = integer("number", transpose.get("number", "0"), 0, 64)
        self.transposition[staff] = round(chromatic) + 12 * octaves

    def voice_number(self, text: str) -> int:
        """Voices are free text; numbers stay what they are."""
        if text.isdecimal() and len(text) < 9:
            return int(text)
        return self.voices.setdefault(text, 101 + len(self.voices))


@dataclass
class _BarCursor:
    """Walks one measure: notes move on, backup and forward move between voices."""

    part: _PartReader
    bar: WrittenBar
    now: Fraction = Fraction(0)
    chord_onset: Fraction = Fraction(0)
    length: Fraction = Fraction(0)
    trilled: WrittenNote | None = None  # of this chord, by a sign at its first note

    def read(self, element: Element) -> None:
        match element.tag:
            case "note":
                self._read_note(element)
            case "backup":
                self._move(-self._duration(element))
            case "forward":
                self._move(self._duration(element))
            case "attributes":
                self.part.read_attributes(element)
            case "direction" | "sound":
                offset = fraction("offset", element.findtext("offset", "0")) / self.part.divisions
                read_direction(element, self.bar, max(self.now + offset, Fraction(0)))
            case "barline":
                self.part.endings = read_barline(element, self.bar, self.part.endings)

    def _duration(self, element: Element) -> Fraction:
        duration = fraction("duration", element.findtext("duration", "0"))
        if duration < 0:
            raise ScoreError(f"duration must be >= 0, got {duration} (bar {self.bar.number})")
        return duration / self.part.divisions

    def _move(self, quarters: Fraction) -> None:
        self.now = max(self.now + quarters, Fraction(0))
        self.length = max(self.length, self.now)

    def _read_note(self, element: Element) -> None:
        is_grace = element.find("grace") is not None
        is_chord = element.find("chord") is not None
        duration = Fraction(0) if is_grace else self._duration(element)
        onset = self.chord_onset if is_chord else self.now
        self.chord_onset = onset
        if element.find("pitch") is not None:
            note = self._written(element, onset, duration, is_grace)
            self.bar.notes.append(note)
            self._read_notations(element, note, is_chord)
        elif has_fermata(element.findall("notations")):
            self._hold_before(element)
        if not is_chord:
            self._move(duration)

    def _read_notations(self, element: Element, note: WrittenNote, is_chord: bool) -> None:
        notations = element.findall("notations")
        if notations:
            note.sign = read_sign(notations)
            note.has_fermata = has_fermata(notations)
        self.part.trills.read(note, line_ends(notations))
        self.part.last_notes[note.voice] = note
        is_melodic = note.sign is not None and note.sign.kind in MELODIC
        if not is_chord or is_melodic:
            self.trilled = note if is_melodic and not is_chord else None
        elif self.trilled and self.trilled.pitch < note.pitch:
            # A sign at the first note of a chord is for the chord, so for its top note.
            note.sign, self.trilled.sign = self.trilled.sign, note.sign
            self.trilled = note

    def _hold_before(self, rest: Element) -> None:
        """A fermata on a rest lets the note before it be followed late."""
        voice = self.part.voice_number(rest.findtext("voice", "1").strip())
        if voice in self.part.last_notes:
            self.part.last_notes[voice].has_fermata = True

    def _written(
        self, element: Element, onset: Fraction, duration: Fraction, is_grace: bool
    ) -> WrittenNote:
        staff = integer("staff", element.findtext("staff", "1"), 1, 64)
        self.part.staves = max(self.part.staves, staff)
        ties = {tie.get("type") for tie in _ties(element)}
        spelling = self._spelling(element, staff)
        return WrittenNote(
            id=element.get("id", ""),
            pitch=self._pitch(spelling, staff),
            onset=onset,
            duration=duration,
            staff=self.part.staff_offset + staff,
            voice=self.part.voice_number(element.findtext("voice", "1").strip()),
            part=self.part.part,
            is_grace=is_grace,
            is_tied_to="start" in ties,
            is_tied_from="stop" in ties,
            spelling=spelling,
        )

    def _spelling(self, element: Element, staff: int) -> Spelling:
        step = element.findtext("pitch/step", "").strip()
        if step not in SEMITONES:
            raise ScoreError(f"step must be A to G, got {step[:20]!r} (bar {self.bar.number})")
        octave = integer("octave", element.findtext("pitch/octave"), -1, 10)
        alter = fraction("alter", element.findtext("pitch/alter", "0"))
        line = 7 * octave + STEPS.index(step)
        return Spelling(line, round(alter), self.part.key_of_staff(staff))

    def _pitch(self, spelling: Spelling, staff: int) -> int:
        """MIDI pitch as it sounds."""
        shifts = self.part.transposition
        pitch = 12 + natural_semitones(spelling.line) + spelling.alter
        pitch += shifts.get(staff, shifts.get(0, 0))
        if not 0 <= pitch <= 127:
            raise ScoreError(f"pitch must be 0..127, got {pitch} (bar {self.bar.number})")
        return pitch


def _ties(element: Element) -> Iterator[Element]:
    yield from element.iterfind("tie")
    yield from element.iterfind("notations/tied")


def _own_notes(measure: Element, notes: list[WrittenNote]) -> list[WrittenNote]:
    """Leave out a bar that only cues another player.

    Cues beside notes of the part itself stay: notation programs write small notes that way, such as
    played-out ornaments.
    """
    heads = [note for note in measure.iterfind("note") if note.find("pitch") is not None]
    return [] if all(head.find("cue") is not None for head in heads) else notes


def _check_bars(n_bars: int) -> None:
    if n_bars > MAX_BARS:
        raise ScoreError(f"a score must have at most {MAX_BARS} bars")


def _together(views: list[WrittenBar]) -> WrittenBar:
    """Make one bar of what each part says of it.

    Where there are several, a part with too many rests does not lengthen the bar for all.
    """
    bar, *others = views
    longest = max(view.duration for view in views)
    for other in others:
        _merge(bar, other)
    if others:
        music_end = max((note.onset + note.duration for note in bar.notes), default=Fraction(0))
        bar.duration = max(music_end, min(longest, bar.metre_duration))
    return bar


def _merge(bar: WrittenBar, other: WrittenBar) -> None:
    """Add another part's view of the same bar."""
    bar.notes += other.notes
    bar.tempi += other.tempi
    bar.starts_repeat |= other.starts_repeat
    bar.repeat_times = max(bar.repeat_times, other.repeat_times)
    bar.endings = bar.endings or other.endings
    bar.jump = bar.jump or other.jump
    bar.is_segno |= other.is_segno
    bar.is_coda |= other.is_coda
    bar.is_fine |= other.is_fine
    bar.is_to_coda |= other.is_to_coda


def _fill_empty(bars: list[WrittenBar]) -> None:
    """Let a bar with nothing in it last as long as its metre says."""
    for bar in bars:
        bar.duration = bar.duration or bar.metre_duration


def _title(root: Element) -> str:
    return _text(root.findtext("work/work-title")) or _text(root.findtext("movement-title"))


def _composer(root: Element) -> str:
    creators = root.iterfind("identification/creator")
    return next((_text(c.text) for c in creators if c.get("type") == "composer"), "")


def _text(text: str | None) -> str:
    """One line of at most 200 characters."""
    return " ".join((text or "").split())[:200]
