"""One hand is judged, the other may play along: its written notes are no mistakes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import RuleError
from engine.events import Event, Kind
from engine.judging import Verdict
from engine.performance import MODES, Performance
from engine.score import Score
from engine.score.hands import share_out

DTYPE = [("pitch", "i4"), ("onset_beat", "f8"), ("duration_beat", "f8"), ("staff", "i4")]
RIGHT = [(pitch, float(k)) for k, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72))]
LEFT = [(40 + k % 7, k / 2) for k in range(16)]


def score_of(right=RIGHT, left=LEFT) -> Score:
    rows = [
        (pitch, beat, 0.5, staff) for staff, part in ((1, right), (2, left)) for pitch, beat in part
    ]
    return Score.from_notes(np.array(rows, DTYPE), tempo_bpm=120.0)


def performance_of(mode, other_hand="ignored", hands="right", score=None) -> Performance:
    return Performance(share_out(score or score_of(), hands, other_hand).score, mode)


def play(performance, notes) -> list[Verdict]:
    """Play pitches at beats of half a second, in order of time; returns what is said of them."""
    said = []
    for pitch, beat in sorted(notes, key=lambda note: note[1]):
        said += performance.process(Event(0.5 * beat, Kind.NOTE_ON, pitch, 64))
    return [one for one in said if isinstance(one, Verdict)]


def results(verdicts) -> list[str]:
    return [verdict.result for verdict in verdicts]


def test_the_hands_are_shared_out_on_the_same_beats():
    score = score_of()
    chosen, machine_notes = share_out(score, "right", "machine")
    assert chosen.notes["pitch"].tolist() == [pitch for pitch, _ in RIGHT]
    assert sorted(machine_notes["onset_beat"].tolist()) == [beat for _, beat in LEFT]
    assert len(chosen.ignored) == 0
    chosen, machine_notes = share_out(score, "left", "ignored")
    assert chosen.ignored["pitch"].tolist() == [pitch for pitch, _ in RIGHT]
    assert len(machine_notes) == 0
    chosen, machine_notes = share_out(score, "both", "silent")
    assert (len(chosen.notes), len(chosen.ignored), len(machine_notes)) == (24, 0, 0)


def test_where_both_hands_are_played_there_is_no_other():
    for other_hand in ("ignored", "machine"):
        rule = f"^other_hand must be silent where hands is both, got '{other_hand}'$"
        with pytest.raises(RuleError, match=rule):
            share_out(score_of(), "both", other_hand)


def test_what_becomes_of_the_other_hand_is_one_of_three():
    with pytest.raises(RuleError, match=r"^other_hand must be one of silent, .*, got 'loud'$"):
        share_out(score_of(), "right", "loud")


@pytest.mark.parametrize("mode", MODES)
def test_what_is_written_for_the_other_hand_is_no_mistake(mode):
    performance = performance_of(mode)
    verdicts = play(performance, RIGHT + LEFT)
    of_right = [v for v in verdicts if v.pitch >= 60]
    of_left = [v for v in verdicts if 0 <= v.pitch < 60]
    assert results(of_right) == ["correct"] * len(RIGHT)
    assert results(of_left) == ["ignored"] * len(LEFT)
    assert {(v.score_index, v.points) for v in of_left} == {(-1, 0)}
    assert np.isnan([v.timing_sec for v in of_left]).all()
    assert sorted(v.played_index for v in verdicts) == list(range(24))
    performance.process(Event(20.0, Kind.END))
    summary = performance.summary()
    assert (summary.overall_score, summary.counts["correct"]) == (100.0, 8)
    assert (performance.total_notes, performance.notes_played) == (8, 24)
    assert performance.progress == 100.0


@pytest.mark.parametrize("mode", MODES)
def test_where_nothing_is_ignored_the_other_hand_is_wrong(mode):
    verdicts = play(performance_of(mode, "silent"), RIGHT + LEFT)
    assert {v.result for v in verdicts if 0 <= v.pitch < 60} <= {"extra", "wrong_note"}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("hands", ["right", "left"])
def test_one_hand_alone_is_judged_as_if_the_other_were_not_there(mode, hands):
    part = [*(RIGHT if hands == "right" else LEFT)]
    part[3] = (part[3][0] + 1, part[3][1] + 0.02)  # a wrong note
    del part[5]
    judged = [performance_of(mode, other, hands) for other in ("ignored", "silent")]
    ignored, silent = (play(performance, part) for performance in judged)
    assert [v[:5] for v in ignored if v.timing_sec == v.timing_sec] == [
        v[:5] for v in silent if v.timing_sec == v.timing_sec
    ]
    assert results(ignored) == results(silent)
    assert judged[0].summary() == judged[1].summary()


@pytest.mark.parametrize("mode", ["tempo", "follow"])
def test_notes_of_the_other_hand_that_are_not_played_are_not_missed(mode):
    performance = performance_of(mode)
    play(performance, RIGHT)
    performance.process(Event(60.0, Kind.END))
    assert performance.summary().counts["missed"] == 0


@pytest.mark.parametrize("mode", MODES)
def test_a_slip_of_the_other_hand_is_told(mode):
    slip = [(LEFT[6][0] + 24, LEFT[6][1])]  # written nowhere
    verdicts = play(performance_of(mode), RIGHT + LEFT[:6] + slip + LEFT[7:])
    told = [v for v in verdicts if v.pitch == slip[0][0]]
    assert {v.result for v in told} <= {"extra", "wrong_note"}
    assert told


@pytest.mark.parametrize("mode", MODES)
def test_a_note_of_the_other_hand_played_far_from_its_place_is_told(mode):
    early = [(LEFT[13][0] - 12, 1.3)]
    score = score_of(left=[*LEFT[:13], (LEFT[13][0] - 12, 6.5), *LEFT[14:]])
    performance = performance_of(mode, score=score)
    verdicts = play(performance, RIGHT[:2] + early)
    assert results(verdicts)[-1] in ("extra", "wrong_note")


@pytest.mark.parametrize("mode", MODES)
def test_a_pitch_of_both_hands_goes_to_the_hand_that_is_due(mode):
    left = [(pitch, beat - 0.5) for pitch, beat in RIGHT[1:]]  # each tone of the right before it
    score = score_of(left=left)
    verdicts = play(performance_of(mode, score=score), RIGHT)
    assert results(verdicts) == ["correct"] * len(RIGHT)
    verdicts = play(performance_of("tempo", score=score), RIGHT + left)
    assert results(verdicts).count("correct") == len(RIGHT)
    assert results(verdicts).count("ignored") == len(left)


@pytest.mark.parametrize("mode", MODES)
def test_a_unison_of_both_hands_is_the_judged_hand_s(mode):
    score = score_of(left=RIGHT)
    verdicts = play(performance_of(mode, score=score), RIGHT)
    assert results(verdicts) == ["correct"] * len(RIGHT)


def test_each_written_note_excuses_one_played_note():
    performance = performance_of("tempo")
    verdicts = play(performance, [(60, 0.0), (40, 0.0), (40, 0.05)])
    assert results(verdicts) == ["correct", "ignored", "extra"]


def test_who_starts_over_may_play_the_other_hand_again():
    performance = performance_of("follow")
    play(performance, RIGHT[:6] + LEFT[:10])
    again = [(pitch, beat + 7.0) for pitch, beat in RIGHT + LEFT]
    verdicts = play(performance, again)
    late = [v for v in verdicts if 0 <= v.pitch < 60][8:]
    assert results(late) == ["ignored"] * len(late)


def test_revisions_name_the_note_as_the_player_counted_it():
    performance = performance_of("tempo")
    verdicts = play(performance, [(40, 0.0), (61, 0.05), (60, 0.1)])
    assert [(v.result, v.played_index, v.is_revision) for v in verdicts] == [
        ("ignored", 0, False),
        ("wrong_note", 1, False),
        ("correct", 2, False),
        ("extra", 1, True),
    ]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(36, 76), st.floats(0.0, 8.0)), max_size=60),
    st.sampled_from(MODES),
)
def test_every_note_is_told_once_and_counts_stay_true(notes, mode):
    performance = performance_of(mode)
    verdicts = play(performance, notes)
    verdicts += performance.process(Event(100.0, Kind.END))
    first = [v for v in verdicts if v.played_index >= 0 and not v.is_revision]
    assert [v.played_index for v in first] == list(range(len(notes)))
    standing = {v.played_index: v.result for v in verdicts if v.played_index >= 0}
    n_missed = results(verdicts).count("missed")
    n_ignored = list(standing.values()).count("ignored")
    assert sum(performance.summary().counts.values()) == len(notes) - n_ignored + n_missed
    assert performance.progress <= 100.0


def test_who_starts_over_has_the_own_notes_to_play_again_too():
    left = [(pitch, beat - 0.5) for pitch, beat in RIGHT[1:]]
    performance = performance_of("follow", score=score_of(left=left))
    play(performance, RIGHT[:6])
    verdicts = play(performance, [(pitch, beat + 7.0) for pitch, beat in RIGHT])
    assert "ignored" not in results(verdicts)
    assert results(verdicts)[-3:] == ["correct"] * 3


def test_a_note_of_the_other_hand_lets_time_pass_too():
    performance = performance_of("tempo")
    verdicts = play(performance, [LEFT[8]])
    assert results(verdicts) == ["missed"] * 4 + ["ignored"]
