"""The machine's left hand under real right hands."""

import re

import numpy as np
import pytest

from bench.bench_accompaniment import by_machine, from_last_note, main, measure, read_pieces
from bench.errors import BenchError


@pytest.fixture(scope="module")
def pieces(shared):
    return list(read_pieces(shared / "data", shared / "matching_lab"))


def test_the_machine_goes_with_real_playing(pieces):
    found = [measure(hands, by_machine(hands).left_sec) for hands in pieces]
    assert len(found) == 6
    to_right = np.concatenate([one.to_right for one in found])
    assert np.median(to_right) < 1.0
    assert np.percentile(to_right, 90) < 30.0
    assert np.median(np.concatenate([one.to_own for one in found])) < 35.0
    assert np.mean([one.share for one in found]) > 0.95


def test_between_the_player_s_notes_it_is_nearer_than_the_best_constant_tempo(pieces):
    machine, constant = (
        np.median(np.concatenate([measure(h, play(h).left_sec).to_own_between for h in pieces]))
        for play in (by_machine, from_last_note)
    )
    assert machine < constant


def test_the_table_holds_every_way_of_playing(shared, capsys):
    main(["--data", str(shared / "data"), "--lab", str(shared / "matching_lab")])
    rows = [line for line in capsys.readouterr().out.splitlines() if re.match(r"\| .*%", line)]
    assert len(rows) == 3


def test_what_is_absent_is_said(shared, tmp_path):
    with pytest.raises(BenchError, match=r"^no matching laboratory in .*: give its folder with"):
        main(["--lab", str(tmp_path)])
    with pytest.raises(BenchError, match=r"^no scores in .*: give the folder with --data"):
        main(["--lab", str(shared / "matching_lab"), "--data", str(tmp_path)])
