"""The rooms whose cost is measured, and the tables of it."""

import numpy as np
import pytest

from bench.bench_drift import CLIENTS, KINDS, main, make_rooms, measure, moved_bytes


def test_the_rooms_measured_play_nearly_in_time():
    rooms = make_rooms(100)
    rooms.native()
    assert rooms.n_clients == 100 * CLIENTS
    assert 5 < np.median(np.abs(rooms.tick.drift_ms)) < 30
    assert 0.5 < np.mean(rooms.tick.quality == 0) < 1
    assert len(set(rooms.tick.flags.tolist())) > 3


def test_the_bytes_counted_are_those_of_all_arrays():
    assert moved_bytes(make_rooms(10)) == 10 * 24 + 50 * 55 + 4 * 11


@pytest.mark.parametrize("kind", KINDS)
def test_core_and_reference_are_told_the_same(kind):
    make, native, reference = KINDS[kind]
    said = []
    for implementation in (native, reference):
        one = implementation()
        take = make(lambda one=one: one)
        take()
        said.append(one.to_device(1e6) if kind == "a ping" else one.at(3e6))
    assert said[0] == said[1]
    assert said[0] not in (0.0, 1e6, 3e6)


def test_calls_are_timed_in_turn():
    called = []
    found = measure({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, times=2)
    assert called == ["a", "b"] * 3
    assert all(0 <= ms.least <= ms.median <= ms.worst for ms in found.values())


def test_the_tables_are_printed(capsys):
    main(["--rooms", "50"])
    out = capsys.readouterr().out
    assert "Tick of 50 rooms of 5 clients" in out
    assert [line[:11] for line in out.splitlines() if line[:4] == "| a "] == [
        "| a ping | ",
        "| a report ",
    ]
    rows = [line.split(" | ") for line in out.splitlines() if line.startswith("| core |")]
    assert [row[-1] for row in rows] == ["1.0 |"]


def test_wrong_options_are_told(capsys):
    with pytest.raises(SystemExit):
        main(["--rooms", "0"])
    assert "must be a whole number >= 1, got '0'" in capsys.readouterr().err
