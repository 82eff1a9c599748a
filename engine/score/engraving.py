"""Engrave a score as one SVG image whose note ids are those of :class:`engine.score.Score`."""

from pathlib import PurePath

from engine.errors import RuleError
from engine.score.process import ask
from engine.score.worker import Request

MIN_WIDTH_PX, MAX_WIDTH_PX = 200, 10_000
"""From a telephone's width to a wall's."""

MIN_SCALE, MAX_SCALE = 10, 200
"""Percent; at 100 a staff is 72 pixels high."""

DEFAULT_SCALE = 40
"""Percent: a staff 29 pixels high, as on printed paper at arm's length."""


def engrave(
    data: bytes, name: str = "", *, width_px: int = 1200, scale: int = DEFAULT_SCALE
) -> str:
    """Draw a score file.

    Parameters
    ----------
    data : bytes
        The whole file: any format but MIDI, which has no notation.
    name : str
        Its name, for messages and for the format.
    width_px : int
        Width of the image; its height follows.
    scale : int
        Size of the music in percent.

    Returns
    -------
    str
        One ``<svg>`` element without scripts, styles or links, drawn in ``currentColor``. Every
        note is a ``<g class="note">`` with its id.

    Raises
    ------
    RuleError
        If width or scale is out of range.
    ScoreError
        If the file is no score, or a MIDI file.
    """
    if not MIN_WIDTH_PX <= width_px <= MAX_WIDTH_PX:
        raise RuleError(f"width_px must be {MIN_WIDTH_PX} to {MAX_WIDTH_PX}, got {width_px}")
    if not MIN_SCALE <= scale <= MAX_SCALE:
        raise RuleError(f"scale must be {MIN_SCALE} to {MAX_SCALE} percent, got {scale}")
    ending = PurePath(name).suffix.lower()
    return ask(Request(data=data, ending=ending, width_px=width_px, scale=scale), name).svg
