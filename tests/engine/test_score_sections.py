"""Pieces without their repeats, and ranges of bars of pieces with repeats, on whole notes."""

import pytest

from engine import Score
from engine.errors import RuleError

HEAD = "X:1\nM:4/4\nL:1/4\nQ:1/4=90\nK:C\n"
VOLTA = "C4|1 D4:|2 E4||F4|]"
PICKUPS = "G|c2 e2|d2 c:|:G|c4|]"  # bar 2 is divided by the repeat signs
LETTERS = {0: "C", 2: "D", 4: "E", 5: "F", 7: "G", 9: "A", 11: "B"}


def read(music):
    """A tune."""
    return Score.from_bytes(f"{HEAD}{music}\n".encode(), "tune.abc")


def letters(score):
    """Pitches in playing order, as letters."""
    return "".join(LETTERS[pitch % 12] for pitch in score.notes["pitch"].tolist())


@pytest.mark.parametrize(
    ("music", "expected", "measures"),
    [
        pytest.param("C4|D4|]", "CD", [1, 2], id="nothing-to-skip"),
        pytest.param("|:C4|D4:|", "CD", [1, 2], id="repeat"),
        pytest.param("C4:|:D4:|", "CD", [1, 2], id="two-repeats"),
        pytest.param(VOLTA, "CEF", [1, 3, 4], id="endings"),
        pytest.param("C4|[1,3 D4:|[2 E4:|[4 F4|]", "CF", [1, 4], id="four-endings"),
        pytest.param("|:C4|D4!fine!:|E4|F4!D.C.!|]", "CDEF", [1, 2, 3, 4], id="da-capo"),
        pytest.param(
            "C4|!segno!D4|E4 !dacoda!|F4 !D.S.!||!coda!G4|", "CDEFG", [1, 2, 3, 4, 5], id="coda"
        ),
        pytest.param(PICKUPS, "GCEDCGC", [0, 1, 2, 2, 3], id="pickups"),
    ],
)
def test_without_repeats_each_written_bar_comes_once(music, expected, measures):
    score = read(music).section(repeats=False)
    assert letters(score) == expected
    assert score.bars["measure"].tolist() == measures


def test_without_repeats_music_begins_where_it_first_begins_and_has_no_gaps():
    score = read("|:G|c2 e2|d2 c:|").section(repeats=False)
    assert score.notes["onset_beat"].tolist() == [-1, 0, 2, 4, 6]
    ends = score.bars["onset_beat"] + score.bars["duration_beat"]
    assert score.bars["onset_beat"][1:].tolist() == ends[:-1].tolist()
    assert score.tempi.tolist() == [(-1.0, 90.0)]


def test_the_pass_into_the_last_ending_is_taken_so_that_ties_hold():
    tied = read("C4|D4-|1 E4:|2 D4||F4|]").section(repeats=False)
    assert letters(tied) == "CDF"
    assert tied.notes["duration_beat"].tolist() == [4, 8, 4]


def test_tempi_are_those_of_the_way_taken():
    score = read("C4|1 [Q:1/4=60]D4:|2 E4||[Q:1/4=120]F4|]").section(repeats=False)
    assert score.tempi.tolist() == [(0.0, 90.0), (4.0, 60.0), (8.0, 120.0)]


@pytest.mark.parametrize(
    ("music", "bars", "with_repeats", "without"),
    [
        (VOLTA, (1, 1), "C", "C"),
        (VOLTA, (1, 2), "CD", "C"),
        (VOLTA, (1, 3), "CE", "CE"),
        (VOLTA, (3, 4), "EF", "EF"),
        (VOLTA, (None, 3), "CE", "CE"),
        (PICKUPS, (0, 0), "G", "G"),
        (PICKUPS, (0, 1), "GCE", "GCE"),
        (PICKUPS, (1, 2), "CEDC", "CEDCG"),
        (PICKUPS, (2, 3), "DCGC", "DCGC"),
        ("|:C4|D4!fine!:|E4|F4!D.C.!|]", (2, 3), "DE", "DE"),
        ("|:C4|D4!fine!:|E4|F4!D.C.!|]", (1, 2), "CD", "CD"),
        ("C4|!segno!D4|E4 !dacoda!|F4 !D.S.!||!coda!G4|", (3, 5), "EG", "EFG"),
    ],
)
def test_ranges_of_bars(music, bars, with_repeats, without):
    score = read(music)
    assert letters(score.section(*bars)) == with_repeats
    assert letters(score.section(*bars, repeats=False)) == without


def test_a_range_of_first_endings_alone_is_refused_without_repeats():
    with pytest.raises(RuleError) as caught:
        read(VOLTA).section(2, 2, repeats=False)
    assert str(caught.value) == (
        "the selection must hold a bar, got none from 2 to 2 without repeats"
    )


def test_a_section_without_repeats_can_be_cut_again():
    once = read(VOLTA).section(repeats=False)
    assert letters(once.section(3, 4)) == "EF"
    assert letters(once.section(repeats=False)) == "CEF"


def test_notes_and_midi_have_no_repeats_to_leave_out():
    score = Score.from_notes(read(VOLTA).notes[["pitch", "onset_beat"]])
    assert letters(score.section(repeats=False)) == letters(score)


def test_an_authors_order_of_sections_is_played_straight_through():
    mei = (
        '<mei xmlns="http://www.music-encoding.org/ns/mei" meiversion="5.0"><music><body><mdiv>'
        '<score><scoreDef meter.count="4" meter.unit="4"><staffGrp><staffDef n="1" lines="5"/>'
        '</staffGrp></scoreDef><section><expansion plist="#B #A #B #C"/>'
    )
    for name, step in zip("ABC", "cde", strict=True):
        mei += (
            f'<section xml:id="{name}"><measure><staff n="1"><layer n="1">'
            f'<note pname="{step}" oct="4" dur="1"/></layer></staff></measure></section>'
        )
    score = Score.from_bytes((mei + "</section></score></mdiv></body></music></mei>").encode())
    assert letters(score) == "DCDE"
    assert letters(score.section(repeats=False)) == "CDE"


def test_real_scores_without_repeats_hold_each_written_note_once(shared):
    score = Score.read(shared / "data" / "scores" / "asap_Haydn_Keyboard_Sonatas_48-1.musicxml")
    once = score.section(repeats=False)
    assert len(set(once.bars["written"].tolist())) == len(once.bars) < len(score.bars)
    ids = once.notes["id"].tolist()
    assert len(set(ids)) == len(ids)
    endings = len(set(score.notes["id"].tolist())) - len(ids)
    assert endings < 0.05 * len(ids)  # only what stands in first endings is left out
