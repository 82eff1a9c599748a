"""The clips that the pitch tracker learns from: what is said of them is true."""

import numpy as np
import pytest

from native.pitch import Pitch
from training.pitch_clips import CLIP_SEC, HOP, clip
from training.pitch_notes import RATE_HZ, Recording, bend, burst, made, played, sounding, timbre


def strings(pitches=range(40, 80, 5)):
    """A made instrument of one timbre, as if it were recorded at 44.1 kHz."""
    t = np.arange(44100) / 44100
    notes = []
    for pitch in pitches:
        f0_hz = 440 * 2 ** ((pitch - 69) / 12)
        partials = range(1, 1 + int(7000 / f0_hz))
        sound = sum(np.sin(2 * np.pi * f0_hz * k * t) / k for k in partials)
        sound = (sound / np.abs(sound).max()).astype(np.float32)
        notes.append(Recording("strings", sound, np.full(250, f0_hz)))
    return notes


def cents_off(sound, f0_hz):
    """How far the core's plain tracker is from the truth, once it has heard 100 ms."""
    span = f0_hz.min() * 0.9, f0_hz.max() * 1.1
    loud = np.ascontiguousarray(0.5 * sound, np.float32)
    frames = Pitch(float(RATE_HZ), *span, None).process(loud)
    then = np.interp(frames["time_sec"] * RATE_HZ, np.arange(len(f0_hz)), f0_hz)
    return 1200 * np.log2(frames["f0_hz"] / then)[25:]


@pytest.mark.parametrize("seed", range(6))
def test_a_made_note_has_the_pitch_that_is_said(seed):
    rng = np.random.default_rng(seed)
    course = np.linspace(0, 0.5, RATE_HZ // 2)
    sound, f0_hz = made(rng, timbre(rng), 57.0, course)
    assert len(sound) == len(f0_hz) == len(course)
    assert np.median(np.abs(cents_off(sound, f0_hz))) < 12


def test_a_recorded_note_read_faster_is_higher_and_shorter():
    note = strings([57])[0]
    sound, f0_hz = played(note, np.full(2 * RATE_HZ, 3.0))
    assert len(sound) == pytest.approx(RATE_HZ / 2 ** (3 / 12), abs=3)
    np.testing.assert_allclose(f0_hz, 220 * 2 ** (3 / 12), rtol=1e-6)
    assert np.median(np.abs(cents_off(sound, f0_hz))) < 3


@pytest.mark.parametrize("seed", range(20))
def test_odd_partials_are_never_drowned_by_even_ones(seed):
    """Else the truth would be an octave higher than what is said."""
    rng = np.random.default_rng(seed)
    kind = timbre(rng)
    sound, f0_hz = made(rng, kind, 57.0, np.zeros(RATE_HZ))
    lines = np.abs(np.fft.rfft(sound[: RATE_HZ // 2] * np.hanning(RATE_HZ // 2))) ** 2
    at = [lines[int(f) - 4 : int(f) + 5].sum() for f in f0_hz[0] * np.arange(1, 11) / 2]
    assert sum(at[0::2]) > 0.02 * sum(at[1::2])


def test_a_glide_begins_at_the_note_before():
    course = bend(np.random.default_rng(0), RATE_HZ, glide_from=-5.0)
    assert course[0] == pytest.approx(-5.0, abs=1.5)
    assert abs(course[RATE_HZ // 2]) < 2


def test_a_burst_is_loud_once_and_ends_in_silence():
    sound = burst(np.random.default_rng(1), 800)
    assert np.abs(sound).max() == pytest.approx(1.0)
    assert np.all(np.isfinite(sound))


def test_a_faded_note_no_longer_sounds():
    sound = np.sin(np.arange(RATE_HZ) * 0.2) * np.exp(-np.arange(RATE_HZ) / 1600)
    heard = sounding(sound)
    assert heard[: RATE_HZ // 10].all()
    assert not heard[RATE_HZ // 2 :].any()


def test_a_clip_is_the_same_for_the_same_seed():
    instruments = {"strings": strings(), "piano": strings()}
    one, other = (clip(np.random.default_rng([1, 7]), instruments) for _ in range(2))
    assert one.sound.tobytes() == other.sound.tobytes()
    assert one.f0_hz.tobytes() == other.f0_hz.tobytes()


def test_a_clip_says_of_every_hop_what_sounds():
    instruments = {"strings": strings(), "piano": strings()}
    n_of_noise = 0
    for seed in range(20):
        drawn = clip(np.random.default_rng([2, seed]), instruments)
        n = int(CLIP_SEC * RATE_HZ)
        assert drawn.sound.shape == (n,) and drawn.sound.dtype == np.float32
        assert drawn.f0_hz.shape == drawn.age_sec.shape == (n // HOP,)
        assert np.isfinite(drawn.sound).all() and np.abs(drawn.sound).max() <= 1
        told = drawn.f0_hz[drawn.f0_hz > 0]
        assert set(np.unique(drawn.f0_hz[drawn.f0_hz <= 0])) <= {0.0, -1.0}
        n_of_noise += not len(told)
        assert not len(told) or (len(told) > 100 and told.min() > 15 and told.max() < 6000)
    assert 0 < n_of_noise < 6
