"""The map between beats and seconds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import RuleError
from engine.score.arrays import TEMPO_DTYPE
from engine.tempo import ScoreClock

TWO_TEMPI = np.array([(0.0, 60.0), (4.0, 120.0)], dtype=TEMPO_DTYPE)

tempo_maps = st.lists(
    st.tuples(st.integers(-8, 400), st.floats(20, 300)), min_size=1, unique_by=lambda row: row[0]
).map(lambda rows: np.array(sorted(rows), dtype=TEMPO_DTYPE))


def test_seconds_follow_each_written_tempo():
    clock = ScoreClock(TWO_TEMPI)
    assert clock.seconds([0, 1, 4, 5]).tolist() == [0.0, 1.0, 4.0, 4.5]


def test_origin_beat_stands_at_zero():
    assert ScoreClock(TWO_TEMPI, origin_beat=5.0).seconds(5.0) == 0.0


def test_first_and_last_tempo_go_on_outside_the_map():
    assert ScoreClock(TWO_TEMPI).seconds([-2, 8]).tolist() == [-2.0, 6.0]


def test_a_given_tempo_holds_at_the_origin_and_scales_the_rest():
    clock = ScoreClock(TWO_TEMPI, origin_beat=4.0, tempo_bpm=60)
    assert clock.seconds([4, 5]).tolist() == [0.0, 1.0]
    assert clock.beat_sec(0.0) == pytest.approx(2.0)


@given(tempo_maps, st.lists(st.floats(-20, 500), max_size=20), st.floats(-20, 500))
def test_beats_inverts_seconds(tempi, beats, origin_beat):
    clock = ScoreClock(tempi, origin_beat)
    assert clock.beats(clock.seconds(beats)) == pytest.approx(beats, abs=1e-6)


@pytest.mark.parametrize("tempo_bpm", [0, -60, 4.9, 1001, float("nan"), float("inf")])
def test_a_tempo_out_of_range_is_refused(tempo_bpm):
    with pytest.raises(RuleError, match="tempo must be 5 to 1000 quarter notes a minute"):
        ScoreClock(TWO_TEMPI, tempo_bpm=tempo_bpm)


def test_a_written_tempo_of_0_is_refused_though_another_is_wanted():
    tempi = np.array([(0.0, 0.0)], dtype=TEMPO_DTYPE)
    with pytest.raises(RuleError, match="tempo must be 5 to 1000 quarter notes a minute, got 0"):
        ScoreClock(tempi, tempo_bpm=100.0)


def test_an_empty_map_is_refused():
    with pytest.raises(RuleError, match="tempi must have at least one row, got 0"):
        ScoreClock(TWO_TEMPI[:0])
