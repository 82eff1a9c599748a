"""What the follower tells of right, wrong, extra, missing and late notes, and of jumps."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tunes import NOTE, TUNE, enumerate_beats, notes_of, play, steady, tune, verdicts

from engine.errors import RuleError
from engine.matching import ScoreFollower


def chords():
    """Three notes a beat, no chord like another."""
    return notes_of([(p + k, float(beat)) for beat, p in enumerate(TUNE) for k in (-24, -12, 0)])


def missed_in(told):
    return [index for match in told for index in match.missed]


@st.composite
def rough_tunes(draw):
    """Rows of a player with wrong, missing and extra notes, pauses and jumps."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, clock = [], 0.0
    for at in [*range(8), *range(4, 12), *range(2), *range(10, 20)]:
        clock += 0.5 + (rng.integers(0, 64) / 64 if rng.random() < 0.1 else 0)
        if rng.random() < 0.9:
            rows.append((TUNE[at] + int(rng.choice([0] * 9 + [1])), clock))
        if rng.random() < 0.1:
            rows.append((int(rng.integers(40, 90)), clock + 0.125))
    return rows


def test_right_notes_in_time_are_matched_in_order():
    told = play(ScoreFollower(tune()), steady(TUNE))
    assert [match.index for match in told] == list(range(20))
    assert [match.position_beat for match in told] == [float(i) for i in range(20)]
    assert told[-1].tempo_bpm == pytest.approx(120, rel=0.02)
    assert not any(match.jump or match.revisions or match.missed for match in told)


@pytest.mark.parametrize("spb", [0.12, 0.3, 1.0, 2.0])
def test_tempo_is_learned_from_the_player(spb):
    told = play(ScoreFollower(tune()), steady(TUNE, spb=spb))
    assert [match.index for match in told] == list(range(20))
    assert told[-1].tempo_bpm == pytest.approx(60 / spb, rel=0.05)


def test_the_unit_of_the_score_does_not_matter():
    ticks = tune()
    ticks["onset_beat"] *= 480
    told = play(ScoreFollower(ticks), steady(TUNE))
    assert [match.index for match in told] == list(range(20))
    assert told[-1].tempo_bpm == pytest.approx(120 * 480, rel=0.02)


def test_a_wrong_note_is_unmatched_and_its_score_note_missed():
    pitches = [*TUNE[:6], TUNE[6] - 1, *TUNE[7:]]
    told = play(ScoreFollower(tune()), steady(pitches))
    assert verdicts(told) == [*range(6), -1, *range(7, 20)]
    assert missed_in(told) == [6]
    assert math.isnan(told[6].expected_sec)


def test_an_extra_note_is_unmatched_and_nothing_missed():
    rows = sorted([*steady(TUNE), (50, 3.2)], key=lambda row: row[1])
    told = play(ScoreFollower(tune()), rows)
    assert verdicts(told) == [*range(7), -1, *range(7, 20)]
    assert missed_in(told) == []


def test_a_note_left_out_is_told_once():
    rows = steady(TUNE)
    del rows[9]
    told = play(ScoreFollower(tune()), rows)
    assert verdicts(told) == [*range(9), *range(10, 20)]
    assert missed_in(told) == [9]


