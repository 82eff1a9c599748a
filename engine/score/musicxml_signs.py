"""Ornaments and fermatas in the ``notations`` of a MusicXML note."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from engine.score.ornaments import ARPEGGIO, MORDENT, TREMOLO, TRILL, TURN
from engine.score.written import OrnamentSign

KINDS = {
    "trill-mark": TRILL,
    "shake": TRILL,
    "mordent": MORDENT,
    "inverted-mordent": MORDENT,
    "turn": TURN,
    "delayed-turn": TURN,
    "inverted-turn": TURN,
    "delayed-inverted-turn": TURN,
    "vertical-turn": TURN,
    "inverted-vertical-turn": TURN,
    "haydn": TURN,
}
"""By element; the others, such as the slide, are not known to all players alike."""

ONE_SIDED = {"mordent": -1, "inverted-mordent": 1}
"""Where the plain signs go; with a tail at either end they go both ways."""

ALTERATIONS = {
    "natural": 0,
    "sharp": 1,
    "natural-sharp": 1,
    "flat": -1,
    "natural-flat": -1,
    "double-sharp": 2,
    "sharp-sharp": 2,
    "flat-flat": -2,
}
"""Semitones of the accidentals that stand with ornaments."""


def read_sign(notations: list[Element]) -> OrnamentSign | None:
    """Take the ornament of a note; of several, one that adds notes before an arpeggio."""
    for element in _ornaments(notations):
        if element.tag in KINDS:
            return _melodic_sign(element, notations)
        if element.tag == "tremolo":
            role = element.get("type", "single")
            return OrnamentSign(TREMOLO, role="" if role == "single" else role)
    if any(element.find("arpeggiate") is not None for element in notations):
        return OrnamentSign(ARPEGGIO)
    return None


def has_fermata(notations: list[Element]) -> bool:
    """Whether the note or rest may be held."""
    return any(element.find("fermata") is not None for element in notations)


def line_ends(notations: list[Element]) -> list[str]:
    """Ends of wavy lines at a note: "start", "stop", "continue"."""
    return [e.get("type", "") for e in _ornaments(notations) if e.tag == "wavy-line"]


def _ornaments(notations: list[Element]) -> Iterator[Element]:
    for element in notations:
        for ornaments in element.iterfind("ornaments"):
            yield from ornaments


def _melodic_sign(element: Element, notations: list[Element]) -> OrnamentSign:
    side = ONE_SIDED.get(element.tag, 0)
    if element.get("approach") or element.get("departure"):
        side = 0
    alters: dict[bool, int] = {}
    for mark in (mark for outer in notations for mark in outer.iter("accidental-mark")):
        is_below = mark.get("placement", "below" if side < 0 else "above") == "below"
        if (alteration := ALTERATIONS.get((mark.text or "").strip())) is not None:
            alters[is_below] = alteration
    return OrnamentSign(
        KINDS[element.tag],
        has_upper=side >= 0,
        has_lower=side <= 0,
        upper_alter=alters.get(False),
        lower_alter=alters.get(True),
    )
