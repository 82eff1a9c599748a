"""MIDI files as scores, against notes counted by hand."""

from io import BytesIO

import mido
import pytest

from engine import Score


def rows(score, *fields):
    """Rows of some fields, in playing order."""
    return score.notes[list(fields)].tolist()


def midi(*tracks, ticks_per_beat=480):
    """A MIDI file of tracks of messages."""
    file = mido.MidiFile(ticks_per_beat=ticks_per_beat)
    for messages in tracks:
        file.tracks.append(mido.MidiTrack(messages))
    stream = BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def on(pitch, delta=0, velocity=64, channel=0):
    """A note on; with velocity 0 it is a note off."""
    return mido.Message("note_on", note=pitch, velocity=velocity, time=delta, channel=channel)


def test_midi_notes_metre_tempo_and_title():
    conductor = [
        mido.MetaMessage("track_name", name="Waltz"),
        mido.MetaMessage("time_signature", numerator=3, denominator=4),
        mido.MetaMessage("set_tempo", tempo=500_000),
        mido.MetaMessage("set_tempo", tempo=1_000_000, time=960),
    ]
    right = [on(60), on(60, 480, 0), on(64, 960), on(64, 240, 0)]
    left = [on(48), on(48, 960, 0), on(36, 480, channel=9)]
    score = Score.from_bytes(midi(conductor, right, left), "waltz.mid")
    assert score.notes.tolist() == [
        ("n1", 48, 0.0, 2.0, 1, 0.0, 2, 1, False, "", -1, -1, False),
        ("n2", 60, 0.0, 1.0, 1, 0.0, 1, 1, False, "", -1, -1, False),
        ("n3", 64, 3.0, 0.5, 2, 0.0, 1, 1, False, "", -1, -1, False),
    ]
    assert score.bars.tolist() == [(1, 0.0, 3.0, 3, 4, 0, True), (2, 3.0, 3.0, 3, 4, 1, True)]
    assert score.tempi.tolist() == [(0.0, 120.0), (2.0, 60.0)]
    assert score.title == "Waltz"


def test_midi_repeated_and_unended_notes():
    score = Score.from_bytes(midi([on(60), on(60, 480), on(62, 480), on(62, 480, 0)]))
    assert rows(score, "pitch", "onset_beat", "duration_beat") == [
        (60, 0, 1),
        (60, 1, 2),
        (62, 2, 1),
    ]


def test_midi_change_of_metre_begins_a_bar():
    change = mido.MetaMessage("time_signature", numerator=6, denominator=8, time=480)
    score = Score.from_bytes(midi([on(60), on(60, 480, 0), change, on(62), on(62, 480, 0)]))
    assert score.bars.tolist() == [(1, 0.0, 2.0, 4, 4, 0, True), (2, 2.0, 3.0, 6, 8, 1, True)]


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_midi_title_in_either_encoding(charset):
    file = mido.MidiFile(charset=charset)
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("track_name", name="Für Elise"), on(60)]))
    stream = BytesIO()
    file.save(file=stream)
    assert Score.from_bytes(stream.getvalue(), "x.mid").title == "Für Elise"
