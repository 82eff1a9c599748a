"""One reader for each format; all of them end in a :class:`Reading`."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from engine.score.canonical import make_canonical, shorten_ids, to_text, without_namespaces
from engine.score.mei import read_mei
from engine.score.musicxml import read_musicxml
from engine.score.reading import Reading
from engine.score.source import decode, detect, parse_xml, root_kind, unpack_mxl
from engine.score.written import WrittenScore


def read(data: bytes, ending: str) -> Reading:
    """Read a score file of any supported format.

    Parameters
    ----------
    data : bytes
        The whole file.
    ending : str
        Of its name, where the content leaves the format open.

    Returns
    -------
    Reading
        The score as it is played.

    Raises
    ------
    ScoreError
        If it cannot be read as music.
    """
    kind = detect(data, ending)
    if kind == "midi":
        from engine.score.midi import read_midi

        return read_midi(data)
    from engine.score.playing import play

    return play(_written(prepare(data, kind)))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A score made safe: a MusicXML tree with ids, or text that goes to the engraver first."""

    musicxml: Element | None = None
    text: str = ""
    input_from: str = ""
    has_expansion: bool = False


def prepare(data: bytes, kind: str) -> Prepared:
    """Make the same thing for the reader of notes and for the engraver, so that ids agree."""
    if kind == "abc":
        from engine.score.abc_notation import to_musicxml

        return Prepared(make_canonical(to_musicxml(decode(data))))
    if kind == "humdrum":
        text = decode(data)
        return Prepared(text=text, input_from="humdrum", has_expansion="\n*>[" in text)
    root = parse_xml(unpack_mxl(data) if kind == "mxl" else data)
    if root_kind(root) == "musicxml":
        return Prepared(make_canonical(root))
    shorten_ids(root)
    has_expansion = root.find(".//{*}expansion") is not None
    return Prepared(text=to_text(root), input_from="mei", has_expansion=has_expansion)


def _written(score: Prepared) -> WrittenScore:
    if score.musicxml is not None:
        return read_musicxml(score.musicxml)
    from engine.score.engraver import to_mei

    mei = parse_xml(to_mei(score.text, score.input_from).encode())
    return read_mei(without_namespaces(mei), has_expansion=score.has_expansion)
