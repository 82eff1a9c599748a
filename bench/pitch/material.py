"""What is played to the trackers: recordings with their truth, as they are and made harder.

The recordings are the laboratory's and no part of Etude; modelled instruments are in ``synth.py``.
"""

import json
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.pitch import rooms

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

NOISE_DB = {"snr30": 30, "snr20": 20, "snr10": 10, "snr0": 0}
"""Pink noise that many dB below the instrument."""

BLEED = "bleed10"
BLEED_DB = 10
BLEED_ITEM = "dev_poly_pianochords_12"
CONDITIONS = ("clean", *NOISE_DB, BLEED)
"""The laboratory's conditions of its exact items."""

HARDER: dict[str, Callable[[F32, int], tuple[F32, int]]] = {
    "small room": lambda x, rate: rooms.in_room(x, rate, 0.4),
    "hall": lambda x, rate: rooms.in_room(x, rate, 1.2),
    "at -40 dB": lambda x, rate: (x * 10 ** (-40 / 20), rate),
    "at 16 kHz": lambda x, rate: (rooms.resampled(x, rate, 16_000), 16_000),
    "at 22.05 kHz": lambda x, rate: (rooms.resampled(x, rate, 22_050), 22_050),
    "at 48 kHz": lambda x, rate: (rooms.resampled(x, rate, 48_000), 48_000),
    "at 96 kHz": lambda x, rate: (rooms.resampled(x, rate, 96_000), 96_000),
}
"""Our own conditions: sound and rate in, sound and rate out."""


class Item(NamedTuple):
    """One recording under one condition; ``kind`` is exact, real, voice, or of a model."""

    name: str
    kind: str
    condition: str
    source: str


class Truth(NamedTuple):
    """f0 on a grid: (n,) seconds and Hz; notes (k, 4): onset and offset, pitch, f0 in Hz."""

    time_sec: F64
    f0_hz: F64
    notes: F64


class Sound(NamedTuple):
    """(n,) float32 mono, and its rate."""

    samples: F32
    rate_hz: int


def make_items(data: Path, harder: bool = True) -> list[Item]:
    """All melodic items: the laboratory's as they are, its exact ones under all conditions.

    Raises
    ------
    BenchError
        If there are no recordings.
    """
    items = []
    for entry in manifest(data):
        if entry["task"] != "mono" or entry["cond"] != "clean":
            continue
        source, kind = entry["id"], entry["kind"]
        wanted: Iterable[str] = CONDITIONS if kind == "exact" else CONDITIONS[:1]
        if harder:
            wanted = (*wanted, *HARDER)
        items += [Item(named(source, cond), kind, cond, source) for cond in wanted]
    return items


CHORD_CONDITIONS = ("clean", "small room", "hall", "snr20", "at -40 dB", "at 16 kHz")


def chord_items(data: Path) -> list[Item]:
    """The polyphonic items, as they are and under conditions of our own."""
    entries = [entry for entry in manifest(data) if entry["task"] == "poly"]
    return [
        Item(named(e["id"], condition), e["kind"], condition, e["id"])
        for e in entries
        for condition in CHORD_CONDITIONS
    ]


def named(source: str, condition: str) -> str:
    """Name of an item under a condition; the laboratory's own conditions bear its names."""
    told = condition.replace(" ", "_")
    return source.replace("_clean", f"_{told}") if "_clean" in source else f"{source}_{told}"


@cache
def manifest(data: Path) -> list[dict[str, Any]]:
    """The laboratory's list of its items, or BenchError."""
    path = data / "manifest.json"
    if not path.is_file():
        raise BenchError(
            f"no recordings in {data} (manifest.json is missing): give their folder with --data; "
            "they are not part of Etude"
        )
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return entries


def truth(data: Path, item: Item) -> Truth:
    """The truth of a melodic item."""
    time_sec, f0_hz = np.loadtxt(data / f"{item.source}.f0.csv", delimiter=",", unpack=True)
    return Truth(time_sec, f0_hz, notes(data, item))


def notes(data: Path, item: Item) -> F64:
    """Its notes; (k, 4): onset and offset in seconds, pitch, f0 in Hz or velocity."""
    return np.loadtxt(data / f"{item.source}.notes.csv", delimiter=",", ndmin=2)


def sound(data: Path, item: Item) -> Sound:
    """The sound of an item under its condition, to the bit as the laboratory makes its own."""
    samples, rate = read(data, item.source)
    if item.condition in HARDER:
        return Sound(*HARDER[item.condition](samples, rate))
    if item.condition != "clean":
        samples = as_file(made_harder(data, item, samples, rate), rate)
    return Sound(samples, rate)


@cache
def read(data: Path, source: str) -> Sound:
    """A recording as it is."""
    samples, rate = import_module("soundfile").read(data / f"{source}.flac", dtype="float32")
    return Sound(samples, rate)


def as_file(samples: F32, rate: int) -> F32:
    """What is left of samples in a file of 16 bits."""
    from io import BytesIO

    soundfile, file = import_module("soundfile"), BytesIO()
    soundfile.write(file, samples, rate, format="FLAC")
    file.seek(0)
    samples, _ = soundfile.read(file, dtype="float32")
    return samples


def made_harder(data: Path, item: Item, samples: F32, rate: int) -> F32:
    """With noise or piano chords below it. The noises of one recording are drawn in their order."""
    if item.condition == BLEED:
        piano = read(data, BLEED_ITEM).samples
        return mixed(samples, np.resize(piano, len(samples)), BLEED_DB, rate)
    rng = np.random.default_rng(zlib.crc32(item.source.encode()))
    for condition, snr_db in NOISE_DB.items():
        noise = pink(len(samples), rate, rng)
        if condition == item.condition:
            return mixed(samples, noise, snr_db, rate)
    raise BenchError(f"{item.condition!r} is no condition")


def pink(n: int, rate: int, rng: np.random.Generator) -> F64:
    """Noise of equal power per octave down to 20 Hz, flat below, at an RMS of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    tilt = np.sqrt(np.maximum(np.arange(len(spectrum)), 20.0 * n / rate))
    noise = np.fft.irfft(spectrum / tilt, n)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)))


def active_rms(samples: NDArray[Any], rate: int) -> float:
    """Level while something sounds: 50 ms windows within 20 dB of the loudest."""
    width = int(0.05 * rate)
    windows = samples[: len(samples) // width * width].reshape(-1, width)
    rms = np.sqrt(np.mean(windows**2, axis=1))
    return float(np.sqrt(np.mean(rms[rms > 0.1 * rms.max()] ** 2)))


def mixed(samples: F32, other: NDArray[Any], below_db: float, rate: int) -> F32:
    """Something else, that many dB below."""
    gain = active_rms(samples, rate) * 10 ** (-below_db / 20)
    both = samples + other / active_rms(other, rate) * gain
    return (both / max(1.0, float(np.abs(both).max()))).astype(np.float32)
