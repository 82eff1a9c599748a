"""Score trees made ready for reader and engraver alike: every note with one short, unique id."""

import hashlib
import re
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

MAX_ID_LENGTH = 32
"""Characters of a note's id in ``NOTE_DTYPE``."""

_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_SAFE_ID = re.compile(rf"[A-Za-z_][A-Za-z0-9_.-]{{0,{MAX_ID_LENGTH - 1}}}")


def make_canonical(root: Element) -> Element:
    """Return the score partwise with ids on all notes; ids in the file stay where they can.

    Both the arrays and the engraving come from this tree, so their ids agree by construction.
    """
    root = _partwise(root) if root.tag == "score-timewise" else root
    _remove_other_ids(root)
    notes = list(root.iter("note"))
    taken = {part.get("id", "") for part in root.iter("part")}
    for note in notes:
        note_id = note.attrib.pop("id", "") or note.attrib.pop("ID", "")
        if is_safe_id(note_id) and note_id not in taken:
            note.set("id", note_id)
            taken.add(note_id)
    _number_the_rest(notes, taken)
    return root


def is_safe_id(text: str) -> bool:
    """Short enough for the arrays, and usable in a page without quoting."""
    return _SAFE_ID.fullmatch(text) is not None


def _remove_other_ids(root: Element) -> None:
    """Ids of slurs, bars and the like are of no use and could be the same as a note's."""
    for element in root.iter():
        if element.tag not in ("note", "part", "score-part", "score-instrument", "midi-instrument"):
            element.attrib.pop("id", None)


def _number_the_rest(notes: list[Element], taken: set[str]) -> None:
    number = 0
    for note in notes:
        if note.get("id"):
            continue
        number += 1
        while f"n{number}" in taken:
            number += 1
        note.set("id", f"n{number}")
        taken.add(f"n{number}")


def _partwise(root: Element) -> Element:
    """Turn bars of parts into parts of bars."""
    result = Element("score-partwise", root.attrib)
    parts: dict[str, Element] = {}
    for child in root:
        if child.tag != "measure":
            result.append(child)
            continue
        for part in child.iterfind("part"):
            part_id = part.get("id", "")
            if part_id not in parts:
                parts[part_id] = Element("part", {"id": part_id})
            SubElement(parts[part_id], "measure", child.attrib).extend(part)
    result.extend(parts.values())
    return result


def shorten_ids(root: Element) -> None:
    """Replace ids of an MEI document that are long or need quoting, with all references to them."""
    names: dict[str, str] = {}
    for element in root.iter():
        old = element.get(_XML_ID, "")
        if old and not is_safe_id(old):
            names[old] = "x" + hashlib.sha256(old.encode()).hexdigest()[:16]
    if not names:
        return
    for element in root.iter():
        for key, value in element.attrib.items():
            element.set(key, " ".join(_renamed(token, names) for token in value.split(" ")))


def _renamed(token: str, names: dict[str, str]) -> str:
    if token.startswith("#"):
        return "#" + names.get(token[1:], token[1:])
    return names.get(token, token)


def to_text(root: Element) -> str:
    """Write the tree out again, without document type and entities."""
    register_namespace("", "http://www.music-encoding.org/ns/mei")
    return tostring(root, encoding="unicode")


def without_namespaces(root: Element) -> Element:
    """Drop the namespace of all tags."""
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    return root
