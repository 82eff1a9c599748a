"""Rates beyond what listens: the same sound at the same instants, however the stream is cut."""

import numpy as np
import pytest

from engine.errors import RuleError
from engine.rate_steps import RateSteps


def tone(rate_hz, hz, seconds=0.2):
    return np.sin(2 * np.pi * hz * np.arange(round(rate_hz * seconds)) / rate_hz, dtype=np.float32)


def whole(rate_hz, samples, block=10**6):
    steps = RateSteps(rate_hz)
    blocks = [steps.process(samples[at : at + block]) for at in range(0, len(samples), block)]
    return np.concatenate([*blocks, steps.end()]), steps.rate_hz


@pytest.mark.parametrize(
    ("rate_hz", "given_hz"),
    [(8000, 16_000), (11_025, 22_050), (15_999, 31_998), (176_400, 88_200), (384_000, 96_000)],
)
def test_a_tone_keeps_its_frequency_its_instant_and_its_length(rate_hz, given_hz):
    given, told_hz = whole(rate_hz, tone(rate_hz, 1000.0))
    assert told_hz == given_hz
    expected = tone(given_hz, 1000.0)
    assert len(given) == pytest.approx(len(expected), abs=1)
    within = slice(200, min(len(given), len(expected)) - 200)
    assert given[within] == pytest.approx(expected[within], abs=2e-3)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 96_000.0])
def test_a_rate_that_is_taken_already_is_left_as_it_is(rate_hz):
    samples = tone(rate_hz, 440.0)
    steps = RateSteps(rate_hz)
    assert steps.process(samples) is samples
    assert steps.rate_hz == rate_hz and len(steps.end()) == 0


@pytest.mark.parametrize("rate_hz", [8000, 192_000, 384_000])
def test_the_length_of_a_block_changes_no_bit(rate_hz):
    samples = np.random.default_rng(1).normal(size=3001).astype(np.float32)
    at_once, _ = whole(rate_hz, samples)
    for block in (1, 7, 1000):
        assert np.array_equal(whole(rate_hz, samples, block)[0], at_once)


def test_what_the_slower_rate_cannot_hold_is_stopped():
    given, _ = whole(192_000, tone(192_000, 60_000.0))
    assert np.abs(given[100:-100]).max() < 2e-3


def test_what_is_no_number_counts_as_silence_and_what_is_too_loud_is_held():
    samples = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38] * 100, np.float32)
    for rate_hz in (8000, 192_000):
        given, _ = whole(rate_hz, samples)
        assert np.isfinite(given).all()
        assert np.abs(given).max() < 32.0


@pytest.mark.parametrize("rate_hz", [0, 7999, 384_001, float("nan"), float("inf")])
def test_other_rates_are_refused(rate_hz):
    with pytest.raises(RuleError, match=rf"^rate_hz must be 8000 to 384000, got {rate_hz:g}$"):
        RateSteps(rate_hz)
