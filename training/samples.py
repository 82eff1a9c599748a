"""Single notes to train on: fetched, decoded, and only those whose true pitch is the labelled one.

Run as ``python -m training.samples CACHE`` once; later runs read the cache.
"""

import argparse
import io
import os
import re
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from training.packages import PACKAGES, Package, fetch
from training.true_pitch import measured_f0_hz

RATE_HZ = 44100
LONGEST_SEC = 5.0
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
NAMED = re.compile(r"/([A-G])(#|s|b)?(\d)(?:v\d+)?\.mp3$")
FULL_SCALE = 32767.0
ONSET_DB = -40.0  # below the note's peak: where it is first heard


@dataclass(frozen=True)
class Sample:
    """One recorded note.

    Attributes
    ----------
    instrument : str
        As in :data:`training.packages.PACKAGES`.
    layer : int
        Velocity layer, larger is louder; 0 where there is one.
    pitch : int
        MIDI pitch, as labelled and as measured.
    f0_hz : float
        Measured over the first half second after the attack.
    onset_samples : int
        Where it is first heard.
    audio : (n,) int16
        Mono at 44.1 kHz, at most five seconds; the peak is at full scale unless the package's
        layers differ in level.
    """

    instrument: str
    layer: int
    pitch: int
    f0_hz: float
    onset_samples: int
    audio: np.ndarray

    def sound(self) -> np.ndarray:
        """The note from its onset on, (n,) float32, full scale +-1."""
        return self.audio[self.onset_samples :].astype(np.float32) / np.float32(FULL_SCALE)


def cache_folder(given: str | None = None) -> Path:
    """The folder given, or ``ETUDE_TRAINING_CACHE``.

    Raises
    ------
    SystemExit
        If neither is there.
    """
    folder = given or os.environ.get("ETUDE_TRAINING_CACHE")
    if not folder:
        raise SystemExit("give a cache folder, or set ETUDE_TRAINING_CACHE")
    return Path(folder)


def labelled_pitch(member: str) -> int | None:
    """The MIDI pitch that a file's name tells (C4 is 60), or None."""
    found = NAMED.search(member)
    if not found:
        return None
    step, sign, octave = found.groups()
    return STEPS[step] + {None: 0, "#": 1, "s": 1, "b": -1}[sign] + 12 * (int(octave) + 1)


def load(
    cache: Path, instruments: Iterable[str] | None = None, layers: Iterable[int] | None = None
) -> list[Sample]:
    """The samples of some instruments, all by default, in a fixed order.

    Raises
    ------
    training.packages.PackageError
        If a package cannot be had as pinned.
    """
    wanted = None if instruments is None else set(instruments)
    kept = None if layers is None else set(layers)
    notes: list[Sample] = []
    for package in PACKAGES:
        if (wanted is None or package.instrument in wanted) and (
            kept is None or package.layer in kept
        ):
            notes += _of_package(package, cache)
    return notes


def _of_package(package: Package, cache: Path) -> list[Sample]:
    """From the cache, made on first use."""
    stem = package.name.removeprefix("@").replace("/", "-")
    path = cache / "samples" / f"{stem}-{package.version}.npz"
    if not path.exists():
        _save(_decoded(package, fetch(package, cache / "packages")), path)
    with np.load(path) as kept:
        ends = np.cumsum(kept["samples"])
        audio = np.split(kept["audio"], ends[:-1]) if len(ends) else []
        rows = zip(kept["pitch"], kept["f0_hz"], kept["onset_samples"], audio, strict=True)
        return [
            Sample(package.instrument, package.layer, int(p), float(f), int(o), a)
            for p, f, o, a in rows
        ]


def _decoded(package: Package, tarball: Path) -> list[Sample]:
    """Every note of a package whose true pitch is the labelled one."""
    notes = []
    with tarfile.open(tarball) as archive:
        for member in sorted(archive.getnames()):
            pitch = labelled_pitch(member)
            handle = archive.extractfile(member) if pitch is not None else None
            if pitch is None or handle is None:
                continue
            note = _note(package, pitch, handle.read())
            if note is not None:
                notes.append(note)
    return notes


def _note(package: Package, pitch: int, mp3: bytes) -> Sample | None:
    """One decoded note, or None where its pitch is another."""
    both, rate_hz = soundfile.read(io.BytesIO(mp3), dtype="float32", always_2d=True)
    if rate_hz != RATE_HZ:
        raise ValueError(f"{package.name}: the rate must be {RATE_HZ} Hz, got {rate_hz}")
    sound = both.mean(axis=1)
    onset = first_heard(sound)
    sound = sound[: onset + int(LONGEST_SEC * RATE_HZ)]
    f0_hz = measured_f0_hz(sound[onset:], RATE_HZ, pitch)
    if f0_hz is None:
        return None
    whole = np.round(np.clip(sound, -1, 1) * FULL_SCALE).astype(np.int16)
    return Sample(package.instrument, package.layer, pitch, f0_hz, onset, whole)


def first_heard(sound: np.ndarray) -> int:
    """The first sample within 40 dB of the loudest of the first second."""
    level = np.abs(sound)
    loudest = level[:RATE_HZ].max(initial=0.0)
    return int(np.argmax(level >= loudest * 10 ** (ONSET_DB / 20)))


def _save(notes: list[Sample], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.npz")
    audio = np.concatenate([note.audio for note in notes]) if notes else np.zeros(0, np.int16)
    np.savez(
        fresh,
        pitch=[note.pitch for note in notes],
        f0_hz=[note.f0_hz for note in notes],
        onset_samples=[note.onset_samples for note in notes],
        samples=[len(note.audio) for note in notes],
        audio=audio,
    )
    fresh.replace(path)


def main() -> None:
    """Fetch and decode all; print what there is and under which licence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", nargs="?", help="default: ETUDE_TRAINING_CACHE")
    cache = cache_folder(parser.parse_args().cache)
    print("| package | instrument | notes | pitches | licence |\n|---|---|---|---|---|")
    for package in PACKAGES:
        notes = _of_package(package, cache)
        pitches = [note.pitch for note in notes]
        span = f"{min(pitches)}..{max(pitches)}" if pitches else ""
        print(
            f"| {package.name} {package.version} | {package.instrument} | {len(notes)} "
            f"| {span} | {package.licence} |"
        )


if __name__ == "__main__":
    main()
