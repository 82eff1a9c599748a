"""The matching benchmark on real pieces: what is measured, kept, and told when it cannot be."""

import importlib
import json
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from bench.errors import BenchError
from bench.matching.command import main
from engine.matching import ScoreFollower

PIECES = ("asap_Bach_Prelude_bwv_846_Shi05M", "asap_Schubert_Moment_musical_no_3_Tetzloff09M")
NOTES = 60


@pytest.fixture
def run(shared, tmp_path):
    """Run the benchmark on two pieces; gives its rows."""
    (tmp_path / "data/dev").mkdir(parents=True)
    for piece in PIECES:
        (tmp_path / "data/dev" / piece).symlink_to(shared / "data/matching/dev" / piece)
    where = {"lab": shared / "matching_lab", "data": tmp_path / "data", "out": tmp_path / "out"}

    def run(**options):
        wish = {"max-notes": NOTES, "seeds": "1", "peers": "etude", "jobs": 1} | where | options
        main([str(part) for name, value in wish.items() for part in (f"--{name}", value)])
        return rows(tmp_path)

    return run


def rows(tmp_path):
    lines = (tmp_path / "out/results.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def f1_by_hand(shared, monkeypatch, condition, piece):
    """F1 of the first answers, without the benchmark."""
    monkeypatch.syspath_prepend(shared / "matching_lab")
    corpus, perturb, metrics = map(importlib.import_module, ("corpus", "perturb", "metrics"))
    clean = corpus.Item.load(str(shared / "data/matching/dev" / piece)).excerpt(NOTES)
    item = perturb.perturb(clean, condition, 1)
    follower = ScoreFollower(item.score)
    played = zip(item.perf["pitch"].tolist(), item.perf["onset_sec"].tolist(), strict=True)
    pred = np.array([follower.note_on(pitch, onset_sec).index for pitch, onset_sec in played])
    return metrics.evaluate(clean, item, pred, None, None)["f1"]


def test_measures_as_the_laboratory_does(run, shared, monkeypatch, tmp_path):
    measured = {row["piece"]: row["f1"] for row in run(conditions="wrong15")}
    by_hand = {piece: f1_by_hand(shared, monkeypatch, "wrong15", piece) for piece in PIECES}
    assert measured == by_hand
    page = (tmp_path / "out/results.md").read_text()
    assert f"| wrong15 | 98.3 | {100 * np.mean(list(by_hand.values())):.2f} |" in page
    assert (tmp_path / "out/results.svg").exists() == (find_spec("matplotlib") is not None)


def test_what_is_not_drawn_is_measured_once_and_the_rest_with_every_seed(run):
    measured = run(conditions="clean,back4", seeds="1,2")
    told = sorted((row["condition"], row["seed"]) for row in measured)
    assert told == [("back4", 1)] * 2 + [("back4", 2)] * 2 + [("clean", 0)] * 2


def test_a_stopped_run_goes_on(run, tmp_path):
    whole = run(conditions="clean,wrong5")
    path = tmp_path / "out/results.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[1] + lines[2][:40])  # stopped while it wrote the third
    again = run(conditions="clean,wrong5")
    assert again[:2] == whole[:2]  # times included: not measured again
    assert [row["f1"] for row in again] == [row["f1"] for row in whole]


def test_another_version_is_measured_again(run, tmp_path):
    (row,) = [row for row in run(conditions="clean") if row["piece"] == PIECES[0]]
    path = tmp_path / "out/results.jsonl"
    path.write_text(json.dumps(row | {"version": "older", "f1": 0.0}) + "\n")
    again = run(conditions="clean")
    assert [row["version"] for row in again] == ["older"] + 2 * [row["version"]]
    assert "| clean | 99.8 | 0.00 |" not in (tmp_path / "out/results.md").read_text()


def test_a_damaged_file_of_results_is_refused(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/results.jsonl").write_text('{"matcher": "etude"}\n')
    with pytest.raises(BenchError, match=r"results.jsonl, line 1: no measurement; remove the file"):
        run(conditions="clean")


def test_a_performance_that_takes_too_long_counts_as_failed(run, tmp_path):
    measured = run(conditions="clean", limit=1e-4)
    assert [(row["failed"], row["f1"]) for row in measured] == [("took more than 0.0001 s", 0)] * 2
    page = (tmp_path / "out/results.md").read_text()
    assert "| clean | 99.8 | 0.00 |" in page
    assert "took more than 0.0001 s: 2" in page


def interpreter(tmp_path, does):
    """A stand-in for an interpreter whose matcher comes to grief."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return path


def test_a_crash_costs_its_own_piece_and_no_other(run, tmp_path):
    marker = tmp_path / "crashed"
    fine = f'exec "{sys.executable}" "$@"'
    hello = '{"version": "1", "licence": "none"}'
    crash = f"[ -e {marker} ] && {fine}; touch {marker}; echo '{hello}'; read task; exit 3"
    measured = run(conditions="clean", python=interpreter(tmp_path, crash))
    assert [row["failed"] for row in measured] == ["its process ended with 3", None]


def test_a_matcher_that_does_not_start_is_named_and_nothing_measured_is_an_error(
    run, tmp_path, capsys
):
    with pytest.raises(BenchError, match="nothing was measured"):
        run(conditions="clean", python=interpreter(tmp_path, "exit 1"))
    assert "did not start: its process ended with 1" in capsys.readouterr().err


def test_a_missing_laboratory_is_told(run, tmp_path):
    with pytest.raises(BenchError, match=r"no matching laboratory in .*: give its folder"):
        run(lab=tmp_path)


def test_missing_pieces_are_told(run):
    with pytest.raises(BenchError, match=r"no pieces in .*novice_dev: give the folder"):
        run(conditions="novice_dev")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("conditions", "clean,fast", "'fast' is none of clean, wrong5"),
        ("peers", "me", "'me' is none of etude"),
        ("seeds", "1,x", "must be a whole number >= 1, got 'x'"),
        ("jobs", "0", "must be a whole number >= 1, got '0'"),
        ("max-notes", "-1", "must be a whole number >= 0, got '-1'"),
        ("limit", "nan", "must be a number > 0, got 'nan'"),
    ],
)
def test_wrong_options_are_told(capsys, option, value, told):
    with pytest.raises(SystemExit):
        main([f"--{option}", value])
    assert told in capsys.readouterr().err
