"""Read MEI, as the engraving library writes it out for MEI and Humdrum files.

Times come from the written note values: the library's own times have grace notes played out and
chords broken, which a score must not have.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element

from engine.score.limits import MAX_TEMPO_BPM, MIN_TEMPO_BPM
from engine.score.marks import ending_passes, read_words, settle_codas
from engine.score.mei_notes import XML_ID, Staff, StaffReader, effective_children
from engine.score.mei_signs import TAGS, SignReader
from engine.score.numbers import fraction_or_none, integer, leading_integer
from engine.score.written import WrittenBar, WrittenNote, WrittenScore


def read_mei(root: Element, *, has_expansion: bool) -> WrittenScore:
    """Read the first movement of an MEI document.

    Parameters
    ----------
    root : Element
        The document without namespace.
    has_expansion : bool
        The author gave an order of sections, which then is the order of playing.

    Returns
    -------
    WrittenScore
        All staves together.

    Raises
    ------
    ScoreError
        If a number in it is none, or out of its range.
    """
    score = root.find(".//score")
    reader = _ScoreReader(_ids(root, "startid", "tie"), _ids(root, "endid", "tie"))
    reader.has_implied_keys = not any("accid.ges" in note.attrib for note in root.iter("note"))
    if score is not None:
        reader.read(score)
    settle_codas(reader.bars)
    reader.read_signs()
    order = reader.expanded() if has_expansion else None
    return WrittenScore(reader.bars, _title(root), _composer(root), order)


def _ids(root: Element, attribute: str, tag: str) -> frozenset[str]:
    return frozenset(element.get(attribute, "").lstrip("#") for element in root.iter(tag))


@dataclass
class _ScoreReader:
    """Walks sections and endings; metres, keys and tempi hold from bar to bar."""

    tied_to: frozenset[str]
    tied_from: frozenset[str]
    has_implied_keys: bool = False
    bars: list[WrittenBar] = field(default_factory=list)
    staves: dict[str, Staff] = field(default_factory=dict)
    count: int = 0  # 0: no metre yet
    unit: int = 4
    endings: frozenset[int] = frozenset()
    starts_repeat: bool = False
    number: int = 0
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)  # of sections and endings
    plist: list[str] = field(default_factory=list)
    pending_bpm: float = 0.0
    anchors: dict[str, list[WrittenNote]] = field(default_factory=dict)  # by id, also of rests
    signs: list[tuple[Element, int]] = field(default_factory=list)  # with the index of their bar

    def read(self, element: Element) -> None:
        for child in effective_children(element):
            match child.tag:
                case "measure":
                    self._read_measure(child)
                case "section" | "ending":
                    self._read_span(child)
                case "scoreDef" | "staffDef" | "staffGrp":
                    self._define(child)
                case "expansion":
                    names = child.get("plist", "").split()
                    self.plist = self.plist or [name.lstrip("#") for name in names]

    def expanded(self) -> list[int] | None:
        """The bars in the author's order of sections; None if that names none of them."""
        spans = [self.spans[name] for name in self.plist if name in self.spans]
        return [index for first, end in spans for index in range(first, end)] or None

    def _read_span(self, element: Element) -> None:
        first = len(self.bars)
        if element.tag == "ending":
            self.endings = ending_passes(element.get("n", "")) or frozenset({1})
        self.read(element)
        if element.tag == "ending":
            self.endings = frozenset()
        self.spans[element.get(XML_ID, "")] = (first, len(self.bars))

    def _define(self, element: Element) -> None:
        """Take over what a definition says of metre, key, staves and tempo."""
        definitions = list(element.iter("staffDef"))
        for definition in definitions:
            self.staves.setdefault(definition.get("n", ""), Staff(len(self.staves) + 1))
        for definition in element.iter():
            self._define_metre(definition)
            if definition.tag == "scoreDef":
                self._define_score(definition)
        for definition in definitions:
            self.staves[definition.get("n", "")].define(definition)

    def _define_score(self, definition: Element) -> None:
        self.pending_bpm = _bpm(definition) or self.pending_bpm
        for signature in (definition, *definition.iterfind("keySig")):
            for staff in self.staves.values():
                staff.define_key(signature)

    def _define_metre(self, definition: Element) -> None:
        count = definition.get("meter.count") or definition.get("count")
        unit = definition.get("meter.unit") or definition.get("unit")
        if definition.tag in ("scoreDef", "staffDef", "meterSig") and count and unit:
            self.count = sum(integer("meter count", part, 1, 256) for part in count.split("+"))
            self.unit = integer("meter unit", unit, 1, 256)

    def _read_measure(self, measure: Element) -> None:
        bar = WrittenBar(0, Fraction(0), endings=self.endings)
        bar.count, bar.unit = self.count or 4, self.unit
        for element in effective_children(measure):
            if element.tag == "staff":
                self._read_staff(element, bar)
        if not self.count:
            bar.fit_metre()
        bar.duration = bar.duration or bar.metre_duration * _bars_of_rest(measure)
        self._read_signs(measure, bar)
        self._number(measure, bar)
        self.bars.append(bar)

    def _number(self, measure: Element, bar: WrittenBar) -> None:
        """Count on where a number is missing; a short first bar is a pickup, number 0."""
        is_pickup = not self.bars and bar.is_short
        bar.number = leading_integer(measure.get("n", ""), 0 if is_pickup else self.number + 1)
        self.number = bar.number

    def _read_staff(self, element: Element, bar: WrittenBar) -> None:
        name = element.get("n", "")
        staff = self.staves.setdefault(name, Staff(len(self.staves) + 1))
        reader = StaffReader(
            staff,
            bar,
            self.staves,
            self.tied_to,
            self.tied_from,
            self.has_implied_keys,
            self.anchors,
        )
        for layer in effective_children(element):
            if layer.tag == "layer":
                reader.read_layer(layer)

    def _read_signs(self, measure: Element, bar: WrittenBar) -> None:
        left, right = measure.get("left", ""), measure.get("right", "")
        bar.starts_repeat = self.starts_repeat or left in ("rptstart", "rptboth")
        if left in ("rptend", "rptboth") and self.bars:
            self.bars[-1].repeat_times = self.bars[-1].repeat_times or 2
        bar.repeat_times = 2 if right in ("rptend", "rptboth") else 0
        self.starts_repeat = right in ("rptstart", "rptboth")
        if self.pending_bpm:
            bar.tempi.append((Fraction(0), self.pending_bpm))
            self.pending_bpm = 0.0
        for element in effective_children(measure):
            _read_control(element, bar)
            if element.tag in TAGS:
                self.signs.append((element, len(self.bars)))

    def read_signs(self) -> None:
        """Put ornaments and fermatas on their notes, which all have been read by now."""
        staff_numbers = {name: staff.number for name, staff in self.staves.items()}
        reader = SignReader(self.bars, staff_numbers, self.anchors)
        for element, index in self.signs:
            reader.read(element, index)


