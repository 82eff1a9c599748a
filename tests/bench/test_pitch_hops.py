"""What a hop costs: timed from Python and in C, and counted by callgrind."""

import functools
import shutil

import numpy as np
import pytest

from bench.errors import BenchError
from bench.pitch import hop_cost, native_hops
from bench.pitch.hop_cost import BLOCK, PASSES, Part, cost, cut, summed, timed
from bench.pitch.synth import MODELS

hops = functools.cache(hop_cost.hops)  # making the sound takes a second


def test_hops_are_whole_and_of_all_kinds_of_sound():
    made = hops(2 * (len(MODELS) + 3))
    assert len(made) == 2 * (len(MODELS) + 3)
    assert {(len(hop), hop.dtype.name, hop.flags.c_contiguous) for hop in made} == {
        (BLOCK, "float32", True)
    }
    levels = [float(np.abs(hop).max()) for hop in made]
    assert levels[2:4] == [1.0, 1.0]
    assert levels[4:6] == [0.0, 0.0]
    assert len(hops(7)) == 7
    assert len(list(cut(np.zeros(3 * BLOCK + 7, np.float32)))) == 3


def test_every_hop_is_timed_from_a_fresh_start():
    heard, begun = [], []
    part = Part(lambda hop: heard.append(len(hop)), lambda: begun.append(len(heard)))
    taken = timed(part, hops(7))
    assert (heard, begun) == ([BLOCK] * 7, [0])
    assert (taken > 0).all()


def test_the_worst_of_quickest_leaves_out_what_happened_once():
    passes = np.full((3, 4), 1000)
    passes[0, 1] = 90_000
    passes[:, 2] = 5000, 6000, 7000
    found = summed("x", passes)
    assert (found.worst, found.least_worst, found.hops) == (90.0, 5.0, 12)
    assert (found.median, found.mean) == (1.0, pytest.approx((8 * 1 + 90 + 18) / 12, abs=0.1))


@pytest.mark.parametrize("name", hop_cost.PARTS)
def test_every_part_hears(name):
    found = cost(name, hops(21))
    assert (found.part, found.hops) == (name, PASSES * 21)
    assert 0 < found.median <= found.p99 <= found.p9999 <= found.worst
    assert found.least_worst <= found.worst


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The compiled driver; where a tool is missing, that it is asked for."""
    folder = tmp_path_factory.mktemp("hops")
    if shutil.which("gcc") and shutil.which("valgrind"):
        return native_hops.build(folder)
    with pytest.raises(BenchError, match="apt-get install"):
        native_hops.build(folder)
    pytest.skip("gcc and valgrind, which count the instructions, are not installed")


def test_the_core_is_timed_part_by_part(program):
    took = native_hops.nanoseconds(program, hops(42), 2)
    assert took.shape == (2, 42, len(native_hops.PARTS))
    assert (took >= 0).all()
    assert (took.sum(axis=(0, 1)) > 0).all()


def test_a_melody_is_heard_in_one_call(program, monkeypatch):
    monkeypatch.setattr(native_hops, "PASSES", 1)
    rows = native_hops.costs(program, hops(21))
    assert [row.part for row in rows] == [f"in C, {part}" for part in native_hops.PARTS]
    assert rows[0].part == "in C, pitch and notes"


def test_instructions_are_the_same_each_time_and_more_where_more_is_done(program):
    sound = hops(42)
    first, second = (native_hops.count(program, "feed_voice", sound) for _ in range(2))
    assert (first == second).all()
    assert first.min() > 1000
    silent = native_hops.count(program, "core_chords_process", sound)
    assert silent.max() < first.max()


def test_a_driver_that_comes_to_grief_is_told(program, monkeypatch):
    monkeypatch.setattr(native_hops, "RATE_HZ", 1)
    with pytest.raises(BenchError, match="hops ended with 1: no memory, or a rate out of range"):
        native_hops.nanoseconds(program, hops(21), 1)


def test_a_tool_that_is_missing_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BenchError, match="gcc is needed: apt-get install gcc"):
        native_hops.build(tmp_path)
