"""Decorations of ABC that are ``notations`` in MusicXML: slurs, ornaments, fingers and so on."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from engine.score.abc_music import AbcEvent

ORNAMENTS = {
    "trill": "trill-mark",
    "lowermordent": "mordent",
    "mordent": "mordent",
    "uppermordent": "inverted-mordent",
    "pralltriller": "inverted-mordent",
    "roll": "turn",
    "turn": "turn",
    "turnx": "turn",
    "invertedturn": "inverted-turn",
    "invertedturnx": "inverted-turn",
}
"""Decorations that add notes; a roll is played like a turn."""

FERMATAS = {"fermata": "upright", "invertedfermata": "inverted"}

ARTICULATIONS = {
    "staccato": "staccato",
    "accent": "accent",
    "emphasis": "accent",
    ">": "accent",
    "tenuto": "tenuto",
    "wedge": "staccatissimo",
    "breath": "breath-mark",
}

FINGERS = ("0", "1", "2", "3", "4", "5")

TREMOLOS = ("/", "//", "///", "////")
"""Decorations that repeat a note: strokes through its stem."""


def notation_signs(event: AbcEvent, number: int) -> list[Element]:
    """Signs at the head of this number: all at the first, but a chord has an arpeggio at each."""
    names = [text[1:] for text in event.texts if text.startswith("!")]
    arpeggios = [Element("arpeggiate")] if "arpeggio" in names and event.notes else []
    if number:
        return arpeggios
    slurs = [Element("slur", number=str(slur), type=edge) for slur, edge in event.slur_edges]
    fermatas = [Element("fermata", type=FERMATAS[name]) for name in names if name in FERMATAS]
    groups = (_ornaments(names), _fingers(names), _articulations(names))
    return slurs + arpeggios + [group for group in groups if len(group)] + fermatas


def _ornaments(names: Sequence[str]) -> Element:
    group = Element("ornaments")
    group.extend(Element(ORNAMENTS[name]) for name in names if name in ORNAMENTS)
    for strokes in (name for name in names if name in TREMOLOS):
        SubElement(group, "tremolo", type="single").text = str(len(strokes))
    return group


def _fingers(names: Sequence[str]) -> Element:
    group = Element("technical")
    for finger in (name for name in names if name in FINGERS):
        SubElement(group, "fingering").text = finger
    return group


def _articulations(names: Sequence[str]) -> Element:
    group = Element("articulations")
    group.extend(Element(ARTICULATIONS[name]) for name in names if name in ARTICULATIONS)
    return group
