"""When the follower has notes due: the tempo model fed with what it matches, and feeds anew."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tunes import NOTE, TUNE, notes_of, play, steady, tune, verdicts

from engine.errors import RuleError
from engine.matching import ScoreFollower
from native.tempo import Tempo


@st.composite
def rough_onward_playing(draw):
    """Rows of a player who plays wrong, leaves out and adds notes, but goes onwards."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = []
    for at, pitch in enumerate(TUNE):
        onset = 0.5 * at + rng.normal(0, 0.03)
        lucky = rng.random()
        if lucky < 0.85:
            rows.append((pitch, onset))
        elif lucky < 0.95:
            rows.append((int(TUNE[rng.integers(0, len(TUNE))]), onset))
        if rng.random() < 0.15:
            rows.append((int(rng.integers(58, 78)), onset + rng.uniform(0.05, 0.4)))
    return sorted(rows, key=lambda row: row[1])


@settings(max_examples=300, deadline=None)
@given(rough_onward_playing())
def test_predictions_are_those_of_the_last_verdicts_whatever_was_said_at_first(rows):
    follower = ScoreFollower(tune())
    told = play(follower, rows)
    indices = verdicts(told)
    matched = [(beat, onset) for beat, (_, onset) in zip(indices, rows, strict=True) if beat >= 0]
    assume(not any(match.jump for match in told))
    assume(all(first <= second for (first, _), (second, _) in pairwise(matched)))
    model = Tempo()
    for beat, onset_sec in matched:
        model.observe(beat, onset_sec, beat % 4, 4.0)
    assert repr(follower.predict(20.0)) == repr(model.predict(20.0))


def test_a_verdict_that_is_revised_is_fed_anew():
    """Bar 3 begins like bar 1: the player seems to go on there until the next notes tell."""
    notes = notes_of([(p, float(b)) for b, p in enumerate([60, 62, 64, 65, 60, 62, 67, 69] * 2)])
    rng = np.random.default_rng(5)
    revised = 0
    for _ in range(40):
        start = int(rng.integers(3, 9))
        rows = steady(notes["pitch"][:start].tolist())
        back = int(rng.choice([0, 4]))
        rows += steady(notes["pitch"][back:].tolist(), 0.5 * start + 1.0)
        told = play(follower := ScoreFollower(notes), rows)
        revised += any(match.revisions for match in told)
        end = follower.predict(16.0)
        assert end.time_sec == pytest.approx(rows[-1][1] + 0.5, abs=0.05)
    assert revised > 0


@pytest.mark.parametrize("spb", [0.2, 0.5, 1.1])
def test_the_next_moment_is_due_a_beat_later(spb):
    told = play(ScoreFollower(tune()), steady(TUNE, 100.0, spb))
    assert math.isnan(told[0].next_sec)
    for i, match in enumerate(told[4:-1], 4):
        assert match.next_sec == pytest.approx(100.0 + spb * (i + 1), abs=0.01)
        assert 0.0 < match.next_sigma_sec < 0.1 * spb
    assert math.isnan(told[-1].next_sec)


def test_what_was_next_is_what_is_expected():
    notes = tune()[["pitch", "onset_beat"]]  # no bars: no habits
    told = play(ScoreFollower(notes), steady(TUNE))
    for before, match in pairwise(told[1:]):
        assert match.expected_sec == before.next_sec
        assert match.expected_sigma_sec == before.next_sigma_sec


