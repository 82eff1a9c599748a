"""Pitch metrics against mir_eval's, whose definitions they follow."""

import mir_eval
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.pitch.metrics import (
    REGISTERS,
    Counts,
    Estimates,
    cents_apart,
    count,
    described,
    latencies,
    onset_score,
    register,
    shown,
    total,
)


def told(time_sec, f0_hz, is_voiced=True, told_sec=None, confidence=1.0):
    """Estimates from what matters of them."""
    time_sec = np.asarray(time_sec, float)
    full = [np.broadcast_to(np.asarray(a), len(time_sec)) for a in (f0_hz, confidence, is_voiced)]
    told_sec = time_sec if told_sec is None else np.asarray(told_sec, float)
    return Estimates(time_sec, full[0].astype(float), full[1].astype(float), full[2], told_sec)


def frames(n):
    """Truth and what is said of it: within 10 cents, off, an octave off, or nothing."""
    cents = st.sampled_from([0.0, 4.0, -9.0, 30.0, -60.0, 1200.0, -1190.0, 2430.0, 700.0])
    truth = st.sampled_from([0.0, 55.0, 220.0, 987.0])
    return st.tuples(
        arrays(float, n, elements=truth),
        arrays(float, n, elements=cents),
        arrays(bool, n),
        arrays(bool, n),
    )


@pytest.mark.filterwarnings("ignore:.* melody has no voiced frames")
@given(frames(40))
def test_counts_come_to_what_mir_eval_says(drawn):
    truth, cents, is_said, is_there = drawn
    f0_hz = np.where(is_there, np.where(truth > 0, truth, 110.0) * 2 ** (cents / 1200), 0.0)
    grid = 0.005 * np.arange(len(truth))
    counts = count(truth, told(grid, f0_hz), np.arange(len(truth)), is_said)
    signed = np.where(is_said, f0_hz, -f0_hz)
    ref_v, ref_c, est_v, est_c = mir_eval.melody.to_cent_voicing(grid, truth, grid, signed)
    recall, false_alarm = mir_eval.melody.voicing_measures(ref_v, est_v)
    rpa = {
        name: mir_eval.melody.raw_pitch_accuracy(ref_v, ref_c, est_v, est_c, cent_tolerance=limit)
        for name, limit in (("within_50", 50), ("within_10", 10), ("within_5", 5))
    }
    overall = mir_eval.melody.overall_accuracy(ref_v, ref_c, est_v, est_c)
    chroma = mir_eval.melody.raw_chroma_accuracy(ref_v, ref_c, est_v, est_c)
    expected = rpa | {"recalled": recall, "overall": overall, "octave": chroma - rpa["within_50"]}
    if (truth > 0).any():
        for name, value in expected.items():
            assert counts.rate(name) == pytest.approx(100 * value), name
    if (truth == 0).any():
        assert counts.rate("false_alarm") == pytest.approx(100 * false_alarm)


def test_instants_that_are_not_scored_count_nowhere():
    counts = count(np.array([-1.0, -1.0]), told([0, 1], 220), np.array([0, 1]), np.ones(2, bool))
    assert counts == Counts()
    assert counts.rate("within_50") is None


def test_counts_add_up():
    both = total([Counts(4, 2, 3, 2, 1, 1, 4, 1, 4), Counts(6, 0, 3, 0, 0, 0, 6, 0, 3)])
    assert both == Counts(10, 2, 6, 2, 1, 1, 10, 1, 7)
    assert both.rate("within_50") == 60
    assert both.rate("false_alarm") == 50


onset_times = st.lists(st.integers(0, 400), max_size=25).map(lambda ms: np.array(ms) * 0.01)


@pytest.mark.filterwarnings("ignore:.* onsets are empty")
@given(onset_times, onset_times)
def test_onsets_are_matched_as_mir_eval_does(truth, found):
    score = onset_score(truth, found, found, 0.0501)
    if len(truth) == 0 or len(found) == 0:
        assert score.f1 == 0
        return
    expected = mir_eval.onset.f_measure(np.sort(truth), np.sort(found), window=0.0501)
    assert score[:3] == pytest.approx([100 * value for value in expected])


def test_the_delay_of_onsets_is_from_the_true_ones_to_their_being_told():
    score = onset_score(np.array([1.0, 2.0]), np.array([2.01, 1.02]), np.array([2.05, 1.03]), 0.05)
    assert score.delay_ms == pytest.approx(40)
    assert np.isnan(onset_score(np.array([1.0]), np.zeros(0), np.zeros(0), 0.05).delay_ms)


def test_the_nearest_estimate_describes_an_instant_unless_all_are_far():
    index = described(
        told([0.30, 0.10, 0.20], 220), np.array([0.0, 0.08, 0.149, 0.151, 0.32, 0.33])
    )
    assert index.tolist() == [-1, 1, -1, -1, 0, -1]
    near = described(told([0.10, 0.14], 220), np.array([0.119, 0.121]))
    assert near.tolist() == [0, 1]


def test_one_estimate_and_none():
    assert described(told([0.1], 220), np.array([0.1, 0.2])).tolist() == [0, -1]
    assert described(told([], 220), np.array([0.1])).tolist() == [-1]
    assert shown(told([], 220), np.array([0.1])).tolist() == [-1]


def test_the_screen_shows_what_was_told_last_until_it_is_stale():
    estimates = told([0.0, 0.01, 0.02], 220, told_sec=[0.1, 0.1, 0.2])
    index = shown(estimates, np.array([0.09, 0.1, 0.149, 0.151, 0.2, 0.26]))
    assert index.tolist() == [-1, 1, 1, -1, 2, -1]


NOTE = (1.0, 1.3, 69.0, 440.0)


def latency(f0_hz, is_said=None):
    """Of one note, with a report every 10 ms from 0.95 s on."""
    at = 0.95 + 0.01 * np.arange(len(f0_hz))
    said = np.ones(len(f0_hz), bool) if is_said is None else np.array(is_said)
    (found,) = latencies(np.array([NOTE]), told(at, f0_hz, told_sec=at), said)
    return found


def test_latency_is_to_the_first_of_three_right_reports_in_a_row():
    assert latency([440.0] * 30) == pytest.approx(0, abs=1e-6)
    assert latency([220.0] * 8 + [440.0, 440.0, 880.0] + [440.0] * 9) == pytest.approx(60)


def test_reports_that_do_not_count_begin_it_anew():
    said = [True] * 7 + [False] + [True] * 12
    assert latency([440.0] * 20, said) == pytest.approx(30)


def test_a_note_that_is_never_told_has_no_latency():
    assert latency([440.0 * 2 ** (51 / 1200)] * 60) is None
    assert latency([440.0, 440.0]) is None
    assert latency([220.0] * 43 + [440.0] * 3) is None  # later than 80 ms after its end


def test_distance_is_infinite_where_nothing_sounds():
    apart = cents_apart(np.array([440.0, 0.0, 440.0, -1.0]), np.array([220.0, 220.0, 0.0, 220.0]))
    assert apart.tolist() == [1200, np.inf, np.inf, np.inf]


def test_registers_follow_each_other_without_a_gap():
    assert [register(low) for _, low, _ in REGISTERS[1:]] == [name for name, _, _ in REGISTERS[1:]]
    assert [register(high - 1e-9) for *_, high in REGISTERS] == [name for name, *_ in REGISTERS]
    assert register(5000.0) == ""
