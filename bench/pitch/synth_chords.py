"""Chords of modelled strings: struck and plucked ones that nothing was trained with."""

import zlib
from functools import cache

import numpy as np

from bench.pitch import rooms
from bench.pitch.material import F32, F64, Item, Sound, mixed, pink
from bench.pitch.synth import MODELS, Note, band_noise, envelope, partials, tail_sec

SECONDS = 30.0
SPREAD_SEC = 0.02
"""Notes of a chord begin within this."""

MOST_NOTES = 5
WHERE = {"piano": (33, 90), "plucked string": (40, 76)}
"""Models, and the pitches of their chords."""

CONDITIONS = ("model", "model in a room", "model in some noise")


def make_items() -> list[Item]:
    """Both models, dry, in a small room and in noise."""
    return [Item(f"chords, {c}: {name}", "model", c, name) for c in CONDITIONS for name in WHERE]


@cache
def written(name: str) -> tuple[tuple[Note, int], ...]:
    """Notes and their MIDI pitches; out of tune by a few cents, some held into the next chord."""
    rng = np.random.default_rng(zlib.crc32(name.encode()) + 2)
    low, high = WHERE[name]
    found, now = [], 0.4
    while now < SECONDS - 1.5:
        count = int(rng.integers(1, MOST_NOTES + 1))
        root = int(rng.integers(low, high - 12))
        steps = rng.choice((0, 3, 4, 5, 7, 8, 9, 10, 12, 15, 16, 19), count, replace=False)
        pitches = sorted({root + int(step) for step in steps if root + int(step) <= high})
        length = float(rng.choice((0.2, 0.35, 0.6)))
        held = 0.3 if rng.random() < 0.3 else -0.03
        for pitch in pitches:
            onset = now + float(rng.uniform(0, SPREAD_SEC))
            tuned = pitch + 0.04 * float(rng.standard_normal())
            effort = float(rng.uniform(0.35, 1.0))
            found.append((Note(onset, now + length + held, tuned, effort, 0.0), pitch))
        now += length
    return tuple(found)


def notes(item: Item) -> F64:
    """Onset, offset, pitch and velocity of each note."""
    rows = [(n.onset_sec, n.offset_sec, pitch, 127 * n.effort) for n, pitch in written(item.source)]
    return np.array(rows)


@cache
def played(name: str, rate_hz: int) -> F32:
    """The chords of a model; the same each time."""
    model, rng = MODELS[name], np.random.default_rng(zlib.crc32(name.encode()) + 3)
    out = np.zeros(int(SECONDS * rate_hz))
    for note, _ in written(name):
        first = round(note.onset_sec * rate_hz)
        length = note.offset_sec + tail_sec(model, False) - note.onset_sec
        time_sec = np.arange(round(length * rate_hz)) / rate_hz
        f0_hz = np.full(len(time_sec), 440 * 2 ** ((note.pitch - 69) / 12))
        part = partials(model, note, f0_hz, rate_hz, rng)
        knock = band_noise(len(part), rate_hz, (60.0, 2000.0), rng)
        part += model.thump * knock * np.exp(-time_sec / 0.01)
        end = min(len(out), first + len(part))
        out[first:end] += (part * envelope(model, note, time_sec))[: end - first]
    loud: F32 = (out / np.abs(out).max() * 0.5).astype(np.float32)
    return loud


def sound(item: Item, rate_hz: int = 44_100) -> Sound:
    """The sound of an item, with the hiss of a quiet microphone."""
    samples = played(item.source, rate_hz)
    hiss = np.random.default_rng(7).standard_normal(len(samples)) * 10 ** (-66 / 20)
    if item.condition.endswith("room"):
        samples, _ = rooms.in_room(samples, rate_hz, 0.4)
    if item.condition.endswith("some noise"):
        samples = mixed(
            samples, pink(len(samples), rate_hz, np.random.default_rng(11)), 20, rate_hz
        )
    return Sound((samples + hiss).astype(np.float32), rate_hz)
