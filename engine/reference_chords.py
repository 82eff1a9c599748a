"""The chord verifier in plain NumPy, slow and obvious: the oracle of ``native/src/chords*.c``."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

RATE_HZ = 16000
LONGEST, SHORTEST, LEAD, ATTACK, LATE, LATEST, GAP = 4096, 640, 80, 1104, 1024, 8000, 48
FLOOR_DB, CEILING_DB = -80.0, 20.0
LOWEST_BIN_HZ, HIGHEST_HZ = 25.0, 7600.0
PITCHES = range(21, 109)
PARTIALS, ATTACKS, FEATURES = 12, 6, 80
REACH, STIFFNESS = 0.0204, 1.5e-4
BETWEEN = (0.5, 1.5, 2.5, 3.5, 1 / 3, 2 / 3, 4 / 3, 5 / 3)
PER_DB = 0.05
STEPS = (-12, -19, -24, -28, -31, -34, -36, 12, 19, 24, -1, 1, -2, 2, -5, 5, -7, 7)
EARS, TOLD, MINDS = 64, 8, 64


class Spectrum(NamedTuple):
    """Levels over the loudest bin after the onset, in dB, and the width of a bin in Hz."""

    db: F64
    bin_hz: float

    def bin(self, hz: float) -> int:
        """The bin nearest to a frequency, within the spectrum."""
        return min(int(hz / self.bin_hz + 0.5), len(self.db) - 2)


def spectrum(sound: F64, first: int, n: int) -> Spectrum:
    """Of n samples from ``first`` on under a Hann window, zeros outside the sound; in dB."""
    at = np.arange(first, first + n)
    inside = (at >= 0) & (at < len(sound))
    piece = np.where(inside, sound[np.clip(at, 0, len(sound) - 1)], 0.0)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
    length = LONGEST // 2 if n <= LONGEST // 2 else LONGEST
    power = np.abs(np.fft.rfft(piece * window * 2 / n, length)) ** 2
    return Spectrum(10 * np.log10(power + 1e-20), RATE_HZ / length)


def spectra(sound: F64, onset: int) -> tuple[Spectrum, Spectrum, Spectrum, Spectrum]:
    """After the onset, before it, of its attack, and of what came last.

    Parameters
    ----------
    sound : (n,) float64
        All that was heard, at 16 kHz.
    onset : int
        Sample.
    """
    end = min(len(sound), onset + LATEST)
    n = max(end - (onset - LEAD), SHORTEST)
    first = onset - LEAD
    if n > LONGEST:
        n, first = LONGEST, end - LONGEST
    attack = min(max(end - (onset - LEAD), SHORTEST), ATTACK)
    late = max(min(end - first, LATE), SHORTEST)
    four = [
        spectrum(sound, first, n),
        spectrum(sound, onset - GAP - n, n),
        spectrum(sound, onset - LEAD, attack),
        spectrum(sound, end - late, late),
    ]
    loudest = four[0].db[int(LOWEST_BIN_HZ / four[0].bin_hz) :].max()
    after, before, struck, latest = (
        Spectrum(np.clip(one.db - loudest, FLOOR_DB, CEILING_DB), one.bin_hz) for one in four
    )
    return after, before, struck, latest


def peak(of: Spectrum, hz: float) -> tuple[float, int, float]:
    """The loudest bin within 35 cents: its level, which it is, and where its peak lies, +-1."""
    low = max(of.bin(hz * (1 - REACH)), 1)
    high = max(of.bin(hz * (1 + REACH)), low)
    at = low + int(np.argmax(of.db[low : high + 1]))
    left, mid, right = of.db[at - 1 : at + 2]
    bend = left - 2 * mid + right
    part = np.clip(0.5 * (left - right) / bend, -1, 1) if bend < -1e-3 else 0.0
    off = ((at + part) * of.bin_hz - hz) / (hz * REACH)
    return float(mid), at, float(np.clip(off, -1.5, 1.5))


def around(of: Spectrum, hz: float, f0_hz: float) -> float:
    """The mean level around a place, half of f0 either way."""
    width_hz = min(max(0.5 * f0_hz, 60.0), 400.0)
    low, high = of.bin(max(hz - width_hz, 0.0)), of.bin(hz + width_hz)
    return float(of.db[low : high + 1].mean())


def near(of: Spectrum, hz: float) -> float:
    """The loudest of the three bins around a place."""
    at = max(of.bin(hz), 1)
    return float(of.db[at - 1 : at + 2].max())


def pitch_features(four: tuple[Spectrum, ...], pitch: int) -> list[float]:
    """What four spectra say of one pitch, but for what they say of all alike."""
    after, before, struck, latest = four
    f0_hz = 440 * 2 ** ((pitch - 69) / 12)
    partials, attacks = [], []
    for k in range(1, PARTIALS + 1):
        hz = k * f0_hz * (1 + STIFFNESS * k * k)
        if hz > HIGHEST_HZ:
            partials += [FLOOR_DB * PER_DB, 0.0, 0.0, 0.0]
            attacks += [0.0, 0.0]
            continue
        level, at, off = peak(after, hz)
        at_hz = at * after.bin_hz
        rise, height = level - near(before, at_hz), level - around(after, hz, f0_hz)
        partials += [PER_DB * level, PER_DB * rise, PER_DB * height, off]
        attacks += [PER_DB * (near(one, at_hz) - level) for one in (struck, latest)]
    heights = []
    levels = []
    for ratio in BETWEEN:
        hz = ratio * f0_hz
        is_inside = hz <= HIGHEST_HZ
        level = peak(after, hz)[0] if is_inside else FLOOR_DB
        heights.append(PER_DB * (level - around(after, hz, f0_hz)) if is_inside else 0.0)
        levels.append(PER_DB * level)
    return [*partials, *heights, *levels[:2], *attacks[: 2 * ATTACKS]]


def features(sound: F64, onset: int) -> F64:
    """What the nets are told of an onset, (88, 80); arguments as for :func:`spectra`."""
    four = spectra(sound, onset)
    means = [PER_DB * one.db[one.bin(100.0) : one.bin(4000.0)].mean() for one in four[:2]]
    end = min(len(sound), onset + LATEST)
    elapsed = np.log2((end - onset) / RATE_HZ / 0.1)
    out = np.zeros((len(PITCHES), FEATURES))
    for k, pitch in enumerate(PITCHES):
        row = [*pitch_features(four, pitch), (k - 44) / 22, elapsed, means[0], means[0] - means[1]]
        out[k, : len(row)] = row
    return out


def probabilities(told_features: F64, weights: NDArray[np.float32]) -> F64:
    """The two nets' verdict on all pitches, (88,), from :func:`features`."""
    parts, at = [], 0
    n_in = told_features.shape[1]
    context = n_in + (len(STEPS) + 1) * TOLD
    for rows, columns in ((n_in, EARS), (EARS, TOLD), (context, MINDS), (MINDS, 1)):
        w = weights[at : at + rows * columns].astype(np.float64).reshape(rows, columns)
        at += rows * columns
        parts.append((w, weights[at : at + columns].astype(np.float64)))
        at += columns
    ear, tell, mind, last = parts
    told = np.maximum(np.maximum(told_features @ ear[0] + ear[1], 0) @ tell[0] + tell[1], 0)
    padded = np.pad(told, ((36, 36), (0, 0)))
    seen = [padded[36 + step : 36 + step + len(told)] for step in (0, *STEPS)]
    minds = np.maximum(np.hstack([told_features, *seen]) @ mind[0] + mind[1], 0)
    chances: F64 = 1 / (1 + np.exp(-(minds @ last[0] + last[1])[:, 0]))
    return chances
