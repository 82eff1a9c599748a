"""Repeat signs, endings, jumps and tempo marks of MusicXML, in tunes of whole notes."""

import pytest

from engine import Score
from engine.errors import ScoreError

FORWARD = '<repeat direction="forward"/>'
BACKWARD = '<repeat direction="backward"/>'


def left(*content):
    """The barline before a bar."""
    return f'<barline location="left">{"".join(content)}</barline>'


def right(*content):
    """The barline behind a bar."""
    return f'<barline location="right">{"".join(content)}</barline>'


def ending(numbers, kind):
    """One end of a bracket over first and second endings."""
    return f'<ending number="{numbers}" type="{kind}"/>'


def sound(**marks):
    """A playback instruction."""
    return "<sound " + " ".join(f'{key}="{value}"' for key, value in marks.items()) + "/>"


def words(text):
    """Text above the bar."""
    return f"<direction><direction-type><words>{text}</words></direction-type></direction>"


def bar_of(step, *around):
    """A 4/4 bar of one whole note, with something before it and maybe behind it."""
    before = "".join(part for part in around if "right" not in part)
    behind = "".join(part for part in around if "right" in part)
    pitch = f"<pitch><step>{step}</step><octave>4</octave></pitch>"
    return f"{before}<note>{pitch}<duration>4</duration></note>{behind}"


