"""The chord listener: chords of sound become notes of a take."""

from collections import Counter

import numpy as np
import pytest
import soundfile
from plucked import RATE_HZ, played

from engine.errors import RuleError
from engine.events import Event, Kind
from engine.judging import Verdict
from engine.listening.chords import ChordListener
from engine.performance import Performance
from engine.score import Score

TUNE = [(0.5, [48, 52, 55]), (1.0, [53, 57, 60]), (1.5, [55, 59, 62]), (2.0, [48, 55, 64])]
SPREAD_SEC = 0.06


def listen(listener, sound, block=441):
    return [
        note
        for at in range(0, len(sound), block)
        for note in listener.process(sound[at : at + block])
    ]


def begun(told, wanted_sec=None):
    notes = [note for note in told if note.offset_sec is None]
    near = [n for n in notes if wanted_sec is None or abs(n.onset_sec - wanted_sec) < 0.05]
    return sorted(note.pitch for note in near)


def expecting(chords, reach_sec=0.4):
    return lambda at: {p for due, ps in chords if abs(due - at) < reach_sec for p in ps}


def test_the_expected_chords_are_told_where_they_were_struck():
    told = listen(ChordListener(RATE_HZ, expected=expecting(TUNE)), played(TUNE, 3.0))
    for onset_sec, pitches in TUNE:
        assert begun(told, onset_sec) == pitches
    assert len(begun(told)) == 12


def test_blocks_of_any_length_tell_the_same():
    sound = played(TUNE, 3.0)
    whole = listen(ChordListener(RATE_HZ, expected=expecting(TUNE)), sound, len(sound))
    parts = listen(ChordListener(RATE_HZ, expected=expecting(TUNE)), sound, 37)
    assert str(parts) == str(whole)


def test_notes_end_once_when_struck_again_or_faded():
    sound = played([(0.5, [48, 54]), (1.0, [48])], 3.0)
    sound[int(2.0 * RATE_HZ) :] *= 1e-3
    listener = ChordListener(RATE_HZ, expected=lambda _: {48, 54})
    told = listen(listener, sound)
    ends = {note.note_id: note for note in told if note.offset_sec is not None}
    starts = [note for note in told if note.offset_sec is None]
    assert sorted(ends) == [note.note_id for note in starts] == [0, 1, 2]
    assert all(ends[note.note_id].pitch == note.pitch for note in starts)
    first = next(note for note in starts if note.pitch == 48)
    assert ends[first.note_id].offset_sec == pytest.approx(1.0, abs=0.02)


def test_all_is_settled_once_it_is_told():
    listener = ChordListener(RATE_HZ, expected=expecting(TUNE))
    sound, settled_sec = played(TUNE, 3.0), 0.0
    for at in range(0, len(sound), 441):
        for note in listener.process(sound[at : at + 441]):
            assert note.offset_sec is not None or note.onset_sec >= settled_sec - 1e-9
        assert listener.settled_sec >= settled_sec
        settled_sec = listener.settled_sec
    assert settled_sec > 2.9


def test_what_was_not_heard_is_not_wrong():
    sound = played([(0.5, [48, 52, 55])], 1.5)
    told = listen(ChordListener(RATE_HZ, expected=lambda _: {48, 52, 55, 59, 76}), sound)
    assert begun(told) == [48, 52, 55]


def test_noise_and_silence_tell_nothing():
    rng = np.random.default_rng(4)
    noise = (0.1 * rng.standard_normal(3 * RATE_HZ)).astype(np.float32)
    noise[:RATE_HZ] = 0
    assert listen(ChordListener(RATE_HZ, expected=lambda _: {48, 52, 55}), noise) == []


def test_what_the_machine_plays_is_not_the_player():
    sound = played([(0.5, [48, 52, 55]), (1.0, [71])], 2.0)
    free = ChordListener(RATE_HZ, expected=lambda _: {48, 52, 55})
    assert 71 in begun(listen(free, sound))
    told = ChordListener(RATE_HZ, expected=lambda _: {48, 52, 55})
    told.machine_plays(71, 0.98, 1.5)
    assert begun(listen(told, sound)) == [48, 52, 55]


