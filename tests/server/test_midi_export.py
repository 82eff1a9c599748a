"""Titles in exported MIDI files: any letters, as other programs read them."""

from io import BytesIO

import mido
import pytest

from engine import Score
from server.pieces.midi_export import midi_bytes

TUNE = "X:1\nT:{title}\nM:4/4\nL:1/4\nK:C\nCDEF|]\n"
TITLES = ["Für Elise", "さくらさくら", "Mazurka, B♭ – “à la russe”"]


def exported(title: str) -> bytes:
    score = Score.from_bytes(TUNE.format(title=title).encode(), "tune.abc")
    assert score.title == title
    return midi_bytes(score)


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_there_in_utf_8(title):
    data = exported(title)
    assert title.encode() in data
    file = mido.MidiFile(file=BytesIO(data), charset="utf-8")
    assert file.tracks[0].name == title


@pytest.mark.parametrize("title", TITLES)
def test_a_title_comes_back(title):
    assert Score.from_bytes(exported(title), "tune.mid").title == title
