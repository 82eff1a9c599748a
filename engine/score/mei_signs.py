"""Ornaments and fermatas of MEI: elements of a bar that point at notes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from xml.etree.ElementTree import Element

from engine.score.mei_notes import ALTERATIONS
from engine.score.numbers import fraction_or_none
from engine.score.ornaments import ARPEGGIO, MORDENT, TRILL, TURN
from engine.score.written import OrnamentSign, WrittenBar, WrittenNote

TAGS = frozenset({"trill", "mordent", "turn", "arpeg", "fermata"})


@dataclass(frozen=True, slots=True)
class SignReader:
    """Puts signs on the notes they point at.

    Attributes
    ----------
    bars : sequence of WrittenBar
        All of the score.
    staves : mapping
        Staff numbers by name.
    anchors : mapping
        Notes by the id of a note or chord; by the id of a rest, the note before it.
    """

    bars: Sequence[WrittenBar]
    staves: Mapping[str, int]
    anchors: Mapping[str, Sequence[WrittenNote]]

    def read(self, element: Element, index: int) -> None:
        """Take over one sign that stands in the bar of this index."""
        notes = self._notes_of(element, self.bars[index])
        match element.tag:
            case "fermata":
                for note in notes:
                    note.has_fermata = True
            case "arpeg":
                if element.get("order") != "nonarp":
                    _put(OrnamentSign(ARPEGGIO), notes)
            case _ if notes:
                sign = _melodic_sign(element)
                _put(sign, [max(notes, key=lambda note: note.pitch)])
                _put(sign, self._under_line(element, notes[0], index))

    def _notes_of(self, element: Element, bar: WrittenBar) -> list[WrittenNote]:
        """The notes a sign names, else those of its staves at its time."""
        names = f"{element.get('startid', '')} {element.get('plist', '')}".split()
        if names:
            return [note for name in names for note in self.anchors.get(name.lstrip("#"), ())]
        beat = fraction_or_none(element.get("tstamp"))
        if beat is None:
            return []
        onset = (beat - 1) * Fraction(4, bar.unit)
        names = element.get("staff", "1").split()
        return [
            note for name in names for note in _latest(bar.notes, self.staves.get(name, 0), onset)
        ]

    def _under_line(self, element: Element, first: WrittenNote, index: int) -> list[WrittenNote]:
        """Notes of the same voice up to the one where the line of a trill ends."""
        ends = self.anchors.get(element.get("endid", "").lstrip("#"), ())
        covered: list[WrittenNote] = []
        for k in range(index, len(self.bars) if ends else index):
            for note in sorted(self.bars[k].notes, key=lambda note: note.onset):
                is_later = k > index or note.onset > first.onset
                if is_later and not note.is_grace and _are_of_one_voice(note, first):
                    covered.append(note)
                if note is ends[0]:
                    return covered
        return []


def _latest(notes: Iterable[WrittenNote], staff: int, onset: Fraction) -> list[WrittenNote]:
    """The notes of a staff that began last, at this time or before."""
    begun = [note for note in notes if note.staff == staff and note.onset <= onset]
    latest = max((note.onset for note in begun), default=onset)
    return [note for note in begun if note.onset == latest and not note.is_grace]


def _are_of_one_voice(a: WrittenNote, b: WrittenNote) -> bool:
    return (a.part, a.voice) == (b.part, b.voice)


def _put(sign: OrnamentSign, notes: Iterable[WrittenNote]) -> None:
    """Give notes a sign; one that adds notes replaces an arpeggio."""
    for note in notes:
        if note.sign is None or note.sign.kind == ARPEGGIO:
            note.sign = sign


def _melodic_sign(element: Element) -> OrnamentSign:
    if element.tag == "mordent":
        is_upper = element.get("form") == "upper"
        has_upper, has_lower = is_upper, not is_upper
    else:
        has_upper = has_lower = True
    return OrnamentSign(
        {"trill": TRILL, "mordent": MORDENT, "turn": TURN}[element.tag],
        has_upper,
        has_lower,
        upper_alter=ALTERATIONS.get(element.get("accidupper", "")),
        lower_alter=ALTERATIONS.get(element.get("accidlower", "")),
    )
