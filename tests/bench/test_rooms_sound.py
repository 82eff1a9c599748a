"""The benchmark of a room's sound: two copies of a noise are found where they are."""

import numpy as np
import pytest

from bench import rooms_sound
from bench.errors import BenchError
from bench.rooms_sound import OFFSET_MS, RATE_HZ, _found, distance_ms, make_noise, sound_card

NOISE = make_noise(6.0)
N = RATE_HZ // 4


def played(begin, apart, loudness=1.0):
    return NOISE[begin : begin + N] + loudness * NOISE[begin + apart : begin + apart + N]


@pytest.mark.parametrize("apart", [200, 882, -1_500])
def test_two_copies_are_as_far_apart_as_they_are(apart):
    window = played(2 * RATE_HZ, apart)
    found_ms = distance_ms(window, NOISE, 2 * RATE_HZ + 5_000)
    assert found_ms == pytest.approx(1e3 * abs(apart) / RATE_HZ, abs=0.05)


def test_one_copy_is_not_two():
    assert distance_ms(NOISE[90_000 : 90_000 + N], NOISE, 90_000) is None


def test_a_recording_is_told_less_its_offset():
    apart = round((OFFSET_MS + 1.0) * RATE_HZ / 1e3)
    recorded = NOISE[RATE_HZ : 3 * RATE_HZ] + NOISE[RATE_HZ + apart : 3 * RATE_HZ + apart]
    heard = _found(recorded, NOISE, RATE_HZ, 3)
    assert (len(heard.off_ms), heard.n_windows, heard.n_gaps) == (8, 8, 3)
    np.testing.assert_allclose(heard.off_ms, 1.0, atol=0.05)


def test_silence_is_an_error():
    with pytest.raises(BenchError, match=r"^the two were not heard$"):
        _found(make_noise(1.0, seed=2), NOISE, RATE_HZ, 0)


def test_what_is_missing_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(rooms_sound, "DEVICES", tmp_path / "none")
    with pytest.raises(BenchError, match=r"^no virtual devices in "), sound_card():
        pass
