"""Words under ABC music: one syllable a note."""

import re
from bisect import bisect_right
from operator import itemgetter

from engine.score.abc_music import AbcVoice

_SYLLABLE = re.compile(r"[^\s\-_*|]+-?|[\-_*|]")


def add_lyrics(voice: AbcVoice, text: str) -> None:
    """Put the syllables of a ``w:`` line under the notes of the music line before it."""
    notes = voice.line_notes
    bar, place = 0, 0
    for syllable in _SYLLABLE.findall(text[:10_000]):
        if syllable == "|":
            place = bisect_right(notes, bar, key=itemgetter(0))
            continue
        if place == len(notes):
            return
        bar, event = notes[place]
        place += 1
        if syllable not in "-_*":
            event.lyric = syllable.replace("~", " ")
