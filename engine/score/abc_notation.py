"""Read ABC: header, voices and keys; the music becomes MusicXML, which is then read and engraved.

The engraving library's own ABC reader knows neither voices nor endings, so it is not used. Follows
the ABC standard 2.1 (abcnotation.com), with accidentals holding for their octave as on paper.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element

from engine.errors import ScoreError
from engine.score.abc_lyrics import add_lyrics
from engine.score.abc_music import TOKEN, AbcVoice
from engine.score.abc_xml import write_score
from engine.score.numbers import integer

MAX_TUNE_CHARS = 200_000
"""In one tune without its comments: a hundred pages of piano music."""

MAX_VOICES = 32
"""Voices in one tune."""

TONICS = {"C": 0, "D": 2, "E": 4, "F": -1, "G": 1, "A": 3, "B": 5}
"""Sharps of the major key on each step."""

MODES = {"mix": -1, "dor": -2, "m": -3, "min": -3, "aeo": -3, "phr": -4, "loc": -5, "lyd": 1}
"""Sharps a mode has more than major; major and ionian are 0."""

CLEFS = ("treble", "bass", "alto", "tenor", "perc", "none")

_FIELD = re.compile(r"([A-Za-z]):(.*)")
_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
_CLEF = re.compile(r"(?:clef=|\b)(treble|bass|alto|tenor|perc)([+-]8)?")
_BRACE = re.compile(r"^%%(?:score|staves)\s+\{", re.MULTILINE)
_TEMPO = re.compile(r"(?:(\d{1,3})/(\d{1,3})\s*=\s*)?(\d{1,4}(?:\.\d{1,3})?)")


@dataclass
class _Tune:
    """What the header says, and the voices so far."""

    title: str = ""
    composer: str = ""
    count: int = 0
    unit: int = 4
    unit_length: Fraction | None = None
    fifths: int = 0
    clef: str = "treble"
    octave_shift: int = 0
    tempo: tuple[str, Fraction, float] | None = None
    voices: dict[str, AbcVoice] = field(default_factory=dict)
    current: AbcVoice | None = None
    is_header: bool = True

    def voice(self) -> AbcVoice:
        """The voice that music lines now belong to."""
        return self.current if self.current is not None else self.change_voice("1")

    def change_voice(self, text: str) -> AbcVoice:
        """Turn to the voice that a V: field names, new or known."""
        name = text.split()[0] if text.split() else "1"
        if name not in self.voices:
            if len(self.voices) == MAX_VOICES:
                raise ScoreError(f"a tune must have at most {MAX_VOICES} voices")
            voice = AbcVoice(name, self.length_or_default(), self.count, self.unit, self.fifths)
            voice.clef, voice.octave_shift = self.clef, self.octave_shift
            self.voices[name] = voice
            if self.tempo and len(self.voices) == 1:
                voice.set_tempo(*self.tempo)
        self.current = self.voices[name]
        if clef := _CLEF.search(text.partition(name)[2]):
            self.current.clef, self.current.octave_shift = clef[1], _octaves(clef[2])
        return self.current

    def length_or_default(self) -> Fraction:
        """L: where given, else an eighth; a sixteenth in metres below 3/4."""
        if self.unit_length is not None:
            return self.unit_length
        is_small = self.count > 0 and Fraction(self.count, self.unit) < Fraction(3, 4)
        return Fraction(1, 16) if is_small else Fraction(1, 8)


def to_musicxml(text: str) -> Element:
    """Turn the first tune of an ABC file into MusicXML.

    Parameters
    ----------
    text : str
        The file.

    Returns
    -------
    Element
        ``score-partwise``, a part for each voice.

    Raises
    ------
    ScoreError
        If a field or a length in it makes no sense.
    """
    tune = _Tune()
    for line in _first_tune(text):
        match = _FIELD.fullmatch(line)
        if match and (tune.is_header or match[1] in "KLMQVwTC"):
            _read_field(tune, match[1], match[2].strip())
        elif not match and not tune.is_header:
            _read_music(tune, line)
    for voice in tune.voices.values():
        voice.finish()
    voices = [voice for voice in tune.voices.values() if any(bar.events for bar in voice.bars)]
    is_braced = _BRACE.search(text) is not None
    return write_score(voices, tune.title, tune.composer, is_braced=is_braced)


def _first_tune(text: str) -> list[str]:
    """Lines of the first tune without comments; an empty line or another X: ends it."""
    lines: list[str] = []
    is_started, n_chars = False, 0
    for raw in text.splitlines():
        line = re.sub(r"(?<!\\)%.*", "", raw).strip()
        if is_started and (not raw.strip() or line.startswith("X:")):
            break
        if line:
            lines.append(line)
        is_started |= line.startswith("K:")
        n_chars += len(line)
        if n_chars > MAX_TUNE_CHARS:
            raise ScoreError(f"a tune must have at most {MAX_TUNE_CHARS} characters")
    return lines


def _read_field(tune: _Tune, name: str, value: str) -> None:
    match name:
        case "T":
            tune.title = tune.title or value[:200]
        case "C":
            tune.composer = tune.composer or value[:200]
        case "V":
            if not tune.is_header or value:
                tune.change_voice(value)
        case "w":
            add_lyrics(tune.voice(), value)
        case "K":
            _read_key(tune, value)
        case "M" | "L" | "Q":
            _read_timing(tune, name, value)


def _read_timing(tune: _Tune, name: str, value: str) -> None:
    """Metre, unit length or tempo: of the tune in its header, of one voice in its body."""
    voices = list(tune.voices.values()) if tune.is_header else [tune.voice()]
    if name == "M":
        tune.count, tune.unit = _metre(value)
        for voice in voices:
            voice.set_metre(tune.count, tune.unit)
    elif name == "L":
        tune.unit_length = _ratio(value)
        for voice in voices:
            voice.unit_length = tune.unit_length
    elif tempo := _tempo(value, tune.length_or_default()):
        tune.tempo = tempo
        for voice in voices[:1]:
            voice.set_tempo(*tempo)


def _read_key(tune: _Tune, value: str) -> None:
    """The header ends with its key; in the body only the current voice changes."""
    fifths = _fifths(value, tune.fifths)
    clef = _CLEF.search(value)
    if tune.is_header:
        tune.fifths, tune.is_header = fifths, False
        if clef:
            tune.clef, tune.octave_shift = clef[1], _octaves(clef[2])
        for voice in tune.voices.values():
            voice.fifths = fifths
            voice.unit_length = tune.length_or_default()
        tune.current = next(iter(tune.voices.values()), None)
    else:
        tune.voice().set_key(fifths)


def _read_music(tune: _Tune, line: str) -> None:
    tune.voice().line_notes = []
    for token in TOKEN.finditer(line.removesuffix("\\")):
        if token["field"] is None:
            tune.voice().read_token(token)
        elif token["field"] in "KLMQV":
            _read_field(tune, token["field"], token["value"].strip())


def _octaves(sign: str | None) -> int:
    return {"+8": 1, "-8": -1}.get(sign or "", 0)


def _metre(text: str) -> tuple[int, int]:
    """Read 6/8, C, C|, (2+3)/8 or none."""
    if text in ("C", "C|"):
        return (4, 4) if text == "C" else (2, 2)
    if text in ("none", ""):
        return 0, 4
    above, _, below = text.partition("/")
    counts = above.strip().strip("()").split("+")
    return (
        sum(integer("M: count", count, 1, 256) for count in counts),
        integer("M: unit", below, 1, 256),
    )


def _ratio(text: str) -> Fraction:
    above, _, below = text.partition("/")
    return Fraction(integer("L:", above, 1, 64), integer("L:", below or "1", 1, 1024))


def _tempo(text: str, unit_length: Fraction) -> tuple[str, Fraction, float] | None:
    """Read 1/4=100, "Allegro" 3/8=80 or a bare 100, which counts unit lengths."""
    words = " ".join(re.findall(r'"([^"]*)"', text))
    number = _TEMPO.search(re.sub(r'"[^"]*"', "", text))
    if number is None or float(number[3]) == 0:
        return None
    beat = Fraction(int(number[1]), max(int(number[2]), 1)) if number[1] else unit_length
    return words, beat or unit_length, float(number[3])


def _fifths(text: str, otherwise: int) -> int:
    """Sharps (or, negative, flats) of a key such as Gm, F#dor or Bb lydian."""
    if text.startswith(("HP", "Hp")):
        return 2
    if text.startswith("none"):
        return 0
    match = _KEY.match(text)
    if match is None:
        return otherwise
    mode = match[3].lower()
    shift = MODES["m"] if mode == "m" else MODES.get(mode[:3], 0)
    fifths = TONICS[match[1]] + {"#": 7, "b": -7, "": 0}[match[2]] + shift
    if not -7 <= fifths <= 7:
        raise ScoreError(f"K: must have at most seven sharps or flats, got {text[:20]!r}")
    return fifths
