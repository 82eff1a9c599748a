"""Verovio, the engraving library: only ever loaded in the reading process."""

from typing import Any

import verovio

from engine.errors import ScoreError

OPTIONS: dict[str, Any] = {
    "xmlIdChecksum": True,  # the same file gives the same ids
    "header": "none",  # title and composer are the page's to show
    "footer": "none",
    "breaks": "auto",
    "adjustPageHeight": True,
    "lyricTopMinMargin": 5.0,  # room for a verdict's sign between a low note and its syllable
    "lyricWordSpace": 4.0,  # browsers' serif letters are wider than those it measures with
    "svgRemoveXlink": True,
    "svgFormatRaw": True,
}
"""Options for reading and drawing alike, so that both see the same ids."""


def load(text: str, input_from: str, **options: Any) -> Any:
    """Give a score to the library; raises ``ScoreError`` if it will not have it."""
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions({**OPTIONS, **options, "inputFrom": input_from})
    if not toolkit.loadData(text):
        raise ScoreError(f"cannot be read as {input_from}: the engraver refuses it")
    return toolkit


def to_mei(text: str, input_from: str) -> str:
    """Convert a score to MEI, repeats as written."""
    toolkit = load(text, input_from, breaks="none")
    return str(toolkit.getMEI({"scoreBased": True}))
