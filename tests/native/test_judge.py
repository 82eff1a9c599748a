"""The native judge against its reference, verdict by verdict, and the promises of its header."""

import re
from math import inf, isnan, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native._core import lib

from engine import reference_judge
from engine.judging import RESULTS, verdicts, windows
from engine.judging.moments import Moments
from engine.judging.tempo_mode import TempoJudge
from engine.score.arrays import TEMPO_DTYPE
from engine.tempo import ScoreClock
from native.errors import RangeError
from native.judge import KEY_DTYPE, MAX_KEYS, MOMENT_DTYPE, ORNAMENT_DTYPE, Judge

SOURCES = Path(__file__).resolve().parents[2] / "native" / "src"
NOTE_DTYPE = [("pitch", "i4"), ("onset_beat", "f8"), ("is_grace", "?")]
ORNAMENTED = [
    *NOTE_DTYPE,
    ("duration_beat", "f8"),
    ("ornament", "U8"),
    ("ornament_upper", "i2"),
    ("ornament_lower", "i2"),
]
BOTH = pytest.mark.parametrize("make", [TempoJudge, reference_judge.reference_judge])


def notes_of(*rows):
    """Score notes of (pitch, onset_beat) or (pitch, onset_beat, is_grace)."""
    return np.array([(*row, False)[:3] for row in rows], NOTE_DTYPE)


def judge_of(make, notes, *tempi):
    clock = ScoreClock(np.array(list(tempi) or [(0.0, 120.0)], TEMPO_DTYPE))
    return make(notes, Moments(notes), clock)


def state_of(judge):
    counts = list(judge.counts)
    assert judge.notes_correct == counts[0]
    return judge.deadline_sec, judge.place, judge.points, judge.n_reached, counts


def apply(judge, verb, *arguments):
    """What a call says, NaN made comparable, and how the judge stands after it."""
    return repr(getattr(judge, verb)(*arguments)), state_of(judge)


def adorn(rng, notes):
    """Give some notes an ornament, sensible or not."""
    n = len(notes)
    kinds = ["", "", "trill", "mordent", "turn", "tremolo", "arpeggio"]
    notes["ornament"] = rng.choice(kinds, n)
    notes["duration_beat"] = rng.choice([0.0, 0.25, 1.0, 4.0, 40.0], n)
    for name in ("ornament_upper", "ornament_lower"):
        auxiliary = np.clip(notes["pitch"] + rng.integers(-2, 3, n), 0, 127)
        notes[name] = np.where(rng.random(n) < 0.7, auxiliary, -1)


