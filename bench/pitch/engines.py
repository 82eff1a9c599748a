"""Etude and its public peers: sound in, in blocks of 256 samples, estimates out.

The peers are driven as their own documentation does. Those that look at whole recordings but whose
frames depend on a bounded future are given the instant at which they could have answered.
"""

import ctypes
import ctypes.util
from collections.abc import Callable, Iterator
from importlib import import_module
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from bench.errors import BenchError
from bench.pitch.material import F32, Sound
from bench.pitch.metrics import Estimates

BLOCK = 256
LOW_HZ, HIGH_HZ = 27.5, 4186.0
LIBROSA_FRAME, LIBROSA_HOP = 4096, 441
Track = Callable[[Sound], Estimates]


def blocks(samples: F32) -> Iterator[tuple[F32, int]]:
    """The samples as they arrive, and how many have by then."""
    for first in range(0, len(samples), BLOCK):
        block = np.ascontiguousarray(samples[first : first + BLOCK])
        yield block, first + len(block)


def gathered(rows: list[tuple[float, float, float, bool, float]]) -> Estimates:
    """Estimates of rows of time, f0, confidence, voicing and when it was told."""
    table = np.array(rows, np.float64).reshape(-1, 5)
    return Estimates(table[:, 0], table[:, 1], table[:, 2], table[:, 3] > 0, table[:, 4])


def etude(sound: Sound) -> Estimates:
    """The product's tracker, as others call it, for any instrument."""
    tracker = import_module("engine.pitch").PitchTracker(sound.rate_hz)
    rows = []
    for block, fed in blocks(sound.samples):
        told = fed / sound.rate_hz
        frames = tracker.process(block)
        rows += [(*frame.tolist(), told) for frame in frames]
    frames = [(t, f0, sure, is_voiced, told) for t, f0, is_voiced, sure, told in rows]
    return gathered(frames)


class Vector(ctypes.Structure):
    """aubio's ``fvec_t``."""

    _fields_ = (("length", ctypes.c_uint), ("data", ctypes.POINTER(ctypes.c_float)))


def aubio_library() -> Any:
    """aubio's C library, from the system."""
    path = ctypes.util.find_library("aubio")
    if path is None:
        raise ImportError("no C library aubio")
    library = ctypes.CDLL(path)
    pointer, integer, real = ctypes.c_void_p, ctypes.c_uint, ctypes.c_float
    declared = {
        "new_fvec": (ctypes.POINTER(Vector), [integer]),
        "new_aubio_pitch": (pointer, [ctypes.c_char_p, integer, integer, integer]),
        "aubio_pitch_do": (None, [pointer] * 3),
        "aubio_pitch_get_confidence": (real, [pointer]),
        "aubio_pitch_set_silence": (integer, [pointer, real]),
        "new_aubio_onset": (pointer, [ctypes.c_char_p, integer, integer, integer]),
        "aubio_onset_do": (None, [pointer] * 3),
        "aubio_onset_get_last": (integer, [pointer]),
    }
    for name, (result, arguments) in declared.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def aubio_run(library: Any, do: Any, made: Any, samples: F32) -> Iterator[tuple[float, int]]:
    """Its output after each hop, and how many samples it had by then."""
    source, out = library.new_fvec(BLOCK), library.new_fvec(1)
    view = np.ctypeslib.as_array(source.contents.data, (BLOCK,))
    for block, fed in blocks(samples):
        if len(block) == BLOCK:
            view[:] = block
            do(made, source, out)
            yield float(out.contents.data[0]), fed


def aubio_pitch(method: str, window: int = 2048) -> Track:
    """A pitch method of aubio; its level gate is off, as it would blank the ends of notes."""

    def track(sound: Sound) -> Estimates:
        library = aubio_library()
        made = library.new_aubio_pitch(method.encode(), window, BLOCK, sound.rate_hz)
        library.aubio_pitch_set_silence(made, -120.0)
        rows = []
        for f0_hz, fed in aubio_run(library, library.aubio_pitch_do, made, sound.samples):
            sure = float(library.aubio_pitch_get_confidence(made))
            f0_hz = f0_hz if 0.9 * LOW_HZ < f0_hz < 1.1 * HIGH_HZ else 0.0
            rows.append(
                ((fed - window / 2) / sound.rate_hz, f0_hz, sure, f0_hz > 0, fed / sound.rate_hz)
            )
        return gathered(rows)

    return track


