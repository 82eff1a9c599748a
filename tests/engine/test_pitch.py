import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import PitchTracker
from engine.errors import RuleError
from engine.pitch import PITCH_FRAMES

RATE_HZ = 44100


def tone(f0_hz, seconds=0.5, rate_hz=RATE_HZ, partials=8):
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    parts = [k for k in range(1, partials + 1) if k * f0_hz < 0.45 * rate_hz]
    return sum(0.3 / k * np.sin(2 * np.pi * f0_hz * k * t) for k in parts).astype(np.float32)


def cents(f0_hz, true_hz):
    return 1200 * np.log2(f0_hz / true_hz)


def in_blocks(tracker, samples, sizes):
    frames, at, turn = [], 0, 0
    while at < len(samples):
        size = sizes[turn % len(sizes)]
        frames.append(tracker.process(samples[at : at + size]))
        at, turn = at + size, turn + 1
    return np.concatenate(frames)


@pytest.mark.parametrize(
    "f0_hz", [27.5, 41.2, 55.0, 98.0, 196.0, 369.0, 371.0, 440.0, 1318.5, 4186.0]
)
def test_a_steady_tone_is_told_within_five_cents(f0_hz):
    frames = PitchTracker(RATE_HZ).process(tone(f0_hz))
    late = frames[frames["time_sec"] > 0.2]
    assert np.all(np.abs(cents(late["f0_hz"], f0_hz)) < 5)
    assert np.all(late["is_voiced"])


@pytest.mark.parametrize("rate_hz", [16000, 22050, 44100, 48000, 88200, 96000, 44056.5])
def test_any_rate_tells_the_same_pitch(rate_hz):
    frames = PitchTracker(rate_hz).process(tone(220.0, rate_hz=rate_hz))
    late = frames[frames["time_sec"] > 0.2]
    assert len(late) > 60
    assert np.all(np.abs(cents(late["f0_hz"], 220.0)) < 5)


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_the_length_of_the_blocks_never_changes_a_bit(sizes, seed):
    noise = np.random.default_rng(seed).standard_normal(8000).astype(np.float32)
    sound = tone(330.0, seconds=8000 / RATE_HZ)[:8000] + 0.1 * noise
    whole = PitchTracker(RATE_HZ).process(sound)
    assert in_blocks(PitchTracker(RATE_HZ), sound, sizes).tobytes() == whole.tobytes()


@given(st.floats(60.0, 900.0))
@settings(max_examples=20, deadline=None)
def test_an_octave_up_doubles_f0(f0_hz):
    low, high = (PitchTracker(RATE_HZ).process(tone(f)) for f in (f0_hz, 2 * f0_hz))
    steps = cents(high["f0_hz"][-40:], low["f0_hz"][-40:])
    assert np.all(np.abs(steps - 1200) < 8)


@given(st.sampled_from([2.0**-5, 2.0**-3, 2.0]))
@settings(max_examples=3, deadline=None)
def test_the_level_does_not_change_the_pitch(gain):
    sound = tone(247.0)
    loud, soft = (PitchTracker(RATE_HZ).process(x) for x in (sound, np.float32(gain) * sound))
    assert np.all(np.abs(cents(soft["f0_hz"][30:], loud["f0_hz"][30:])) < 1)


def test_silence_is_unvoiced_and_has_a_guess_in_range():
    frames = PitchTracker(RATE_HZ).process(np.zeros(RATE_HZ, np.float32))
    assert not frames["is_voiced"].any()
    assert np.all((frames["f0_hz"] > 20) & (frames["f0_hz"] < 5500))
    assert np.all(frames["confidence"] == 0)


def test_noise_alone_is_mostly_unvoiced():
    noise = np.random.default_rng(1).standard_normal(2 * RATE_HZ).astype(np.float32) * 0.1
    assert PitchTracker(RATE_HZ).process(noise)["is_voiced"].mean() < 0.3


