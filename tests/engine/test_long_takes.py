"""Eight hours at the keyboard, in seconds: nothing that is kept grows with time."""

import gc
import sys
from types import FunctionType, MethodType, ModuleType

import numpy as np
import pytest

from engine import Score
from engine.events import Event, Kind
from engine.performance import MODES, Performance

HOURS = 8
NOTES = 40_000
PART = 5_000  # notes between two measurements
WHAT_IS_NO_STATE = (type, ModuleType, FunctionType, MethodType)


def tune(n=240):
    """Ten minutes of two hands: chords, runs, and bars that come again."""
    rng = np.random.default_rng(5)
    notes = np.zeros(2 * n, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["onset_beat"] = np.repeat(np.cumsum(rng.choice([0.5, 1.0], n)), 2)
    notes["pitch"] = rng.integers(36, 90, 2 * n)
    return Score.from_notes(notes)


def rough_practice(score, n_notes, seed=1):
    """Batches of events of a player who goes back, skips, stops, slips and hits the pedals.

    Whoever practises so for eight hours begins again some five hundred times.
    """
    rng = np.random.default_rng(seed)
    pitch, beat = score.notes["pitch"], score.notes["onset_beat"]
    now_sec, row, gap_sec = 0.0, 0, HOURS * 3600 / n_notes
    for n in range(n_notes):
        if rng.random() < 0.01:
            row = int(rng.integers(len(pitch)))
            now_sec += rng.choice([0.0, 3.0])
        played = int(pitch[row]) if rng.random() < 0.93 else int(rng.integers(128))
        yield Event(now_sec, Kind.NOTE_ON, played, 64)
        if n % 3 == 0:
            yield Event(now_sec, Kind.CONTROL, 64, int(rng.integers(128)))
        if n % 5 == 0:
            yield Event(now_sec + gap_sec / 2, Kind.TICK)
        step = float(beat[(row + 1) % len(beat)] - beat[row])
        now_sec += max(step, 0.0) * 2 * gap_sec * float(rng.uniform(0.9, 1.1))
        row = (row + 1) % len(pitch)


def size_of(root):
    """Bytes of everything that is reachable from an object, but for code."""
    seen, open_objects, total = set(), [root], 0
    while open_objects:
        one = open_objects.pop()
        if id(one) in seen or isinstance(one, WHAT_IS_NO_STATE):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        open_objects += gc.get_referents(one)
    return total


@pytest.mark.parametrize("mode", MODES)
def test_what_is_kept_does_not_grow_in_eight_hours(mode):
    score = tune()
    performance = Performance(score, mode)
    sizes, results = [], 0
    for event in rough_practice(score, NOTES):
        results += len(performance.process(event))
        if event.kind == Kind.NOTE_ON and performance.notes_played % PART == 0:
            sizes.append(size_of(performance))
    assert performance.notes_played == NOTES
    assert results >= NOTES
    early = max(sizes[: len(sizes) // 2])
    assert max(sizes) <= 1.02 * early, sizes