def librosa_yin(sound: Sound) -> Estimates:
    """librosa's YIN, which says nothing of voicing: its confidence is the level."""
    librosa = import_module("librosa")
    frame = {"frame_length": LIBROSA_FRAME, "hop_length": LIBROSA_HOP}
    f0_hz = librosa.yin(sound.samples, fmin=LOW_HZ, fmax=HIGH_HZ, sr=sound.rate_hz, **frame)
    level = 20 * np.log10(librosa.feature.rms(y=sound.samples, **frame)[0] + 1e-9)
    time_sec = np.arange(len(f0_hz)) * LIBROSA_HOP / sound.rate_hz
    told_sec = time_sec + LIBROSA_FRAME / 2 / sound.rate_hz
    return Estimates(time_sec, f0_hz, level, np.ones(len(f0_hz), bool), told_sec)


def librosa_pyin(sound: Sound) -> Estimates:
    """librosa's pYIN, which decides at the end of a recording."""
    librosa = import_module("librosa")
    f0_hz, is_voiced, sure = librosa.pyin(
        sound.samples,
        fmin=LOW_HZ,
        fmax=HIGH_HZ,
        sr=sound.rate_hz,
        frame_length=LIBROSA_FRAME,
        hop_length=LIBROSA_HOP,
    )
    time_sec = np.arange(len(f0_hz)) * LIBROSA_HOP / sound.rate_hz
    never = np.full(len(f0_hz), np.nan)
    return Estimates(time_sec, np.nan_to_num(f0_hz), sure, is_voiced, never)


def swift_f0(sound: Sound) -> Estimates:
    """swift-f0's own streaming; the end of a stream is told at its end."""
    library = import_module("swift_f0")
    stream = library.PitchStream(library.SwiftF0())
    rows: list[tuple[float, float, float, bool, float]] = []

    def take(found: Any, fed: int) -> None:
        told = fed / sound.rate_hz
        for time_sec, f0_hz, sure in zip(
            found.timestamps, found.pitch_hz, found.confidence, strict=True
        ):
            rows.append((float(time_sec), float(f0_hz), float(sure), f0_hz > 0, told))

    for block, fed in blocks(sound.samples):
        take(stream.push(block, sound.rate_hz), fed)
    take(stream.flush(), len(sound.samples))
    return gathered(rows)


class Engine(NamedTuple):
    """What stands in the tables, and what it needs: (module, distribution), or a library."""

    title: str
    track: Track
    requires: tuple[str, str] | None = None
    licence: str = ""


AUBIO = ("aubio library", "")
LIBROSA = ("librosa", "librosa")
ENGINES = {
    "etude": Engine("Etude", etude),
    "aubio-yinfft": Engine("aubio yinfft", aubio_pitch("yinfft"), AUBIO, "GPL-3.0"),
    "aubio-yinfast": Engine("aubio yinfast", aubio_pitch("yinfast"), AUBIO, "GPL-3.0"),
    "librosa-yin": Engine("librosa yin", librosa_yin, LIBROSA, "ISC"),
    "librosa-pyin": Engine("librosa pyin", librosa_pyin, LIBROSA, "ISC"),
    "swift-f0": Engine("swift-f0", swift_f0, ("swift_f0", "swift-f0"), "MIT"),
}


def timed(track: Callable[[Sound], Any], sound: Sound) -> tuple[Any, float]:
    """What it says, and the CPU seconds it took; asked once before, for what loads at first."""
    track(Sound(sound.samples[: 2 * sound.rate_hz], sound.rate_hz))
    began = process_time()
    return track(sound), process_time() - began


def check(requires: tuple[str, str] | None) -> str:
    """Version of what an engine needs, or BenchError that tells what to install."""
    if requires is None:
        return ""
    module, distribution = requires
    try:
        if not distribution:
            aubio_library()
            return "of the system"
        import_module(module)
    except ImportError as error:
        how = f"pip install {distribution}" if distribution else "apt-get install libaubio5"
        raise BenchError(f"not installed ({error}): {how}") from None
    from importlib.metadata import version

    return version(distribution)
