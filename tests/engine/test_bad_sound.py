"""Whatever came before, what is played is heard: bad sound leaves nothing behind for long."""

import numpy as np
import pytest

from engine.pitch import PitchTracker
from engine.signal_check import SignalCheck

RATE_HZ = 44100
BAD_SEC, SETTLE_SEC, MUSIC_SEC = 2.0, 1.5, 5.0
N = round(BAD_SEC * RATE_HZ)
NOISE = np.random.default_rng(0).uniform(-1, 1, N)
TONE = np.sin(2 * np.pi * 200 * np.arange(N) / RATE_HZ)
ALTERNATING = np.where(np.arange(N) % 2, 1.0, -1.0)
BAD = {
    "NaN": np.full(N, np.nan),
    "infinity": np.full(N, np.inf),
    "infinities": np.inf * ALTERNATING,
    "the largest numbers": 3e38 * ALTERNATING,
    "silence": np.zeros(N),
    "a constant": np.full(N, 1.0),
    "a constant beyond full scale": np.full(N, 1e6),
    "denormal numbers": 1e-40 * NOISE,
    "noise of full scale": NOISE,
    "noise beyond full scale": 100.0 * NOISE,
    "a tone of full scale": TONE,
    "a tone beyond full scale": 100.0 * TONE,
    "a rattle": np.sign(np.sin(2 * np.pi * 30 * np.arange(N) / RATE_HZ)),
    "random bits": np.random.default_rng(1).integers(0, 2**32, N, dtype=np.uint32).view(np.float32),
}


def scale(level):
    """A scale of notes of five harmonics, soft and hard at their ends, with short rests."""
    t = np.arange(round(MUSIC_SEC * RATE_HZ)) / RATE_HZ
    within = t % 0.3
    f0_hz = 262 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12])[(t // 0.3).astype(int) % 8] / 12)
    phase = 2 * np.pi * np.cumsum(f0_hz) / RATE_HZ
    shape = np.clip(within / 0.01, 0, 1) * np.clip((0.25 - within) / 0.03, 0, 1)
    noise = 1e-3 * np.random.default_rng(2).standard_normal(len(t))
    return (level * (shape * sum(np.sin(k * phase) / k for k in range(1, 6)) + noise), f0_hz, shape)


def as_sound(samples):
    with np.errstate(over="ignore", invalid="ignore"):
        return samples.astype(np.float32)


def heard_share(frames, start_sec, f0_hz, shape):
    """Of the frames well within notes, from when all should have settled: how many are right."""
    times_sec = frames["time_sec"] - start_sec
    place = np.clip(np.round(times_sec * RATE_HZ).astype(int), 0, len(f0_hz) - 1)
    counts = (times_sec > SETTLE_SEC) & (times_sec < MUSIC_SEC - 0.1) & (shape[place] == 1.0)
    counts &= (times_sec % 0.3 > 0.06) & (times_sec % 0.3 < 0.2)
    told, true = frames[counts], f0_hz[place][counts]
    assert len(told) > 300
    is_right = told["is_voiced"] & (np.abs(1200 * np.log2(told["f0_hz"] / true)) < 50)
    return is_right.mean()


@pytest.mark.parametrize("level", [0.1, 0.01])
@pytest.mark.parametrize("name", BAD)
def test_pitch_is_heard_after_bad_sound(name, level):
    music, f0_hz, shape = scale(level)
    tracker = PitchTracker(RATE_HZ)
    tracker.process(as_sound(BAD[name]))
    frames = tracker.process(as_sound(music))
    assert np.isfinite(frames["f0_hz"]).all()
    assert heard_share(frames, BAD_SEC, f0_hz, shape) > 0.95


@pytest.mark.parametrize("name", BAD)
def test_notes_are_heard_after_bad_sound(name):
    music, _, _ = scale(0.1)
    tracker = PitchTracker(RATE_HZ)
    tracker.process(as_sound(BAD[name]))
    tracker.process(as_sound(music))
    onsets_sec = np.unique(tracker.take_notes()["onset_sec"]) - BAD_SEC
    written_sec = np.arange(7, 16) * 0.3  # from 2.1 s on
    late_sec = np.abs(onsets_sec[None, :] - written_sec[:, None]).min(axis=1)
    assert (late_sec < 0.05).sum() >= len(written_sec) - 1


@pytest.mark.parametrize("name", BAD)
def test_a_reset_tracker_is_a_new_one_after_bad_sound(name):
    music = as_sound(scale(0.1)[0][:RATE_HZ])
    tracker, new = PitchTracker(RATE_HZ), PitchTracker(RATE_HZ)
    tracker.process(as_sound(BAD[name]))
    tracker.reset()
    assert np.array_equal(tracker.process(music), new.process(music))
    assert tracker.take_notes().tobytes() == new.take_notes().tobytes()


def test_ten_minutes_in_one_block_are_those_of_many():
    minutes = np.tile(as_sound(scale(0.1)[0]), 120)
    whole, check = PitchTracker(RATE_HZ), SignalCheck(RATE_HZ)
    frames = whole.process(minutes)
    assert frames["time_sec"][-1] == pytest.approx(600.0, abs=0.1)
    parts = PitchTracker(RATE_HZ)
    blocks = [parts.process(minutes[at : at + 30_011]) for at in range(0, len(minutes), 30_011)]
    assert np.array_equal(np.concatenate(blocks), frames)
    assert check.process(minutes) == []
    assert [finding.problem for finding in check.report()] == ["ok"]
