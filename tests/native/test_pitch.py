import numpy as np
import pytest

from native.errors import RangeError
from native.pitch import BINS, FEATURES, PAD, ROW, ROWS, SCALARS, Pitch


@pytest.mark.parametrize("rate_hz", [0.0, 15999.0, 96001.0, float("nan")])
def test_a_rate_out_of_range_is_refused(rate_hz):
    with pytest.raises(RangeError) as raised:
        Pitch(rate_hz, 27.5, 4186.0, None)
    assert str(raised.value) == f"rate_hz must be 16000..96000, got {rate_hz}"


@pytest.mark.parametrize("span", [(0.0, 100.0), (100.0, 100.0), (float("nan"), 1.0), (1.0, np.inf)])
def test_an_empty_range_is_refused(span):
    with pytest.raises(RangeError) as raised:
        Pitch(44100.0, *span, None)
    assert str(raised.value) == f"low_hz must be > 0 and below high_hz, got {span[0]} and {span[1]}"


def test_features_are_what_their_parts_add_up_to():
    assert FEATURES == ROWS * ROW + BINS + SCALARS
    assert PAD + BINS < ROW


def test_features_change_no_frame():
    sound = np.random.default_rng(3).standard_normal(20000).astype(np.float32)
    plain = Pitch(44100.0, 27.5, 4186.0, None).process(sound)
    frames, features = Pitch(44100.0, 27.5, 4186.0, None).features(sound)
    assert frames.tobytes() == plain.tobytes()
    assert features.shape == (len(frames), FEATURES)
    assert np.isfinite(features).all()
