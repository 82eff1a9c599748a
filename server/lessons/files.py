"""Read a course from its folder: ``course.toml``, and a Markdown file for each lesson.

A lesson file is ``<module>/<lesson>.md`` and begins with a head of TOML between two lines of
``+++``; the names of folder and file are the slugs.
"""

import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta, Struct

from engine.errors import EngineError
from engine.instruments import INSTRUMENTS
from engine.tuning import Tuning
from server.checks import checked
from server.errors import CourseError, ServerError
from server.lessons.lesson import Lesson, Module, Step
from server.lessons.markdown import examples_in, to_html
from server.live.models import BarNumber, Hands, Mode, OtherHand, TempoBpm
from server.pieces import catalogue

FENCE = "+++\n"
T = TypeVar("T")

Text = Annotated[str, Meta(min_length=1)]
Number = Annotated[int, Meta(ge=1)]


class _ModuleEntry(Struct, forbid_unknown_fields=True):
    """A ``[[module]]`` of ``course.toml``; ``lessons`` are slugs, in teaching order."""

    id: Number
    slug: Text
    title: Text
    summary: Text
    lessons: list[str]


class _Course(Struct, forbid_unknown_fields=True):
    module: list[_ModuleEntry]


class _StepEntry(Struct, forbid_unknown_fields=True):
    """A ``[[step]]`` in the head of a lesson; ``bars`` are the first and the last one."""

    do: Text
    song: Text
    bars: tuple[BarNumber, BarNumber] | None = None
    hands: Hands = "both"
    other_hand: OtherHand = "silent"
    mode: Mode = "follow"
    tempo: TempoBpm | None = None
    repeats: bool = True
    accuracy: Annotated[int, Meta(ge=1, le=100)] | None = None
    instrument: str | None = None
    tuning: Literal["equal", "just", "sargam"] = "equal"
    tonic: str | None = None


class _Head(Struct, forbid_unknown_fields=True):
    """The head of a lesson; ``requires`` are slugs."""

    id: Number
    title: Text
    goal: Text
    minutes: Number
    step: list[_StepEntry]
    requires: list[str] = []


def read_course(folder: Path) -> tuple[Module, ...]:
    """Read and check everything.

    Parameters
    ----------
    folder : Path
        With ``course.toml`` and a folder for each module.

    Returns
    -------
    tuple of Module
        In the order of ``course.toml``.

    Raises
    ------
    CourseError
        Naming the file, the field and the rule that it breaks.
    """
    path = folder / "course.toml"
    entries = _decode(path, _read_text(path), _Course).module
    heads = {
        lesson: _read_head(folder / entry.slug / f"{lesson}.md")
        for entry in entries
        for lesson in entry.lessons
    }
    _check_names(folder, entries, {slug: head for slug, (head, _) in heads.items()})
    ids = {slug: head.id for slug, (head, _) in heads.items()}
    return tuple(
        Module(
            entry.id,
            entry.slug,
            entry.title,
            entry.summary,
            tuple(_lesson(slug, *heads[slug], entry.id, ids) for slug in entry.lessons),
        )
        for entry in entries
    )


def _read_head(path: Path) -> tuple[_Head, str]:
    """The checked head of a lesson file, and the text below it."""
    before, *rest = _read_text(path).split(FENCE, 2)
    if before or len(rest) != 2:
        raise CourseError(f"{path}: must begin with a head of TOML between two lines of +++")
    head, text = _decode(path, rest[0], _Head), rest[1].strip()
    for number, step in enumerate(head.step, start=1):
        _check_step(f"{path}: step {number}", step)
    for example in examples_in(text):
        if not example.caption:
            raise CourseError(f"{path}: example {example.number}: a caption must follow ```abc")
    if not head.step or not text:
        raise CourseError(f"{path}: a lesson must have a text and at least one step")
    return head, text


def _check_step(where: str, step: _StepEntry) -> None:
    if step.song not in {song.slug for song in catalogue.songs()}:
        raise CourseError(f"{where}: song must be the slug of a piece, got {step.song!r}")
    if step.bars is not None and step.bars[0] > step.bars[1]:
        raise CourseError(f"{where}: bars must be first and last, got {list(step.bars)}")
    if step.hands == "both" and step.other_hand != "silent":
        raise CourseError(f"{where}: other_hand needs hands left or right")
    if step.instrument is not None and step.instrument not in INSTRUMENTS:
        raise CourseError(f"{where}: instrument must be a known one, got {step.instrument!r}")
    if step.tonic is not None and step.tuning == "equal":
        raise CourseError(f"{where}: tonic needs tuning just or sargam")
    try:
        Tuning(temperament=step.tuning, tonic=step.tonic)
    except EngineError as error:
        raise CourseError(f"{where}: {error}") from error


def _check_names(folder: Path, entries: list[_ModuleEntry], heads: dict[str, _Head]) -> None:
    slugs = [slug for entry in entries for slug in entry.lessons]
    _check_unique(folder, "slug of a lesson", slugs)
    _check_unique(folder, "id of a lesson", [head.id for head in heads.values()])
    _check_unique(folder, "slug of a module", [entry.slug for entry in entries])
    _check_unique(folder, "id of a module", [entry.id for entry in entries])
    listed = {folder / entry.slug / f"{slug}.md" for entry in entries for slug in entry.lessons}
    if forgotten := sorted(set(folder.rglob("*.md")) - listed):
        raise CourseError(f"{forgotten[0]}: is not listed in course.toml")
    for slug, head in heads.items():
        if unknown := set(head.requires) - set(heads):
            raise CourseError(f"{slug}: requires an unknown lesson, {min(unknown)!r}")
    try:
        TopologicalSorter({slug: head.requires for slug, head in heads.items()}).prepare()
    except CycleError as error:
        raise CourseError(f"lessons require each other: {' < '.join(error.args[1])}") from None


def _check_unique(folder: Path, what: str, names: list[Any]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise CourseError(f"{folder}: each {what} must be given once, got {twice[0]!r} twice")


def _lesson(slug: str, head: _Head, text: str, module_id: int, ids: dict[str, int]) -> Lesson:
    return Lesson(
        id=head.id,
        slug=slug,
        title=head.title,
        goal=_one_line(head.goal),
        module_id=module_id,
        minutes=head.minutes,
        requires=tuple(ids[required] for required in head.requires),
        text=text,
        html=to_html(text, head.id),
        examples=examples_in(text),
        steps=tuple(_step(number, entry) for number, entry in enumerate(head.step, start=1)),
    )


def _step(number: int, entry: _StepEntry) -> Step:
    first, last = entry.bars or (None, None)
    return Step(
        number=number,
        task=_one_line(entry.do),
        song=entry.song,
        from_bar=first,
        to_bar=last,
        hands=entry.hands,
        other_hand=entry.other_hand,
        mode=entry.mode,
        tempo_bpm=entry.tempo,
        repeats=entry.repeats,
        accuracy_percent=entry.accuracy,
        instrument=entry.instrument,
        tuning=entry.tuning,
        tonic=entry.tonic,
    )


def _one_line(text: str) -> str:
    """A sentence that may be written over several lines of the file."""
    return " ".join(text.split())


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: cannot be read: {error}") from error


def _decode(path: Path, text: str, kind: type[T]) -> T:
    try:
        return checked(tomllib.loads(text), kind)
    except (tomllib.TOMLDecodeError, ServerError) as error:
        raise CourseError(f"{path}: {error}") from error