def tune(*bars):
    """A score of such bars."""
    attributes = (
        "<attributes><divisions>1</divisions>"
        "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    )
    measures = "".join(
        f'<measure number="{k + 1}">{"" if k else attributes}{bar}</measure>'
        for k, bar in enumerate(bars)
    )
    part = f'<part-list/><part id="P">{measures}</part>'
    return Score.from_bytes(f"<score-partwise>{part}</score-partwise>".encode())


def steps(score):
    """Pitches in playing order, as letters."""
    letters = {0: "C", 2: "D", 4: "E", 5: "F", 7: "G", 9: "A", 11: "B"}
    return "".join(letters[pitch % 12] for pitch in score.notes["pitch"].tolist())


@pytest.mark.parametrize(
    ("bars", "expected"),
    [
        pytest.param(
            [bar_of("C"), bar_of("D", right(BACKWARD)), bar_of("E")], "CDCDE", id="from-start"
        ),
        pytest.param(
            [bar_of("C"), bar_of("D", left(FORWARD), right(BACKWARD)), bar_of("E")],
            "CDDE",
            id="both-signs",
        ),
        pytest.param(
            [bar_of("C", right(BACKWARD)), bar_of("D"), bar_of("E", right(BACKWARD))],
            "CCDEDE",
            id="second-repeat-goes-back-to-the-first",
        ),
        pytest.param(
            [bar_of("C", right('<repeat direction="backward" times="3"/>')), bar_of("D")],
            "CCCD",
            id="three-times",
        ),
        pytest.param(
            [
                bar_of("C", left(FORWARD)),
                bar_of("D", left(ending("1", "start")), right(ending("1", "stop"), BACKWARD)),
                bar_of("E", left(ending("2", "start")), right(ending("2", "stop"))),
                bar_of("F"),
            ],
            "CDCEF",
            id="first-and-second-ending",
        ),
        pytest.param(
            [
                bar_of("C"),
                bar_of("D", left(ending("1, 2", "start")), right(ending("1, 2", "stop"), BACKWARD)),
                bar_of("E", left(ending("3", "start")), right(ending("3", "discontinue"))),
                bar_of("F"),
            ],
            "CDCDCEF",
            id="an-ending-for-two-passes",
        ),
        pytest.param(
            [
                bar_of("C"),
                bar_of("D", left(ending("1", "start"))),
                bar_of("E", right(ending("1", "stop"), BACKWARD)),
                bar_of("F", left(ending("2", "start"))),
                bar_of("G", right(ending("2", "stop"), BACKWARD)),
                bar_of("A", right(BACKWARD)),
            ],
            "CDECFGAA",
            id="a-repeat-sign-behind-the-last-ending-ends-the-section",
        ),
        pytest.param(
            [
                bar_of("C"),
                bar_of("D", left(ending("1", "start")), right(ending("1", "stop"), BACKWARD)),
                bar_of("E"),
                bar_of("F", right(BACKWARD)),
            ],
            "CDCEFEF",
            id="only-a-first-ending",
        ),
        pytest.param(
            [bar_of("C"), bar_of("D", sound(fine="yes")), bar_of("E", sound(dacapo="yes"))],
            "CDECD",
            id="da-capo-al-fine",
        ),
        pytest.param(
            [
                bar_of("C", right(BACKWARD)),
                bar_of("D", sound(fine="yes")),
                bar_of("E", sound(dacapo="yes")),
            ],
            "CCDECD",
            id="no-repeats-after-da-capo",
        ),
        pytest.param(
            [
                bar_of("C"),
                bar_of("D", sound(segno="1")),
                bar_of("E", sound(tocoda="1")),
                bar_of("F", sound(dalsegno="1")),
                bar_of("G", sound(coda="1")),
                bar_of("A", left(FORWARD), right(BACKWARD)),
            ],
            "CDEFDEGAA",
            id="dal-segno-al-coda-with-a-repeat-in-the-coda",
        ),
        pytest.param(
            [
                bar_of("C"),
                bar_of("D", left(ending("1", "start")), right(ending("1", "stop"), BACKWARD)),
                bar_of("E", left(ending("2", "start")), right(ending("2", "stop"))),
                bar_of("F", sound(dacapo="yes")),
            ],
            "CDCEFCEF",
            id="da-capo-takes-the-last-ending",
        ),
    ],
)
def test_repeats_and_jumps_are_played_out(bars, expected):
    assert steps(tune(*bars)) == expected


def test_jumps_may_be_only_spelt_out():
    score = tune(
        bar_of("C", "<direction><direction-type><segno/></direction-type></direction>"),
        bar_of("D", words("To Coda")),
        bar_of("E", words("D.S. al Coda")),
        bar_of("F", "<direction><direction-type><coda/></direction-type></direction>"),
    )
    assert steps(score) == "CDECDF"


def test_the_first_of_two_coda_signs_is_the_place_to_leave():
    coda = "<direction><direction-type><coda/></direction-type></direction>"
    score = tune(bar_of("C", coda), bar_of("D", words("D. C. al Coda")), bar_of("E", coda))
    assert steps(score) == "CDCE"


@pytest.mark.parametrize("text", ["dolce", "rit. e dim.", "finer", "segno", "cresc. al coda"])
def test_other_words_are_no_jumps(text):
    assert steps(tune(bar_of("C"), bar_of("D", words(text)))) == "CD"


def test_ids_of_a_repeated_note_stand_once_per_pass():
    score = tune(bar_of("C", right(BACKWARD)), bar_of("D"))
    assert score.notes["id"].tolist() == ["n1", "n1", "n2"]


def test_tempo_is_a_hundred_where_none_is_written():
    assert tune(bar_of("C")).tempi.tolist() == [(0.0, 100.0)]


def test_tempo_marks_hold_from_their_place_on_and_come_back_with_a_repeat():
    metronome = (
        "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
        "<per-minute>60</per-minute></metronome></direction-type></direction>"
    )
    score = tune(
        bar_of("C", sound(tempo="120")),
        bar_of("D", metronome, right(BACKWARD)),
        bar_of("E"),
    )
    assert score.tempi.tolist() == [(0.0, 120.0), (4.0, 90.0), (8.0, 120.0), (12.0, 90.0)]


def test_a_leap_back_takes_up_the_tempo_written_there():
    slow = sound(tempo="60")
    score = tune(
        bar_of("C", sound(tempo="120")),
        bar_of("D", left(FORWARD)),
        bar_of("E", slow, right(BACKWARD)),
    )
    assert score.tempi.tolist() == [(0.0, 120.0), (8.0, 60.0), (12.0, 120.0), (16.0, 60.0)]


def test_a_tempo_that_cannot_be_meant_is_passed_over():
    score = tune(bar_of("C", sound(tempo="0")), bar_of("D", sound(tempo="presto")))
    assert score.tempi.tolist() == [(0.0, 100.0)]


def test_a_repeat_for_ever_is_refused():
    endless = right('<repeat direction="backward" times="1000000"/>')
    with pytest.raises(ScoreError, match="repeat times must be a whole number from 1 to 32"):
        tune(bar_of("C", endless))
