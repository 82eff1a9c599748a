"""Scores made of arrays, and sections of scores."""

import numpy as np
import pytest

from engine import Score
from engine.errors import RuleError

TUNE = b"X:1\nM:3/4\nL:1/4\nQ:1/4=90\nK:C\nG|c2d|[1 e2f:|[2 g3|[Q:1/4=60] [Ca]3|]\n"

TWO_HANDS = b"X:1\nM:2/4\nL:1/4\nK:C\nV:1\nc d|e f|g2|]\nV:2 clef=bass\nC,2|D,2|E,2|]\n"


def notes_of(pitches, onsets, **fields):
    """A structured array with just the fields given."""
    columns = {"pitch": pitches, "onset_beat": onsets, **fields}
    array = np.zeros(len(pitches), [(name, np.asarray(v).dtype) for name, v in columns.items()])
    for name, values in columns.items():
        array[name] = values
    return array


def test_from_notes_fills_in_what_is_missing_and_sorts():
    score = Score.from_notes(notes_of([64, 60, 62], [5.5, 5.5, 0.0]), tempo_bpm=90, title="Own")
    plain = ("", -1, -1, False)
    assert score.notes.tolist() == [
        ("n2", 62, 0.0, 1.0, 1, 0.0, 1, 1, False, *plain),
        ("n1", 60, 5.5, 1.0, 2, 1.125, 1, 1, False, *plain),
        ("n0", 64, 5.5, 1.0, 2, 1.125, 1, 1, False, *plain),
    ]
    assert score.bars.tolist() == [(1, 0.0, 4.0, 4, 4, 0, True), (2, 4.0, 4.0, 4, 4, 1, True)]
    assert score.tempi.tolist() == [(0.0, 90.0)]
    assert score.title == "Own"


def test_from_notes_takes_over_what_is_given():
    given = notes_of(
        [60],
        [-1.0],
        id=["x"],
        duration_beat=[0.25],
        staff=[2],
        is_grace=[True],
        ornament=["mordent"],
        ornament_lower=[59],
        has_fermata=[True],
    )
    assert Score.from_notes(given).notes.tolist() == [
        ("x", 60, -1.0, 0.25, 0, 3.0, 2, 1, True, "mordent", -1, 59, True)
    ]


def test_from_notes_of_a_scores_notes_gives_them_back():
    notes = Score.from_bytes(TUNE).notes
    assert (Score.from_notes(notes).notes == notes).all()


def test_arrays_are_read_only():
    score = Score.from_bytes(TUNE).section(1, 2)
    for array in (score.notes, score.bars, score.tempi, Score.from_bytes(TUNE).notes):
        with pytest.raises(ValueError, match="read-only"):
            array[:1] = array[:1]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (notes_of([60], [np.nan]), "onset_beat must be from -200000 to 200000, got nan"),
        (notes_of([60], [np.inf]), "onset_beat must be from -200000 to 200000, got inf"),
        (notes_of([128], [0.0]), "pitch must be from 0 to 127, got 128"),
        (notes_of([-1], [0.0]), "pitch must be from 0 to 127, got -1"),
        (notes_of([60], [0.0], duration_beat=[-1.0]), "duration_beat must be from 0 to 200000"),
        (notes_of([], []), "array must have 1 to 200000 notes, got 0"),
        (notes_of([60], [0.0], ornament=["trillo"]), "ornament must be one of ('', 'trill', "),
        (notes_of([60], [0.0], ornament_upper=[128]), "ornament_upper must be from -1 to 127"),
        (notes_of([60], [0.0], ornament_lower=[-2]), "ornament_lower must be from -1 to 127"),
        (notes_of([60], [0.0], measure=[np.nan]), "measure must be from -2.14748e+09 to 2.147"),
        (notes_of([60], [0.0], voice=[1e12]), "voice must be from -2.14748e+09 to 2.14748e+09"),
        (notes_of(["C4"], [0.0]), "pitch must be a number, got <U2"),
        (notes_of([60], [None]), "onset_beat must be a number, got object"),
        (np.zeros((2, 2)), "array must be one-dimensional with fields pitch and onset_beat"),
        (np.zeros(2, [("pitch", "i4")]), "array must be one-dimensional with fields pitch and"),
    ],
)
def test_from_notes_refuses_what_is_no_score(array, message):
    with pytest.raises(RuleError) as caught:
        Score.from_notes(array)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("tempo_bpm", [0.0, -1.0, np.nan, np.inf])
def test_from_notes_refuses_a_tempo_that_is_none(tempo_bpm):
    with pytest.raises(RuleError, match="tempo_bpm must be > 0"):
        Score.from_notes(notes_of([60], [0.0]), tempo_bpm=tempo_bpm)


def bars_of(score):
    """Numbers and onsets of the bars."""
    return score.bars[["measure", "onset_beat"]].tolist()


def test_a_section_has_one_pass_of_a_repeated_bar():
    section = Score.from_bytes(TUNE).section(1, 1)
    assert bars_of(section) == [(1, 0.0)]
    assert section.notes[["pitch", "onset_beat"]].tolist() == [(72, 0), (74, 2)]


def test_a_section_into_the_second_ending_is_the_second_pass():
    section = Score.from_bytes(TUNE).section(1, 3)
    assert [measure for measure, _ in bars_of(section)] == [1, 3]


def test_a_section_over_endings_has_both_without_a_gap():
    section = Score.from_bytes(TUNE).section(2, 3)
    assert bars_of(section) == [(2, 3.0), (3, 6.0)]
    assert section.notes["pitch"].tolist() == [76, 77, 79]


def test_a_section_knows_the_tempo_at_its_start():
    assert Score.from_bytes(TUNE).section(2, 3).tempi.tolist() == [(3.0, 90.0)]
    assert Score.from_bytes(TUNE).section(4).tempi[0].tolist()[1] == 60.0


def test_the_whole_section_is_the_score():
    score = Score.from_bytes(TUNE)
    section = score.section()
    for name in ("notes", "bars", "tempi"):
        assert (getattr(section, name) == getattr(score, name)).all()


@pytest.mark.parametrize(
    ("hands", "pitches"),
    [("right", [72, 74, 76, 77, 79]), ("left", [48, 50, 52]), ("both", 8)],
)
def test_hands_are_the_first_staff_and_the_others(hands, pitches):
    section = Score.from_bytes(TWO_HANDS).section(hands=hands)
    if hands == "both":
        assert len(section.notes) == pitches
    else:
        assert section.notes["pitch"].tolist() == pitches
    assert len(section.bars) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"from_bar": 9}, "from_bar must be a bar from 1 to 3, got 9"),
        ({"to_bar": -1}, "to_bar must be a bar from 1 to 3, got -1"),
        ({"from_bar": 3, "to_bar": 1}, "from_bar must be <= to_bar, got 3 and 1"),
        ({"hands": "third"}, "hands must be one of both, left, right, got 'third'"),
    ],
)
def test_a_section_that_is_not_there_is_refused(arguments, message):
    with pytest.raises(RuleError) as caught:
        Score.from_bytes(TWO_HANDS).section(**arguments)
    assert str(caught.value) == message


def test_a_hand_without_notes_is_refused():
    with pytest.raises(
        RuleError, match="the selection must hold a note, got none for hands 'left'"
    ):
        Score.from_bytes(TUNE).section(hands="left")
