"""Finding lessons by their words."""

from functools import cache
from typing import NamedTuple

from server.lessons import course
from server.lessons.lesson import Lesson
from server.pieces.search import query_words, ranked
from server.pieces.words import words_of


class _Entry(NamedTuple):
    """A lesson, as a search sees it."""

    id: int
    title_words: frozenset[str]
    words: frozenset[str]


def search(query: str) -> list[Lesson]:
    """Give the lessons that fit, best first; without a word, none.

    Slips are forgiven in title and goal alone.
    """
    words = query_words(query)
    if not words:
        return []
    whole, headings = _entries()
    found = ranked(words, whole) or ranked(words, headings, with_slips=True)
    return [course.lesson(entry.id) for entry in found]


@cache
def _entries() -> tuple[list[_Entry], list[_Entry]]:
    """The lessons with all their words, and with those of title and goal."""
    whole, headings = [], []
    for lesson in course.lessons():
        title = frozenset(words_of(lesson.title))
        heading = title | set(words_of(f"{lesson.goal} {lesson.slug}"))
        headings.append(_Entry(lesson.id, title, heading))
        whole.append(_Entry(lesson.id, title, heading | set(words_of(lesson.text))))
    return whole, headings
