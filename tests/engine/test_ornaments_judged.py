"""Ornaments as hands play them, judged against the clock."""

import math

import pytest
from ornamented import (
    REPEATED,
    TRILL,
    C,
    D,
    E,
    F,
    G,
    assert_ornaments,
    play,
    score_of,
    standing,
    strokes,
    summed_up,
)

from engine.judging.moments import Moments
from engine.judging.ornaments import EARLY_SEC, LATE_SEC
from engine.performance import Performance


def in_tempo(*notes):
    return Performance(score_of(*notes), "tempo")


class TestTempoMode:
    @pytest.mark.parametrize("gap_sec", [0.08, 0.1, 0.12])
    @pytest.mark.parametrize("n", [6, 8, 12])
    def test_every_stroke_of_a_trill_is_right_and_the_trill_is_one_note(self, gap_sec, n):
        performance = in_tempo((C, 0.0), (D, 1.0, 3.0, "trill", E, C), (G, 4.0))
        trill = strokes([D, E] * (n // 2), 0.51, gap_sec)
        verdicts = play(performance, (C, 0.0), *trill, (G, 2.0), end_sec=3.0)
        stand, missed = standing(verdicts)
        assert {v.result for v in stand.values()} == {"correct"}
        assert missed == []
        assert stand[1].timing_sec == pytest.approx(0.01)
        assert_ornaments(verdicts, range(2, n + 1), 1)
        assert summed_up(performance) == (100.0, {"correct": 3})
        assert performance.progress == 100.0

    def test_a_trill_from_above_is_timed_by_its_first_note(self):
        performance = in_tempo((C, 0.0), TRILL, (G, 3.0))
        verdicts = play(performance, (C, 0.0), *strokes([E, D, E, D], 0.5, 0.15))
        stand, _ = standing(verdicts)
        assert_ornaments(verdicts, [1, 3, 4], 1)
        assert (stand[2].result, stand[2].points) == ("correct", 10)
        assert stand[2].timing_sec == pytest.approx(0.0)

    def test_a_main_note_long_after_the_auxiliary_is_late(self):
        performance = in_tempo((C, 0.0), (D, 4.0, 2.0, "trill", E, C))
        performance = Performance(performance.score, "tempo", tempo_bpm=60)
        verdicts = play(performance, (C, 0.0), (E, 4.0), (D, 4.3))
        assert [v.result for v in verdicts] == ["correct", "correct", "late"]

    def test_a_trill_before_the_beat_is_on_the_beat(self):
        performance = in_tempo((C, 0.0), TRILL)
        verdicts = play(performance, (C, 0.0), (E, 0.36), (D, 0.5), end_sec=2.0)
        stand, missed = standing(verdicts)
        assert (stand[2].result, missed) == ("correct", [])
        assert stand[2].timing_sec == pytest.approx(0.0)

    def test_a_late_trill_is_late_once(self):
        performance = in_tempo((C, 0.0), TRILL)
        trill = strokes([D, E] * 4, 0.68)
        verdicts = play(performance, (C, 0.0), *trill, end_sec=3.0)
        assert [v.result for v in verdicts] == ["correct", "late"] + ["correct"] * 7
        assert summed_up(performance)[1] == {"correct": 1, "late": 1}

    @pytest.mark.parametrize(
        ("ornament", "upper", "lower", "pitches"),
        [
            ("mordent", -1, C, [D, C, D]),
            ("mordent", E, -1, [D, E, D]),
            ("turn", E, C, [E, D, C, D]),
            ("turn", E, C, [D, E, D, C, D]),
            ("turn", E, C, [C, D, E, D]),
        ],
    )
    def test_mordents_and_turns(self, ornament, upper, lower, pitches):
        performance = in_tempo((G, 0.0), (D, 1.0, 1.0, ornament, upper, lower), (G, 2.0))
        verdicts = play(performance, (G, 0.0), *strokes(pitches, 0.5, 0.09), (G, 1.0), end_sec=3)
        assert {v.result for v in verdicts} == {"correct"}
        assert summed_up(performance) == (100.0, {"correct": 3})

    def test_a_mordent_that_ends_on_the_beat_is_on_the_beat(self):
        performance = in_tempo((G, 0.0), (D, 1.0, 1.0, "mordent", E, -1))
        verdicts = play(performance, (G, 0.0), (D, 0.36), (E, 0.43), (D, 0.5), end_sec=3.0)
        stand, _ = standing(verdicts)
        assert stand[3].points == 10
        assert_ornaments(verdicts, [1, 2], 1)
        assert summed_up(performance) == (100.0, {"correct": 2})

    def test_notes_that_the_ornament_has_not_are_still_wrong(self):
        performance = in_tempo((C, 0.0), TRILL, (G, 3.0))
        verdicts = play(performance, (C, 0.0), (D, 0.5), (F, 0.8), end_sec=3.0)
        assert [v.result for v in verdicts] == ["correct", "correct", "extra", "missed"]

    @pytest.mark.parametrize(
        ("onset_sec", "is_allowed"),
        [
            (0.5 - EARLY_SEC - 0.01, False),
            (0.5 - EARLY_SEC + 0.01, True),
            (1.5 + LATE_SEC - 0.01, True),
            (1.5 + LATE_SEC + 0.01, False),
        ],
    )
    def test_an_ornament_ends_with_its_note(self, onset_sec, is_allowed):
        performance = in_tempo((C, 0.0), TRILL, (G, 9.0))
        verdict = play(performance, (C, 0.0), (E, onset_sec))[-1]
        assert verdict.is_ornament == is_allowed

    def test_a_trill_does_not_take_the_note_that_it_leads_to(self):
        performance = in_tempo((C, 0.0), TRILL, (E, 3.0), (G, 4.0))
        trill = strokes([D, E] * 5, 0.5, 0.1)  # the last at 1.4 s, the written E at 1.5 s
        verdicts = play(performance, (C, 0.0), *trill, (E, 1.52), (G, 2.0), end_sec=3.0)
        stand, missed = standing(verdicts)
        assert missed == []
        assert (stand[11].score_index, stand[11].result, stand[11].points) == (2, "correct", 10)
        assert stand[11].timing_sec == pytest.approx(0.02)
        assert_ornaments(verdicts, range(2, 11), 1)
        assert "early" not in {v.result for v in verdicts}
        assert summed_up(performance) == (100.0, {"correct": 4})

    def test_a_note_after_a_trill_that_comes_early_is_early(self):
        performance = in_tempo((C, 0.0), TRILL, (E, 3.0), (G, 4.0))
        trill = strokes([D, E, D], 0.5, 0.1)
        verdicts = play(performance, (C, 0.0), *trill, (E, 1.3), (G, 2.0), end_sec=3.0)
        stand, missed = standing(verdicts)
        assert missed == []
        assert (stand[4].result, stand[4].score_index) == ("early", 2)
        assert stand[4].timing_sec == pytest.approx(-0.2)
        assert stand[4].is_revision

    def test_a_note_left_out_after_a_trill_is_missed(self):
        performance = in_tempo((C, 0.0), TRILL, (E, 3.0), (G, 4.0))
        trill = strokes([D, E] * 4 + [D], 0.5, 0.1)
        verdicts = play(performance, (C, 0.0), *trill, (G, 2.0), end_sec=3.0)
        assert standing(verdicts)[1] == [2]

    def test_another_voice_comes_first(self):
        performance = in_tempo((C, 0.0), TRILL, (E, 1.0), (C, 2.0))
        verdicts = play(
            performance, (C, 0.0), (D, 0.5), (E, 0.52), (D, 0.6), (E, 0.7), (C, 1.0), end_sec=3.0
        )
        stand, missed = standing(verdicts)
        assert missed == []
        assert [stand[k].points for k in range(6)] == [10, 10, 10, 0, 0, 10]

    def test_a_written_note_that_is_overdue_takes_the_stroke(self):
        performance = in_tempo((C, 0.0), TRILL, (E, 2.0))
        verdicts = play(performance, (C, 0.0), (D, 0.5), (E, 1.2))
        assert (verdicts[-1].result, verdicts[-1].score_index) == ("late", 2)

    def test_a_stroke_in_place_of_a_written_note_is_forgiven_when_that_comes(self):
        performance = in_tempo((C, 0.0), TRILL, (E, 3.0), (G, 4.0))
        verdicts = play(
            performance, (C, 0.0), (D, 0.5), (E, 1.41), (D, 1.46), (E, 1.5), end_sec=1.6
        )
        stand, _ = standing(verdicts)
        assert [stand[k].points for k in (2, 4)] == [0, 10]
        assert_ornaments(verdicts, [2, 3], 1)

    def test_a_tremolo_of_one_note_repeats_it(self):
        performance = in_tempo((C, 0.0), REPEATED, (D, 3.0))
        verdicts = play(performance, (C, 0.0), *strokes([D] * 9, 0.5, 0.1), (D, 1.5), end_sec=3.0)
        stand, missed = standing(verdicts)
        assert missed == []
        assert {v.result for v in stand.values()} == {"correct"}
        assert stand[10].points == 10
        assert summed_up(performance) == (100.0, {"correct": 3})

    def test_a_tremolo_of_two_notes_goes_to_and_fro(self):
        performance = in_tempo(
            (C, 0.0), (D, 1.0, 1.0, "tremolo", G, -1), (G, 2.0, 1.0, "tremolo", -1, D), (C, 3.0)
        )
        tremolo = strokes([D, G] * 6, 0.5, 0.08)
        verdicts = play(performance, (C, 0.0), *tremolo, (C, 1.5), end_sec=3.0)
        stand, missed = standing(verdicts)
        assert missed == []
        assert {v.result for v in stand.values()} == {"correct"}
        assert summed_up(performance) == (100.0, {"correct": 4})

    def test_grace_notes_are_written_notes_whose_time_is_free(self):
        grace = (C, 1.0, 0.0, "", -1, -1, True)
        performance = in_tempo((G, 0.0), grace, (D, 1.0))
        verdicts = play(performance, (G, 0.0), (C, 0.4), (D, 0.5), end_sec=3.0)
        assert [v.result for v in verdicts] == ["correct"] * 3
        performance = in_tempo((G, 0.0), grace, (D, 1.0))
        verdicts = play(performance, (G, 0.0), (D, 0.5), end_sec=3.0)
        assert [v.result for v in verdicts] == ["correct", "correct", "missed"]

    def test_a_grace_note_of_its_own_pitch_sounds_once(self):
        performance = in_tempo((G, 0.0), (C, 2.0, 0.0, "", -1, -1, True), (D, 2.0))
        verdicts = play(performance, (G, 0.0), (C, 0.9), (C, 0.95), (D, 1.0), end_sec=3.0)
        assert summed_up(performance)[1] == {"correct": 3, "extra": 1}
        assert standing(verdicts)[0][1].result == "extra"

    def test_a_turn_in_grace_notes_strikes_its_main_note_twice(self):
        turn = [(pitch, 2.0, 0.0, "", -1, -1, True) for pitch in (E, D, C, D)]
        performance = in_tempo((G, 0.0), *turn, (E, 2.0), (G, 3.0))
        played = [(E, 0.55), (D, 0.68), (C, 0.8), (D, 0.9), (E, 1.02)]
        verdicts = play(performance, (G, 0.0), *played, (G, 1.5), end_sec=3.0)
        stand, missed = standing(verdicts)
        assert missed == []
        assert {v.result for v in stand.values()} == {"correct"}
        assert not performance.score.notes["is_grace"][stand[5].score_index]
        assert stand[5].timing_sec == pytest.approx(0.02)
        assert summed_up(performance) == (100.0, {"correct": 5})

    def test_many_ornaments_at_once_are_all_heard(self):
        thirds = [(D, 1.0, 2.0, "trill", E, C), (F, 1.0, 2.0, "trill", G, E)]
        performance = in_tempo((C, 0.0), *thirds)
        trill = [n for k in range(6) for n in ((D + 2 * (k % 2), 0.5 + k / 10),)]
        trill += [(F + 2 * (k % 2), 0.505 + k / 10) for k in range(6)]
        verdicts = play(performance, (C, 0.0), *sorted(trill, key=lambda n: n[1]), end_sec=3.0)
        assert {v.result for v in verdicts} == {"correct"}
        assert summed_up(performance) == (100.0, {"correct": 3})


class TestRolledChords:
    CHORD = (48, 55, 60, 64, 67, 72)

    def rolled(self, beat=2.0, kind="arpeggio"):
        return [(pitch, beat, 2.0, kind) for pitch in self.CHORD]

    @pytest.mark.parametrize("start_sec", [1.0, 0.97, 0.7])
    def test_a_roll_over_300_ms_may_begin_or_end_on_the_beat(self, start_sec):
        performance = in_tempo((C, 0.0), *self.rolled(), (C, 4.0))
        roll = strokes(self.CHORD, start_sec, 0.06)
        verdicts = play(performance, (C, 0.0), *roll, (C, 2.0), end_sec=4.0)
        assert [v.result for v in verdicts] == ["correct"] * 8
        assert summed_up(performance) == (100.0, {"correct": 8})

    def test_a_roll_from_the_top_is_one_too(self):
        performance = in_tempo((C, 0.0), *self.rolled())
        verdicts = play(performance, (C, 0.0), *strokes(self.CHORD[::-1], 1.0, 0.06), end_sec=4.0)
        assert {v.result for v in verdicts} == {"correct"}

    def test_a_chord_that_is_not_to_be_rolled_is_late_from_where_it_is(self):
        performance = in_tempo((C, 0.0), *self.rolled(kind=""))
        roll = strokes(self.CHORD[:4], 1.0, 0.07)
        verdicts = play(performance, (C, 0.0), *roll)
        assert [v.result for v in verdicts] == ["correct"] * 4 + ["late"]

    def test_a_roll_that_begins_late_is_late(self):
        performance = in_tempo((C, 0.0), *self.rolled())
        verdicts = play(performance, (C, 0.0), *strokes(self.CHORD[:3], 1.2, 0.05))
        assert [v.result for v in verdicts] == ["correct"] + ["late"] * 3

    def test_a_roll_does_not_make_the_next_note_late(self):
        performance = in_tempo((C, 0.0), *self.rolled(), (72, 3.0))
        roll = strokes(self.CHORD, 1.0, 0.06)
        verdicts = play(performance, (C, 0.0), *roll, (72, 1.5), end_sec=4.0)
        assert standing(verdicts)[1] == []
        assert verdicts[-1].timing_sec == pytest.approx(0.0)

    def test_in_a_slow_tempo_a_roll_may_take_half_a_second(self):
        score = score_of((C, 0.0), *self.rolled())
        performance = Performance(score, "tempo", tempo_bpm=50)
        roll = strokes(self.CHORD, 2.4, 0.095)
        assert {v.result for v in play(performance, (C, 0.0), *roll)} == {"correct"}


def test_keys_of_a_moment_come_lowest_first_and_a_grace_note_gives_way():
    grace = (D, 1.0, 0.0, "", -1, -1, True)
    notes = score_of((C, 0.0), (C, 1.0, 0.0, "", -1, -1, True), grace, (D, 1.0)).notes
    moments = Moments(notes)
    assert moments.keys == [[0], [1, 3]]
    assert moments.key_of_note == [0, 1, 3, 3]
    assert moments.n_keys == 3


def test_an_ornament_says_why_without_a_time():
    performance = in_tempo((C, 0.0), TRILL)
    (*_, verdict) = play(performance, (C, 0.0), (D, 0.5), (E, 0.6))
    why = verdict.why
    assert math.isnan(why.expected_sec)
    assert (why.tempo_bpm, why.confidence, why.alternatives) == (120.0, 1.0, ())