def test_all_notes_of_a_chord_are_expected_at_once():
    notes = notes_of([(p + k, float(b)) for b, p in enumerate(TUNE) for k in (-24, -12, 0)])
    rows = [
        (int(n["pitch"]), 0.5 * float(n["onset_beat"]) + 0.01 * (i % 3))
        for i, n in enumerate(notes)
    ]
    told = play(ScoreFollower(notes), rows)
    for i in range(9, 60, 3):
        assert told[i].expected_sec == told[i + 1].expected_sec == told[i + 2].expected_sec
        assert told[i].expected_sec == pytest.approx(0.5 * (i // 3) + 0.01, abs=0.008)


def test_a_late_hand_was_expected_with_its_own_moment():
    notes = notes_of([(p + k, float(b)) for b, p in enumerate(TUNE) for k in (-24, -12, 0)])
    rows = [(int(n["pitch"]), 0.15 * n["onset_beat"]) for n in notes]
    rows = sorted(
        ((p, t + 0.16 if k == 18 else t) for k, (p, t) in enumerate(rows)), key=lambda row: row[1]
    )
    told = play(ScoreFollower(notes), rows)
    late = next(match for match in told if match.index == 18)
    assert late.position_beat == 6.0
    assert late.expected_sec == pytest.approx(6 * 0.15, abs=0.01)


def test_a_grace_note_tells_nothing_of_the_beat():
    plain = play(ScoreFollower(tune()), steady(TUNE))
    graced = np.sort(np.append(tune(), np.array([(59, 10.0, 3, True)], NOTE)), order="onset_beat")
    rows = sorted([*steady(TUNE), (59, 4.85)], key=lambda row: row[1])
    told = play(ScoreFollower(graced), rows)
    assert told[10].index == 10
    assert told[-2].next_sec == pytest.approx(plain[-2].next_sec, abs=1e-9)


def test_unmatched_notes_change_no_prediction():
    follower = ScoreFollower(tune())
    before = play(follower, steady(TUNE[:12]))[-1]
    extra = follower.note_on(40, 5.7)
    assert extra.index == -1
    assert math.isnan(extra.expected_sec)
    assert math.isnan(extra.expected_sigma_sec)
    assert (extra.next_sec, extra.next_sigma_sec) == (before.next_sec, before.next_sigma_sec)


@pytest.mark.parametrize(("left", "landing"), [(12, 4), (4, 12)])
def test_after_a_jump_the_tempo_goes_on_from_there(left, landing):
    start_sec = 0.5 * left + 0.8
    rows = steady(TUNE[:left]) + steady(TUNE[landing:], start_sec)
    told = play(follower := ScoreFollower(tune()), rows)
    landed = next(i for i in range(left, left + 3) if told[i].jump)
    for i in range(landed, left + 7):
        assert told[i].next_sec == pytest.approx(start_sec + 0.5 * (i - left + 1), abs=0.03)
    model = Tempo()
    for i, (_, onset_sec) in enumerate(rows):
        beat = i if i < left else landing + i - left
        take = model.jump if i == left else model.observe
        take(beat, onset_sec, beat % 4, 4.0)
    assert follower.predict(20.0) == model.predict(20.0)


def test_a_ritardando_is_expected_better_than_by_the_tempo_before():
    spb = 0.5 * 1.5 ** np.clip((np.arange(20) - 6) / 10, 0, 1)
    onsets = np.concatenate([[0.0], np.cumsum(spb[:-1])])
    told = play(ScoreFollower(tune()), list(zip(TUNE, onsets.tolist(), strict=True)))
    late = [onsets[i] - told[i].expected_sec for i in range(10, 20)]
    assert max(late) < 0.12
    assert late[-1] < 0.06


def test_prediction_is_farther_in_time_and_less_sure_the_farther_the_beat():
    follower = ScoreFollower(tune())
    play(follower, steady(TUNE[:10]))
    ahead = [follower.predict(9.0 + beats) for beats in (0.0, 0.5, 1.0, 4.0)]
    assert [p.time_sec for p in ahead] == pytest.approx([4.5, 4.75, 5.0, 6.5], abs=0.02)
    assert [p.sigma_sec for p in ahead] == sorted(p.sigma_sec for p in ahead)


@pytest.mark.parametrize("beat", [math.nan, math.inf, -2e9])
def test_a_beat_that_is_no_number_is_refused(beat):
    with pytest.raises(RuleError, match="beat must be finite and at most 1e9, got"):
        ScoreFollower(tune()).predict(beat)


def test_nothing_is_predicted_before_the_second_moment():
    follower = ScoreFollower(tune())
    follower.note_on(60, 0.0)
    assert all(math.isnan(value) for value in follower.predict(1.0))


def test_after_a_fermata_nothing_was_expected_and_the_tempo_goes_on():
    fields = [*NOTE, ("has_fermata", "?")]
    notes = np.zeros(len(TUNE), fields)
    for name in ("pitch", "onset_beat", "measure", "is_grace"):
        notes[name] = tune()[name]
    notes["has_fermata"][9] = True
    rows = steady(TUNE[:10]) + steady(TUNE[10:], start_sec=5.4)
    told = play(ScoreFollower(notes), rows)
    assert told[9].next_sigma_sec > 0.5
    assert math.isnan(told[10].expected_sec)
    assert told[11].expected_sec == pytest.approx(5.9, abs=0.03)
