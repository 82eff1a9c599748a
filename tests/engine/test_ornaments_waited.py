"""Ornaments as hands play them, judged where the music waits."""

import math

import pytest
from ornamented import TRILL, C, D, E, F, G, play, score_of, strokes, summed_up

from engine.events import Event, Kind
from engine.performance import Performance


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
