"""Ornaments as hands play them, judged against the clock and where the music waits."""

import math

import numpy as np
import pytest

from engine import Score
from engine.events import Event, Kind
from engine.judging import Verdict
from engine.judging.moments import Moments
from engine.judging.ornaments import EARLY_SEC, LATE_SEC
from engine.performance import Performance

BEAT_SEC = 0.5  # 120 quarter notes a minute
FIELDS = [
    ("pitch", "i4"),
    ("onset_beat", "f8"),
    ("duration_beat", "f8"),
    ("ornament", "U8"),
    ("ornament_upper", "i2"),
    ("ornament_lower", "i2"),
    ("is_grace", "?"),
]
C, D, E, F, G = 60, 62, 64, 65, 67
TRILL = (D, 1.0, 2.0, "trill", E, C)  # one second from 0.5 s on
REPEATED = (D, 1.0, 2.0, "tremolo", -1, -1)


def score_of(*notes):
    """A score of such notes, the last fields left out where they say nothing."""
    plain = (1.0, "", -1, -1, False)
    rows = [(*note, *plain[len(note) - 2 :]) for note in notes]
    return Score.from_notes(np.array(rows, FIELDS))


def play(performance, *notes, end_sec=None):
    """Play (pitch, seconds) pairs, maybe to the end; the verdicts, in order."""
    events = [Event(onset_sec, Kind.NOTE_ON, pitch, 80) for pitch, onset_sec in notes]
    if end_sec is not None:
        events.append(Event(end_sec, Kind.END))
    return [v for event in events for v in performance.process(event) if isinstance(v, Verdict)]


def strokes(pitches, start_sec, gap_sec=0.1):
    """Notes one after the other."""
    return [(pitch, start_sec + k * gap_sec) for k, pitch in enumerate(pitches)]


def standing(verdicts):
    """What stands in the end: results by played note, and the score notes that were missed."""
    stand = {v.played_index: v for v in verdicts if v.played_index >= 0}
    return stand, [v.score_index for v in verdicts if v.result == "missed"]


def assert_ornaments(verdicts, played_indices, score_index):
    """These notes are of the ornament of that score note: right, and no more than that."""
    stand, _ = standing(verdicts)
    for played_index in played_indices:
        verdict = stand[played_index]
        assert (verdict.result, verdict.score_index) == ("correct", score_index), verdict
        assert verdict.points == 0
        assert math.isnan(verdict.timing_sec)
        assert verdict.is_ornament


def in_tempo(*notes):
    return Performance(score_of(*notes), "tempo")


def summed_up(performance):
    """Overall score, and how many of each result."""
    summary = performance.summary()
    return summary.overall_score, {k: n for k, n in summary.counts.items() if n}


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


