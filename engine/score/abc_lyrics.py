"""Words under ABC music: one syllable a note."""

import re

from engine.score.abc_music import AbcEvent, AbcVoice

_SYLLABLE = re.compile(r"[^\s\-_*|]+-?|[\-_*|]")


def add_lyrics(voice: AbcVoice, text: str) -> None:
    """Put the syllables of a ``w:`` line under the notes of the music line before it."""
    notes = iter(_line_notes(voice))
    bar_of = {id(event): k for k, bar in enumerate(voice.bars) for event in bar.events}
    here = -1
    for syllable in _SYLLABLE.findall(text.replace("~", " ")[:10_000]):
        if syllable == "|":
            notes = iter([e for e in _line_notes(voice) if bar_of[id(e)] > here])
            continue
        event = next(notes, None)
        if event is None:
            return
        here = bar_of[id(event)]
        if syllable not in "-_*":
            event.lyric = syllable


def _line_notes(voice: AbcVoice) -> list[AbcEvent]:
    first_bar, first_event = voice.line_start
    events = [
        event
        for k, bar in enumerate(voice.bars[first_bar:])
        for event in bar.events[first_event if k == 0 else 0 :]
    ]
    return [event for event in events if event.notes and not event.is_grace]