@st.composite
def scores(draw):
    """Chords, unisons, repeated and grace notes, sorted or not, at one tempo or many."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, pitches = draw(st.integers(1, 60)), draw(st.integers(1, 8))
    notes = np.zeros(n, ORNAMENTED if draw(st.booleans()) else NOTE_DTYPE)
    notes["pitch"] = rng.choice([0, 60, 119]) + rng.integers(0, pitches, n)
    steps = rng.choice([0.0, 0.0, 0.05, 0.125, 0.25, 1.0, 3.0], n)
    notes["onset_beat"] = np.cumsum(steps) - rng.choice([0.0, 2.5])
    notes["is_grace"] = rng.random(n) < 0.15
    if "ornament" in notes.dtype.names:
        adorn(rng, notes)
    if draw(st.booleans()):
        rng.shuffle(notes)
    knots = np.concatenate(
        [[-4.0], np.cumsum(rng.choice([0.3, 1.0, 4.0], draw(st.integers(0, 9))))]
    )
    return notes, [(knot, rng.choice([20.0, 60.0, 133.0, 400.0, 1000.0])) for knot in knots]


def calls(rng, notes, clock, n):
    """A player who slips, repeats, corrects, lingers and whose messages come out of order."""
    due_sec = clock.seconds(notes["onset_beat"])
    now_sec, at = -1.0, 0
    for _ in range(n):
        lucky = rng.random()
        at = at + 1 if lucky < 0.9 else at + int(rng.integers(-4, 6))
        at = min(max(at, 0), len(notes) - 1)
        spread_sec = rng.choice([0.0, 0.01, 0.05, 0.2, 0.5])
        onset_sec = float(due_sec[at] + rng.normal(0, spread_sec))
        pitch = int(notes["pitch"][at])
        if "ornament" in notes.dtype.names and rng.random() < 0.4:
            auxiliary = int(notes[rng.choice(["ornament_upper", "ornament_lower"])][at])
            pitch = pitch if auxiliary < 0 else auxiliary
        if rng.random() < 0.15:
            pitch = int(np.clip(pitch + rng.integers(-3, 4), 0, 127))
        now_sec = max(now_sec, onset_sec + rng.choice([-0.3, 0.0, 0.0, 0.2]))
        yield "note_on", pitch, onset_sec, now_sec
        if rng.random() < 0.1:
            better = int(np.clip(pitch + rng.integers(-2, 3), 0, 127))
            yield "rename", better, onset_sec
        if lucky > 0.8:
            now_sec += rng.choice([0.0, 0.1, 0.7])
            yield "advance", now_sec


@settings(max_examples=400, deadline=None)
@given(scores(), st.integers(0, 2**32), st.integers(0, 120))
def test_native_and_reference_agree_to_the_last_bit(score, seed, n):
    notes, tempi = score
    native, reference = (
        judge_of(make, notes, *tempi) for make in (TempoJudge, reference_judge.reference_judge)
    )
    clock = ScoreClock(np.array(tempi, TEMPO_DTYPE))
    assert state_of(native) == state_of(reference)
    end_sec = 0.0
    for call in calls(np.random.default_rng(seed), notes, clock, n):
        assert apply(native, *call) == apply(reference, *call)
        end_sec = max(end_sec, call[-1])
    for later_sec in (0.0, 0.3, 1e9):
        end = "finish", end_sec + later_sec
        assert apply(native, *end) == apply(reference, *end)


anything_sec = st.one_of(
    st.floats(-2, 6), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.5, -0.5])
)


@settings(max_examples=150, deadline=None)
@given(scores(), st.lists(st.tuples(st.integers(0, 127), anything_sec, anything_sec), max_size=20))
def test_native_and_reference_agree_at_any_time(score, rows):
    notes, tempi = score
    native, reference = (
        judge_of(make, notes, *tempi) for make in (TempoJudge, reference_judge.reference_judge)
    )
    for row in rows:
        assert apply(native, "note_on", *row) == apply(reference, "note_on", *row)


@pytest.mark.parametrize("verb", [("advance", 1e9), ("finish", 1e9), ("note_on", 60, 1e9, 1e9)])
@pytest.mark.parametrize("n", [60, 61, 62, 64, 65, 128, 20000])
def test_any_number_of_notes_can_be_missed_at_once(verb, n):
    notes = notes_of(*[(p % 128, float(p // 128)) for p in range(n)])
    native, reference = (
        judge_of(make, notes) for make in (TempoJudge, reference_judge.reference_judge)
    )
    told = native.finish(1e9) if verb[0] == "finish" else getattr(native, verb[0])(*verb[1:])
    assert repr(told) == repr(getattr(reference, verb[0])(*verb[1:]))
    assert [v.score_index for v in told if v.result == "missed"] == list(range(n))
    assert state_of(native) == state_of(reference)


@BOTH
def test_a_finish_with_no_room_goes_on_where_it_stopped(make):
    judge = judge_of(make, notes_of(*[(p, 0.0) for p in range(100)]))
    judge.note_on(99, 0.0, 0.0)
    assert len(judge.finish(0.15)) == 99
    assert judge.finish(0.2) == []


@BOTH
@pytest.mark.parametrize(("between", "is_revised"), [(254, True), (255, False)])
def test_a_slip_is_put_right_unless_256_notes_ago(make, between, is_revised):
    judge = judge_of(make, notes_of((60, 0.0)))
    assert judge.note_on(61, 0.0, 0.0)[0].result == "wrong_note"
    for _ in range(between):
        assert judge.note_on(100, 0.0, 0.0)[0].result == "extra"
    told = judge.note_on(60, 0.01, 0.01)
    assert [v.result for v in told] == ["correct", "extra"][: 1 + is_revised]
    assert judge.counts[RESULTS.index("extra")] == between + is_revised
    assert judge.points == 10


@BOTH
@pytest.mark.parametrize(("between", "result"), [(254, "early"), (255, "missed")])
def test_a_note_of_an_ornament_was_the_written_one_unless_256_notes_ago(make, between, result):
    rows = [(60, 0.0, False, 2.0, "trill", 62, -1), (62, 2.0, False, 1.0, "", -1, -1)]
    judge = judge_of(make, np.array(rows, ORNAMENTED))
    judge.note_on(60, 0.0, 0.0)
    assert judge.note_on(62, 0.8, 0.8)[0].is_ornament
    for _ in range(between):
        assert judge.note_on(100, 0.6, 0.8)[0].result == "extra"
    assert [v.result for v in judge.finish(9.0)] == [result]
    assert judge.n_reached == 2


@BOTH
def test_a_key_struck_twice_goes_to_the_nearer_and_the_other_is_extra(make):
    judge = judge_of(make, notes_of((60, 0.0), (72, 8.0)))
    (early,) = judge.note_on(60, -0.2, -0.2)
    better, revised = judge.note_on(60, -0.02, 0.0)
    assert (early.result, better.result) == ("early", "correct")
    assert (revised.result, revised.played_index, revised.is_revision) == ("extra", 0, True)
    assert isnan(revised.timing_sec)
    assert state_of(judge)[2:] == (10, 1, [1, 0, 0, 0, 0, 1])


@BOTH
def test_a_deadline_is_not_over_until_after_it(make):
    judge = judge_of(make, notes_of((60, 0.0)))
    assert judge.deadline_sec == 0.25
    assert judge.advance(0.25) == []
    assert [v.result for v in judge.advance(float(np.nextafter(0.25, 1)))] == ["missed"]
    assert judge.deadline_sec == inf


@BOTH
def test_a_finish_may_be_followed_by_a_later_one(make):
    judge = judge_of(make, notes_of((60, 0.0), (62, 1.0)))
    assert [v.score_index for v in judge.finish(0.3)] == [0]
    assert [v.score_index for v in judge.finish(0.9)] == [1]


@BOTH
def test_a_wrong_note_halfway_is_meant_for_the_later_moment(make):
    judge = judge_of(make, notes_of((60, 0.0), (62, 1.0)))
    (verdict,) = judge.note_on(61, 0.25, 0.25)
    assert (verdict.result, verdict.score_index) == ("wrong_note", 1)


@BOTH
def test_a_chord_begins_anew_when_what_was_left_of_it_is_missed(make):
    judge = judge_of(make, notes_of((60, 0.0), (64, 0.0)))
    assert judge.note_on(60, -0.2, -0.2)[0].result == "early"
    assert judge.advance(0.3)[0].result == "missed"
    assert judge.note_on(60, -0.08, 0.3)[0].result == "correct"


def test_moments_of_one_deadline_are_missed_in_their_order():
    judge = plain_judge([MOMENT] * 20, [(0.0, k, 60, k, 0) for k in range(20)])
    assert [told[2] for told in judge.advance(1.0)] == list(range(20))


def test_reset_begins_anew():
    notes = notes_of((60, 0.0), (62, 1.0), (64, 1.0), (65, 2.0))
    rows = [(60, 0.1, 0.1), (63, 0.5, 0.5), (62, 0.51, 0.51), (62, 0.5, 0.52), (65, 1.2, 1.2)]
    judge = judge_of(TempoJudge, notes)
    fresh = state_of(judge)
    first = [apply(judge, "note_on", *row) for row in rows]
    judge.finish(9.0)
    judge.reset()
    assert state_of(judge) == fresh
    assert [apply(judge, "note_on", *row) for row in rows] == first


def test_native_and_reference_believe_the_same_numbers():
    text = "".join(path.read_text() for path in sorted(SOURCES.glob("judge*.[ch]")))
    for name, where in [
        ("REACH_MAX_SEC", windows),
        ("CHORD_SPREAD_SEC", windows),
        ("LAG_SHARE", reference_judge),
        ("ORNAMENT_START_SEC", reference_judge),
        ("OVERLAPPING", reference_judge),
        ("REVISABLE_NOTES", verdicts),
    ]:
        (number,) = re.findall(rf"\b{name}(?: =)? ([0-9.]+)", text)
        assert float(number) == getattr(where, name), name
    (points,) = re.findall(r"POINTS\[GIVEN_RESULTS\] = \{(.*)\}", text)
    *of_results, of_ornaments = (int(number) for number in points.split(","))
    assert of_results == [verdicts.POINTS[r] for r in RESULTS]
    assert of_ornaments == 0
    assert [getattr(lib, f"CORE_{r.upper()}") for r in RESULTS] == list(range(lib.CORE_RESULTS))


MOMENT, KEY, ORNAMENT = (0.0, 0.25, 0.1, 0.0), (0.0, 0, 60, 0, 0), (0.0, 1.0, 0, 62, -1)


def plain_judge(moments, keys, *ornaments):
    return Judge(
        np.array(moments, MOMENT_DTYPE),
        np.array(keys, KEY_DTYPE),
        np.array(list(ornaments), ORNAMENT_DTYPE),
        tuple,
    )


@pytest.mark.parametrize(
    ("moments", "keys"),
    [
        ([], [KEY]),
        ([MOMENT], []),
        ([(nan, 0.25, 0.1, 0.0)], [KEY]),
        ([(inf, 0.25, 0.1, 0.0)], [KEY]),
        ([(0.0, -0.1, 0.1, 0.0)], [KEY]),
        ([(0.0, 0.51, 0.1, 0.0)], [KEY]),
        ([(0.0, nan, 0.1, 0.0)], [KEY]),
        ([(0.0, 0.25, -0.1, 0.0)], [KEY]),
        ([(0.0, 0.25, nan, 0.0)], [KEY]),
        ([(0.0, 0.25, 0.1, nan)], [KEY]),
        ([MOMENT, (-0.1, 0.25, 0.1, 0.0)], [KEY]),
        ([MOMENT], [(0.0, 1, 60, 0, 0)]),
        ([MOMENT], [(0.0, -1, 60, 0, 0)]),
        ([MOMENT, MOMENT], [(0.0, 1, 60, 0, 0), KEY]),
        ([MOMENT], [(0.0, 0, 128, 0, 0)]),
        ([MOMENT], [(0.0, 0, -1, 0, 0)]),
        ([MOMENT], [(0.0, 0, 60, -1, 0)]),
        ([MOMENT], [(-0.1, 0, 60, 0, 0)]),
        ([MOMENT], [(0.6, 0, 60, 0, 0)]),
        ([MOMENT], [(nan, 0, 60, 0, 0)]),
    ],
)
def test_a_score_outside_its_range_is_refused(moments, keys):
    message = f"score must be 1..{MAX_KEYS} sorted moments and keys, each in its range, got "
    with pytest.raises(RangeError, match=message + f"{len(moments)} and {len(keys)}"):
        plain_judge(moments, keys)


@pytest.mark.parametrize(
    "ornaments",
    [
        [(nan, 1.0, 0, 62, -1)],
        [(0.0, inf, 0, 62, -1)],
        [(0.0, 1.0, 1, 62, -1)],
        [(0.0, 1.0, -1, 62, -1)],
        [(0.0, 1.0, 0, 128, -1)],
        [(0.0, 1.0, 0, -2, -1)],
        [(0.0, 1.0, 0, -1, 128)],
        [(0.0, 1.0, 0, -1, -2)],
        [ORNAMENT, (-0.1, 1.0, 0, 62, -1)],
    ],
)
def test_an_ornament_outside_its_range_is_refused(ornaments):
    with pytest.raises(RangeError, match=f"got 1 and 1, with {len(ornaments)} ornaments"):
        plain_judge([MOMENT], [KEY], *ornaments)


def test_a_longer_score_than_the_longest_has_no_size():
    most = MAX_KEYS
    assert lib.core_judge_size(most, most, most) > 0
    for sizes in [(most + 1, 1, 0), (1, most + 1, 0), (1, 1, most + 1)]:
        assert lib.core_judge_size(*sizes) == 0


def test_a_note_or_time_outside_its_range_is_refused_and_changes_nothing():
    judge = plain_judge([MOMENT], [KEY])
    before = state_of(judge)
    for note in [(128, 0.0, 9.0), (-1, 0.0, 9.0), (60, nan, 9.0), (60, 0.0, inf)]:
        with pytest.raises(RangeError, match=r"pitch must be 0..127, onset_sec and now_sec finite"):
            judge.note_on(*note)
    for verb in (judge.advance, judge.finish):
        with pytest.raises(RangeError, match="now_sec must be finite, got nan"):
            verb(nan)
    judge.advance(0.0)
    assert state_of(judge) == before


def test_columns_that_are_not_contiguous_are_read_right():
    moments = np.array([(0.5 * k, 0.25, 0.1, k) for k in range(8)], MOMENT_DTYPE)
    keys = np.array([(0.0, k // 2, 60 + k // 2, k // 2, 0) for k in range(8)], KEY_DTYPE)
    ornaments = np.array([(k // 2, 9.0, k // 2, -1, -1) for k in range(8)], ORNAMENT_DTYPE)
    judge = Judge(moments[:4], keys[::2], ornaments[::2], tuple)
    assert [judge.note_on(60 + k, 0.5 * k, 0.5 * k)[0][:3] for k in range(4)] == [
        (0, k, k) for k in range(4)
    ]