def test_chord_notes_may_come_in_any_order():
    rng = np.random.default_rng(3)
    notes = chords()
    order = np.concatenate([3 * beat + rng.permutation(3) for beat in range(20)])
    rows = [(int(notes["pitch"][i]), 0.5 * (i // 3) + 0.01 * (k % 3)) for k, i in enumerate(order)]
    told = play(ScoreFollower(notes), rows)
    assert [match.index for match in told] == order.tolist()


def test_chord_partners_still_to_come_are_not_yet_missed():
    follower = ScoreFollower(chords())
    match = follower.note_on(TUNE[0], 0.0)
    assert match.index == 2
    assert follower.advance(0.2).missed == []
    assert follower.advance(5.0).missed == [0, 1]
    assert follower.advance(50.0).missed == []


def test_a_late_note_stands_where_it_is_written():
    notes = notes_of([(48, 0.0), (60, 0.0), (62, 0.25), (64, 1.0), (65, 2.0)])
    told = play(ScoreFollower(notes), [(60, 0.0), (62, 0.12), (48, 0.13), (64, 0.5), (65, 1.0)])
    assert [match.position_beat for match in told] == [0.0, 0.25, 0.0, 1.0, 2.0]


def test_a_hand_that_comes_late_is_still_matched():
    notes = chords()
    rows = [(int(n["pitch"]), 0.15 * n["onset_beat"]) for n in notes]
    late = [(p, t + 0.16 if k == 18 else t) for k, (p, t) in enumerate(rows)]
    told = play(ScoreFollower(notes), sorted(late, key=lambda row: row[1]))
    assert sorted(match.index for match in told) == list(range(60))
    assert missed_in(told) == []


@pytest.mark.parametrize("voices", [1, 4])
def test_one_hand_alone_is_followed_without_being_told(voices):
    running = [(36 + 5 * i % 12 + 4 * k, i / 8) for i in range(160) for k in range(voices)]
    notes = notes_of(sorted([*running, *enumerate_beats(TUNE)], key=lambda row: row[1]))
    melody = np.flatnonzero(notes["pitch"] >= 60)
    told = play(ScoreFollower(notes), steady(TUNE))
    assert [match.index for match in told[5:]] == melody[5:].tolist()


def test_expected_time_follows_the_players_own_tempo():
    rows = steady(TUNE)
    rows[12] = (rows[12][0], rows[12][1] + 0.1)
    told = play(ScoreFollower(tune()), rows)
    assert math.isnan(told[0].expected_sec)
    assert told[11].expected_sec == pytest.approx(5.5, abs=0.01)
    assert told[12].expected_sec == pytest.approx(6.0, abs=0.01)


def test_after_a_stop_no_time_was_expected_and_following_goes_on():
    rows = steady(TUNE[:10]) + steady(TUNE[10:], start_sec=9.0)
    told = play(ScoreFollower(tune()), rows)
    assert verdicts(told) == list(range(20))
    assert math.isnan(told[10].expected_sec)
    assert told[11].expected_sec == pytest.approx(9.5, abs=0.02)
    assert not told[10].jump


def test_going_back_is_a_jump_and_what_it_leaps_over_is_not_missed():
    rows = steady(TUNE[:12]) + steady(TUNE[4:], start_sec=6.8)
    told = play(ScoreFollower(tune()), rows)
    assert verdicts(told) == [*range(12), *range(4, 20)]
    assert sum(match.jump != "" for match in told) == 1
    assert math.isnan(told[12].expected_sec)
    assert missed_in(told) == []


def test_leaping_on_is_a_jump_and_what_it_leaps_over_is_not_missed():
    rows = steady(TUNE[:4]) + steady(TUNE[16:], start_sec=2.8)
    told = play(ScoreFollower(tune()), rows)
    assert verdicts(told) == [*range(4), *range(16, 20)]
    assert missed_in(told) == []


def test_a_note_missed_again_after_going_back_is_told_again():
    once = [*TUNE[:6], *TUNE[7:12]]
    rows = steady(once) + steady(once, start_sec=6.8)
    told = play(ScoreFollower(tune()), rows)
    assert missed_in(told) == [6, 6]


def test_after_noise_at_another_tempo_the_player_is_found_again():
    follower = ScoreFollower(tune())
    play(follower, steady([73, 61, 66, 70] * 100, spb=1.0))
    told = play(follower, steady(TUNE, start_sec=1000.0, spb=0.15))
    assert [match.index for match in told[2:]] == list(range(2, 20))


def test_starting_in_the_middle_misses_nothing():
    told = play(ScoreFollower(tune()), steady(TUNE[12:]))
    assert verdicts(told) == list(range(12, 20))
    assert missed_in(told) == []


def test_grace_notes_and_their_main_note_of_one_pitch_are_told_apart():
    notes = np.array(
        [(60, 0.0, 1, False), (64, 1.0, 1, True), (62, 1.0, 1, True), (64, 1.0, 1, False)], NOTE
    )
    told = play(ScoreFollower(notes), [(60, 0.0), (64, 0.8), (62, 0.9), (64, 1.0)])
    assert [match.index for match in told] == [0, 1, 2, 3]


def test_unisons_of_two_voices_are_one_key():
    notes = notes_of([(60, 0.0), (60, 0.0), (62, 1.0), (64, 2.0), (65, 3.0)])
    follower = ScoreFollower(notes)
    told = play(follower, steady([60, 62, 64, 65]))
    assert [match.index for match in told] == [0, 2, 3, 4]
    assert missed_in(told) == []


def test_time_without_notes_moves_the_player_at_most_to_the_next_note():
    follower = ScoreFollower(tune())
    play(follower, steady(TUNE[:8]))
    assert follower.advance(3.75).position_beat == pytest.approx(7.5, abs=0.02)
    assert follower.advance(60.0).position_beat == 8.0


def test_onsets_that_differ_by_rounding_are_one_moment():
    notes = notes_of([(60, 0.0), (64, 0.33333), (48, 0.33334), (65, 1.0)])
    told = play(ScoreFollower(notes), [(60, 0.0), (48, 0.3), (64, 0.31), (65, 0.9)])
    assert [match.index for match in told] == [0, 2, 1, 3]
    assert told[1].position_beat == told[2].position_beat == 0.33333


def test_rows_of_the_score_need_not_be_sorted():
    order = np.random.default_rng(0).permutation(20)
    told = play(ScoreFollower(tune()[order]), steady(TUNE))
    assert [order[match.index] for match in told] == list(range(20))


def test_pitch_and_onset_are_all_a_score_needs():
    notes = np.array(
        list(zip(TUNE, range(20), strict=True)), [("pitch", "u1"), ("onset_beat", "f4")]
    )
    told = play(ScoreFollower(notes), steady(TUNE))
    assert [match.index for match in told] == list(range(20))


@settings(max_examples=40, deadline=None)
@given(rough_tunes(), st.integers(-(2**20), 2**20))
def test_playing_later_changes_no_index(rows, later_sec):
    first = play(ScoreFollower(tune()), rows)
    second = play(ScoreFollower(tune()), [(p, t + later_sec) for p, t in rows])
    assert [(m.index, m.revisions) for m in first] == [(m.index, m.revisions) for m in second]


@settings(max_examples=40, deadline=None)
@given(rough_tunes(), st.sampled_from([-24, -12, 12, 24]))
def test_score_and_player_an_octave_up_change_no_index(rows, up):
    higher = tune()
    higher["pitch"] += up
    first = play(ScoreFollower(tune()), rows)
    second = play(ScoreFollower(higher), [(p + up, t) for p, t in rows])
    assert [repr(m) for m in first] == [repr(m) for m in second]  # NaN differs from itself


@settings(max_examples=40, deadline=None)
@given(st.floats(0.15, 2.0), st.integers(0, 2**32))
def test_any_tempo_gives_the_same_indices(spb, seed):
    jitter = np.random.default_rng(seed).normal(0, 0.03, 20)
    rows = [(p, spb * (i + jitter[i])) for i, p in enumerate(TUNE)]
    assert [m.index for m in play(ScoreFollower(tune()), rows)] == list(range(20))


@settings(max_examples=100, deadline=None)
@given(rough_tunes())
def test_every_note_passed_over_is_either_matched_or_told_as_missed(rows):
    follower = ScoreFollower(tune())
    told = play(follower, [(p, t) for p, t in rows if t < 4.25])
    missed = missed_in(told) + follower.advance(1000.0).missed
    if any(match.jump for match in told):
        return
    assert len(missed) == len(set(missed))
    reached = max([*verdicts(told), *missed, -1])
    assert {*verdicts(told), *missed} - {-1} == set(range(reached + 1))


@settings(max_examples=60, deadline=None)
@given(rough_tunes())
def test_revisions_are_of_the_last_three_notes_and_change_something(rows):
    indices = []
    for performed, match in enumerate(play(ScoreFollower(tune()), rows)):
        for earlier, index in match.revisions:
            assert performed - 3 <= earlier < performed
            assert indices[earlier] != index
            indices[earlier] = index
        indices.append(match.index)


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        (notes_of([]), r"notes must hold 1\.\.2000000 notes, got 0"),
        (notes_of([(128, 0.0)]), r"pitch must be 0\.\.127, got 128"),
        (notes_of([(60, 0.0), (-1, 1.0)]), r"pitch must be 0\.\.127, got -1"),
        (notes_of([(60, 0.0), (62, 1.0)])[["pitch"]], "must be a one-dimensional structured array"),
        (np.zeros(3), "must be a one-dimensional structured array .*, got float64"),
        ([60, 62], "must be a one-dimensional structured array .*, got list"),
        (np.zeros(2, [("pitch", "f8"), ("onset_beat", "f8")]), "pitch must be of an integer"),
        (np.zeros(2, [("pitch", "i4"), ("onset_beat", "U3")]), "onset_beat of a float type"),
        (np.array([(60, np.nan)], NOTE[:2]), "onset_beat must be finite and at most 1e9, got nan"),
        (np.array([(60, np.inf)], NOTE[:2]), "onset_beat must be finite and at most 1e9, got inf"),
    ],
)
def test_what_is_no_score_is_refused(notes, message):
    with pytest.raises(RuleError, match=message):
        ScoreFollower(notes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((128, 0.0), r"pitch must be 0\.\.127, got 128"),
        ((-1, 0.0), r"pitch must be 0\.\.127, got -1"),
        ((10**30, 0.0), r"pitch must be 0\.\.127, got 10+"),
        ((60.5, 0.0), r"pitch must be an integer, got 60\.5"),
        ((60, math.nan), "onset_sec must be finite and at most 1e12, got nan"),
        ((60, -math.inf), "onset_sec must be finite and at most 1e12, got -inf"),
        ((60, 0.0, 128), r"velocity must be 0\.\.127, got 128"),
    ],
)
def test_what_is_no_note_is_refused_and_changes_nothing(arguments, message):
    follower = ScoreFollower(tune())
    with pytest.raises(RuleError, match=message):
        follower.note_on(*arguments)
    assert [match.index for match in play(follower, steady(TUNE))] == list(range(20))


def test_time_that_is_no_number_is_refused():
    with pytest.raises(RuleError, match="now_sec must be finite and at most 1e12, got nan"):
        ScoreFollower(tune()).advance(math.nan)


def test_after_reset_everything_begins_again():
    follower = ScoreFollower(tune())
    first = play(follower, steady(TUNE))
    follower.reset()
    assert repr(play(follower, steady(TUNE))) == repr(first)
