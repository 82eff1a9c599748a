"""The benchmark of listening rooms: what is played, kept, and told when it cannot be."""

from importlib.util import find_spec

import numpy as np
import pytest

from bench.errors import BenchError
from bench.rooms.command import main
from bench.rooms.laboratory import NAIVE, Task, enter, play, scenarios

ROOM = "lan_html_ntp"


@pytest.fixture
def lab(shared, monkeypatch):
    """The laboratory, on the path for one test."""
    monkeypatch.syspath_prepend(shared / "sync_sim")
    return shared / "sync_sim"


@pytest.fixture
def naive(lab):
    return play(Task("reconnects", NAIVE, 1))


def test_measures_as_the_laboratory_does(naive, lab):
    from run import make, merged
    from synclab.world import World

    by_hand = merged([World(scenarios()["reconnects"], 1, make(NAIVE)).run()])
    measured = merged([naive.measured])
    for figures in (by_hand, measured):
        assert figures.pop("us") > 0
    np.testing.assert_equal(measured, by_hand)


def test_the_time_offline_is_left_out(naive):
    for client, outages in enumerate([(15, 40, 5), (30, 3)] * 2):
        all_ms, online_ms = naive.measured["err"][client], naive.online_ms[client]
        assert len(all_ms) - len(online_ms) == pytest.approx(10 * sum(outages), abs=3)


def test_what_was_told_is_compared_where_both_play(naive):
    told_ms, confidence_ms, true_ms = naive.statuses
    assert 10 < len(told_ms) == len(true_ms) < len(naive.measured["est"])
    assert np.isnan(confidence_ms).all()  # the naive rule knows of none
    assert np.abs(true_ms).max() < 5000


def test_the_page_and_its_picture_are_written(shared, tmp_path, capsys):
    out = tmp_path / "docs/rooms.md"
    main(["--scenario", ROOM, "--seeds", "3", "--jobs", "2", "--out", str(out)])
    page = out.read_text()
    for rule in ("Etude", "naive rule"):
        assert f"| {ROOM} | {rule} | " in page
    assert "![Error in each kind of room](rooms.svg)" in page
    assert f"| {ROOM} | 1 / 3 / 30 | 0." in capsys.readouterr().out
    assert out.with_suffix(".svg").exists() == (find_spec("matplotlib") is not None)


def test_every_room_of_the_laboratory_has_a_kind(lab):
    from bench.rooms.targets import KINDS

    assert sorted(room for kind in KINDS for room in kind.rooms) == sorted(scenarios())


def test_a_missing_laboratory_is_told(tmp_path):
    with pytest.raises(BenchError, match=r"no drift laboratory in .*: give its folder with --lab"):
        main(["--lab", str(tmp_path)])


def test_an_unknown_room_is_told(shared):
    told = r"no room of the laboratory is called 'cellar': lan_html_ntp, wifi_html_loose"
    with pytest.raises(BenchError, match=told):
        main(["--scenario", "cellar"])


def test_the_laboratory_is_entered_once(lab, monkeypatch):
    import sys

    monkeypatch.setattr(sys, "path", [*sys.path])
    before = len(sys.path)
    enter(lab)
    assert len(sys.path) == before


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("seeds", "1,x", "must be a whole number >= 1, got 'x'"),
        ("seeds", "", "must be a whole number >= 1, got ''"),
        ("jobs", "0", "must be a whole number >= 1, got '0'"),
    ],
)
def test_wrong_options_are_told(capsys, option, value, told):
    with pytest.raises(SystemExit):
        main([f"--{option}", value])
    assert told in capsys.readouterr().err
