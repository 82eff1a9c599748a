"""What goes over the wire about lessons."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from server.lessons.lesson import Lesson, Module, Step, svg_url
from server.lessons.progress import DONE, Progress
from server.pieces import catalogue

PerLesson = Mapping[int, Progress] | None


class ProgressChange(Struct):
    """How far one is in a lesson, in percent."""

    progress: Annotated[int, Meta(ge=0, le=DONE)]


class LessonInfo(Struct):
    """A lesson in a list; ``requires`` are the ids of those to do first.

    ``progress`` is one's own, in percent; null for guests.
    """

    id: int
    slug: str
    title: str
    goal: str
    module_id: int
    minutes: int
    requires: list[int]
    progress: int | None

    @classmethod
    def of(cls, lesson: Lesson, done: PerLesson = None) -> "LessonInfo":
        """Describe a lesson to somebody who has done so much."""
        return cls(**_heading(lesson, done))


class ModuleInfo(Struct):
    """A module in a list; ``progress`` is the mean of its lessons', null for guests."""

    id: int
    slug: str
    title: str
    summary: str
    lesson_count: int
    minutes: int
    progress: int | None

    @classmethod
    def of(cls, module: Module, done: PerLesson = None) -> "ModuleInfo":
        """Describe a module to somebody who has done so much."""
        return cls(**_module_heading(module, done))


class ModuleDetail(ModuleInfo):
    """A module with its lessons, in teaching order."""

    lessons: list[LessonInfo]

    @classmethod
    def of(cls, module: Module, done: PerLesson = None) -> "ModuleDetail":
        """Describe a module and its lessons to somebody who has done so much."""
        lessons = [LessonInfo.of(lesson, done) for lesson in module.lessons]
        return cls(**_module_heading(module, done), lessons=lessons)


class ExampleInfo(Struct):
    """An engraved example; ``svg_url`` leads to the picture."""

    number: int
    caption: str
    abc: str
    svg_url: str


class StepInfo(Struct):
    """Something to play; ``tempo`` in quarter notes a minute, ``accuracy`` in percent to pass.

    Without bars it is the whole piece, without tempo as the piece has it. ``instrument`` is there
    where a microphone is meant, with its ``tuning`` and key note.
    """

    number: int
    task: str
    song: str
    song_id: int
    song_title: str
    from_bar: int | None
    to_bar: int | None
    hands: str
    other_hand: str
    mode: str
    tempo: float | None
    repeats: bool
    accuracy: int | None
    instrument: str | None
    tuning: str
    tonic: str | None

    @classmethod
    def of(cls, step: Step) -> "StepInfo":
        """Describe a step."""
        song = catalogue.find(step.song)
        return cls(
            number=step.number,
            task=step.task,
            song=step.song,
            song_id=song.id,
            song_title=song.title,
            from_bar=step.from_bar,
            to_bar=step.to_bar,
            hands=step.hands,
            other_hand=step.other_hand,
            mode=step.mode,
            tempo=step.tempo_bpm,
            repeats=step.repeats,
            accuracy=step.accuracy_percent,
            instrument=step.instrument,
            tuning=step.tuning,
            tonic=step.tonic,
        )


class LessonDetail(LessonInfo):
    """A whole lesson; ``text`` is Markdown, ``html`` the same with examples as figures."""

    text: str
    html: str
    examples: list[ExampleInfo]
    steps: list[StepInfo]

    @classmethod
    def of(cls, lesson: Lesson, done: PerLesson = None) -> "LessonDetail":
        """Describe a lesson with all that is in it to somebody who has done so much."""
        return cls(
            **_heading(lesson, done),
            text=lesson.text,
            html=lesson.html,
            examples=[
                ExampleInfo(each.number, each.caption, each.abc, svg_url(lesson.id, each.number))
                for each in lesson.examples
            ],
            steps=[StepInfo.of(step) for step in lesson.steps],
        )


def _heading(lesson: Lesson, done: PerLesson) -> dict[str, Any]:
    return {
        "progress": None if done is None else _percent(lesson, done),
        "id": lesson.id,
        "slug": lesson.slug,
        "title": lesson.title,
        "goal": lesson.goal,
        "module_id": lesson.module_id,
        "minutes": lesson.minutes,
        "requires": list(lesson.requires),
    }


def _percent(lesson: Lesson, done: Mapping[int, Progress]) -> int:
    return done[lesson.id].progress if lesson.id in done else 0


def _mean_percent(module: Module, done: PerLesson) -> int | None:
    if done is None:
        return None
    percents = [_percent(lesson, done) for lesson in module.lessons]
    return sum(percents) // max(len(percents), 1)  # whole only when all are done


def _module_heading(module: Module, done: PerLesson) -> dict[str, Any]:
    return {
        "progress": _mean_percent(module, done),
        "id": module.id,
        "slug": module.slug,
        "title": module.title,
        "summary": module.summary,
        "lesson_count": len(module.lessons),
        "minutes": sum(lesson.minutes for lesson in module.lessons),
    }
