"""Jumps between passages that sound the same: which one it was shows late, and is put right."""

import numpy as np
import pytest

from engine.matching import ScoreFollower

BAR = 8  # notes
ORDER = "ABACAD"  # phrases of four bars
LATE_NOTES = 4  # a note may come so much later than the next ones
SEEDS = range(20)


def alike(rng):
    """A melody in which one phrase comes three times."""
    phrases = {name: rng.integers(55, 80, 4 * BAR) for name in sorted(set(ORDER))}
    n = len(ORDER) * 4 * BAR
    notes = np.zeros(n, [("pitch", "i4"), ("onset_beat", "f8"), ("measure", "i4")])
    notes["pitch"] = np.concatenate([phrases[name] for name in ORDER])
    notes["onset_beat"] = 0.5 * np.arange(n)
    notes["measure"] = np.arange(n) // BAR
    return notes


def leaping(rng, n_score, n_played=200):
    """Rows of the score and onsets: every three bars or so, on from a bar at least four away."""
    at, now_sec, rows = 0, 0.0, []
    for k in range(n_played):
        rows.append((at, now_sec))
        at, now_sec = at + 1, now_sec + 0.25
        if at == n_score or k % 25 == 24:
            bars = np.arange(0, n_score, BAR)
            at, now_sec = int(rng.choice(bars[abs(bars - at) >= 4 * BAR])), now_sec + 1.0
    return rows


@pytest.fixture(scope="module")
def takes():
    """What was told of each player: nobody left out a note."""
    takes = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        notes = alike(rng)
        follower, pitch = ScoreFollower(notes), notes["pitch"].tolist()
        played = leaping(rng, len(notes))
        takes.append([follower.note_on(pitch[row], onset_sec) for row, onset_sec in played])
    return takes


def test_what_was_first_taken_for_another_passage_is_not_missed(takes):
    """Where two passages go on alike for long, a few takes still tell one that was not left out."""
    missed = [sum(len(match.missed) for match in told) for told in takes]
    assert sum(missed) < 0.03 * sum(map(len, takes))
    assert sum(count > BAR for count in missed) <= 0.1 * len(takes)


def test_no_place_is_left_without_saying_so(takes):
    for told in takes:
        place, has_jumped = 0, False
        for match in told:
            has_jumped = has_jumped or match.jump != ""
            if match.index >= 0:
                assert has_jumped or match.index >= place - LATE_NOTES
                place, has_jumped = match.index, False