def passage(rng, level):
    """Two seconds of a tone and two without it, over chords that are struck again and again."""
    sound = np.zeros(4 * RATE_HZ)
    for k, chord in enumerate([(48, 55, 64), (50, 57, 65), (47, 55, 62), (48, 52, 67)] * 2):
        fading = np.exp(-np.arange(RATE_HZ // 2) / (0.4 * RATE_HZ))
        notes = sum(tone(440 * 2 ** ((pitch - 69) / 12)) for pitch in chord)
        sound[k * RATE_HZ // 2 :][: RATE_HZ // 2] += level * notes * fading
    sound[: 2 * RATE_HZ] += tone(698.5, seconds=2.0)
    return sound + 1e-4 * rng.standard_normal(len(sound))


def test_what_others_play_softly_beside_a_melody_is_not_told():
    sound = np.tile(passage(np.random.default_rng(3), level=0.2), 2)
    frames = PitchTracker(RATE_HZ).process(sound)
    time_sec = frames["time_sec"] % 4.0
    melody, rest = (time_sec > 0.2) & (time_sec < 1.9), (time_sec > 2.2) & (time_sec < 3.9)
    assert frames["is_voiced"][melody].mean() > 0.95
    assert frames["is_voiced"][rest].mean() < 0.06


def test_a_soft_tone_after_a_loud_one_is_told():
    room = 1e-4 * np.random.default_rng(4).standard_normal(5 * RATE_HZ)
    sound = np.concatenate([tone(440.0, 2.0), np.zeros(RATE_HZ), 0.06 * tone(523.3, 2.0)]) + room
    frames = PitchTracker(RATE_HZ).process(sound)
    soft = (frames["time_sec"] > 3.1) & (frames["time_sec"] < 4.9)
    assert frames["is_voiced"][soft].mean() > 0.95


def test_times_never_fall_and_follow_the_clock():
    sound = np.concatenate([tone(f, 0.3) for f in (30.0, 2000.0, 60.0, 880.0)])
    time_sec = PitchTracker(RATE_HZ).process(sound)["time_sec"]
    assert np.all(np.diff(time_sec) >= 0)
    assert 1.2 - 0.08 < time_sec[-1] < 1.2


@pytest.mark.parametrize(
    "bad",
    [np.nan, np.inf, -np.inf, 1e30],
    ids=["nan", "inf", "minus inf", "huge"],
)
def test_what_is_not_sound_does_not_poison_what_follows(bad):
    tracker = PitchTracker(RATE_HZ)
    spoilt = np.full(3000, bad, np.float32)
    frames = tracker.process(spoilt)
    assert np.all(np.isfinite(frames["f0_hz"]) & np.isfinite(frames["confidence"]))
    after = tracker.process(tone(440.0))
    assert np.all(np.abs(cents(after["f0_hz"][-20:], 440.0)) < 5)


@pytest.mark.parametrize("level", [0.5, -1.0], ids=["dc", "full scale"])
def test_a_constant_is_no_pitch_and_a_tone_on_it_is(level):
    tracker = PitchTracker(RATE_HZ)
    tracker.process(np.full(RATE_HZ, level, np.float32))
    frames = tracker.process(tone(440.0) + np.float32(level))
    assert np.all(np.abs(cents(frames["f0_hz"][-20:], 440.0)) < 5)


def test_reset_forgets_everything():
    tracker = PitchTracker(RATE_HZ)
    first = tracker.process(tone(100.0))
    tracker.reset()
    assert tracker.process(tone(100.0)).tobytes() == first.tobytes()


def test_an_empty_block_tells_nothing():
    frames = PitchTracker(RATE_HZ).process([])
    assert frames.shape == (0,) and frames.dtype == PITCH_FRAMES


def test_samples_need_not_be_float32_nor_contiguous():
    sound = tone(300.0)
    wide = np.repeat(sound.astype(np.float64), 2)[::2]
    whole = PitchTracker(RATE_HZ).process(sound)
    assert PitchTracker(RATE_HZ).process(wide).tobytes() == whole.tobytes()


def test_an_instrument_narrows_the_range():
    sound = tone(98.0)
    assert abs(cents(PitchTracker(RATE_HZ).process(sound)["f0_hz"][-1], 98.0)) < 5
    flute = PitchTracker(RATE_HZ, instrument="flute").process(sound)
    assert np.all(flute["f0_hz"] > 220)


@pytest.mark.parametrize("rate_hz", [0, -1, 15999, 96001, float("nan"), float("inf")])
def test_a_rate_out_of_range_is_refused(rate_hz):
    with pytest.raises(RuleError) as raised:
        PitchTracker(rate_hz)
    assert str(raised.value) == f"sample_rate_hz must be 16000 to 96000, got {rate_hz:g}"


def test_two_channels_are_refused():
    with pytest.raises(RuleError) as raised:
        PitchTracker(RATE_HZ).process(np.zeros((4, 2), np.float32))
    assert str(raised.value) == "samples must be one-dimensional, got shape (4, 2)"