class TestWaitMode:
    def waiting(self, *notes):
        return Performance(score_of(*notes), "wait")

    @pytest.mark.parametrize("pitches", [[D, E] * 4, [E, D] * 4, [D, E] * 3 + [D, C, D]])
    def test_a_trill_is_right_and_the_music_waits_for_what_follows(self, pitches):
        performance = self.waiting((C, 0.0), TRILL, (G, 3.0))
        verdicts = play(performance, (C, 0.0), *strokes(pitches, 1.0))
        assert {v.result for v in verdicts} == {"correct"}
        assert performance.position.score_index == 2
        assert [v.result for v in play(performance, (F, 5.0), (G, 6.0))] == [
            "wrong_note",
            "correct",
        ]
        assert summed_up(performance)[1] == {"correct": 3, "wrong_note": 1}

    def test_a_note_of_an_ornament_is_no_progress(self):
        performance = self.waiting((C, 0.0), TRILL, (G, 3.0), (C, 4.0))
        play(performance, (C, 0.0), (E, 1.0))
        assert performance.progress == 25.0
        assert performance.position.score_index == 1

    @pytest.mark.parametrize("gap_sec", [0.08, 0.12, 0.2])
    def test_a_trill_does_not_take_the_note_that_it_leads_to(self, gap_sec):
        performance = self.waiting((C, 0.0), TRILL, (E, 3.0), (G, 4.0))
        trill = strokes([D, E] * 5 + [D], 1.0, gap_sec)
        verdicts = play(performance, (C, 0.0), *trill)
        assert {v.result for v in verdicts} == {"correct"}
        assert performance.position.score_index == 2
        verdicts = play(performance, (E, 5.0), (G, 6.0))
        assert [(v.score_index, v.points) for v in verdicts] == [(2, 10), (3, 10)]
        assert summed_up(performance) == (100.0, {"correct": 4})

    def test_where_a_trill_leads_to_its_auxiliary_at_once_that_is_the_note(self):
        performance = self.waiting((C, 0.0), TRILL, (E, 3.0), (G, 4.0))
        play(performance, (C, 0.0), *strokes([D, E, D, E, D], 1.0))
        (held_back,) = play(performance, (E, 1.5))
        assert held_back.points == 0
        assert performance.position.score_index == 2
        told = play(performance, (G, 1.7))
        assert [(v.played_index, v.score_index, v.points) for v in told] == [(6, 2, 10), (7, 3, 10)]
        assert summed_up(performance) == (100.0, {"correct": 4})

    def test_a_note_held_back_is_told_after_a_moments_silence(self):
        performance = self.waiting((C, 0.0), TRILL, (E, 3.0))
        play(performance, (C, 0.0), *strokes([D, E, D, E], 1.0))
        assert performance.deadline_sec == pytest.approx(1.6)
        assert performance.process(Event(1.59, Kind.TICK)) == []
        (told, *_) = performance.process(Event(1.61, Kind.TICK))
        assert (told.played_index, told.score_index, told.is_revision) == (4, 2, True)
        assert performance.progress == 100.0
        assert performance.deadline_sec == math.inf

    def test_a_note_held_back_is_told_at_the_end(self):
        performance = self.waiting((C, 0.0), TRILL, (E, 3.0))
        verdicts = play(performance, (C, 0.0), *strokes([D, E, D, E], 1.0), end_sec=1.4)
        assert (verdicts[-1].played_index, verdicts[-1].points) == (4, 10)

    def test_the_main_note_again_is_waited_for(self):
        performance = self.waiting((C, 0.0), TRILL, (D, 3.0), (G, 4.0))
        play(performance, (C, 0.0), *strokes([D, E, D, E, D], 1.0))
        assert performance.process(Event(9.0, Kind.TICK)) == []
        assert performance.position.score_index == 2
        assert [v.points for v in play(performance, (D, 10.0), (G, 11.0))] == [10, 10]

    def test_the_same_note_twice_is_the_written_one(self):
        performance = self.waiting((C, 0.0), TRILL, (D, 3.0), (G, 4.0))
        play(performance, (C, 0.0), *strokes([D, E, D, E, D], 1.0))
        assert [v.points for v in play(performance, (D, 1.5), (G, 1.6))] == [10, 10]

    def test_a_slow_trill_is_right_as_well(self):
        performance = self.waiting((C, 0.0), TRILL, (E, 3.0), (G, 4.0))
        verdicts = play(performance, (C, 0.0), *strokes([D, E, D, E, D], 1.0, 0.6), (G, 5.0))
        assert {v.result for v in verdicts} == {"correct"}
        assert summed_up(performance) == (100.0, {"correct": 4})

    def test_the_other_hand_goes_on_below_a_trill(self):
        performance = self.waiting(
            (48, 1.0), (D, 1.0, 2.0, "trill", E, C), (50, 2.0), (52, 3.0), (G, 3.0)
        )
        verdicts = play(
            performance,
            *[(48, 1.0), (D, 1.01), (E, 1.1), (D, 1.2), (50, 1.25), (E, 1.3), (D, 1.4)],
            *[(52, 1.5), (E, 1.51), (G, 1.6)],
        )
        assert {v.result for v in verdicts} == {"correct"}
        assert summed_up(performance) == (100.0, {"correct": 5})

    def test_an_ornament_is_over_after_the_note_behind_it(self):
        performance = self.waiting((C, 0.0), TRILL, (F, 3.0), (G, 4.0), (C, 5.0))
        play(performance, (C, 0.0), (D, 1.0), (F, 2.0), (G, 3.0))
        (verdict,) = play(performance, (E, 4.0))
        assert verdict.result == "wrong_note"

    def test_a_grace_note_of_the_same_pitch_is_welcome(self):
        grace = (D, 1.0, 0.0, "", -1, -1, True)
        performance = self.waiting((C, 0.0), grace, (D, 1.0), (G, 2.0))
        verdicts = play(performance, (C, 0.0), (D, 1.0), (D, 1.1), (G, 2.0))
        assert [v.points for v in verdicts] == [10, 10, 0, 10]
        assert {v.result for v in verdicts} == {"correct"}

    def test_a_chord_may_be_rolled_in_any_order(self):
        performance = self.waiting(*[(p, 0.0, 1.0, "arpeggio") for p in (48, 52, 55)], (C, 1.0))
        verdicts = play(performance, (55, 0.0), (48, 0.9), (52, 2.0), (C, 3.0))
        assert [v.points for v in verdicts] == [10] * 4


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
