"""The native follower against its reference, note by note, and the promises of its header."""

import importlib
import re
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import reference_model
from engine.matching import checked_notes, moments, native_notes
from engine.reference import Follower as Reference
from native.errors import RangeError
from native.follower import (
    FERMATA,
    GRACE,
    JUMPS,
    MAX_NOTES,
    NOTE_DTYPE,
    ORNAMENT,
    ROLLED,
    STARTS_BAR,
    Follower,
)

SOURCES = Path(__file__).resolve().parents[2] / "native" / "src"


MARKS = np.array([GRACE, ORNAMENT, ROLLED, FERMATA])


def small_score(rng, n, pitches, unit, marked=0.1):
    """Notes with chords and repetitions, marks of every kind, and bars in several passes."""
    onset = np.cumsum(rng.choice([0, 0, 0.25, 0.5, 1, 1, 4], n) * unit)
    pitch = rng.choice([0, 60, 117]) + rng.integers(0, pitches, n)
    order = np.lexsort((pitch, onset))
    score = plain_score(pitch[order], onset)
    bar = np.floor((onset - onset[0]) / (4 * unit)).astype(int)
    score["bar"] = bar % rng.integers(1, n + 1)
    score["end_beat"] += rng.choice([0, 1, 8], n) * unit
    score["upper"] = np.where(rng.random(n) < 0.5, np.minimum(score["pitch"] + 2, 127), -1)
    score["lower"] = np.where(rng.random(n) < 0.5, np.maximum(score["pitch"] - 1, 0), -1)
    score["marks"] = ((rng.random((n, len(MARKS))) < marked) * MARKS).sum(axis=1)
    moment = np.cumsum(np.diff(onset, prepend=-1e9) > 0) - 1
    starts = np.bincount(moment, weights=np.diff(bar, prepend=-1) > 0) > 0
    score["marks"] += STARTS_BAR * starts[moment]
    return score


def plain_score(pitch, onset_beat):
    """Notes without any marks, each of a bar of its own."""
    score = np.zeros(len(pitch), NOTE_DTYPE)
    score["pitch"] = pitch
    score["onset_beat"] = score["end_beat"] = onset_beat
    score["bar"] = np.arange(len(pitch))
    score["upper"] = score["lower"] = -1
    return score


def play_roughly(rng, score, n):
    """Rows (pitch, onset_sec) of a player who makes every kind of mistake."""
    pitch, onset_beat = score["pitch"], score["onset_beat"]
    spb = rng.choice([0.1, 0.5, 1.5]) / max(1.0, np.diff(onset_beat).max(initial=1))
    rows, at, clock = [], int(rng.integers(0, len(pitch))) if rng.random() < 0.2 else 0, 0.0
    for _ in range(n):
        lucky = rng.random()
        played = int(pitch[at])
        if lucky < 0.1:
            played = int(np.clip(played + rng.integers(-3, 4), 0, 127))
        rows.append((played, float(clock + rng.normal(0, 0.02))))
        then = at + 1 + int(lucky > 0.95) if lucky < 0.97 else int(rng.integers(0, len(pitch)))
        then = then if then < len(pitch) else 0
        clock += max(0.0, onset_beat[then] - onset_beat[at]) * spb
        clock += rng.choice([0.0, rng.uniform(0.2, 1.0), 3.0]) if lucky > 0.85 else 0.0
        at = then
    return rows


