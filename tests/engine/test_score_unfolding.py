"""The order of bars, for combinations of signs that are rarely written."""

from fractions import Fraction

import pytest

from engine.errors import ScoreError
from engine.score.limits import MAX_BARS
from engine.score.unfolding import play_order
from engine.score.written import WrittenBar


def bars(text):
    """Bars from signs: ``|:`` and ``:|`` around a letter, ``1`` ``2`` its endings, words behind.

    Each bar is a word such as ``|:A``, ``B1:|``, ``C!dc`` or ``D!segno``.
    """
    result = []
    for word in text.split():
        body, *marks = word.split("!")
        bar = WrittenBar(len(result), Fraction(4))
        bar.starts_repeat = body.startswith("|:")
        bar.repeat_times = 2 if body.endswith(":|") else 0
        bar.endings = frozenset(int(c) for c in body if c.isdigit())
        bar.jump = {"dc": "da capo", "ds": "dal segno"}.get(marks[0] if marks else "", "")
        bar.is_segno = "segno" in marks
        bar.is_coda = "coda" in marks
        bar.is_fine = "fine" in marks
        bar.is_to_coda = "tocoda" in marks
        result.append(bar)
    return result


def played(text):
    """Letters of the bars in playing order."""
    letters = [next(c for c in word if c.isalpha()) for word in text.split()]
    return "".join(letters[index] for index in play_order(bars(text)))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("A B C", "ABC"),
        ("|:A B:| |:C D:|", "ABABCDCD"),
        ("|:A |:B:| C:|", "ABBCC"),
        ("A1:| B2", "AB"),
        ("|:A B1:| C2:| D:|", "ABACDD"),
        ("|:A B1:| C2:| D3", "ABACAD"),
        ("|:A B13:| C24:| D", "ABACABACD"),
        ("|:A B1 C1:| D2 E2 F", "ABCADEF"),
        ("|:A B1:| |:C D1:| E2", "ABACDCE"),
        ("A B!dc", "ABAB"),
        ("A!fine B!dc", "ABA"),
        ("A B!segno C!fine D!ds", "ABCDBC"),
        ("A!segno B!ds C!segno D!ds", "ABABCDCD"),
        ("A!tocoda B!dc C!coda D!fine", "ABACD"),
        ("A!tocoda B!dc", "ABAB"),
        ("A B!ds", "ABAB"),
        ("|:A B1:| C2!fine D!dc", "ABACDAC"),
        ("", ""),
    ],
)
def test_play_order(written, expected):
    assert played(written) == expected


def test_an_endless_piece_is_refused():
    endless = [WrittenBar(1, Fraction(4), repeat_times=MAX_BARS + 2)]
    with pytest.raises(ScoreError, match=f"at most {MAX_BARS} bars can be played"):
        play_order(endless)
