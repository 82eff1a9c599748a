"""Instructions per note, counted by callgrind."""

import shutil

import numpy as np
import pytest

from bench.bench_follower import make_performance
from bench.errors import BenchError
from bench.instructions import anywhere, build, count, one_pitch, summed
from bench.note_cost import make_score


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The compiled driver; where a tool is missing, that it is asked for."""
    folder = tmp_path_factory.mktemp("instructions")
    if shutil.which("gcc") and shutil.which("valgrind"):
        return build(folder)
    with pytest.raises(BenchError, match="apt-get install"):
        build(folder)
    pytest.skip("gcc and valgrind, which count the instructions, are not installed")


def test_every_note_is_counted_the_same_each_time(program):
    score = make_score(200)
    rows = make_performance(score, 50)[:50]
    first, second = count(program, score, rows), count(program, score, rows)
    assert len(first) == 50
    assert (first == second).all()
    assert first.min() > 500


def test_hostile_scores_cost_more(program):
    score, hostile = make_score(200), one_pitch(200)
    plain = count(program, score, make_performance(score, 50)[:50])
    leaping = count(program, hostile, anywhere(hostile, 50))
    assert np.median(leaping) > 2 * np.median(plain)


def test_a_tool_that_is_missing_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BenchError, match="gcc is needed: apt-get install gcc"):
        build(tmp_path)


def test_a_score_that_the_follower_refuses_is_told(program):
    score = make_score(10)
    with pytest.raises(BenchError, match="valgrind ended with 3"):
        count(program, score, [(200, 0.0)])


def test_the_sum_is_of_all_notes():
    assert summed(np.arange(1, 102)) == (51, 100, 101)
