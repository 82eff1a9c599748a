"""Stretches played in one go, and the tempo in them."""

import numpy as np
import pytest

from engine.judging.moments import Moments
from engine.report.played import JUDGED_DTYPE
from engine.report.score_bars import ScoreBars
from engine.report.stretches import mark_stretches
from engine.report.tempo import MAX_CURVE_POINTS, bar_tempi, played_moments, tempo_curve
from engine.score import Score
from engine.tempo import ScoreClock

N = 64


def make_score(n=N):
    notes = np.zeros(n, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"], notes["onset_beat"] = 40 + np.arange(n) % 40, np.arange(n)
    return Score.from_notes(notes, tempo_bpm=120.0)


def played(score, keys, onset_sec=None):
    """Right notes, one after the other, with their stretches marked as where a player leads."""
    judged = np.zeros(len(keys), JUDGED_DTYPE)
    judged["played_index"], judged["score_index"] = np.arange(len(keys)), keys
    judged["time_sec"] = np.arange(len(keys)) * 0.5 if onset_sec is None else onset_sec
    judged["bar"] = ScoreBars(score).of_note[keys]
    judged["run"] = judged["stretch"] = -1
    mark_stretches(judged, Moments(score.notes), is_led=True)
    return judged


def tempi(score, judged):
    bars = bar_tempi(played_moments(judged, score))
    return {place: round(bpm, 3) for place, bpm in bars.items()}


def test_playing_on_is_one_stretch():
    judged = played(make_score(), [0, 1, 3, 2, 4, 5])  # a note late by one
    assert set(judged["run"]) == set(judged["stretch"]) == {0}


@pytest.mark.parametrize("keys", [[0, 1, 2, 3, 4, 0, 1, 2], [0, 1, 2, 3, 4, 5, 3, 4, 5]])
def test_going_back_begins_a_new_run(keys):
    judged = played(make_score(), keys)
    back = next(k for k in range(1, len(keys)) if keys[k] < keys[k - 1])
    assert judged["run"].tolist() == [0] * back + [1] * (len(keys) - back)


def test_key_struck_again_is_no_going_back():
    assert set(played(make_score(), [0, 1, 2, 1, 2, 1, 2, 3])["run"]) == {0}


def test_leap_onwards_begins_a_stretch_but_no_run():
    judged = played(make_score(), [0, 1, 2, 20, 21, 22])
    assert judged["run"].tolist() == [0] * 6
    assert judged["stretch"].tolist() == [0, 0, 0, 1, 1, 1]


def test_single_note_far_away_belongs_nowhere():
    judged = played(make_score(), [0, 1, 2, 40, 3, 4, 5])
    assert judged["stretch"].tolist() == [0, 0, 0, -1, 0, 0, 0]


def test_two_notes_between_two_jumps_belong_nowhere():
    judged = played(make_score(), [*range(20), 10, 11, 4, 5, 6, 7])
    assert judged["run"].tolist() == [0] * 20 + [-1] * 2 + [1] * 4
    judged = played(make_score(), [*range(20), 10, 11, 12, 4, 5])
    assert judged["run"].tolist() == [0] * 20 + [1] * 3 + [2] * 2


def test_clock_that_leads_never_goes_back():
    score = make_score()
    judged = played(score, [0, 1, 2, 3, 4, 0, 1, 2])
    judged["run"] = -1
    mark_stretches(judged, Moments(score.notes), is_led=False)
    assert set(judged["run"]) == {0}


def test_steady_playing_has_its_tempo_in_every_bar():
    score = make_score()
    found = tempi(score, played(score, np.arange(N)))
    assert found == {(0, bar): 120.0 for bar in range(N // 4)}


def test_pause_within_a_bar_is_taken_out():
    score = make_score()
    onset_sec = np.arange(N) * 0.5 + 4.0 * (np.arange(N) >= 30)
    judged = played(score, np.arange(N), onset_sec)
    assert set(tempi(score, judged).values()) == {120.0}
    (wait,) = np.flatnonzero(played_moments(judged, score).wait_sec)
    assert wait == 30
    assert played_moments(judged, score).wait_sec[30] == pytest.approx(4.0)


@pytest.mark.parametrize("slip_sec", [-0.15, 0.15])
def test_slip_within_a_bar_does_not_touch_its_tempo(slip_sec):
    score = make_score()
    onset_sec = np.arange(N) * 0.5
    onset_sec[26] += slip_sec
    assert tempi(score, played(score, np.arange(N), onset_sec))[0, 6] == pytest.approx(
        120, rel=0.01
    )


def test_tempo_is_not_measured_across_a_leap():
    score = make_score()
    keys = [*range(6), *range(40, 46)]
    found = tempi(score, played(score, keys))
    assert set(found.values()) == {120.0} and {stretch for stretch, _ in found} == {0, 1}


def test_less_than_a_beat_has_no_tempo():
    score = make_score()
    assert tempi(score, played(score, [4])) == {}


def test_bar_of_one_note_lasts_until_the_next():
    notes = np.zeros(6, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"], notes["onset_beat"] = 60 + np.arange(6), 4 * np.arange(6)
    score = Score.from_notes(notes)
    assert tempi(score, played(score, np.arange(6), 3.0 * np.arange(6))) == {
        (0, bar): 80.0 for bar in range(5)
    }


def test_grace_note_says_nothing_of_the_tempo():
    score = make_score()
    notes = score.notes.copy()
    notes["is_grace"] = np.arange(N) % 4 > 1
    onset_sec = np.arange(N) * 0.5 + 0.4 * notes["is_grace"]
    graced = Score(notes, score.bars, score.tempi)
    assert set(tempi(graced, played(graced, np.arange(N), onset_sec)).values()) == {120.0}


def test_curve_of_a_long_take_has_no_more_points_than_a_chart():
    score = make_score(9000)
    judged = played(score, np.arange(9000))
    clock = ScoreClock(score.tempi)
    curve = tempo_curve(played_moments(judged, score), ScoreBars(score), clock)
    assert 0.5 * MAX_CURVE_POINTS < len(curve) <= MAX_CURVE_POINTS
    assert {point.tempo_bpm for point in curve} == {120.0}
    assert {point.asked_bpm for point in curve} == {120.0}
