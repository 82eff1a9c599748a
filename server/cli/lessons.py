"""``etude lessons``: the course, and one lesson with how to play its steps."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from server.lessons import course
from server.lessons.lesson import Lesson, Step
from server.pieces import catalogue

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

MAX_COLUMNS = 96  # longer lines are hard to read
INDENT = 3
VOICES = {"[V:R]": "right:", "[V:L]": "left: "}
_EXAMPLE = re.compile(r"^```abc (.*)\n([^`]*)```$", re.MULTILINE)
_NOT_FOR_EYES = re.compile(r"![^!\n]*!|^(?!w:)[A-Za-z]:.*\n|^%.*\n|^w: *", re.MULTILINE)


def _lessons_beginning_with(incomplete: str) -> list[str]:
    """For the shell to complete."""
    return [lesson.slug for lesson in course.lessons() if lesson.slug.startswith(incomplete)]


def lessons(
    lesson: Annotated[
        str | None,
        typer.Argument(
            help="Number, name or title of a lesson to read.",
            show_default="all, in teaching order",
            autocompletion=_lessons_beginning_with,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead.")] = False,
) -> None:
    """List the lessons, or show one and how to play its steps."""
    if as_json:
        plain = course.modules() if lesson is None else (course.lesson(lesson),)
        data = [asdict(each) for each in plain]
        whole = data if lesson is None else data[0]
        typer.echo(json.dumps(whole, indent=2, ensure_ascii=False))
        return
    console = _console()
    parts = _course() if lesson is None else _lesson(course.lesson(lesson))
    for part in parts:
        console.print(part, crop=False)


def play_command(step: Step) -> str:
    """The command line that plays a step."""
    words = ["etude", "play", step.song, "--mode", step.mode]
    if step.from_bar is not None:
        words += ["--from-bar", str(step.from_bar), "--to-bar", str(step.to_bar)]
    if step.hands != "both":
        words += ["--hands", step.hands]
    if step.other_hand != "silent":
        words += ["--other-hand", step.other_hand]
    if step.tempo_bpm is not None:
        words += ["--tempo", f"{step.tempo_bpm:g}"]
    if not step.repeats:
        words.append("--no-repeats")
    if step.instrument is not None:
        words += ["--mic", "--instrument", step.instrument]
        words += ["--tuning", step.tuning] + (["--tonic", step.tonic] if step.tonic else [])
    return " ".join(words)


def _console() -> "Console":
    from rich.console import Console

    console = Console(highlight=False)
    columns = console.width if sys.stdout.isatty() else MAX_COLUMNS
    console.width = min(columns, MAX_COLUMNS)
    return console


def _course() -> Iterator["RenderableType"]:
    from rich.table import Table
    from rich.text import Text

    for module in course.modules():
        yield Text(module.title, "bold")
        yield Text(module.summary, "dim")
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(justify="right")
        table.add_column(no_wrap=True)
        table.add_column(ratio=1)
        table.add_column(justify="right", no_wrap=True)
        for lesson in module.lessons:
            table.add_row(str(lesson.id), lesson.slug, lesson.title, f"{lesson.minutes} min")
        yield table
        yield Text()
    yield Text("`etude lessons NAME` shows one; `etude serve --open` shows them with their music.")


def _lesson(lesson: Lesson) -> Iterator["RenderableType"]:
    from rich.markdown import Markdown
    from rich.text import Text

    yield Text(lesson.title, "bold")
    yield Text(_circumstances(lesson), "dim")
    yield Text(f"\n{lesson.goal}\n", "italic")
    yield Markdown(_EXAMPLE.sub(_plain_example, lesson.text))
    yield Text("\nTo play", "bold")
    for step in lesson.steps:
        yield from _step(step)


def _circumstances(lesson: Lesson) -> str:
    module = course.module(lesson.module_id)
    words = [f"Lesson {lesson.id}", module.title, f"about {lesson.minutes} minutes"]
    if lesson.requires:
        titles = (course.lesson(required).title for required in lesson.requires)
        words.append(f"after: {'; '.join(titles)}")
    return " · ".join(words)


def _plain_example(found: re.Match[str]) -> str:
    """Letters and syllables instead of an engraving: what a terminal can show."""
    notes = _NOT_FOR_EYES.sub("", found[2])
    for voice, name in VOICES.items():
        notes = notes.replace(voice, name)
    return f"♪ *{found[1]}*\n\n```\n{notes}```"


def _step(step: Step) -> Iterator["RenderableType"]:
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    song = catalogue.find(step.song)
    passing = f" (to pass: {step.accuracy_percent} % accuracy)" if step.accuracy_percent else ""
    yield Text(f"\n{step.number}. {song.title}{passing}")
    yield Padding(Text(step.task), (0, 0, 0, INDENT))
    # To be copied, so never broken; a text by itself would be joined to others and wrapped.
    command = " " * INDENT + play_command(step)
    yield Group(Text(command, "cyan", no_wrap=True, overflow="ignore"))
