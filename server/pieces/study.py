"""What can be told of an uploaded score by reading it."""

import re
from pathlib import PurePath
from typing import NamedTuple

from engine import Score
from engine.errors import EngineError
from engine.score.source import detect, head_text
from engine.study.difficulty import demands_of
from engine.study.key import estimate_key
from engine.tempo import ScoreClock
from server.errors import ApiError
from server.http.uploads import FILE_FIELD
from server.store.tables.songs import TITLE_CHARS

UNTITLED = "Untitled"
NAME_CHARS = 100  # of a file's name in a message
_MEI = re.compile(r"<(\w+:)?mei[\s>]")


class Study(NamedTuple):
    """A score that was read; the fields are those of a piece."""

    title: str
    composer: str
    level: int
    hands: str
    key: str
    tempo_bpm: float
    format: str


def study(data: bytes, name: str) -> Study:
    """Read a score; takes a process of its own and up to half a minute.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        What it is called; may be empty.

    Raises
    ------
    ApiError
        422, naming what is wrong with it.
    """
    name = name[-NAME_CHARS:]
    try:
        score = Score.from_bytes(data, name)
    except EngineError as error:
        raise ApiError(422, "INVALID_SCORE", str(error), {"field": FILE_FIELD}) from None
    demands = demands_of(score.notes, ScoreClock(score.tempi, float(score.bars["onset_beat"][0])))
    is_right = score.notes["staff"] == 1
    return Study(
        title=one_line(score.title) or one_line(PurePath(name).stem) or UNTITLED,
        composer=one_line(score.composer),
        level=round(demands.level),
        hands="both" if demands.is_two_handed else "right" if is_right.all() else "left",
        key=estimate_key(score.notes),
        tempo_bpm=round(float(score.tempi["bpm"][0]), 2),
        format=_format(data, name),
    )


def one_line(text: str) -> str:
    """A title as it is shown: one line, not too long, nothing invisible in it."""
    words = "".join(c if c.isprintable() else " " for c in text).split()
    return " ".join(words)[:TITLE_CHARS].strip()


def _format(data: bytes, name: str) -> str:
    kind = detect(data, PurePath(name).suffix.lower())
    if kind != "xml":
        return kind
    return "mei" if _MEI.search(head_text(data)) else "musicxml"
