"""The shipped lessons: what there is, and how to find one."""

import difflib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from server.errors import UnknownExampleError, UnknownLessonError, UnknownModuleError
from server.lessons.lesson import Example, Lesson, Module, Step
from server.pieces.catalogue import QUOTE_CHARS, fold

__all__ = [
    "Example",
    "Lesson",
    "Module",
    "Step",
    "example",
    "lesson",
    "lessons",
    "module",
    "modules",
]

CONTENT_DIR = Path(__file__).resolve().parent / "content"
MAX_SUGGESTIONS = 3


@cache
def modules() -> tuple[Module, ...]:
    """All modules, in teaching order; read and checked once.

    Raises
    ------
    CourseError
        If a file of the course breaks a rule.
    """
    from server.lessons.files import read_course  # commands that need no lessons start sooner

    return read_course(CONTENT_DIR)


def lessons() -> tuple[Lesson, ...]:
    """All lessons, module by module, in teaching order."""
    return tuple(lesson for module in modules() for lesson in module.lessons)


def module(key: int | str) -> Module:
    """Give the module of an id or a slug.

    Raises
    ------
    UnknownModuleError
        Naming those that there are.
    """
    wanted = fold(str(key))
    for found in modules():
        if wanted in (str(found.id), found.slug):
            return found
    names = ", ".join(f"{each.id} ({each.slug})" for each in modules())
    raise UnknownModuleError(f"there is no module {str(key)[:QUOTE_CHARS]!r}; there are {names}")


def lesson(key: int | str) -> Lesson:
    """Give the lesson of an id, a slug or a title, in any case and without its accents.

    Raises
    ------
    UnknownLessonError
        Suggesting what may have been meant.
    """
    wanted = fold(str(key))
    for found in lessons():
        if wanted in _names(found):
            return found
    raise UnknownLessonError(f"there is no lesson {str(key)[:QUOTE_CHARS]!r}{_hint(wanted)}")


def example(key: int | str, number: int) -> Example:
    """Give an example of a lesson by its number, from 1.

    Raises
    ------
    UnknownLessonError, UnknownExampleError
        If there is no such lesson, or no such example in it.
    """
    found = lesson(key)
    if not 1 <= number <= len(found.examples):
        raise UnknownExampleError(
            f"lesson {found.slug} has {len(found.examples)} examples, there is no number {number}"
        )
    return found.examples[number - 1]


def _names(lesson: Lesson) -> tuple[str, str, str]:
    return str(lesson.id), lesson.slug, fold(lesson.title)


def _hint(wanted: str) -> str:
    slugs = {name: each.slug for each in lessons() for name in _names(each)[1:]}
    close = difflib.get_close_matches(wanted[:QUOTE_CHARS], slugs, n=2 * MAX_SUGGESTIONS)
    found: Iterable[str] = dict.fromkeys(slugs[name] for name in close)
    meant = " or ".join(list(found)[:MAX_SUGGESTIONS])
    return f"; did you mean {meant}?" if meant else ""
