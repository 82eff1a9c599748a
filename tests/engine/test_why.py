"""Every verdict says what it rests on."""

import math

import numpy as np
import pytest

from engine import Score
from engine.events import Event, Kind
from engine.judging import Verdict, Why
from engine.judging.windows import FOLLOW_LENIENCY, on_time_sec
from engine.performance import MODES, Performance

SCALE = [60, 62, 64, 65, 67, 69, 71, 72]


def score_of(pitches, gap_beat=1.0, tempo_bpm=120.0):
    notes = np.zeros(len(pitches), [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"], notes["onset_beat"] = pitches, gap_beat * np.arange(len(pitches))
    return Score.from_notes(notes, tempo_bpm=tempo_bpm)


def verdicts_on(score, mode, notes, end_sec=None):
    performance = Performance(score, mode)
    events = [Event(onset, Kind.NOTE_ON, pitch, 64) for pitch, onset in notes]
    if end_sec is not None:
        events.append(Event(end_sec, Kind.END))
    told = [said for event in events for said in performance.process(event)]
    return [said for said in told if isinstance(said, Verdict)]


def rough(seed=3, n=120):
    """A score, and a playing of it with wrong, missing and extra notes and a leap."""
    rng = np.random.default_rng(seed)
    score = score_of(rng.integers(50, 80, n).tolist(), gap_beat=0.5)
    rows = [row for row in [*range(80), *range(40, n)] if rng.random() > 0.05]
    notes = []
    for k, row in enumerate(rows):
        slip = int(rng.choice([-1, 0, 1], p=[0.04, 0.92, 0.04]))
        notes.append((int(score.notes["pitch"][row]) + slip, 0.25 * k + rng.uniform(-0.02, 0.02)))
    return score, notes


@pytest.mark.parametrize("mode", MODES)
def test_every_verdict_says_why_in_sound_figures(mode):
    score, notes = rough()
    verdicts = verdicts_on(score, mode, notes, end_sec=60.0)
    assert {"correct", "wrong_note"} <= {verdict.result for verdict in verdicts}
    for verdict in verdicts:
        why = verdict.why
        assert isinstance(why, Why)
        shares = [share for _, share in why.alternatives]
        assert 0.0 <= why.confidence <= 1.0 and len(shares) <= 3
        assert shares == sorted(shares, reverse=True)
        assert why.confidence + sum(shares) <= 1.0 + 1e-9
        assert verdict.score_index not in [index for index, _ in why.alternatives]
        assert math.isnan(why.expected_sec) == math.isnan(why.window_sec)


@pytest.mark.parametrize("mode", ["tempo", "follow"])
def test_a_timed_verdict_follows_from_its_reasons(mode):
    score, notes = rough()
    onset_sec = [onset for _, onset in notes]
    for verdict in verdicts_on(score, mode, notes):
        why = verdict.why
        if (
            verdict.result in ("correct", "early", "late")
            and verdict.timing_sec == verdict.timing_sec
        ):
            due_sec = onset_sec[verdict.played_index] - verdict.timing_sec
            assert why.expected_sec == pytest.approx(due_sec)
        if verdict.result in ("early", "late"):
            assert abs(verdict.timing_sec) > why.window_sec


def test_the_clock_says_when_how_far_and_how_fast():
    score = score_of(SCALE, tempo_bpm=100.0)
    verdict = verdicts_on(score, "tempo", [(62, 0.65)])[-1]
    assert verdict.why == (0.6, on_time_sec(0.6, 0.6), pytest.approx(100.0), 1.0, ())


def test_keys_of_one_pitch_that_compete_are_alternatives():
    verdict = verdicts_on(score_of([60] * 4, gap_beat=0.5), "tempo", [(60, 0.3)])[-1]
    assert verdict.score_index == 1
    assert [index for index, _ in verdict.why.alternatives] == [2]
    assert 0.5 < verdict.why.confidence < 1.0


def test_a_wrong_note_names_what_else_was_due():
    rows = np.array([(60, 0.0), (64, 0.0), (67, 0.0)], [("pitch", "i4"), ("onset_beat", "f8")])
    (verdict,) = verdicts_on(Score.from_notes(rows), "tempo", [(65, 0.0)])
    assert (verdict.result, verdict.score_index) == ("wrong_note", 1)
    assert [index for index, _ in verdict.why.alternatives] == [2, 0]


def test_the_player_who_leads_is_judged_by_the_players_own_tempo():
    notes = [(pitch, 0.8 * place) for place, pitch in enumerate(SCALE)]
    why = verdicts_on(score_of(SCALE), "follow", notes)[-1].why
    assert why.tempo_bpm == pytest.approx(75, rel=0.01)
    assert why.expected_sec == pytest.approx(5.6, abs=0.01)
    assert 0.0 < why.window_sec - FOLLOW_LENIENCY * 0.15 < 0.05  # no tempo is sure yet


def test_before_there_is_a_tempo_nothing_is_due():
    (verdict,) = verdicts_on(score_of(SCALE), "follow", [(60, 0.0)])
    assert math.isnan(verdict.why.expected_sec)
    assert 0.0 < verdict.why.confidence <= 1.0


def test_a_passage_that_stands_twice_is_less_sure_than_one_that_stands_once():
    rng = np.random.default_rng(2)
    phrase = rng.permutation(np.arange(48, 80))[:12].tolist()
    once = rng.permutation(np.arange(40, 90))[:24].tolist()
    score = score_of([*once, *phrase, *reversed(once), *phrase])
    start = [(pitch, 0.5 * k) for k, pitch in enumerate(once)]
    landed = [(pitch, 20.0 + 0.5 * k) for k, pitch in enumerate(phrase[2:5])]
    verdicts = verdicts_on(score, "follow", [*start[:8], *landed])
    sure, unsure = verdicts[7].why, [v for v in verdicts if v.played_index == 10][-1].why
    assert unsure.confidence < sure.confidence
    assert {28, 64} & {index for index, _ in unsure.alternatives}


def test_reasons_are_no_part_of_what_is_said():
    said = verdicts_on(score_of(SCALE), "tempo", [(60, 0.0)])[0]
    bare = Verdict(*said[:7])
    assert said == bare and hash(said) == hash(bare) and repr(said) == repr(bare)
    assert said != bare._replace(points=0)
    assert bare.why is None
