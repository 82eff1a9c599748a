"""What the shipped code sees of training pieces: features, hop by hop, beside what is true."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from engine.learned import learned
from engine.pitch import PitchTracker
from native.notes import (
    HOP_SAMPLES,
    INNER_RATE_HZ,
    N_FEATURES,
    ONSET_DELAY_HOPS,
    ONSET_DELAYS,
    Notes,
)
from training.onset_pieces import Piece, played_piece, sung_piece
from training.samples import Sample, load

BLOCK = 1024
HOP_SEC = HOP_SAMPLES / INNER_RATE_HZ
WIDTH_SEC = 0.016  # either way of an onset: where an answer is still partly right
SUNG_SHARE = 0.45


def frames_of(piece: Piece) -> list[np.ndarray]:
    """The frames of pitch that each block of a piece brings."""
    tracker = PitchTracker(piece.rate_hz)
    return [tracker.process(block) for block in blocks_of(piece)]


def blocks_of(piece: Piece) -> Iterable[np.ndarray]:
    return (piece.sound[at : at + BLOCK] for at in range(0, len(piece.sound), BLOCK))


def features_of(piece: Piece, frames: list[np.ndarray]) -> np.ndarray:
    """(hops, N_FEATURES) float32, from the very code that ships."""
    notes = Notes(piece.rate_hz, learned("onset"))
    rows = [notes.features(b, f) for b, f in zip(blocks_of(piece), frames, strict=True)]
    return np.concatenate([np.zeros((0, N_FEATURES), np.float32), *rows])


def targets_of(piece: Piece, hops: int) -> np.ndarray:
    """(hops, ONSET_DELAYS) float32: 1 where an onset was so long before, less beside it, 0 else."""
    back = np.arange(1, hops + 1)[:, None] - ONSET_DELAY_HOPS - np.arange(ONSET_DELAYS)[None, :]
    last = np.searchsorted(piece.onset_sec, back * HOP_SEC).clip(1, len(piece.onset_sec) - 1)
    near = piece.onset_sec[np.stack([last - 1, last])] if len(piece.onset_sec) > 1 else None
    if near is None:
        near = np.full((1, *back.shape), piece.onset_sec[0])
    off_sec = np.abs(back * HOP_SEC - near).min(axis=0)
    told: np.ndarray = np.maximum(0.0, 1.0 - off_sec / WIDTH_SEC).astype(np.float32)
    return told


def pieces(
    cache: Path, seed: int, n: int, instruments: Sequence[str], speakers: Sequence[str]
) -> Iterable[Piece]:
    """Draw pieces, played and sung.

    Parameters
    ----------
    cache : pathlib.Path
        Of :mod:`training.samples`.
    seed : int
    n : int
        How many.
    instruments, speakers : sequence of str
        Which to draw from.
    """
    by_name: dict[str, list[Sample]] = {}
    for sample in load(cache, instruments):
        by_name.setdefault(sample.instrument, []).append(sample)
    beneath = [sample for sample in load(cache, ["piano"]) if sample.layer >= 7]
    names = sorted(by_name)
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        if rng.uniform() < SUNG_SHARE:
            yield sung_piece(rng, speakers)
        else:
            notes = by_name[names[int(rng.integers(len(names)))]]
            yield played_piece(rng, notes, beneath, 12.0)
