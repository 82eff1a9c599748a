"""ChordVerifier: which notes of a chord began to sound."""

import numpy as np
import pytest
from plucked import RATE_HZ, played

from engine import ChordVerifier
from engine.errors import RuleError


def asked(sound, until_sec, pitches, onset_sec):
    verifier = ChordVerifier(RATE_HZ)
    for start in range(0, int(until_sec * RATE_HZ), 256):
        verifier.process(sound[start : start + 256])
    return verifier.probabilities(pitches, onset_sec)


@pytest.mark.parametrize("pitches", [[48, 52, 55], [60], [52, 59, 64, 68], [45, 52, 61]])
@pytest.mark.parametrize("wait_sec", [0.1, 0.16, 0.3])
def test_notes_that_began_are_told_from_their_neighbours(pitches, wait_sec):
    sound = played([(0.5, pitches)], 1.0)
    decoys = sorted({p + step for p in pitches for step in (-1, 1)} - set(pitches))
    assert asked(sound, 0.5 + wait_sec, pitches, 0.5).min() > 0.5
    assert asked(sound, 0.5 + wait_sec, decoys, 0.5).max() < 0.5


def test_a_note_that_still_sounds_has_not_begun_again():
    sound = played([(0.3, [55, 59]), (1.0, [61, 65])], 2.0)
    chances = asked(sound, 1.2, [55, 59, 61, 65], 1.0)
    assert chances[2:].min() > 0.5 > chances[:2].max()


def test_in_silence_nothing_began():
    assert asked(np.zeros(RATE_HZ, np.float32), 0.9, np.arange(21, 109), 0.5).max() < 0.5


def test_right_after_the_onset_nothing_is_known():
    sound = played([(0.5, [60])], 1.0)
    assert np.isnan(asked(sound, 0.51, [60, 64], 0.5)).all()


@pytest.mark.parametrize("rate_hz", [0, 8000, 96001, float("nan"), float("inf")])
def test_a_rate_out_of_range_is_refused(rate_hz):
    with pytest.raises(RuleError) as raised:
        ChordVerifier(rate_hz)
    assert str(raised.value) == f"sample_rate_hz must be 16000 to 96000, got {rate_hz:g}"


def test_bad_arguments_are_named():
    verifier = ChordVerifier(RATE_HZ)
    verifier.process(np.zeros(RATE_HZ * 6))
    for call, message in [
        (
            lambda: verifier.process(np.zeros((2, 2))),
            "samples must be one-dimensional, got shape (2, 2)",
        ),
        (lambda: verifier.probabilities(60, 5.0), "pitches must be one-dimensional, got shape ()"),
        (lambda: verifier.probabilities([60, 128], 5.0), "pitches must be 0 to 127, got 60 to 128"),
        (
            lambda: verifier.probabilities([60], -1.0),
            "onset_sec must be finite and not negative, got -1.0",
        ),
        (
            lambda: verifier.probabilities([60], float("nan")),
            "onset_sec must be finite and not negative, got nan",
        ),
        (
            lambda: verifier.probabilities([60], 1.0),
            f"onset_sec must be at most 4.8 s before {verifier.heard_sec:.3f}, got 1.0",
        ),
    ]:
        with pytest.raises(RuleError) as raised:
            call()
        assert str(raised.value) == message


def test_many_verifiers_share_one_set_of_weights():
    one, other = ChordVerifier(16000), ChordVerifier(48000)
    assert one._chords._weights is other._chords._weights


def test_reset_forgets():
    verifier = ChordVerifier(RATE_HZ)
    verifier.process(played([(0.5, [60])], 1.0))
    first = verifier.probabilities([60, 61], 0.5)
    verifier.reset()
    assert verifier.heard_sec == 0.0
    verifier.process(played([(0.5, [60])], 1.0))
    np.testing.assert_array_equal(verifier.probabilities([60, 61], 0.5), first)
