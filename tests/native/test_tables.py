"""What all streams of one rate read: one for all of them, and nobody writes to it."""

import numpy as np
import pytest

from engine.learned import learned
from native.errors import RangeError
from native.notes import Notes
from native.pitch import Pitch
from native.tables import KEPT_RATES, Tables, tables
from native.voice import Voice


def heard(rate_hz):
    sound = np.sin(0.05 * np.arange(2 * rate_hz // 10)).astype(np.float32)
    voice = Voice(Pitch(rate_hz, 60.0, 2000.0, None), Notes(rate_hz, learned("onset")))
    return [voice.process(block)[0].tobytes() for block in np.split(sound, 20)]


def test_streams_of_one_rate_share_their_tables():
    assert Pitch(44_100.0, 60.0, 2000.0, None)._tables is Notes(44_100.0, learned("onset"))._tables
    assert tables(44_100.0) is not tables(48_000.0)


def test_a_stream_hears_the_same_after_others_have_used_its_tables():
    first = heard(44_100)
    tables.cache_clear()
    assert heard(44_100) == first == heard(44_100)


def test_few_rates_are_kept_however_many_are_asked_for():
    for step in range(3 * KEPT_RATES):
        tables(16_000.0 + step)
    assert tables.cache_info().currsize == KEPT_RATES


@pytest.mark.parametrize("rate_hz", [0, 15_999.9, 96_000.1, float("nan"), float("inf")])
def test_a_rate_out_of_range_is_refused(rate_hz):
    with pytest.raises(RangeError, match=rf"^rate_hz must be 16000\.\.96000, got {rate_hz}$"):
        Tables(rate_hz)
