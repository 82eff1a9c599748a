"""The core's maps and scores against the oracle's."""

import numpy as np
import pytest

from engine import reference_pitch as reference
from native.pitch import BINS, CONTEXT, FEATURES, ROW, ROWS, SCALARS, WEIGHTS, Pitch

MAPS = ROWS * ROW


def sound(kind, n=2048):
    rng = np.random.default_rng(5)
    t = np.arange(n) / 16000
    tone = sum(0.2 / k * np.sin(2 * np.pi * 187.0 * k * t + k) for k in range(1, 9))
    made = {
        "tone": tone,
        "noise": 0.1 * rng.standard_normal(n),
        "onset": np.where(t > 0.05, tone, 0.0),
        "silence": np.zeros(n),
        "both": tone + 0.05 * rng.standard_normal(n) + 0.2,
    }
    return made[kind].astype(np.float32)


@pytest.mark.parametrize("kind", ["tone", "noise", "onset", "silence", "both"])
def test_the_maps_are_the_oracles(kind):
    samples = sound(kind)
    _, features = Pitch(16000.0, 27.0, 4300.0, None).features(samples)
    expected = reference.maps(samples)[: len(features)]
    assert len(features) >= 30
    np.testing.assert_allclose(features[:, :MAPS].reshape(-1, ROWS, ROW), expected, atol=3e-3)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_scores_are_the_oracles(seed):
    weights = (0.2 * np.random.default_rng(seed).standard_normal(WEIGHTS)).astype(np.float32)
    _, features = Pitch(16000.0, 27.0, 4300.0, weights).features(sound("both"))
    for frame in features[::7]:
        rows = frame[:MAPS].reshape(ROWS, ROW).astype(float)
        context = frame[FEATURES - SCALARS :][:CONTEXT].astype(float)
        expected, _ = reference.scores(rows, context, weights)
        np.testing.assert_allclose(frame[MAPS : MAPS + BINS], expected, rtol=1e-3, atol=1e-3)
