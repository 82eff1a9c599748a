"""Draw a score in the reading process, and let nothing through but a plain picture.

The engraver's SVG brings a style sheet, which a strict content security policy forbids, and MEI may
carry SVG of its own. So every page is rebuilt from a list of allowed elements and attributes, and
the style sheet's rules become attributes.
"""

from typing import Any
from xml.etree.ElementTree import Element, fromstring, register_namespace, tostring

from engine.errors import ScoreError
from engine.score.canonical import to_text
from engine.score.engraver import load
from engine.score.formats import prepare
from engine.score.source import detect

SVG = "{http://www.w3.org/2000/svg}"

MAX_PAGE_HEIGHT = 60_000
"""Tallest page the engraver makes, in its units; longer scores are stacked from several."""

ELEMENTS = frozenset(
    {"svg", "g", "defs", "desc", "path", "use", "text", "tspan"}
    | {"rect", "circle", "ellipse", "line", "polygon", "polyline"}
)
"""What a picture of music is made of."""

ATTRIBUTES = frozenset(
    {"id", "class", "transform", "viewBox", "overflow", "visibility", "d", "points"}
    | {"x", "y", "dx", "dy", "width", "height", "cx", "cy", "r", "rx", "ry", "x1", "y1", "x2", "y2"}
    | {"fill", "fill-opacity", "fill-rule", "opacity", "stroke", "stroke-width", "stroke-opacity"}
    | {"stroke-dasharray", "stroke-linecap", "stroke-linejoin", "text-anchor"}
    | {"font-family", "font-size", "font-style", "font-weight"}
)
"""What they may say of themselves; colour is left to the page."""

STROKED = frozenset({"ellipse", "path", "polygon", "polyline", "rect"})
"""Elements the engraver's style sheet draws in the current colour."""

TEXT_STYLES = {
    "ending": ("font-weight", "bold"),
    "fing": ("font-weight", "bold"),
    "reh": ("font-weight", "bold"),
    "tempo": ("font-weight", "bold"),
    "dir": ("font-style", "italic"),
    "dynam": ("font-style", "italic"),
    "mNum": ("font-style", "italic"),
    "label": ("font-weight", "normal"),
    "placeholder": ("visibility", "hidden"),
}
"""The other rules of that style sheet, by class."""

GLYPHS_IN_TEXT = str.maketrans(
    {
        0xECA2: "𝅝",
        0xECA3: "𝅗𝅥",
        0xECA5: "♩",
        0xECA7: "♪",
        0xECA9: "𝅘𝅥𝅯",
        0xECB7: ".",
        0xE260: "♭",
        0xE261: "♮",
        0xE262: "♯",
    }
)
"""Music symbols inside words, from the engraver's own font to characters every system can show."""


def draw(data: bytes, ending: str, width_px: int, scale: int) -> str:
    """Engrave a score; see :func:`engine.score.engrave`."""
    kind = detect(data, ending)
    if kind == "midi":
        raise ScoreError("a MIDI file has no notation to engrave")
    score = prepare(data, kind)
    text = score.text if score.musicxml is None else to_text(score.musicxml)
    page_width = round(width_px * 100 / scale)
    options = {"pageWidth": page_width, "pageHeight": MAX_PAGE_HEIGHT, "scale": scale}
    toolkit = load(text, score.input_from or "xml", **options)
    return _stack(toolkit, width_px)


def _stack(toolkit: Any, width_px: int) -> str:
    """Put all pages below each other into one image."""
    height_px = 0
    image = Element(f"{SVG}svg")
    for number in range(1, toolkit.getPageCount() + 1):
        page = fromstring(toolkit.renderToSVG(number))
        _clean(page)
        page.set("y", str(height_px))
        height_px += int(float(page.get("height", "0").removesuffix("px")))
        image.append(page)
    image.attrib.update(width=str(width_px), height=str(height_px))
    image.set("viewBox", f"0 0 {width_px} {height_px}")
    register_namespace("", SVG.strip("{}"))
    return tostring(image, encoding="unicode")


def _clean(element: Element) -> None:
    """Reduce an element and all in it to what is allowed, in place."""
    for child in list(element):
        tag = str(child.tag).removeprefix(SVG)
        if tag not in ELEMENTS:
            element.remove(child)
            continue
        _clean_attributes(child, tag)
        if tag != "defs":
            _clean(child)
        else:
            _clean_glyphs(child)
    _clean_attributes(element, "")


def _clean_glyphs(definitions: Element) -> None:
    """The engraver's own glyphs: groups of bare paths."""
    for group in definitions:
        for child in list(group):
            if child.tag != f"{SVG}path":
                group.remove(child)
    for element in definitions.iter():
        _keep_allowed(element)


def _clean_attributes(element: Element, tag: str) -> None:
    _keep_allowed(element)
    if tag in STROKED:
        element.attrib.setdefault("stroke", "currentColor")
    for name in element.get("class", "").split():
        if name in TEXT_STYLES:
            element.set(*TEXT_STYLES[name])
    if element.get("font-family") == "Leipzig":
        del element.attrib["font-family"]
        element.text = (element.text or "").translate(GLYPHS_IN_TEXT)


def _keep_allowed(element: Element) -> None:
    link = element.get("href", "")
    for key in [key for key in element.attrib if key not in ATTRIBUTES]:
        del element.attrib[key]
    if link.startswith("#"):
        element.set("href", link)
