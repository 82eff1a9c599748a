"""Repeat signs, endings, jumps and tempo marks of MusicXML."""

import re
from fractions import Fraction
from xml.etree.ElementTree import Element

from engine.score.limits import MAX_TEMPO_BPM, MIN_TEMPO_BPM
from engine.score.numbers import fraction_or_none, integer
from engine.score.written import WrittenBar

MAX_PASSES = 32
"""Times a section may be asked to sound."""

BEAT_UNITS = {
    "breve": Fraction(8),
    "whole": Fraction(4),
    "half": Fraction(2),
    "quarter": Fraction(1),
    "eighth": Fraction(1, 2),
    "16th": Fraction(1, 4),
    "32nd": Fraction(1, 8),
}
"""Quarter notes in the note value of a metronome mark."""

DA_CAPO = re.compile(r"\bd\.\s?c\.|\bda\s+capo\b|^\s*d\.?c\b", re.IGNORECASE)
DAL_SEGNO = re.compile(r"\bd\.\s?s\.|\bdal\s+segno\b|^\s*d\.?s\b", re.IGNORECASE)
TO_CODA = re.compile(r"\bto\s+coda\b", re.IGNORECASE)
FINE = re.compile(r"\s*fine\s*\.?\s*", re.IGNORECASE)


def read_barline(barline: Element, bar: WrittenBar, endings: frozenset[int]) -> frozenset[int]:
    """Take over repeat and ending of a barline; returns the passes of the ending now open."""
    ending = barline.find("ending")
    if ending is not None and ending.get("type") == "start":
        endings = bar.endings = ending_passes(ending.get("number") or ending.text or "")
    repeat = barline.find("repeat")
    if repeat is not None and repeat.get("direction") == "forward":
        bar.starts_repeat = True
    elif repeat is not None:
        bar.repeat_times = integer("repeat times", repeat.get("times", "2"), 1, MAX_PASSES)
    _read_signs(barline, bar)
    return endings


def ending_passes(text: str) -> frozenset[int]:
    """Read "1", "1, 2" or "1-3": the passes an ending is for."""
    passes: set[int] = set()
    for low, high in re.findall(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", text):
        passes.update(range(int(low), int(high or low) + 1))
    return frozenset(p for p in passes if 1 <= p <= MAX_PASSES)


def read_direction(element: Element, bar: WrittenBar, offset: Fraction) -> None:
    """Take over tempo and jumps of a ``direction`` or a bare ``sound``."""
    sound = element if element.tag == "sound" else element.find("sound")
    tempo = _sound_tempo(sound) or _metronome_tempo(element)
    if MIN_TEMPO_BPM <= tempo <= MAX_TEMPO_BPM:
        bar.tempi.append((offset, tempo))
    was_to_coda, bar.is_to_coda = bar.is_to_coda, False
    if sound is not None:
        _read_sound(sound, bar)
    for words in element.iterfind("direction-type/words"):
        read_words(words.text or "", bar)
    for kind in element.iterfind("direction-type"):
        _read_signs(kind, bar, is_leaving=bar.is_to_coda)
    bar.is_to_coda |= was_to_coda


def read_words(text: str, bar: WrittenBar) -> None:
    """Take over a jump that is only spelt out, such as "D.C. al Fine"."""
    if DA_CAPO.search(text):
        bar.jump = "da capo"
    elif DAL_SEGNO.search(text):
        bar.jump = "dal segno"
    bar.is_to_coda |= bool(TO_CODA.search(text))
    bar.is_fine |= bool(FINE.fullmatch(text))


def settle_codas(bars: list[WrittenBar]) -> None:
    """Read the first of two bare coda signs as the place to leave for the second."""
    codas = [bar for bar in bars if bar.is_coda]
    if len(codas) > 1 and not any(bar.is_to_coda for bar in bars):
        codas[0].is_coda, codas[0].is_to_coda = False, True


def _read_signs(element: Element, bar: WrittenBar, *, is_leaving: bool = False) -> None:
    """Take a sign as a place to land on, unless its own direction says "to coda"."""
    bar.is_segno |= element.find("segno") is not None
    bar.is_coda |= element.find("coda") is not None and not is_leaving


def _read_sound(sound: Element, bar: WrittenBar) -> None:
    if sound.get("dacapo") == "yes":
        bar.jump = "da capo"
    elif sound.get("dalsegno"):
        bar.jump = "dal segno"
    bar.is_segno |= bool(sound.get("segno"))
    bar.is_coda |= bool(sound.get("coda"))
    bar.is_fine |= bool(sound.get("fine"))
    bar.is_to_coda |= bool(sound.get("tocoda"))
    bar.starts_repeat |= sound.get("forward-repeat") == "yes"


def _sound_tempo(sound: Element | None) -> float:
    tempo = None if sound is None else fraction_or_none(sound.get("tempo"))
    return float(tempo or 0)


def _metronome_tempo(direction: Element) -> float:
    metronome = direction.find("direction-type/metronome")
    if metronome is None:
        return 0.0
    per_minute = re.search(r"\d{1,4}(\.\d{1,4})?", metronome.findtext("per-minute") or "")
    unit = BEAT_UNITS.get(metronome.findtext("beat-unit") or "")
    if per_minute is None or unit is None:
        return 0.0
    dots = len(metronome.findall("beat-unit-dot"))
    return float(Fraction(per_minute.group()) * unit * (2 - Fraction(1, 2 ** min(dots, 4))))
