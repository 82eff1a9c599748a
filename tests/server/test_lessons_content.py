"""The shipped lessons: each is whole, each example is music, each step can be played as it says."""

import re

import numpy as np
import pytest

from engine.score.arrays import BAR_DTYPE, structured
from engine.score.engraving import DEFAULT_SCALE
from engine.score.hands import share_out
from engine.score.worker import Request, respond
from server.errors import ApiError, UnknownLessonError, UnknownModuleError
from server.lessons import course
from server.lessons.lesson import EXAMPLE_WIDTH_PX
from server.pieces import catalogue

LESSONS = pytest.mark.parametrize("lesson", course.lessons(), ids=lambda lesson: lesson.slug)
BARS_NAMED = re.compile(r"\b[Bb]ars? (\d+)(?:(?:,| and| to| or) (\d+))?")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
SENTENCE_ENDS = (".", "?", "!")


def test_there_are_three_modules_of_eight_to_twelve_lessons():
    assert [module.slug for module in course.modules()] == ["reading", "rhythm", "first-pieces"]
    for module in course.modules():
        assert 8 <= len(module.lessons) <= 12
        assert {lesson.module_id for lesson in module.lessons} == {module.id}


def test_ids_that_clients_know_have_not_changed():
    known = {
        101: "the-staff",
        105: "the-bass-clef",
        112: "reading-at-sight",
        201: "the-pulse",
        209: "six-eight",
        212: "seven-and-five",
        301: "at-the-instrument",
        309: "sa-re-ga-ma",
        312: "minuet-in-g",
    }
    assert {key: course.lesson(key).slug for key in known} == known
    assert [module.id for module in course.modules()] == [1, 2, 3]


def test_sargam_is_taught_by_voice_and_by_keys():
    steps = [step for lesson in course.lessons() for step in lesson.steps]
    sargam = [step for step in steps if catalogue.find(step.song).kind == "sargam"]
    by_voice = [step for step in sargam if step.instrument == "voice"]
    assert len(by_voice) >= 3 and len(sargam) - len(by_voice) >= 3
    assert {(step.tuning, step.tonic) for step in by_voice} == {("sargam", "C")}


@pytest.mark.parametrize("key", [105, "105", "the-bass-clef", "The Bass  Clef"])
def test_lesson_is_found_by_any_of_its_names(key):
    assert course.lesson(key).id == 105


def test_module_is_found_by_id_and_slug():
    assert course.module(2) is course.module("rhythm") is course.modules()[1]


def test_unknown_lesson_suggests_what_was_meant():
    with pytest.raises(UnknownLessonError) as caught:
        course.lesson("minuets-in-g")
    assert str(caught.value) == "there is no lesson 'minuets-in-g'; did you mean minuet-in-g?"
    assert isinstance(caught.value, ApiError)
    assert (caught.value.status, caught.value.code) == (404, "LESSON_NOT_FOUND")


@pytest.mark.parametrize("key", [0, -1, 999_999, "", "qqqqzzzz", "x" * 10_000, "a\nb"])
def test_nonsense_is_refused_in_one_short_line(key):
    with pytest.raises(UnknownLessonError) as caught:
        course.lesson(key)
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


def test_unknown_module_names_those_there_are():
    with pytest.raises(UnknownModuleError) as caught:
        course.module(9)
    assert str(caught.value) == (
        "there is no module '9'; there are 1 (reading), 2 (rhythm), 3 (first-pieces)"
    )
    assert (caught.value.status, caught.value.code) == (404, "MODULE_NOT_FOUND")


def test_a_lesson_comes_after_those_it_requires():
    before: set[int] = set()
    for lesson in course.lessons():
        assert set(lesson.requires) <= before, lesson.slug
        before.add(lesson.id)


@LESSONS
def test_lesson_is_of_a_length_to_be_read(lesson):
    assert 150 <= len(FENCE.sub("", lesson.text).split()) <= 400
    assert 5 <= lesson.minutes <= 30
    assert lesson.goal.startswith("You ") and lesson.goal.endswith(".")
    assert 2 <= len(lesson.steps) <= 5
    assert all(step.task.endswith(SENTENCE_ENDS) for step in lesson.steps)


@LESSONS
def test_every_example_is_music_with_full_bars(lesson):
    assert lesson.examples
    for example in lesson.examples:
        data = example.abc.encode()
        drawn = respond(Request(data, ".abc", EXAMPLE_WIDTH_PX, DEFAULT_SCALE))  # no new process
        assert drawn.error == "" and 'class="note"' in drawn.svg
        if "M:none" not in example.abc:
            reading = respond(Request(data, ".abc")).reading
            assert_full_bars(structured(reading.bars, BAR_DTYPE), example.caption)


def test_example_is_drawn_in_the_colour_of_its_page():
    svg = course.lesson("the-staff").examples[0].svg()
    assert svg.startswith("<svg") and "currentColor" in svg and "black" not in svg


def assert_full_bars(bars, caption):
    full_beats = 4.0 * bars["count"] / bars["unit"]
    has_pickup = bars["onset_beat"][0] < 0
    inner = slice(1, -1) if has_pickup else slice(None)
    np.testing.assert_allclose(bars["duration_beat"][inner], full_beats[inner], err_msg=caption)
    if has_pickup and caption != "Three notes before the bar line: begin on two":
        assert bars["duration_beat"][[0, -1]].sum() == pytest.approx(full_beats[0]), caption


@LESSONS
def test_every_step_can_be_played_as_it_says(lesson):
    for step in lesson.steps:
        score = catalogue.find(step.song).score()
        measures = set(score.bars["measure"].tolist())
        assert {step.from_bar, step.to_bar} <= measures | {None}, step
        section = score.section(step.from_bar, step.to_bar, repeats=step.repeats)
        parts = share_out(section, step.hands, step.other_hand)
        assert len(parts.score.notes) > 0, step
        assert (len(parts.machine_notes) > 0) == (step.other_hand == "machine"), step
        assert len(set(score.notes["staff"].tolist())) == 2 or step.hands == "both", step
        assert (step.from_bar, step.to_bar) != (min(measures), max(measures)), "leave bars out"


@LESSONS
def test_every_step_asks_what_can_be_asked(lesson):
    for step in lesson.steps:
        song = catalogue.find(step.song)
        assert (step.tempo_bpm is not None) == (step.mode == "tempo"), step
        if step.tempo_bpm is not None:
            assert 0.4 <= step.tempo_bpm / song.tempo_bpm <= 2.0, step
        assert step.accuracy_percent is None or step.accuracy_percent >= 70, step


@LESSONS
def test_bars_that_a_task_names_are_those_to_be_played(lesson):
    for step in lesson.steps:
        measures = catalogue.find(step.song).score().bars["measure"].tolist()
        first = min(measures) if step.from_bar is None else step.from_bar
        last = max(measures) if step.to_bar is None else step.to_bar
        named = [int(bar) for found in BARS_NAMED.findall(step.task) for bar in found if bar]
        assert all(first <= bar <= last for bar in named), step
