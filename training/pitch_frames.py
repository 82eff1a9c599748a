"""Frames to train on: the maps that the C core makes of a clip, beside what is true."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from native.pitch import BINS, CONTEXT, ROW, ROWS, SCALARS, Pitch
from training.pitch_clips import Clip, clip
from training.pitch_notes import RATE_HZ, Recording, recording
from training.samples import load

HELD_OUT = ("clarinet", "french-horn", "guitar-nylon", "harmonium")  # to validate on
PIANO_LAYERS = (0, 2, 7, 13)  # 0: instruments of one layer
FRAMES_A_CLIP = 110
FRESH_SEC = 0.06  # a share of the frames lies so near their note's beginning
LEAST_AGE_SEC = 0.006
LAG_FRAMES = 2  # what is told describes sound that is about so old
LOW_PITCH = 20.0


class Frames(NamedTuple):
    """Drawn frames of many clips.

    Attributes
    ----------
    rows : (n, ROWS, ROW) float16
        The maps.
    context : (n, CONTEXT) float32
        The scalars known before the bins are scored.
    bins : (n,) float32
        The true pitch as a fractional bin; -1 where nothing sounds.
    age_sec : (n,) float32
        Since the note began.
    """

    rows: np.ndarray
    context: np.ndarray
    bins: np.ndarray
    age_sec: np.ndarray


def recordings(cache: Path, is_held_out: bool) -> dict[str, list[Recording]]:
    """Recorded notes by instrument: those to train on, or those to validate on; a piano in both."""
    found: dict[str, list[Recording]] = {}
    for sample in load(cache, layers=PIANO_LAYERS):
        if sample.instrument == "piano" or (sample.instrument in HELD_OUT) == is_held_out:
            found.setdefault(sample.instrument, []).append(recording(sample))
    return found


def clips(cache: Path, seed: int, count: int, is_held_out: bool = False) -> "list[Clip]":
    """Clips, each of its own seed, so that more of them leave the first ones as they were."""
    instruments = recordings(cache, is_held_out)
    return [clip(np.random.default_rng([seed, k]), instruments) for k in range(count)]


def bin_of(f0_hz: np.ndarray) -> np.ndarray:
    """Where a frequency lies on the maps' scale, fractional."""
    return 2 * (69 + 12 * np.log2(f0_hz / 440) - LOW_PITCH)


def tracked(sound: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """What the core makes of a whole clip: frames and features."""
    return Pitch(float(RATE_HZ), 27.0, 4300.0, weights).features(np.ascontiguousarray(sound))


def targets(one: Clip, n: int) -> tuple[np.ndarray, np.ndarray]:
    """What each of n frames should tell, in Hz (0: nothing sounds, -1: uncertain), and its age."""
    f0_hz, age_sec = one.f0_hz[:n], one.age_sec[:n]
    earlier = np.concatenate([f0_hz[:LAG_FRAMES], f0_hz[:-LAG_FRAMES]])
    is_old = (age_sec > 0.01) & (earlier > 0) & (f0_hz > 0)
    return np.where(is_old, earlier, f0_hz), age_sec


def drawn(all_clips: list[Clip], seed: int) -> Frames:
    """Frames of the clips, many of them soon after a note's beginning."""
    parts = [_drawn(one, np.random.default_rng([seed, 1, k])) for k, one in enumerate(all_clips)]
    return Frames(*(np.concatenate([part[k] for part in parts]) for k in range(4)))


def _drawn(one: Clip, rng: np.random.Generator) -> Frames:
    _, features = tracked(one.sound, None)
    f0_hz, age_sec = targets(one, len(features))
    usable = np.flatnonzero((f0_hz == 0) | ((f0_hz > 0) & (age_sec > LEAST_AGE_SEC)))
    odds = np.where((age_sec[usable] < FRESH_SEC) & (f0_hz[usable] > 0), 3.0, 1.0)
    count = min(FRAMES_A_CLIP, len(usable))
    chosen = rng.choice(usable, count, replace=False, p=odds / odds.sum())
    sounds = f0_hz[chosen] > 0
    bins = np.where(sounds, bin_of(np.where(sounds, f0_hz[chosen], 440.0)), -1.0)
    return Frames(
        features[chosen, : ROWS * ROW].reshape(-1, ROWS, ROW).astype(np.float16),
        features[chosen, -SCALARS : CONTEXT - SCALARS].copy(),
        bins.astype(np.float32),
        age_sec[chosen].astype(np.float32),
    )


__all__ = ["BINS", "Frames", "bin_of", "clips", "drawn", "recordings", "targets", "tracked"]
