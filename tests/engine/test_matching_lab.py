"""The follower on real performances, measured as the matching laboratory does."""

import importlib
import sys

import numpy as np
import pytest

from engine.matching import ScoreFollower

NOTES = 400


@pytest.fixture(scope="module")
def lab(shared):
    """The laboratory's modules and its data; its folder is on the path while it is used."""
    folder = shared / "matching_lab"
    sys.path.insert(0, str(folder))
    try:
        yield {name: importlib.import_module(name) for name in ("corpus", "perturb", "metrics")}
    finally:
        sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def pieces(lab, shared):
    """The first notes of every development piece."""
    folders = sorted((shared / "data/matching/dev").iterdir())
    return [lab["corpus"].Item.load(str(folder)).excerpt(NOTES) for folder in folders]


def mean_f1(lab, pieces, condition, seed=1, *, revised=False):
    """Mean F1 in percent of the first answers, or of those after revisions."""
    results = []
    for clean in pieces:
        item = lab["perturb"].perturb(clean, condition, seed)
        follower, answers = ScoreFollower(item.score), []
        for row in item.perf:
            match = follower.note_on(int(row["pitch"]), float(row["onset_sec"]))
            answers.append(match.index)
            for performed, index in match.revisions if revised else ():
                answers[performed] = index
        result = lab["metrics"].evaluate(clean, item, np.array(answers), None, None)
        results.append(result["f1"])
    return 100 * np.mean(results)


@pytest.mark.parametrize(
    ("condition", "least"),
    [
        ("clean", 99.5),
        ("wrong15", 98.3),
        ("del15", 98.3),
        ("ins15", 98.3),
        ("half", 99.0),
        ("double", 99.0),
        ("warp", 99.0),
        ("stop3s", 99.0),
        ("skip2", 93.0),
        ("back4", 95.0),
        ("restart", 99.0),
        ("practice", 94.0),
    ],
)
def test_real_playing_is_followed(lab, pieces, condition, least):
    assert mean_f1(lab, pieces, condition) >= least


def test_revisions_improve_rough_practice(lab, pieces):
    first = mean_f1(lab, pieces, "practice")
    assert mean_f1(lab, pieces, "practice", revised=True) > first + 0.5


def test_only_notes_left_out_are_told_as_missed(lab, pieces):
    told = wanted = both = 0
    for clean in pieces:
        item = lab["perturb"].perturb(clean, "del15", 1)
        follower = ScoreFollower(item.score)
        missed = {
            index
            for row in item.perf
            for index in follower.note_on(int(row["pitch"]), float(row["onset_sec"])).missed
        }
        key = list(zip(item.score["onset_beat"], item.score["pitch"], strict=True))
        played = {key[index] for index in item.truth if index >= 0}
        missed_keys = {key[index] for index in missed}
        left_out = {k for k in key if k not in played and k[0] < max(played)[0]}
        told, wanted = told + len(missed_keys), wanted + len(left_out)
        both += len(missed_keys & left_out)
    assert both / told > 0.95
    assert both / wanted > 0.9
