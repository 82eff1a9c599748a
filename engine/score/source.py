"""What kind of file the bytes are, and the safe way into it."""

import re
import zipfile
import zlib
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from engine.errors import ScoreError
from engine.score.limits import MAX_FILE_BYTES, MIB

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_ABC_FIELD = re.compile(r"^(%abc|[XTMLK]:)", re.MULTILINE)


def detect(data: bytes, ending: str) -> str:
    """Tell the format by content; the name's ending decides only where content cannot.

    Parameters
    ----------
    data : bytes
        The whole file.
    ending : str
        Of its name, such as ".abc".

    Returns
    -------
    str
        "midi", "mxl", "xml", "humdrum" or "abc".

    Raises
    ------
    ScoreError
        If it is none of them.
    """
    if data.startswith(b"MThd"):
        return "midi"
    if data.startswith(b"PK\x03\x04"):
        return "mxl"
    text = head_text(data)
    if text.lstrip().startswith("<"):
        return "xml"
    if re.search(r"^\*\*(kern|mens|recip|dynam|text|silbe)", text, re.MULTILINE):
        return "humdrum"
    if _ABC_FIELD.search(text) or (ending == ".abc" and text.strip()):
        return "abc"
    raise ScoreError(_refusal(data, ending))


def head_text(data: bytes) -> str:
    """The beginning of a file as text, for a look at its format."""
    return decode(data[:65536], errors="replace")


def decode(data: bytes, errors: str = "strict") -> str:
    """Text of a file: UTF-8, UTF-16 with its mark, else Latin-1 as older files have it."""
    if data.startswith(_UTF16_BOMS):
        return data.decode("utf-16", errors)
    try:
        return data.removeprefix(_UTF8_BOM).decode("utf-8", errors)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _refusal(data: bytes, ending: str) -> str:
    if not data.strip():
        return "the file is empty"
    kinds = "MusicXML, MXL, MEI, ABC, Humdrum or MIDI"
    begin = ascii(data[:12].decode("latin-1"))
    return f"must be {kinds}, got {ending or 'something'} that begins with {begin}"


def unpack_mxl(data: bytes) -> bytes:
    """Take the score out of a compressed MusicXML file, never more than ``MAX_FILE_BYTES``."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _read_member(archive, _rootfile(archive))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise ScoreError(f"the .mxl archive is damaged: {error}") from error


def _rootfile(archive: zipfile.ZipFile) -> str:
    """The member that ``META-INF/container.xml`` names, else the first score in the archive."""
    names = archive.namelist()
    if "META-INF/container.xml" in names:
        container = parse_xml(_read_member(archive, "META-INF/container.xml"))
        path = next((e.get("full-path", "") for e in container.iter() if _tag(e) == "rootfile"), "")
        if path in names:
            return path
    for name in names:
        if name.lower().endswith((".xml", ".musicxml")) and not name.startswith("META-INF/"):
            return name
    raise ScoreError("the .mxl archive must contain a MusicXML score, got none")


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Unpack no further than the limit, whatever size the archive claims."""
    with archive.open(name) as member:
        data = member.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ScoreError(f"an unpacked score must be at most {MAX_FILE_BYTES // MIB} MiB")
    return data


def parse_xml(data: bytes) -> Element:
    """Parse XML without entities and without anything from outside the file."""
    try:
        root: Element = fromstring(data)
    except DefusedXmlException as error:
        raise ScoreError("XML entities are not allowed in a score: take them out") from error
    except (ParseError, ValueError, LookupError) as error:
        raise ScoreError(f"the XML is damaged or cut off: {error}") from error
    return root


def root_kind(root: Element) -> str:
    """ "musicxml" or "mei" by the root element."""
    tag = _tag(root)
    if tag in ("score-partwise", "score-timewise"):
        return "musicxml"
    if tag == "mei":
        return "mei"
    raise ScoreError(f"the XML must be MusicXML or MEI, got <{tag[:40]}>")


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
