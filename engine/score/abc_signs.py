"""Decorations of ABC that are ``notations`` in MusicXML: ornaments and fermatas."""

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

TREMOLOS = ("/", "//", "///", "////")
"""Decorations that repeat a note: strokes through its stem."""


def notation_signs(event: AbcEvent, number: int) -> list[Element]:
    """Ornaments and fermatas for the head of this number: a chord has an arpeggio at each."""
    names = [text[1:] for text in event.texts if text.startswith("!")]
    arpeggios = [Element("arpeggiate")] if "arpeggio" in names and event.notes else []
    if number:
        return arpeggios
    ornaments = Element("ornaments")
    ornaments.extend(Element(ORNAMENTS[name]) for name in names if name in ORNAMENTS)
    for strokes in (name for name in names if name in TREMOLOS):
        SubElement(ornaments, "tremolo", type="single").text = str(len(strokes))
    fermatas = [Element("fermata", type=FERMATAS[name]) for name in names if name in FERMATAS]
    return arpeggios + ([ornaments] if len(ornaments) else []) + fermatas