@st.composite
def scores_and_performances(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, pitches = draw(st.integers(1, 40)), draw(st.integers(1, 11))
    score = small_score(rng, n, pitches, draw(st.sampled_from([1.0, 0.5, 480.0])))
    return score, play_roughly(rng, score, draw(st.integers(1, 80)))


def native_result(follower, pitch, onset_sec):
    return repr(follower.process(pitch, onset_sec))


def reference_result(follower, pitch, onset_sec):
    told = follower.process(pitch, onset_sec)
    return repr(
        (
            told.index,
            told.position_beat,
            told.tempo_bpm,
            told.revisions,
            told.expected_sec,
            JUMPS[told.jump],
            told.missed,
            told.ornament_of,
            told.confidence,
            told.alternatives,
            told.expected_sigma_sec,
            told.next_sec,
            told.next_sigma_sec,
        )
    )


def notes_of(score):
    """What the native follower takes, from a structured array."""
    pitch, onset_beat = checked_notes(score)
    order, onset_beat = moments(pitch, onset_beat)
    return native_notes(score[order], pitch[order], onset_beat)


def scale_score(n, seed=0):
    """A long score of chords and runs, eight moments to the bar."""
    rng = np.random.default_rng(seed)
    onset = np.cumsum(rng.choice([0, 0.25, 0.5], n))
    pitch = rng.integers(36, 96, n)
    score = plain_score(pitch[np.lexsort((pitch, onset))], onset)
    score["marks"] = STARTS_BAR * np.isin(onset, np.unique(onset)[::8])
    return score


@settings(max_examples=150, deadline=None)
@given(scores_and_performances())
def test_native_and_reference_agree_to_the_last_bit(case):
    score, rows = case
    native, reference = Follower(score), Reference(score.tolist())
    for pitch, onset_sec in rows:
        assert native_result(native, pitch, onset_sec) == reference_result(
            reference, pitch, onset_sec
        )
        told = reference.advance(onset_sec + 0.3)
        progress = (told.position_beat, told.tempo_bpm, told.missed)
        assert native.advance(onset_sec + 0.3) == progress


@pytest.mark.parametrize("seed", range(4))
def test_native_and_reference_agree_where_everything_repeats(seed):
    rng = np.random.default_rng(seed)
    score = small_score(rng, 300, 4, 1.0)
    native, reference = Follower(score), Reference(score.tolist())
    for note in play_roughly(rng, score, 150):
        assert native_result(native, *note) == reference_result(reference, *note)


def test_native_and_reference_believe_the_same_numbers():
    numbers = {}
    for name in ("follower_model.h", "follower.h"):
        text = (SOURCES / name).read_text()
        found = re.findall(r"(?:#define )?\b([A-Z_]{3,})(?: = | )([0-9.]+)(?=\s|,|$)", text)
        numbers |= {key: float(value) for key, value in found}
    assert len(numbers) > 30
    assert numbers["JUMP_COST"] == reference_model.JUMP_COST
    for name in set(numbers) & set(vars(reference_model)):
        assert numbers[name] == getattr(reference_model, name), name


@pytest.mark.parametrize("name", ["Mozart", "Islamey", "Moment_musical"])
def test_native_and_reference_agree_on_real_practice(shared, monkeypatch, name):
    monkeypatch.setattr(sys, "path", [str(shared / "matching_lab"), *sys.path])
    folder = next((shared / "data/matching/dev").glob(f"*{name}*"))
    clean = importlib.import_module("corpus").Item.load(str(folder)).excerpt(120)
    item = importlib.import_module("perturb").perturb(clean, "practice", 1)
    score = notes_of(item.score)
    native, reference = Follower(score), Reference(score.tolist())
    for row in item.perf[:150]:
        note = int(row["pitch"]), float(row["onset_sec"])
        assert native_result(native, *note) == reference_result(reference, *note)


@settings(max_examples=50, deadline=None)
@given(scores_and_performances(), st.lists(st.floats(0, 5), min_size=80, max_size=80))
def test_time_passing_between_notes_changes_no_answer(case, waits):
    score, rows = case
    plain, watched = Follower(score), Follower(score)
    for (pitch, onset_sec), wait in zip(rows, waits, strict=False):
        first, second = plain.process(pitch, onset_sec), watched.process(pitch, onset_sec)
        assert first[0] == second[0]
        assert repr(first[3:5] + first[9:]) == repr(second[3:5] + second[9:])
        watched.advance(onset_sec + wait)


@settings(max_examples=50, deadline=None)
@given(scores_and_performances())
def test_after_reset_the_same_notes_give_the_same_answers(case):
    score, rows = case
    follower = Follower(score)
    first = [native_result(follower, *row) for row in rows]
    follower.reset()
    assert [native_result(follower, *row) for row in rows] == first


def test_a_note_before_the_last_one_is_taken_as_simultaneous():
    score = scale_score(50)
    early, level = Follower(score), Follower(score)
    early.process(60, 1.0)
    level.process(60, 1.0)
    assert native_result(early, 64, 0.2) == native_result(level, 64, 1.0)


def test_time_going_backwards_changes_nothing():
    score = scale_score(50)
    follower = Follower(score)
    follower.process(int(score["pitch"][0]), 10.0)
    beat, bpm, _ = follower.advance(12.0)
    assert follower.advance(3.0) == (beat, bpm, [])


@pytest.mark.parametrize(
    ("pitch", "onset_beat"),
    [
        ([], []),
        ([60], [np.nan]),
        ([60], [np.inf]),
        ([60], [2e9]),
        ([128], [0.0]),
        ([-1], [0.0]),
        ([60, 61], [1.0, 0.0]),
        ([61, 60], [0.0, 0.0]),
    ],
)
def test_a_score_that_breaks_the_rules_is_refused(pitch, onset_beat):
    expect_refusal(plain_score(np.array(pitch, int), np.array(onset_beat, float)))


@pytest.mark.parametrize(
    ("field", "value"),
    [("end_beat", np.nan), ("bar", -1), ("bar", 3), ("upper", 128), ("lower", -2)],
)
def test_a_field_out_of_range_is_refused(field, value):
    score = plain_score(np.array([60, 62, 64]), np.arange(3.0))
    score[field][1] = value
    expect_refusal(score)


def expect_refusal(score):
    rule = f"score must be 1..{MAX_NOTES} sorted notes within their ranges, got {len(score)} notes"
    with pytest.raises(RangeError, match=rule):
        Follower(score)


@pytest.mark.parametrize("note", [(128, 0.0), (-1, 0.0), (60, np.nan), (60, np.inf), (60, 2e12)])
def test_a_note_out_of_range_is_refused_and_changes_nothing(note):
    score = scale_score(30)
    follower, untouched = Follower(score), Follower(score)
    with pytest.raises(RangeError, match=r"pitch must be 0\.\.127 and onset_sec finite, got"):
        follower.process(*note)
    assert native_result(follower, 60, 1.0) == native_result(untouched, 60, 1.0)


def test_time_that_is_no_number_is_refused():
    with pytest.raises(RangeError, match="now_sec must be finite, got nan"):
        Follower(scale_score(30)).advance(np.nan)


def test_a_million_notes_are_followed():
    score = scale_score(1_000_000)
    follower = Follower(score)
    notes = zip(score["pitch"][:200].tolist(), (0.3 * score["onset_beat"]).tolist(), strict=False)
    indices = [follower.process(*note)[0] for note in notes]
    assert np.mean(indices == np.arange(200)) > 0.95


def test_one_moment_of_all_pitches_many_times_is_followed():
    pitch = np.repeat(np.arange(128, dtype=np.int32), 100)
    n = len(pitch)
    follower = Follower(plain_score(pitch, np.zeros(n)))
    indices = [follower.process(p, 0.001 * p)[0] for p in range(128)]
    assert indices == list(range(0, n, 100))


def test_memory_stays_the_same_over_eight_hours_of_playing():
    score = scale_score(400)
    pitch, follower = score["pitch"], Follower(score)
    rng = np.random.default_rng(1)
    clock, at = 0.0, 0
    tracemalloc.start()
    try:
        while clock < 8 * 3600:
            at = at + 1 if at + 1 < len(pitch) and rng.random() < 0.99 else 0
            clock += 0.8 if at == 0 else 0.25
            follower.process(int(pitch[at]), clock)
            if clock < 600:
                settled = tracemalloc.get_traced_memory()[0]
        assert tracemalloc.get_traced_memory()[0] < settled + 10_000
    finally:
        tracemalloc.stop()


@settings(max_examples=100, deadline=None)
@given(scores_and_performances(), st.integers(0, 2**32))
def test_a_note_taken_back_leaves_no_trace(case, seed):
    score, rows = case
    rng = np.random.default_rng(seed)
    plain, mended = Follower(score), Follower(score)
    for pitch, onset_sec in rows:
        wrong = int(np.clip(pitch + rng.integers(-2, 3), 0, 127))
        told = mended.process(wrong, onset_sec)
        revisions, missed = told[3], told[6]
        mended.take_back()
        expected, found = plain.process(pitch, onset_sec), mended.process(pitch, onset_sec)
        if revisions or missed:  # those were told, and what follows is told of them
            break
        assert repr(found) == repr(expected)


def test_what_a_note_taken_back_revised_is_revised_again():
    """The second note, a ghost, makes the first another one; the true one makes it the first."""
    rng = np.random.default_rng(3)
    score = small_score(rng, 60, 4, 1.0)
    plain, mended = Follower(score), Follower(score)
    standing, truth = {}, {}
    for k, (pitch, onset_sec) in enumerate(play_roughly(rng, score, 60)):
        for follower, answers, pitches in (
            (plain, truth, [pitch]),
            (mended, standing, [int(rng.integers(60, 64)), pitch]),
        ):
            for nth, played in enumerate(pitches):
                if nth:
                    follower.take_back()
                told = follower.process(played, onset_sec)
                answers.update(told[3])
                answers[k] = told[0]
    assert standing == truth


def test_only_the_last_note_can_be_taken_back_and_once():
    follower = Follower(scale_score(20))
    with pytest.raises(RangeError, match="there is no note to take back"):
        follower.take_back()
    follower.process(60, 0.0)
    follower.take_back()
    with pytest.raises(RangeError, match="there is no note to take back"):
        follower.take_back()
    follower.process(60, 0.0)
    follower.reset()
    with pytest.raises(RangeError, match="there is no note to take back"):
        follower.take_back()
