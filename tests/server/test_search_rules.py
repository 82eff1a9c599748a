"""The rule of a search: what fits, how slips are forgiven, and what a database looks up."""

from string import ascii_lowercase
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.pieces import search
from server.pieces.words import fold, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Frère  Jacques", ["frere", "jacques"]),
        ("Ah ! vous dirai-je, maman", ["ah", "vous", "dirai", "je", "maman"]),
        ("B♭ and F♯", ["b", "flat", "and", "f", "sharp"]),
        ("Größe Łódź Ærø", ["grosse", "lodz", "aero"]),
        ("ℌ ﬁn Ⅳ", ["h", "fin", "iv"]),
        ("सा रे गा मा", ["सा", "रे", "गा", "मा"]),
        ("a\x00b\ud800c 'x\\y'", ["a", "b", "c", "x", "y"]),
        ("x" * 100, ["x" * 32]),
        (" !?\n", []),
    ],
)
def test_words_are_letters_and_digits_without_accents_and_case(text, words):
    assert words_of(text) == words


@given(st.text())
def test_words_need_no_quoting_and_fold_to_themselves(text):
    for word in words_of(text):
        assert word and fold(word) == word
        assert not set(word) & set("\"'\\ ·:*&|()")


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("elise", "elise", 0),
        ("elsie", "elise", 1),
        ("greensleves", "greensleeves", 1),
        ("mintuet", "minuet", 1),
        ("bethofen", "beethoven", 2),
        ("kitten", "sitting", 3),
        ("", "abc", 3),
    ],
)
def test_slips_are_letters_wrong_missing_added_or_swapped(one, other, slips):
    assert search.slips_between(one, other) == search.slips_between(other, one) == slips


def slipped(word: str, slips: list[tuple[str, int, str]]) -> str:
    """A word with some slips in it."""
    for kind, place, letter in slips:
        at = place % max(len(word), 1)
        if kind == "swap":
            word = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
        else:
            skipped = {"wrong": 1, "missing": 1, "added": 0}[kind]
            word = word[:at] + ("" if kind == "missing" else letter) + word[at + skipped :]
    return word


LETTERS = st.sampled_from(ascii_lowercase[:5])
SLIP = st.tuples(
    st.sampled_from(["wrong", "missing", "added", "swap"]), st.integers(0, 15), LETTERS
)


@given(st.text(LETTERS, min_size=3, max_size=14), st.lists(SLIP, max_size=2))
def test_whatever_is_near_enough_shares_a_remnant(word, slips):
    meant = slipped(word, slips)
    if search._slips_if_few(meant, word) is not None:
        assert search.remnants(meant) & search.remnants(word)


def test_what_a_database_keeps_gives_the_words_back():
    words = {"ode", "to", "joy", "beethoven"}
    terms = search.index_terms(words)
    assert search.indexed_words(terms) == words
    assert "·beethov" in terms.split() and "·to" not in terms


def entry(number: int, title: str, more: str = ""):
    return SimpleNamespace(
        id=number, title_words=set(words_of(title)), words=set(words_of(f"{title} {more}"))
    )


ENTRIES = [
    entry(1, "Minuet in G", "Petzold, to the joy of all"),
    entry(2, "Ode to Joy", "Beethoven"),
    entry(3, "Ode to Joy, two hands", "Beethoven"),
    entry(4, "Odessa", "Traditional"),
    entry(5, "Für Elise", "Beethoven"),
]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("joy", [2, 3, 1]),
        ("ode", [2, 3, 4]),
        ("to joy ode", [2, 3]),
        ("fur elise", [5]),
        ("elsie", [5]),
        ("beethofen ode", [2, 3]),
        ("odr", [2, 3]),
        ("tp joy", []),
        ("ode minuet", []),
        ("", [1, 2, 3, 4, 5]),
    ],
)
def test_every_word_must_fit_and_titles_come_first(query, ids):
    found = search.find(search.query_words(query), ENTRIES)
    assert [each.id for each in found] == ids


def test_slips_are_forgiven_only_where_nothing_fits_without():
    entries = [entry(1, "Marsh song"), entry(2, "March song")]
    assert [each.id for each in search.find(["march"], entries)] == [2]
    assert [each.id for each in search.find(["mardh"], entries)] == [1, 2]


def test_a_query_of_many_words_is_cut():
    assert len(search.query_words(" ".join(f"word{k}" for k in range(50)))) == 8
