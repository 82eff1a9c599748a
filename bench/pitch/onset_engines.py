"""Onsets from sound, of Etude and of its public peers."""

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.pitch.engines import AUBIO, BLOCK, LIBROSA, aubio_library, aubio_run, blocks
from bench.pitch.material import Sound

F64 = NDArray[np.float64]
LIBROSA_HOP = 441


class Onsets(NamedTuple):
    """(n,) seconds each: when notes began, and when that was told; NaN where it is not known."""

    onset_sec: F64
    told_sec: F64


Find = Callable[[Sound], Onsets]


def etude(sound: Sound) -> Onsets:
    """The product's notes as they are told."""
    tracker = import_module("engine.pitch").PitchTracker(sound.rate_hz)
    seen: dict[int, tuple[float, float]] = {}
    for block, fed in blocks(sound.samples):
        tracker.process(block)
        for note in tracker.take_notes():
            seen.setdefault(int(note["id"]), (float(note["onset_sec"]), fed / sound.rate_hz))
    table = np.array(list(seen.values()), np.float64).reshape(-1, 2)
    return Onsets(table[:, 0], table[:, 1])


def aubio(method: str, window: int = 1024) -> Find:
    """An onset method of aubio with its own threshold."""

    def find(sound: Sound) -> Onsets:
        library = aubio_library()
        made = library.new_aubio_onset(method.encode(), window, BLOCK, sound.rate_hz)
        rows = [
            (library.aubio_onset_get_last(made) / sound.rate_hz, fed / sound.rate_hz)
            for said, fed in aubio_run(library, library.aubio_onset_do, made, sound.samples)
            if said > 0
        ]
        table = np.array(rows, np.float64).reshape(-1, 2)
        return Onsets(table[:, 0], table[:, 1])

    return find


def librosa_onsets(sound: Sound) -> Onsets:
    """librosa's spectral flux with a peak picker that looks at the whole recording."""
    found = import_module("librosa").onset.onset_detect(
        y=sound.samples, sr=sound.rate_hz, hop_length=LIBROSA_HOP, units="time", backtrack=False
    )
    return Onsets(np.asarray(found, np.float64), np.full(len(found), np.nan))


class OnsetEngine(NamedTuple):
    """What stands in the tables, and what it needs."""

    title: str
    find: Find
    requires: tuple[str, str] | None = None


ONSET_ENGINES = {
    "etude": OnsetEngine("Etude", etude),
    "aubio-hfc": OnsetEngine("aubio hfc (its default)", aubio("default"), AUBIO),
    "aubio-complex": OnsetEngine("aubio complex", aubio("complex"), AUBIO),
    "aubio-specflux": OnsetEngine("aubio specflux", aubio("specflux"), AUBIO),
    "aubio-energy": OnsetEngine("aubio energy", aubio("energy"), AUBIO),
    "librosa": OnsetEngine("librosa", librosa_onsets, LIBROSA),
}
