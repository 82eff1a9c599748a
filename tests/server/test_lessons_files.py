"""Reading a course from its folder, and what is said of one that breaks a rule."""

import re
from pathlib import Path

import pytest
from msgspec.structs import fields

from server.errors import CourseError
from server.lessons.files import _Head, _StepEntry, read_course

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "lessons.md"

COURSE = """
[[module]]
id = 1
slug = "reading"
title = "Reading"
summary = "Notes."
lessons = ["lines", "spaces"]
"""
HEAD = """+++
id = {id}
title = "{title}"
goal = "You can."
minutes = 5
{more}

[[step]]
do = "Play."
song = "ode-to-joy"
{step}
+++
"""
TEXT = "Look:\n\n```abc Two <notes>\nX:1\nK:C\nC D|]\n```\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "reading").mkdir()
    (tmp_path / "course.toml").write_text(COURSE)
    write(tmp_path, "lines", id=7, title="Lines")
    write(tmp_path, "spaces", id=9, title="Spaces", more='requires = ["lines"]')
    return tmp_path


def write(folder, slug, *, text=TEXT, more="", step="", **head):
    content = HEAD.format(more=more, step=step, **{"id": 7, "title": "Lines", **head}) + text
    (folder / "reading" / f"{slug}.md").write_text(content)


def refusal(folder):
    with pytest.raises(CourseError) as caught:
        read_course(folder)
    return str(caught.value)


def test_lessons_come_in_the_order_of_the_course(folder):
    (module,) = read_course(folder)
    assert (module.id, module.slug, module.summary) == (1, "reading", "Notes.")
    assert [(each.id, each.slug, each.title) for each in module.lessons] == [
        (7, "lines", "Lines"),
        (9, "spaces", "Spaces"),
    ]
    assert module.lessons[1].requires == (7,)
    assert {each.module_id for each in module.lessons} == {1}


def test_example_is_cut_out_of_the_text(folder):
    (example,) = read_course(folder)[0].lessons[0].examples
    assert (example.number, example.caption) == (1, "Two <notes>")
    assert example.abc == "X:1\nK:C\nC D|]\n"


def test_html_shows_examples_as_figures_and_takes_over_no_html(folder):
    write(folder, "lines", text=TEXT + "\n<script>alert(1)</script> **bold** [x](javascript:y)\n")
    html = read_course(folder)[0].lessons[0].html
    assert '<img src="/api/v1/lessons/7/examples/1.svg" alt="Two &lt;notes&gt;">' in html
    assert "<figcaption>Two &lt;notes&gt;</figcaption>" in html
    assert "&lt;script&gt;" in html and "<script" not in html
    assert "<strong>bold</strong>" in html and "href" not in html


def test_every_figure_has_the_address_of_its_own_example(folder):
    write(folder, "lines", text=TEXT + "```\nno music <here>\n```\n\n" + TEXT)
    lesson = read_course(folder)[0].lessons[0]
    assert [example.number for example in lesson.examples] == [1, 2]
    assert "/examples/1.svg" in lesson.html and "/examples/2.svg" in lesson.html
    assert "/examples/3.svg" not in lesson.html
    assert "<pre><code>no music &lt;here&gt;\n</code></pre>" in lesson.html


def test_step_says_what_to_play(folder):
    step = 'bars = [1, 4]\nhands = "right"\nmode = "tempo"\ntempo = 60\naccuracy = 90'
    write(folder, "lines", step=step)
    (found,) = read_course(folder)[0].lessons[0].steps
    assert (found.number, found.task, found.song) == (1, "Play.", "ode-to-joy")
    assert (found.from_bar, found.to_bar, found.hands, found.mode) == (1, 4, "right", "tempo")
    assert (found.tempo_bpm, found.accuracy_percent, found.repeats) == (60.0, 90, True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": '"one"'}, "lines.md: id: expected a whole number of at least 1, got 'one'"),
        ({"more": "colour = 1"}, "lines.md: colour: there is no such field here; there are: "),
        ({"more": 'requires = ["ledgers"]'}, "lines: requires an unknown lesson, 'ledgers'"),
        ({"more": 'requires = ["spaces"]'}, "lessons require each other: "),
        ({"id": 9}, "each id of a lesson must be given once, got 9 twice"),
        ({"text": ""}, "a lesson must have a text and at least one step"),
        ({"text": "```abc\nC\n```"}, "example 1: a caption must follow ```abc"),
        ({"title": '"'}, "lines.md: "),
        ({"step": "bars = [4, 1]"}, "step 1: bars must be first and last, got [4, 1]"),
        (
            {"step": "accuracy = 101"},
            "lines.md: step[0].accuracy: expected a whole number from 1 to 100, got 101",
        ),
        (
            {"step": 'mode = "slow"'},
            "step[0].mode: expected one of follow, tempo, wait, got 'slow'",
        ),
        ({"step": 'other_hand = "machine"'}, "step 1: other_hand needs hands left or right"),
        ({"step": 'instrument = "kazoo"'}, "step 1: instrument must be a known one, got 'kazoo'"),
        ({"step": 'tonic = "C"'}, "step 1: tonic needs tuning just or sargam"),
    ],
)
def test_broken_lesson_is_refused_by_name(folder, changed, said):
    write(folder, "lines", **changed)
    assert said in refusal(folder)


def test_unknown_piece_is_refused(folder):
    path = folder / "reading" / "lines.md"
    path.write_text(path.read_text().replace("ode-to-joy", "ode-to-yoy"))
    assert "step 1: song must be the slug of a piece, got 'ode-to-yoy'" in refusal(folder)


def test_tonic_must_be_a_pitch(folder):
    write(folder, "lines", step='tuning = "sargam"\ntonic = "H"')
    assert "lines.md: step 1: tonic must be" in refusal(folder)


def test_lesson_without_a_head_is_refused(folder):
    (folder / "reading" / "lines.md").write_text("Just text.")
    assert "lines.md: must begin with a head of TOML between two lines of +++" in refusal(folder)


def test_missing_file_is_named(folder):
    (folder / "reading" / "spaces.md").unlink()
    assert "spaces.md: cannot be read" in refusal(folder)


def test_file_that_the_course_does_not_list_is_named(folder):
    write(folder, "ledgers", id=12)
    assert refusal(folder).endswith("ledgers.md: is not listed in course.toml")


def test_lesson_listed_twice_is_refused(folder):
    (folder / "course.toml").write_text(COURSE.replace('"spaces"', '"spaces", "lines"'))
    assert "each slug of a lesson must be given once, got 'lines' twice" in refusal(folder)


def test_the_example_of_the_manual_is_a_lesson(folder):
    (content,) = re.findall(r"^````markdown\n(.*?)^````$", MANUAL.read_text(), re.M | re.S)
    content = content.replace('requires = ["eighth-notes"]', "")
    (folder / "reading" / "lines.md").write_text(content)
    lesson = read_course(folder)[0].lessons[0]
    assert (lesson.title, lesson.steps[0].tempo_bpm) == ("Dotted notes", 72.0)
    assert lesson.examples[0].caption == "A dotted half note and a quarter"


def test_the_manual_names_every_field():
    named = {
        name
        for row in re.findall(r"^\| (`.*?) \|", MANUAL.read_text(), re.M)
        for name in re.findall(r"`(\w+)`", row)
    }
    known = {field.name for kind in (_Head, _StepEntry) for field in fields(kind)} - {"step"}
    assert named == known
