"""Judging a performance in each of the three modes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Score
from engine.errors import RuleError
from engine.events import Event, Kind
from engine.judging import Position, Verdict
from engine.judging.windows import on_time_sec, reach_sec
from engine.performance import MODES, Performance

QUARTER_SEC = 0.5  # 120 quarter notes a minute
SCALE = [60, 62, 64, 65, 67, 69, 71, 72]


def score_of(*moments, gap_beat=1.0):
    """A score of one pitch, or one tuple of pitches, every ``gap_beat`` beats."""
    rows = [
        (pitch, gap_beat * place)
        for place, pitches in enumerate(moments)
        for pitch in (pitches if isinstance(pitches, tuple) else (pitches,))
    ]
    return Score.from_notes(np.array(rows, dtype=[("pitch", "i4"), ("onset_beat", "f8")]))


def play(performance, *notes):
    """Play (pitch, seconds) pairs; the verdicts, in order."""
    results = []
    for pitch, onset_sec in notes:
        results += performance.process(Event(onset_sec, Kind.NOTE_ON, pitch, 80))
    return [result for result in results if isinstance(result, Verdict)]


def results_of(verdicts):
    return [verdict.result for verdict in verdicts]


def finish(performance, at_sec):
    return [v for v in performance.process(Event(at_sec, Kind.END)) if isinstance(v, Verdict)]


def scale_at(offset_sec, gap_sec=QUARTER_SEC):
    return [(pitch, place * gap_sec + offset_sec) for place, pitch in enumerate(SCALE)]


class TestTempoMode:
    def test_a_note_on_the_beat_is_correct(self):
        assert set(results_of(play(Performance(score_of(*SCALE)), *scale_at(0)))) == {"correct"}

    @pytest.mark.parametrize("gap_beat", [1.0, 0.5])
    @pytest.mark.parametrize("offset_sec", [-0.06, 0.06])
    def test_sixty_milliseconds_off_at_a_quarter_of_500_are_correct(self, offset_sec, gap_beat):
        performance = Performance(score_of(*SCALE, gap_beat=gap_beat))
        verdicts = play(performance, *scale_at(offset_sec, gap_beat * QUARTER_SEC))
        assert results_of(verdicts) == ["correct"] * 8
        assert [v.timing_sec for v in verdicts] == pytest.approx([offset_sec] * 8)

    @pytest.mark.parametrize("gap_beat", [1.0, 0.5])
    @pytest.mark.parametrize(("offset_sec", "result"), [(-0.17, "early"), (0.17, "late")])
    def test_170_milliseconds_off_at_a_quarter_of_500_are_early_or_late(
        self, offset_sec, result, gap_beat
    ):
        performance = Performance(score_of(*SCALE, gap_beat=gap_beat))
        verdicts = play(performance, *scale_at(offset_sec, gap_beat * QUARTER_SEC))
        verdicts += finish(performance, 60)
        assert results_of(verdicts) == [result] * 8

    def test_windows_scale_with_tempo_and_note_value(self):
        assert on_time_sec(0.5, 0.5) == pytest.approx(0.1)
        assert on_time_sec(0.5, 0.125) < on_time_sec(0.5, 0.25) < on_time_sec(0.5, 0.5)
        assert on_time_sec(0.3, 0.3) < on_time_sec(0.5, 0.5) < on_time_sec(0.7, 0.7)
        assert reach_sec(0.4) <= reach_sec(0.5) < reach_sec(0.8)

    def test_another_pitch_where_a_note_is_due_is_wrong_and_names_the_note(self):
        performance = Performance(score_of(*SCALE))
        (verdict,) = play(performance, (61, 0.0))
        assert (verdict.result, verdict.score_index) == ("wrong_note", 0)
        assert not [v for v in finish(performance, 0.4) if v.result == "missed"]

    def test_a_wrong_note_put_right_in_time_becomes_an_extra_one(self):
        performance = Performance(score_of(*SCALE))
        verdicts = play(performance, (61, 0.0), (60, 0.09))
        assert results_of(verdicts) == ["wrong_note", "correct", "extra"]
        assert verdicts[2].is_revision
        assert verdicts[2].played_index == 0

    def test_a_note_where_nothing_is_due_is_extra(self):
        performance = Performance(score_of(60, 62, gap_beat=8.0))
        assert results_of(play(performance, (60, 0.0), (90, 2.0))) == ["correct", "extra"]

    def test_a_note_that_is_not_played_is_missed_when_its_time_is_over(self):
        performance = Performance(score_of(*SCALE))
        play(performance, (60, 0.0))
        assert performance.deadline_sec == pytest.approx(0.75)
        assert performance.process(Event(0.74, Kind.TICK)) == []
        (verdict,) = performance.process(Event(0.76, Kind.TICK))
        assert (verdict.result, verdict.score_index, verdict.played_index) == ("missed", 1, -1)

    def test_a_note_is_missed_once(self):
        performance = Performance(score_of(*SCALE))
        assert results_of(finish(performance, 60)) == ["missed"] * 8

    def test_notes_after_the_end_of_the_take_are_not_missed(self):
        performance = Performance(score_of(*SCALE))
        play(performance, *scale_at(0)[:4])
        assert finish(performance, 1.6) == []
        assert performance.progress == 50

    def test_a_rolled_chord_counts_as_one_moment(self):
        performance = Performance(score_of((60, 64, 67)))
        verdicts = play(performance, (60, 0.08), (64, 0.105), (67, 0.13))
        assert results_of(verdicts) == ["correct"] * 3

    def test_a_unison_of_two_voices_is_one_key(self):
        performance = Performance(score_of((60, 60)))
        assert performance.total_notes == 1
        assert results_of(play(performance, (60, 0.0)) + finish(performance, 9)) == ["correct"]

    def test_repeated_notes_all_late_are_late_and_not_early_for_the_next(self):
        performance = Performance(score_of(*[60] * 8))
        verdicts = play(performance, *[(60, 0.5 * k + 0.15) for k in range(8)])
        assert results_of(verdicts) == ["late"] * 8

    def test_a_key_that_bounces_before_a_repeated_note_costs_one_extra_note(self):
        performance = Performance(score_of(60, 60, 60, gap_beat=0.5))
        play(performance, (60, 0.0), (60, 0.06), (60, 0.25), (60, 0.5))
        assert performance.summary().counts["correct"] == 3
        assert performance.summary().counts["extra"] == 1

    def test_a_late_packet_is_judged_by_its_own_time(self):
        performance = Performance(score_of(*SCALE))
        performance.process(Event(0.2, Kind.TICK))
        assert play(performance, (60, 0.0))[0].timing_sec == 0.0

    def test_position_is_told_at_each_new_beat(self):
        performance = Performance(score_of(60, 62, 64, gap_beat=0.5))
        results = []
        for place, pitch in enumerate((60, 62, 64)):
            results += performance.process(Event(0.25 * place, Kind.NOTE_ON, pitch, 80))
        assert [r.beat for r in results if isinstance(r, Position)] == [1.0]


class TestFollowMode:
    @pytest.mark.parametrize("beat_sec", [0.2, 0.5, 1.3])
    def test_any_steady_tempo_is_correct(self, beat_sec):
        performance = Performance(score_of(*SCALE), "follow")
        verdicts = play(performance, *scale_at(3.0, beat_sec))
        assert set(results_of(verdicts)) == {"correct"}

    def test_a_slow_drift_of_tempo_is_correct(self):
        performance = Performance(score_of(*SCALE * 4), "follow")
        onset_sec = np.cumsum(0.5 * 1.02 ** np.arange(32))
        verdicts = play(performance, *zip(SCALE * 4, onset_sec.tolist(), strict=True))
        assert set(results_of(verdicts)) == {"correct"}

    def test_a_note_170_ms_behind_the_players_own_beat_is_late(self):
        performance = Performance(score_of(*SCALE), "follow")
        notes = scale_at(0)
        notes[6] = (notes[6][0], notes[6][1] + 0.17)
        assert results_of(play(performance, *notes[:7])) == ["correct"] * 6 + ["late"]

    @pytest.mark.parametrize("offset_sec", [-0.17, 0.17])
    def test_one_slip_is_one_verdict(self, offset_sec):
        performance = Performance(score_of(*SCALE), "follow")
        notes = scale_at(0)
        notes[4] = (notes[4][0], notes[4][1] + offset_sec)
        assert results_of(play(performance, *notes)).count("correct") == 7

    def test_a_note_late_for_its_chord_does_not_move_the_player_back(self):
        performance = Performance(score_of((48, 60), 62, 64), "follow")
        play(performance, (60, 0.0), (62, 0.5), (48, 0.55))
        assert performance.position.beat == 1.0

    def test_a_wrong_note_names_the_note_that_was_due(self):
        performance = Performance(score_of(*SCALE), "follow")
        notes = scale_at(0)
        notes[4] = (66, notes[4][1])
        verdicts = play(performance, *notes) + finish(performance, 9)
        assert results_of(verdicts) == ["correct"] * 4 + ["wrong_note"] + ["correct"] * 3
        assert verdicts[4].score_index == 4

    def test_a_note_that_is_left_out_is_missed(self):
        performance = Performance(score_of(*SCALE), "follow")
        notes = scale_at(0)
        del notes[3]
        verdicts = play(performance, *notes) + finish(performance, 9)
        assert [v.score_index for v in verdicts if v.result == "missed"] == [3]

    def test_the_last_note_but_one_is_missed_too(self):
        performance = Performance(score_of(*SCALE), "follow")
        notes = scale_at(0)
        del notes[6]
        verdicts = play(performance, *notes) + finish(performance, notes[-1][1])
        assert [v.score_index for v in verdicts if v.result == "missed"] == [6]

    def test_silence_is_not_a_miss(self):
        performance = Performance(score_of(*SCALE), "follow")
        play(performance, *scale_at(0)[:4])
        assert performance.process(Event(100.0, Kind.TICK)) == []

    def test_notes_never_reached_are_not_missed(self):
        performance = Performance(score_of(*SCALE), "follow")
        play(performance, *scale_at(0)[:4])
        assert finish(performance, 60) == []

    def test_the_rest_of_a_chord_is_missed_when_it_does_not_come(self):
        performance = Performance(score_of(48, (60, 64, 67), 72), "follow")
        play(performance, (48, 0.0), (60, 0.5), (64, 0.51))
        assert math.isfinite(performance.deadline_sec)
        (verdict,) = performance.process(Event(performance.deadline_sec, Kind.TICK))
        assert (verdict.result, verdict.score_index) == ("missed", 3)

    def test_position_follows_the_player(self):
        performance = Performance(score_of(*SCALE), "follow")
        results = performance.process(Event(0.0, Kind.NOTE_ON, 60, 80))
        results += performance.process(Event(0.5, Kind.NOTE_ON, 62, 80))
        positions = [r for r in results if isinstance(r, Position)]
        assert [p.score_index for p in positions] == [0, 1]

    def test_until_the_player_has_a_tempo_it_is_the_one_asked_for(self):
        performance = Performance(score_of(*SCALE), "follow", 90.0)
        *_, first = performance.process(Event(0.0, Kind.NOTE_ON, 60, 80))
        assert first.tempo_bpm == 90
        *_, second = performance.process(Event(0.5, Kind.NOTE_ON, 62, 80))
        assert second.tempo_bpm == pytest.approx(120, abs=5)


class TestWaitMode:
    def test_the_music_waits_for_the_right_key(self):
        performance = Performance(score_of(60, 62), "wait")
        verdicts = play(performance, (61, 0.0), (62, 5.0), (60, 9.0), (62, 99.0))
        assert results_of(verdicts) == ["wrong_note", "wrong_note", "correct", "correct"]

    def test_a_chord_is_taken_in_any_order(self):
        performance = Performance(score_of((60, 64, 67), 72), "wait")
        verdicts = play(performance, (67, 0.0), (60, 2.0), (72, 2.5), (64, 3.0), (72, 4.0))
        assert [v.result for v in verdicts].count("correct") == 4
        assert verdicts[2].result == "wrong_note"

    def test_position_is_the_note_that_is_waited_for(self):
        performance = Performance(score_of(60, 62, 64), "wait")
        assert performance.position.score_index == 0
        results = performance.process(Event(0.0, Kind.NOTE_ON, 60, 80))
        assert results[-1].score_index == 1

    def test_a_wrong_note_is_not_progress(self):
        performance = Performance(score_of(60), "wait")
        play(performance, (61, 0.0))
        assert performance.progress == 0
        play(performance, (60, 1.0))
        assert performance.progress == 100

    def test_a_note_after_the_end_is_extra(self):
        performance = Performance(score_of(60), "wait")
        assert results_of(play(performance, (60, 0.0), (60, 1.0))) == ["correct", "extra"]

    def test_nothing_is_ever_pending(self):
        assert Performance(score_of(60), "wait").deadline_sec == float("inf")


class TestMarks:
    def test_a_flawless_take_has_full_marks(self):
        performance = Performance(score_of(*SCALE))
        play(performance, *scale_at(0))
        finish(performance, 9)
        summary = performance.summary()
        assert summary[:3] == (100.0, 100.0, "A+")
        assert summary.message == "8 of 8 notes right: flawless."

    def test_one_slip_is_not_called_most_of_them(self):
        performance = Performance(score_of(*SCALE))
        play(performance, *scale_at(0)[:-1], (30, 3.5))
        finish(performance, 9)
        assert performance.summary().message == "7 of 8 notes right; one was wrong."

    def test_an_unfinished_take_keeps_its_accuracy_and_loses_its_score(self):
        performance = Performance(score_of(*SCALE))
        play(performance, *scale_at(0)[:4])
        finish(performance, 1.6)
        assert performance.summary().accuracy == 100.0
        assert performance.summary().overall_score == 50.0

    def test_an_early_or_late_note_is_worth_half(self):
        performance = Performance(score_of(*SCALE))
        play(performance, *scale_at(0.17))
        assert performance.summary().overall_score == 50.0
        assert performance.notes_correct == 0

    def test_nothing_played_is_no_error(self):
        summary = Performance(score_of(*SCALE)).summary()
        assert (summary.overall_score, summary.grade) == (0.0, "F")
        assert summary.message == "Nothing was played."

    def test_points_are_those_of_the_verdicts(self):
        performance = Performance(score_of(*SCALE))
        verdicts = play(performance, *scale_at(0.09), (30, 2.0), (31, 9.0))
        assert performance.points == sum(verdict.points for verdict in verdicts)


class TestRules:
    @pytest.mark.parametrize(
        ("event", "message"),
        [
            (Event(math.nan, Kind.NOTE_ON, 60, 80), "time_sec must be finite, got nan"),
            (Event(math.inf, Kind.TICK), "time_sec must be finite, got inf"),
            (Event(1e300, Kind.TICK), r"time_sec must be at most 1e\+12 either way, got 1e\+300"),
            (Event(0.0, Kind.NOTE_ON, 128, 80), "number must be 0 to 127, got 128"),
            (Event(0.0, Kind.NOTE_ON, -1, 80), "number must be 0 to 127, got -1"),
            (Event(0.0, Kind.CONTROL, 64, 300), "value must be 0 to 127, got 300"),
        ],
    )
    def test_a_bad_event_is_refused_and_changes_nothing(self, event, message):
        performance = Performance(score_of(*SCALE))
        with pytest.raises(RuleError, match=message):
            performance.process(event)
        assert performance.notes_played == 0

    def test_nothing_follows_the_end(self):
        performance = Performance(score_of(*SCALE))
        finish(performance, 1)
        with pytest.raises(RuleError, match="the take has ended"):
            performance.process(Event(2.0, Kind.NOTE_ON, 60, 80))

    def test_an_unknown_mode_is_refused(self):
        with pytest.raises(RuleError, match="mode must be one of tempo, follow, wait, got 'jazz'"):
            Performance(score_of(60), "jazz")


events = st.lists(
    st.builds(
        Event,
        st.floats(-5, 30),
        st.sampled_from([Kind.NOTE_ON, Kind.NOTE_OFF, Kind.CONTROL, Kind.TICK]),
        st.sampled_from([*SCALE, 0, 61, 127]),
        st.integers(0, 127),
    ),
    max_size=60,
)
PIECE = score_of(*SCALE, (48, 60, 64), 60, 60, (60, 60), gap_beat=0.5)


@pytest.mark.parametrize("mode", MODES)
@given(events)
@settings(max_examples=60, deadline=None)
def test_ticks_before_the_deadline_change_nothing(mode, events):
    first, second = Performance(PIECE, mode), Performance(PIECE, mode)
    for event in events:
        is_idle = event.kind == Kind.TICK and event.time_sec < first.deadline_sec
        results = first.process(event)
        if is_idle:
            assert results == []
        else:
            assert repr(second.process(event)) == repr(results)
    end = Event(31.0, Kind.END)
    assert repr(first.process(end)) == repr(second.process(end))
    assert first.summary() == second.summary()


@pytest.mark.parametrize("mode", MODES)
@given(events)
@settings(max_examples=60, deadline=None)
def test_every_played_note_gets_one_verdict_and_no_key_is_judged_twice(mode, events):
    performance = Performance(PIECE, mode)
    verdicts = []
    for event in [*events, Event(31.0, Kind.END)]:
        verdicts += [r for r in performance.process(event) if isinstance(r, Verdict)]
    fresh = [v.played_index for v in verdicts if not v.is_revision and v.played_index >= 0]
    assert fresh == list(range(performance.notes_played))
    assert sum(performance.summary().counts.values()) == len(
        [v for v in verdicts if not v.is_revision]
    )
    if mode == "tempo":
        missed = [v.score_index for v in verdicts if v.result == "missed"]
        assert len(missed) == len(set(missed))


@given(st.floats(-0.5, 0.5), st.sampled_from(["tempo", "follow"]))
@settings(max_examples=40, deadline=None)
def test_playing_later_grows_timing_by_as_much(shift_sec, mode):
    base, later = Performance(score_of(*SCALE), mode), Performance(score_of(*SCALE), mode)
    small_sec = shift_sec / 5
    first = play(base, *scale_at(0))
    second = play(later, *[(pitch, onset_sec + small_sec) for pitch, onset_sec in scale_at(0)])
    grown = small_sec if mode == "tempo" else 0.0
    for one, other in zip(first[2:], second[2:], strict=True):
        assert other.timing_sec - one.timing_sec == pytest.approx(grown, abs=1e-9)
