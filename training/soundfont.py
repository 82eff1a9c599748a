"""Single notes of the Fluid (R3) GM SoundFont: another piano, other guitars, a harpsichord.

The SoundFont 2.04 specification (Creative, 2006): sections 5 (RIFF layout) and 7.10 (``shdr``).
"""

import hashlib
import re
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np

from training.packages import PackageError
from training.samples import RATE_HZ, STEPS, Sample, first_heard
from training.true_pitch import measured_f0_hz

DEBIAN = "fluid-soundfont-gm"
VERSION = "3.1-5.3"
SHA256 = "6f531493ac4e4d9772fd96b2488ea1790af81c196135fbdd25997da0781fc60e"
LICENCE = "Fluid (R3) GM SoundFont, F. Wen: MIT"
INSTRUMENTS = {  # how its samples are named: what they are called here
    "P200 Piano": "piano-p200",
    "Nylon": "guitar-nylon-fluid",
    "Steel": "guitar-steel",
    "Jazz Guitar": "guitar-jazz",
    "Harpsichord": "harpsichord",
    "Electric Piano": "piano-electric",
}
NAMED = re.compile(r"(.*?) ([A-G])(#|b)?(\d+)(\(L\))?$")
HEADER = struct.Struct("<20s5IBbHH")
OCTAVES = (0, -12, 12)  # the file counts octaves in several ways


def fetch(folder: Path) -> Path:
    """The SoundFont's file, from Debian's package, checked and unpacked unless it is there.

    Raises
    ------
    PackageError
        If apt-get or dpkg-deb is missing or fails, or the package is not the pinned one.
    """
    found = folder / "usr/share/sounds/sf2/FluidR3_GM.sf2"
    if found.exists():
        return found
    folder.mkdir(parents=True, exist_ok=True)
    _run(["apt-get", "download", f"{DEBIAN}={VERSION}"], folder)
    (package,) = folder.glob(f"{DEBIAN}_*.deb")
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    if digest != SHA256:
        raise PackageError(f"{package} must have the pinned SHA-256, got {digest}")
    _run(["dpkg-deb", "-x", str(package), str(folder)], folder)
    return found


def _run(command: list[str], folder: Path) -> None:
    if shutil.which(command[0]) is None:
        raise PackageError(f"{command[0]} must be installed to fetch {DEBIAN}")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"{' '.join(command)}: {done.stderr.strip()}")


def load(cache: Path) -> list[Sample]:
    """The notes of :data:`INSTRUMENTS`, at 44.1 kHz, whose true pitch is the named one."""
    data = fetch(cache / "fluid").read_bytes()
    sound = np.frombuffer(data, "<i2", *_chunk(data, b"smpl", 2))
    start, count = _chunk(data, b"shdr", HEADER.size)
    notes = []
    for k in range(count - 1):  # the last one ends the list
        fields = HEADER.unpack_from(data, start + k * HEADER.size)
        note = _note(sound, fields)
        if note is not None:
            notes.append(note)
    return notes


def _chunk(data: bytes, name: bytes, size: int) -> tuple[int, int]:
    """How many items of a size a RIFF chunk has, and where they start, as (count, start)."""
    at = data.index(name)
    (length,) = struct.unpack_from("<I", data, at + 4)
    return (length // size, at + 8) if name == b"smpl" else (at + 8, length // size)


def _note(sound: np.ndarray, fields: tuple[bytes, ...]) -> Sample | None:
    name = fields[0].split(b"\0")[0].decode("latin-1")
    found = NAMED.match(name)
    if not found or found.group(1) not in INSTRUMENTS:
        return None
    start, end, rate_hz = (int(field) for field in (fields[1], fields[2], fields[5]))
    audio = _resampled(sound[start:end].astype(np.float32), rate_hz)
    onset = first_heard(audio)
    step, sign, octave = found.group(2), found.group(3), int(found.group(4))
    named = STEPS[step] + {None: 0, "#": 1, "b": -1}[sign] + 12 * (octave + 1)
    for pitch in (named + shift for shift in OCTAVES):
        f0_hz = measured_f0_hz(audio[onset:] / 32768.0, RATE_HZ, pitch) if pitch >= 21 else None
        if f0_hz is not None:
            whole = np.round(audio).clip(-32768, 32767).astype(np.int16)
            return Sample(INSTRUMENTS[found.group(1)], 0, pitch, f0_hz, onset, whole)
    return None


def _resampled(sound: np.ndarray, rate_hz: int) -> np.ndarray:
    """At 44.1 kHz, by linear interpolation of a bandlimited doubling."""
    if rate_hz == RATE_HZ:
        return sound
    size = 1 << len(sound).bit_length()
    double = 2 * np.fft.irfft(np.fft.rfft(sound, size), 2 * size)[: 2 * len(sound)]
    at = np.arange(0, len(sound) - 1, rate_hz / RATE_HZ)
    out: np.ndarray = np.interp(2 * at, np.arange(len(double)), double).astype(np.float32)
    return out
