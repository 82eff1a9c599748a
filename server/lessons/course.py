"""The shipped lessons: what there is, and how to find one."""

from functools import cache
from pathlib import Path

from server.errors import UnknownExampleError, UnknownLessonError, UnknownModuleError
from server.lessons.lesson import Example, Lesson, Module, Step
from server.pieces.naming import hint, like, named, quoted

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
    """Give the module of an id, a slug or a title.

    Raises
    ------
    UnknownModuleError
        Naming those that there are.
    """
    found = named(modules(), key)
    if found is not None:
        return found
    names = ", ".join(f"{each.id} ({each.slug})" for each in modules())
    raise UnknownModuleError(f"there is no module {quoted(key)}; there are {names}")


def lesson(key: int | str) -> Lesson:
    """Give the lesson of an id, a slug or a title, in any case and without its accents.

    Raises
    ------
    UnknownLessonError
        Suggesting what may have been meant.
    """
    found = named(lessons(), key)
    if found is None:
        near = like(lessons(), key)
        raise UnknownLessonError(f"there is no lesson {quoted(key)}{hint(near)}")
    return found


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
