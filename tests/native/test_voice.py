"""Pitch and notes in one call: the same as in two."""

import numpy as np
import pytest
from sound import plucked

from engine.learned import learned
from native.errors import RangeError
from native.notes import FRAME_DTYPE, MAX_SAMPLES, Notes
from native.pitch import Pitch
from native.voice import VOICE_FRAMES, Voice

RATES_HZ = [16_000, 44_100, 96_000]
FIELDS = ("time_sec", "f0_hz", "is_voiced", "confidence")


def parts(rate_hz):
    return Pitch(rate_hz, 60.0, 2000.0, None), Notes(rate_hz, learned("onset"))


def tune(rate_hz):
    notes = [(60, 0.1, 0.3), (64, 0.5, 0.3), (64, 0.9, 0.3), (71, 1.3, 0.4)]
    sound = plucked(notes, 2.0, rate_hz)
    sound[rate_hz // 3] = np.nan
    return sound


def blocks(sound, sizes):
    at, k = 0, 0
    while at < len(sound):
        yield sound[at : at + sizes[k % len(sizes)]]
        at += sizes[k % len(sizes)]
        k += 1


def apart(rate_hz, pieces):
    """Frames, notes and how far all is settled, by one call to each part."""
    pitch, notes = parts(rate_hz)
    frames, found = [], []
    for piece in pieces:
        told = pitch.process(piece)
        heard = np.zeros(len(told), FRAME_DTYPE)
        for name in FRAME_DTYPE.names:
            heard[name] = told[name]
        notes.process(piece, heard)
        frames.append(told)
        found.append(notes.take())
    return np.concatenate(frames), np.concatenate(found), notes.settled_sec


def together(voice, pieces):
    frames, found = [], []
    for piece in pieces:
        told, notes = voice.process(piece)
        frames.append(told)
        found += [] if notes is None else [notes]
    return np.concatenate(frames), np.concatenate(found), voice.settled_sec


def assert_same(one, other):
    """Field by field: NaN equals NaN there."""
    for name in FIELDS if "is_voiced" in one.dtype.names else one.dtype.names:
        np.testing.assert_array_equal(one[name], other[name])


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("sizes", [[256], [1, 777, 64], [MAX_SAMPLES]])
def test_one_call_tells_what_two_tell(rate_hz, sizes):
    pieces = list(blocks(tune(rate_hz), sizes))
    frames, notes, settled_sec = together(Voice(*parts(rate_hz)), pieces)
    expected = apart(rate_hz, pieces)
    assert_same(frames, expected[0])
    assert_same(notes, expected[1])
    assert settled_sec == expected[2] > 1.5
    assert len(set(notes["id"])) >= 4


def test_frames_are_laid_out_as_players_see_them():
    frames, _ = Voice(*parts(16_000)).process(tune(16_000)[:MAX_SAMPLES])
    assert frames.dtype == VOICE_FRAMES
    assert frames.dtype.names == FIELDS
    assert 50 < len(frames) < 80
    assert 0 < frames["is_voiced"].sum() < len(frames)
    time_sec, f0_hz, is_voiced, confidence = frames[-1].item()
    assert type(is_voiced) is bool
    assert 0.0 < time_sec < 0.26 and f0_hz > 60.0 and 0.0 <= confidence <= 1.0


def test_after_a_reset_all_is_as_at_first():
    voice = Voice(*parts(16_000))
    assert voice.settled_sec == -np.inf
    pieces = list(blocks(tune(16_000), [1000]))
    first = together(voice, pieces)
    voice.reset()
    assert voice.settled_sec == -np.inf
    again = together(voice, pieces)
    assert_same(first[0], again[0])
    assert_same(first[1], again[1])
    assert first[2] == again[2]


def test_what_was_told_is_not_changed_by_what_follows():
    voice = Voice(*parts(16_000))
    pieces = list(blocks(tune(16_000), [1000]))
    kept, _ = voice.process(pieces[0])
    before = kept.copy()
    for piece in pieces[1:]:
        voice.process(piece)
    assert_same(kept, before)


def test_too_much_at_once_is_refused_and_changes_nothing():
    voice, other = Voice(*parts(16_000)), Voice(*parts(16_000))
    with pytest.raises(RangeError, match=r"^a call takes at most 4096 samples, got 4097$"):
        voice.process(np.ones(4097, np.float32))
    pieces = list(blocks(tune(16_000), [1000]))
    assert_same(together(voice, pieces)[0], together(other, pieces)[0])


def test_no_sound_brings_nothing():
    frames, notes = Voice(*parts(44_100)).process(np.zeros(0, np.float32))
    assert len(frames) == 0 and notes is None
