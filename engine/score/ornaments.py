"""What an ornament allows to sound beside the written note."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from engine.score.spelling import natural_semitones
from engine.score.written import OrnamentSign, WrittenNote

TRILL, MORDENT, TURN, TREMOLO, ARPEGGIO = "trill", "mordent", "turn", "tremolo", "arpeggio"

MELODIC = frozenset({TRILL, MORDENT, TURN})
"""Ornaments that go to a neighbouring step and back."""

_Line = tuple[int, int, int]  # part, staff, line or space
_InForce = Mapping[_Line, Sequence[tuple[Fraction, int]]]


def settle_ornaments(notes: Sequence[WrittenNote]) -> None:
    """Give the ornamented notes of one bar their auxiliary pitches.

    An arpeggio, tremolo or fermata is for all of its chord.

    Parameters
    ----------
    notes : sequence of WrittenNote
        One whole bar; ``sign``, ``auxiliaries`` and ``has_fermata`` are filled in.
    """
    if not any(note.sign or note.has_fermata for note in notes):
        return
    chords = _chords(notes)
    for chord in chords:
        _share_sign(chord)
    _pair_tremolos(chords)
    in_force = _accidentals_in_force(notes)
    for note in notes:
        if note.sign is not None and note.sign.kind in MELODIC:
            upper = _auxiliary(note, 1, note.sign.upper_alter, in_force)
            lower = _auxiliary(note, -1, note.sign.lower_alter, in_force)
            note.auxiliaries = (
                upper if note.sign.has_upper else -1,
                lower if note.sign.has_lower else -1,
            )


def _chords(notes: Sequence[WrittenNote]) -> list[list[WrittenNote]]:
    """Notes of one voice that sound together, by onset."""
    chords: dict[tuple[Fraction, bool, int, int], list[WrittenNote]] = defaultdict(list)
    for note in sorted(notes, key=lambda note: note.onset):
        chords[note.onset, note.is_grace, note.part, note.voice].append(note)
    return list(chords.values())


def _share_sign(chord: Sequence[WrittenNote]) -> None:
    """Programs write what is meant for a chord at its first note only."""
    has_fermata = any(note.has_fermata for note in chord)
    for note in chord:
        note.has_fermata = has_fermata
    signs = (note.sign for note in chord if note.sign and note.sign.kind not in MELODIC)
    if shared := next(signs, None):
        for note in chord:
            note.sign = note.sign or shared


def _pair_tremolos(chords: Iterable[Sequence[WrittenNote]]) -> None:
    """Make the two sides of a tremolo each other's auxiliaries."""
    open_chords: dict[tuple[int, int], Sequence[WrittenNote]] = {}
    for chord in chords:
        voice = chord[0].part, chord[0].voice
        role = chord[0].sign.role if chord[0].sign else ""
        if role == "start":
            open_chords[voice] = chord
        elif role == "stop" and voice in open_chords:
            first = open_chords.pop(voice)
            _alternate(first, chord)
            _alternate(chord, first)


def _alternate(chord: Sequence[WrittenNote], others: Sequence[WrittenNote]) -> None:
    """Spread the pitches of the other side over this one, at most two a note."""
    pitches = sorted({other.pitch for other in others})
    for k, note in enumerate(sorted(chord, key=lambda note: note.pitch)):
        partners = [p for p in pitches[k % len(pitches) :: len(chord)] if p != note.pitch][:2]
        if len(partners) == 2:
            note.auxiliaries = (partners[1], partners[0])
        elif partners:
            is_above = partners[0] > note.pitch
            note.auxiliaries = (partners[0], -1) if is_above else (-1, partners[0])


def _accidentals_in_force(notes: Sequence[WrittenNote]) -> _InForce:
    """By line of each staff, onsets and alterations in the bar.

    What a tie carries over the bar line holds for the tied note alone.
    """
    found: dict[_Line, list[tuple[Fraction, int]]] = defaultdict(list)
    for note in sorted(notes, key=lambda note: note.onset):
        if note.spelling is not None and not note.is_tied_from:
            place = note.part, note.staff, note.spelling.line
            found[place].append((note.onset, note.spelling.alter))
    return found


def _auxiliary(note: WrittenNote, step: int, mark: int | None, in_force: _InForce) -> int:
    """MIDI pitch one step up or down, as mark, bar and key alter it; -1 where there is none."""
    spelling = note.spelling
    if spelling is None:
        return -1
    line = spelling.line + step
    alter = mark
    if alter is None:
        earlier = in_force.get((note.part, note.staff, line), ())
        known = bisect_right(earlier, note.onset, key=lambda entry: entry[0])
        alter = earlier[known - 1][1] if known else spelling.key[line % 7]
    semitones = natural_semitones(line) + alter
    semitones -= natural_semitones(spelling.line) + spelling.alter
    pitch = note.pitch + semitones
    return pitch if 0 <= pitch <= 127 and semitones else -1


@dataclass(slots=True)
class TrillLines:
    """Wavy lines over the notes of one part: all between the two ends of one are trilled."""

    covered: dict[int, list[WrittenNote]] = field(default_factory=dict)  # by voice, so far

    def read(self, note: WrittenNote, ends: Iterable[str]) -> None:
        """Take in the next note of a voice with the ends of lines that stand at it."""
        line = self.covered.get(note.voice)
        if line is not None and not note.is_grace:
            line.append(note)
        for end in ends:
            if end == "start":
                note.sign = note.sign or OrnamentSign(TRILL)
                self.covered[note.voice] = []
            elif end == "stop":
                for under in self.covered.pop(note.voice, ()):
                    under.sign = under.sign or OrnamentSign(TRILL)
