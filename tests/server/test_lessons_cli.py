"""``etude lessons``."""

import json
import shlex
from math import log2

import mido
import pytest
import soundfile
import tones
import typer
from rich.text import Text

from server.cli import app
from server.cli.lessons import play_command
from server.lessons import course
from server.pieces import catalogue
from server.pieces.midi_export import midi_bytes


def test_list_has_a_line_for_every_lesson(etude):
    status, out, _ = etude("lessons")
    assert status == 0
    rows = [line.split() for line in out.splitlines() if line[:3].isdigit()]
    assert [(row[0], row[1]) for row in rows] == [
        (str(lesson.id), lesson.slug) for lesson in course.lessons()
    ]
    assert all(row[-1] == "min" for row in rows)
    assert "Rhythm\n" in out


def test_list_fits_a_small_terminal(etude, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _, out, _ = etude("lessons")
    assert max(len(Text.from_ansi(line).plain) for line in out.splitlines()) <= 70


@pytest.mark.parametrize("name", ["109", "the-grand-staff", "two staves at once"])
def test_lesson_is_shown_with_text_examples_and_steps(etude, name):
    status, out, _ = etude("lessons", name)
    lesson = course.lesson(109)
    assert status == 0
    assert out.startswith(
        "Two staves at once\nLesson 109 · Reading music · about 15 minutes · after"
    )
    assert lesson.goal in " ".join(out.split())
    assert "♪ Three moments: both hands, the right hand alone, both hands" in out
    assert "right: C D E |]" in out and "left:  C, z G, |]" in out
    assert "X:1" not in out and "**" not in out and "```" not in out
    assert "2. Five-Finger Exercise, both hands (to pass: 85 % accuracy)" in out
    assert "   etude play five-finger-both --mode wait --from-bar 1 --to-bar 2\n" in out


def test_commands_are_never_broken(etude, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _, out, _ = etude("lessons", "sa-re-ga-ma")
    lines = [Text.from_ansi(line).plain.strip() for line in out.splitlines()]
    assert [line for line in lines if line.startswith("etude play")] == [
        play_command(step) for step in course.lesson("sa-re-ga-ma").steps
    ]


@pytest.mark.parametrize("lesson", course.lessons(), ids=lambda lesson: lesson.slug)
def test_every_command_is_one_that_etude_takes(lesson):
    play = typer.main.get_command(app).commands["play"]
    for step in lesson.steps:
        program, name, *arguments = shlex.split(play_command(step))
        assert (program, name) == ("etude", "play")
        given = play.make_context("play", arguments).params
        assert (given["song"], given["mode"], given["hands"]) == (step.song, step.mode, step.hands)
        assert (given["from_bar"], given["to_bar"]) == (step.from_bar, step.to_bar)
        assert (given["tempo"], given["repeats"]) == (step.tempo_bpm, step.repeats)
        assert given["other_hand"] == step.other_hand
        assert (given["mic"] is not None) == (step.instrument is not None)
        assert given["instrument"] == step.instrument
        assert (given["tuning"] or "equal", given["tonic"]) == (step.tuning, step.tonic)


def test_a_step_played_right_passes(etude, tmp_path):
    step = course.lesson("taking-turns").steps[0]
    section = catalogue.find(step.song).score().section(hands=step.hands)
    (tmp_path / "played.mid").write_bytes(midi_bytes(section))
    assert mido.MidiFile(tmp_path / "played.mid").length > 0
    arguments = shlex.split(play_command(step))[1:]
    status, out, err = etude(*arguments, "--input", tmp_path / "played.mid", "--speed", "1000")
    assert status == 0, err
    assert "accuracy 100" in out


def test_a_scale_sung_in_pure_intervals_an_octave_lower_passes(etude, tmp_path):
    step = course.lesson("sa-re-ga-ma").steps[0]
    ratios = [1, 9 / 8, 5 / 4, 4 / 3, 3 / 2, 5 / 3, 15 / 8, 2]
    up = [48 + 12 * log2(ratio) for ratio in ratios]
    notes = [(0.3 + 0.7 * k, 0.6, pitch) for k, pitch in enumerate(up + up[::-1])]
    sound = tones.melody(notes, 12.0, decay_sec=8.0)
    soundfile.write(tmp_path / "sung.wav", sound, int(tones.RATE_HZ))
    command = play_command(step).replace("--mic", f"--audio {tmp_path / 'sung.wav'} --speed 50")
    status, out, err = etude(*shlex.split(command)[1:])
    assert status == 0, err
    assert "accuracy 100 %" in out
    assert "0 of 16 notes more than 30 cents off" in out


def test_json_has_the_course_and_one_lesson(etude):
    _, out, _ = etude("lessons", "--json")
    modules = json.loads(out)
    assert [module["slug"] for module in modules] == ["reading", "rhythm", "first-pieces"]
    _, out, _ = etude("lessons", "the-pulse", "--json")
    assert json.loads(out) == modules[1]["lessons"][0]
    assert json.loads(out)["steps"][0]["tempo_bpm"] == 60.0


def test_unknown_lesson_is_one_line(etude):
    status, out, err = etude("lessons", "minuets-in-g")
    assert (status, out) == (1, "")
    meant = "did you mean minuet-in-g? (`etude lessons` lists them all)"
    assert err == f"etude: there is no lesson 'minuets-in-g'; {meant}\n"
