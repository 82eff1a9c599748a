"""The chord verifier's C object: blocks, history, bad input."""

import numpy as np
import pytest

from engine import reference_chords
from native.chords import N_FEATURES, N_PITCHES, N_WEIGHTS, Chords
from native.errors import RangeError

RATES_HZ = [16000, 22050, 44100, 48000, 96000]


@pytest.fixture(scope="module")
def weights():
    rng = np.random.default_rng(1)
    return (rng.standard_normal(N_WEIGHTS) * 0.05).astype(np.float32)


def chord(rate_hz, pitches, seconds=1.0, onset_sec=0.4):
    """Decaying harmonic notes that begin together, over a little noise."""
    rng = np.random.default_rng(7)
    time_sec = np.arange(int(seconds * rate_hz)) / rate_hz
    sound = 1e-4 * rng.standard_normal(len(time_sec))
    since = np.maximum(time_sec - onset_sec, 0)
    for pitch in pitches:
        for k in range(1, 9):
            hz = k * 440 * 2 ** ((pitch - 69) / 12)
            if hz < 7000:
                wave = np.sin(2 * np.pi * hz * since) * np.exp(-3 * since) / k
                sound += 0.1 * wave * (time_sec >= onset_sec)
    return sound.astype(np.float32)


def heard(rate_hz, weights, sound, block=256):
    verifier = Chords(rate_hz, weights)
    for start in range(0, len(sound), block):
        verifier.process(sound[start : start + block])
    return verifier


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("block", [1, 17, 128, 5000])
def test_blocks_of_any_length_give_the_same_bits(rate_hz, block, weights):
    sound = chord(rate_hz, [48, 60, 64], seconds=0.6)[: rate_hz // 2]
    whole = heard(rate_hz, weights, sound, len(sound))
    parts = heard(rate_hz, weights, sound, block)
    assert parts.heard_sec == whole.heard_sec
    np.testing.assert_array_equal(parts.features(0.4), whole.features(0.4))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_what_is_heard_reaches_nearly_as_far_as_what_came(rate_hz, weights):
    verifier = heard(rate_hz, weights, np.zeros(rate_hz, np.float32))
    assert 0.99 < verifier.heard_sec <= 1.0


def test_the_rate_of_the_sound_changes_little(weights):
    one, other = (
        heard(rate_hz, weights, chord(rate_hz, [48, 55, 64])).features(0.4)
        for rate_hz in (44100, 48000)
    )
    assert np.abs(one[:, 0:40:4] - other[:, 0:40:4]).mean() < 0.1


def test_louder_sound_has_the_same_features(weights):
    sound = chord(44100, [48, 55, 64])
    soft = heard(44100, weights, sound).features(0.4)
    loud = heard(44100, weights, sound * np.float32(4)).features(0.4)
    np.testing.assert_allclose(soft, loud, atol=2e-3)


def test_the_answer_about_a_pitch_does_not_hang_on_what_else_is_asked(weights):
    verifier = heard(44100, weights, chord(44100, [48, 55, 64]))
    alone = [verifier.probabilities([pitch], 0.4)[0] for pitch in range(21, 109)]
    np.testing.assert_array_equal(verifier.probabilities(np.arange(21, 109), 0.4), alone)
    np.testing.assert_array_equal(verifier.probabilities(np.arange(108, 20, -1), 0.4), alone[::-1])


def test_more_sound_changes_the_answer_until_half_a_second(weights):
    sound = chord(16000, [48, 55, 64], seconds=2.0)
    verifier = Chords(16000, weights)
    answers = []
    for start in range(0, len(sound), 800):
        verifier.process(sound[start : start + 800])
        if verifier.heard_sec > 0.45:
            answers.append(verifier.probabilities([48], 0.4)[0])
    assert answers[0] != answers[1]
    assert len(set(answers[12:])) == 1


def test_pitches_that_no_piano_has_have_no_chance(weights):
    verifier = heard(44100, weights, chord(44100, [60]))
    chances = verifier.probabilities([0, 20, 21, 108, 109, 127, -5], 0.4)
    np.testing.assert_array_equal(np.isnan(chances), [1, 1, 0, 0, 1, 1, 1])
    assert verifier.probabilities([], 0.4).shape == (0,)


@pytest.mark.parametrize("onset_sec", [-0.01, 0.99, 5.0, float("nan"), float("inf"), -1e300, 1e300])
def test_an_onset_out_of_reach_is_refused(onset_sec, weights):
    verifier = heard(44100, weights, chord(44100, [60]))
    message = (
        "onset_sec must lie 0.02..4.8 s before the last sample heard, "
        f"{verifier.heard_sec:.3f}, and not before the first, got {onset_sec}"
    )
    for ask in (
        lambda: verifier.probabilities([60], onset_sec),
        lambda: verifier.features(onset_sec),
    ):
        with pytest.raises(RangeError) as raised:
            ask()
        assert str(raised.value) == message


def test_the_history_reaches_back_as_far_as_said(weights):
    sound = np.concatenate([chord(16000, [60], seconds=1.0), np.zeros(64000, np.float32)])
    at_once = heard(16000, weights, sound[:16000]).features(0.4)
    verifier = heard(16000, weights, sound)
    late_by = verifier.heard_sec - 0.4
    assert 4.5 < late_by < 4.8
    np.testing.assert_array_equal(verifier.features(0.4), at_once)
    verifier.process(np.zeros(16000, np.float32))
    with pytest.raises(RangeError):
        verifier.features(0.4)


@pytest.mark.parametrize("rate_hz", [0, -1, 15999, 96001, float("nan"), float("inf")])
def test_a_rate_out_of_range_is_refused(rate_hz, weights):
    with pytest.raises(RangeError) as raised:
        Chords(rate_hz, weights)
    assert str(raised.value) == f"rate_hz must be 16000..96000, got {rate_hz}"


def test_weights_of_another_number_are_refused():
    with pytest.raises(RangeError) as raised:
        Chords(44100, np.zeros(7, np.float32))
    assert str(raised.value) == f"weights must be of shape ({N_WEIGHTS},), got (7,)"


@pytest.mark.parametrize(
    "bad",
    [
        np.full(20000, np.nan),
        np.full(20000, np.inf),
        np.full(20000, -3e38),
        np.full(20000, 0.7),
        np.zeros(20000),
        np.sign(np.random.default_rng(2).standard_normal(20000)),
        np.zeros(0),
        np.array([np.nan]),
    ],
    ids=["nan", "inf", "huge", "dc", "silence", "full-scale noise", "nothing", "one nan"],
)
def test_bad_sound_gives_finite_answers_and_leaves_nothing_behind(bad, weights):
    sound = chord(44100, [48, 55, 64])
    verifier = heard(44100, weights, sound)
    verifier.process(bad.astype(np.float32))
    assert np.isfinite(verifier.features(verifier.heard_sec - 0.1)).all()
    chances = verifier.probabilities(np.arange(21, 109), verifier.heard_sec - 0.1)
    assert ((chances >= 0) & (chances <= 1)).all()
    verifier.reset()
    verifier.process(sound)
    np.testing.assert_array_equal(
        verifier.features(0.4), heard(44100, weights, sound).features(0.4)
    )


def test_ten_minutes_in_one_block(weights):
    verifier = Chords(16000, weights)
    verifier.process(np.zeros(600 * 16000, np.float32))
    verifier.process(chord(16000, [60]))
    assert verifier.heard_sec == pytest.approx(601, abs=0.01)
    features = verifier.features(600.4)
    assert features.shape == (N_PITCHES, N_FEATURES)
    fresh = heard(16000, weights, chord(16000, [60])).features(0.4)
    assert np.abs(features - fresh).mean() < 0.05


@pytest.mark.parametrize("wait_sec", [0.03, 0.06, 0.1, 0.16, 0.3, 0.7])
def test_features_are_those_of_the_reference(wait_sec, weights):
    sound = chord(16000, [40, 55, 59, 64], seconds=1.4, onset_sec=0.5)
    sound += chord(16000, [45, 88], seconds=1.4, onset_sec=0.1)
    rate_one = Chords(16000, weights)
    rate_one.process(sound[: int((0.5 + wait_sec) * 16000)])
    passed = resampled(sound)[: round(rate_one.heard_sec * 16000)]
    expected = reference_chords.features(passed, 8000)
    got = rate_one.features(0.5)
    off = np.abs(got - expected)
    assert np.median(off) < 1e-5
    assert (off < 0.02).mean() > 0.999  # of near ties the other may be the loudest


def test_probabilities_are_those_of_the_reference(weights):
    verifier = heard(44100, weights, chord(44100, [40, 55, 64]))
    expected = reference_chords.probabilities(verifier.features(0.4).astype(float), weights)
    got = verifier.probabilities(np.arange(21, 109), 0.4)
    assert np.ptp(got) > 1e-3
    np.testing.assert_allclose(got, expected, atol=2e-6)


def resampled(sound):
    """What the verifier's own resampler makes of sound at its own rate: it cuts at 7.2 kHz."""
    n_taps, n_before = 24, 11
    t = np.arange(n_taps) - n_before
    within = np.sqrt(np.maximum(0.0, 1 - (t / 12) ** 2))
    taps = np.where(np.abs(t) < 12, np.i0(6.0 * within), 0.0) * np.sinc(0.9 * t)
    taps /= taps.sum()
    padded = np.pad(sound.astype(float), (n_before, n_taps))
    return np.convolve(padded, taps[::-1], "valid")[: len(sound)]
