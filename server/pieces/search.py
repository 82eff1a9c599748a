"""What a search finds, and in which order: one rule for every list, whoever looks it up.

Every word of the query must begin a word of the text. Where that finds nothing at all, a word may
also be a slip away from a word of the text. A database looks such words up by what is left when
letters are taken away: two words at a distance of d share something that is at most d letters
short of each (Garbe's symmetric delete). What it finds is checked and put in order here, so that
every database gives the same.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from typing import NamedTuple, Protocol, TypeVar

from server.pieces.words import words_of

MAX_QUERY_WORDS = 8  # the rest of a longer query is left out
MIN_CHARS_ONE_SLIP, MIN_CHARS_TWO_SLIPS = 3, 8  # in shorter words a slip makes another word
REMNANT_CHARS = 7  # of a word's beginning: slips near its end need no remnants
REMNANT_SIGN = "·"  # no letter of a word


class Rank(NamedTuple):
    """How well a text fits; less is better."""

    slips: int
    not_in_title: int
    only_begun: int


class Entry(Protocol):
    """What can be found."""

    @property
    def id(self) -> int: ...

    @property
    def title_words(self) -> Collection[str]: ...

    @property
    def words(self) -> Collection[str]: ...


E = TypeVar("E", bound=Entry)


def query_words(query: str) -> list[str]:
    """The words to look for."""
    return list(dict.fromkeys(words_of(query)))[:MAX_QUERY_WORDS]


def find(words: Sequence[str], entries: Collection[E]) -> list[E]:
    """The entries that fit, best first: with slips only where none fits without."""
    return ranked(words, entries) or ranked(words, entries, with_slips=True)


def ranked(words: Sequence[str], entries: Iterable[E], *, with_slips: bool = False) -> list[E]:
    """The entries that fit, best first; those that fit alike by id."""
    found = [(rank, entry) for entry in entries if (rank := _rank(words, entry, with_slips))]
    return [entry for _, entry in sorted(found, key=lambda pair: (pair[0], pair[1].id))]


def fits(word: str, text: Collection[str], *, with_slips: bool = False) -> bool:
    """Whether a word of a query fits a text of these words."""
    return _fit(word, text, with_slips) is not None


def index_terms(words: Iterable[str]) -> str:
    """What a database is to keep of a text: its words and their remnants, with spaces between."""
    once = sorted(set(words))
    left = {REMNANT_SIGN + remnant for word in once for remnant in remnants(word)}
    return " ".join([*once, *sorted(left)])


def indexed_words(terms: str) -> frozenset[str]:
    """The words of a text by what a database kept of it."""
    return frozenset(term for term in terms.split() if not term.startswith(REMNANT_SIGN))


def remnants(word: str) -> set[str]:
    """What is left of a word's beginning without as many letters as may be slips."""
    begin = word[:REMNANT_CHARS]
    least = len(begin) - allowed_slips(word)
    if least == len(begin):
        return set()
    sizes = range(least, len(begin) + 1)
    return {"".join(left) for size in sizes for left in combinations(begin, size)}


def allowed_slips(word: str) -> int:
    """How many slips a word may have."""
    return (len(word) >= MIN_CHARS_ONE_SLIP) + (len(word) >= MIN_CHARS_TWO_SLIPS)


def slips_between(one: str, other: str) -> int:
    """Letters wrong, missing, too many or swapped with the next between two words."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]


def _rank(words: Sequence[str], entry: Entry, with_slips: bool) -> Rank | None:
    total = Rank(0, 0, 0)
    for word in words:
        in_title = _fit(word, entry.title_words, with_slips)
        fit = in_title or _fit(word, entry.words, with_slips)
        if fit is None:
            return None
        slips, is_only_begun = fit
        total = Rank(
            total.slips + slips,
            total.not_in_title + (in_title is None),
            total.only_begun + is_only_begun,
        )
    return total


def _fit(word: str, text: Collection[str], with_slips: bool) -> tuple[int, bool] | None:
    """Slips to the nearest word of a text, and whether that is only begun; None: none is near."""
    if word in text:
        return 0, False
    if any(known.startswith(word) for known in text):
        return 0, True
    if not with_slips:
        return None
    near = [slips for known in text if (slips := _slips_if_few(word, known)) is not None]
    return (min(near), False) if near else None


def _slips_if_few(word: str, known: str) -> int | None:
    most = min(allowed_slips(word), allowed_slips(known))
    if not most or abs(len(word) - len(known)) > most:
        return None
    slips = slips_between(word, known)
    return slips if slips <= most else None
