"""Real recordings through tracker, listener and judge: followed and judged like a keyboard."""

import numpy as np
import pytest

from engine.events import Event, Kind
from engine.listening.melody import MelodyListener
from engine.matching import ScoreFollower
from engine.performance import Performance
from engine.score import Score

soundfile = pytest.importorskip("soundfile")

BEATS_PER_SEC = 2.0
BLOCK = 882  # 20 ms
INSTRUMENTS = ("phil_cello", "phil_clarinet", "phil_trombone", "tone_violin", "sal_8")
NOTE = [("pitch", "i4"), ("onset_beat", "f8"), ("duration_beat", "f8")]


@pytest.fixture(scope="module")
def recordings(shared):
    """Sound, rate, and the truth's (onset, offset, pitch) rows by name."""

    def read(name):
        stem = shared / "data" / "pitch" / f"dev_real_{name}"
        sound, rate_hz = soundfile.read(f"{stem}.flac", dtype="float32")
        return sound, rate_hz, np.loadtxt(f"{stem}.notes.csv", delimiter=",", ndmin=2)

    names = (*INSTRUMENTS, "voice_vocadito_1")
    return {name: read(name) for name in names}


def score_of(truth, octaves=0):
    """The truth's notes as a score whose clock runs with the recording's."""
    notes = np.zeros(len(truth), NOTE)
    notes["pitch"] = np.round(truth[:, 2]) + 12 * octaves
    notes["onset_beat"] = BEATS_PER_SEC * truth[:, 0]
    notes["duration_beat"] = BEATS_PER_SEC * np.maximum(0.05, truth[:, 1] - truth[:, 0])
    return Score.from_notes(notes, tempo_bpm=60 * BEATS_PER_SEC)


def expects(truth, octaves=0):
    """What the score expects around an instant."""

    def around(onset_sec):
        near = (truth[:, 0] - 0.5 < onset_sec) & (truth[:, 1] + 0.5 > onset_sec)
        return {round(pitch) + 12 * octaves for pitch in truth[near, 2]}

    return around


def take(recording, mode, octaves=0):
    """Play a recording to a performance of its own notes."""
    sound, rate_hz, truth = recording
    score = score_of(truth, octaves)
    origin_sec = float(score.bars["onset_beat"][0]) / BEATS_PER_SEC
    performance = Performance(score, mode)
    listener = MelodyListener(rate_hz, expected=expects(truth, octaves) if octaves else None)
    told = {}
    for at in range(0, len(sound), BLOCK):
        for note in listener.process(sound[at : at + BLOCK]):
            if note.offset_sec is None:
                kind = Kind.RENAMED if note.note_id in told else Kind.NOTE_ON
                value = told.get(note.note_id, note.velocity)
                performance.process(Event(note.onset_sec - origin_sec, kind, note.pitch, value))
                told[note.note_id] = note.pitch
        if np.isfinite(listener.settled_sec):
            performance.process(Event(listener.settled_sec - origin_sec, Kind.TICK))
    performance.process(Event(len(sound) / rate_hz + 1.0, Kind.END))
    return performance


@pytest.mark.parametrize("mode, share", [("follow", 0.9), ("tempo", 0.88)])
def test_instruments_are_judged_like_a_keyboard(recordings, mode, share):
    takes = [take(recordings[name], mode) for name in INSTRUMENTS]
    correct = sum(performance.notes_correct for performance in takes)
    assert correct >= share * sum(performance.total_notes for performance in takes)


@pytest.mark.parametrize("mode, share", [("follow", 0.75), ("tempo", 0.75)])
def test_a_singer_is_followed_and_judged(recordings, mode, share):
    performance = take(recordings["voice_vocadito_1"], mode)
    assert performance.notes_correct >= share * performance.total_notes


def test_one_who_plays_an_octave_below_is_judged_the_same(recordings):
    same = take(recordings["phil_trombone"], "tempo")
    below = take(recordings["phil_trombone"], "tempo", octaves=1)
    assert below.notes_correct >= same.notes_correct - 1


def test_notes_feed_a_score_follower(recordings):
    sound, rate_hz, truth = recordings["phil_clarinet"]
    follower = ScoreFollower(score_of(truth).notes)
    listener, matched = MelodyListener(rate_hz, instrument="clarinet"), set()
    for at in range(0, len(sound), BLOCK):
        for note in listener.process(sound[at : at + BLOCK]):
            if note.offset_sec is None:
                matched.add(follower.note_on(note.pitch, note.onset_sec, note.velocity).index)
    assert len(matched - {-1}) >= 0.9 * len(truth)