def _bars_of_rest(measure: Element) -> int:
    rests = [integer("num", rest.get("num", "1"), 1, 1000) for rest in measure.iter("multiRest")]
    return max(rests, default=1)


def _read_control(element: Element, bar: WrittenBar) -> None:
    if element.tag == "tempo":
        if tempo := _bpm(element):
            stamp = fraction_or_none(element.get("tstamp")) or Fraction(1)
            bar.tempi.append((max(stamp - 1, Fraction(0)) * Fraction(4, bar.unit), tempo))
    elif element.tag == "repeatMark":
        _read_repeat_mark(element.get("func", ""), bar)
    elif element.tag == "dir":
        read_words(" ".join(element.itertext()), bar)


def _read_repeat_mark(function: str, bar: WrittenBar) -> None:
    match function:
        case "daCapo":
            bar.jump = "da capo"
        case "dalSegno":
            bar.jump = "dal segno"
        case "segno":
            bar.is_segno = True
        case "coda":
            bar.is_coda = True
        case "fine":
            bar.is_fine = True


def _bpm(element: Element) -> float:
    """Quarter notes per minute of a tempo mark, 0 without one that can be meant."""
    if (bpm := fraction_or_none(element.get("midi.bpm"))) is None:
        mm, unit = fraction_or_none(element.get("mm")), fraction_or_none(element.get("mm.unit"))
        dots = leading_integer(element.get("mm.dots", ""), 0)
        bpm = mm * 4 / unit * (2 - Fraction(1, 2 ** min(dots, 4))) if mm and unit else Fraction(0)
    return float(bpm) if MIN_TEMPO_BPM <= bpm <= MAX_TEMPO_BPM else 0.0


def _title(root: Element) -> str:
    return _text_in(root, "titleStmt", "title") or _text_in(root, "work", "title")


def _composer(root: Element) -> str:
    return (
        _text_in(root, "titleStmt", "composer")
        or _text_in(root, "work", "composer")
        or _text(root.find(".//persName[@role='composer']"))
    )


def _text_in(root: Element, parent: str, name: str) -> str:
    return _text(root.find(f".//{parent}/{name}"))


def _text(element: Element | None) -> str:
    """One line of at most 200 characters."""
    return "" if element is None else " ".join(" ".join(element.itertext()).split())[:200]