def test_louder_chords_have_a_higher_velocity():
    sound = played([(0.5, [48, 52, 55])], 1.5)
    velocities = [
        listen(ChordListener(RATE_HZ, expected=lambda _: {48, 52, 55}), sound * gain)[0].velocity
        for gain in (np.float32(0.05), np.float32(0.5))
    ]
    assert velocities[1] == pytest.approx(velocities[0] * 10**0.5, abs=2)


def test_bad_sound_leaves_nothing_behind():
    listener = ChordListener(RATE_HZ, expected=expecting(TUNE))
    for bad in (np.full(1000, np.nan), np.full(333, np.inf), np.zeros(0), np.full(7, -1e30)):
        listener.process(bad.astype(np.float32))
    quiet = np.zeros(5 * RATE_HZ, np.float32)
    listener.process(quiet)
    shift_sec = (1000 + 333 + 7) / RATE_HZ + 5.0
    listener._expected = lambda at: expecting(TUNE)(at - shift_sec)
    told = listen(listener, played(TUNE, 3.0))
    assert begun(told) == sorted(pitch for _, pitches in TUNE for pitch in pitches)


def test_an_unknown_instrument_is_refused():
    with pytest.raises(RuleError, match=r"^instrument must be one of .*, got 'kazoo'$"):
        ChordListener(RATE_HZ, "kazoo")


def test_chords_have_no_frames_of_pitch():
    listener = ChordListener(RATE_HZ)
    listener.process(np.zeros(5000, np.float32))
    assert listener.frames().shape == (0,)
    assert "f0_hz" in listener.frames().dtype.names


# ---- recordings ----


def recording(shared, name):
    """Sound and its notes (onset, offset, pitch)."""
    path = shared / "data" / "pitch" / f"dev_poly_{name}.flac"
    sound, rate_hz = soundfile.read(path, dtype="float32")
    rows = np.loadtxt(path.with_suffix("").with_suffix(".notes.csv"), delimiter=",")
    return sound, rate_hz, sorted((row[0], row[1], round(row[2])) for row in rows)


def as_score(notes):
    """A score at 120 a minute of what was played: notes struck together stand together."""
    rows, at = [], -1.0
    for onset_sec, offset_sec, pitch in notes:
        at = onset_sec if onset_sec - at > SPREAD_SEC else at
        rows.append((pitch, 2 * at, max(0.1, 2 * (offset_sec - at))))
    fields = [("pitch", "i4"), ("onset_beat", "f8"), ("duration_beat", "f8")]
    return Score.from_notes(np.array(sorted(rows, key=lambda r: (r[1], r[0])), fields))


def perform(sound, rate_hz, score, mode, instrument):
    """What a take at the microphone makes of it: how many of each verdict stand at the end."""
    performance = Performance(score, mode, 120.0)
    listener = ChordListener(rate_hz, instrument, performance.expected_pitches)
    verdicts = {}

    def feed(event):
        for said in performance.process(event):
            if isinstance(said, Verdict) and said.played_index >= 0:
                verdicts[said.played_index] = said

    for at in range(0, len(sound), 1024):
        for note in listener.process(sound[at : at + 1024]):
            if note.offset_sec is None:
                feed(Event(note.onset_sec, Kind.NOTE_ON, note.pitch, note.velocity))
        feed(Event(listener.settled_sec, Kind.TICK, 0, 0))
    feed(Event(len(sound) / rate_hz, Kind.END, 0, 0))
    return Counter(verdict.result for verdict in verdicts.values())


@pytest.mark.parametrize("mode", ["tempo", "follow"])
@pytest.mark.parametrize(
    ("name", "instrument"), [("pianochords_12", "piano"), ("guitar_guitar-nylon", "guitar")]
)
def test_a_recording_is_judged_right(shared, name, instrument, mode):
    sound, rate_hz, notes = recording(shared, name)
    results = perform(sound, rate_hz, as_score(notes), mode, instrument)
    assert results["correct"] >= 0.9 * len(notes)
    assert results["wrong_note"] + results["extra"] <= 0.05 * len(notes)
