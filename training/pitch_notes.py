"""Single notes whose frequency is known at every instant: recorded ones and made ones."""

from dataclasses import dataclass

import numpy as np

from native.pitch import Pitch
from training.rooms import convolve
from training.samples import RATE_HZ as RECORDED_HZ
from training.samples import Sample

RATE_HZ = 16000
PURE_SHARE = 0.12  # of the made instruments: hardly more than a sine
SILENT_DB = -32.0  # below its peak a note no longer counts as sounding
_CLEAN_HZ = 7000.0  # recorded notes are cut here, so that reading them slower or faster is clean


@dataclass(frozen=True)
class Recording:
    """A recorded note with its pitch along the way.

    Attributes
    ----------
    instrument : str
    sound : (n,) float32
        At 44.1 kHz from its onset on, peak 1.
    f0_hz : (m,) float64
        Every 4 ms.
    """

    instrument: str
    sound: np.ndarray
    f0_hz: np.ndarray


def recording(sample: Sample) -> Recording:
    """Measure a sample's pitch along the way, within a semitone of what it is as a whole."""
    sound = _low_passed(sample.sound())
    sound = sound / max(float(np.abs(sound).max()), 1e-6)
    span = sample.f0_hz * 2 ** (-1 / 12), sample.f0_hz * 2 ** (1 / 12)
    frames = Pitch(float(RECORDED_HZ), *span, None).process(np.ascontiguousarray(sound, np.float32))
    raw = np.interp(
        np.arange(0, len(sound) / RECORDED_HZ, 0.004), frames["time_sec"], frames["f0_hz"]
    )
    steady = np.abs(np.log2(raw / np.median(raw))) < 0.6 / 12
    raw = np.interp(np.arange(len(raw)), np.flatnonzero(steady), raw[steady])
    return Recording(sample.instrument, sound.astype(np.float32), _median(raw, 9))


def _low_passed(sound: np.ndarray) -> np.ndarray:
    spectrum = np.fft.rfft(sound)
    freq_hz = np.fft.rfftfreq(len(sound), 1 / RECORDED_HZ)
    return np.asarray(np.fft.irfft(spectrum / (1 + (freq_hz / _CLEAN_HZ) ** 16), len(sound)))


def _median(values: np.ndarray, width: int) -> np.ndarray:
    padded = np.pad(values, width // 2, mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(padded, width)
    return np.asarray(np.median(views, axis=1))


def bend(rng: np.random.Generator, n: int, glide_from: float = 0.0) -> np.ndarray:
    """A course of pitch in semitones about a note: vibrato, drift, a scoop or a glide into it."""
    t = np.arange(n) / RATE_HZ
    course = np.full(n, rng.normal(0, 0.15))
    if rng.uniform() < 0.4:
        depth, rate = rng.uniform(0.05, 0.7), rng.uniform(4.0, 7.5)
        begins = rng.uniform(0, 0.3)
        swell = np.clip((t - begins) / 0.2, 0, 1)
        course += swell * depth * np.sin(2 * np.pi * (rate * t + rng.uniform()))
    if rng.uniform() < 0.3:
        course += rng.normal(0, 0.3) * t / max(t[-1], 0.1)
    if glide_from:
        course += glide_from * np.exp(-t / rng.uniform(0.01, 0.05))
    elif rng.uniform() < 0.15:
        course += rng.uniform(-2, 0.5) * np.exp(-t / rng.uniform(0.02, 0.06))
    return course


def played(source: Recording, course: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A recorded note read along a course of semitones: sound and f0 at 16 kHz; may end early."""
    ratio = 2 ** (course / 12)
    position = np.concatenate([[0.0], np.cumsum(ratio[:-1])]) * (RECORDED_HZ / RATE_HZ)
    position = position[position < len(source.sound) - 3]
    f0_hz = np.interp(position / RECORDED_HZ / 0.004, np.arange(len(source.f0_hz)), source.f0_hz)
    return _cubic(source.sound, position), f0_hz * ratio[: len(position)]


def _cubic(sound: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Values between samples by Catmull and Rom's cubic."""
    at = np.clip(position.astype(int), 1, len(sound) - 3)
    u = position - at
    a, b, c, d = (sound[at + k] for k in (-1, 0, 1, 2))
    return np.asarray(
        b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))
    )


@dataclass(frozen=True)
class Timbre:
    """How a made instrument sounds: what its partials weigh and how they come and go."""

    gains: np.ndarray  # (partials,) at the lowest pitch
    formant_hz: np.ndarray
    formant_db: np.ndarray
    formant_octaves: np.ndarray
    stiffness: float  # partials of a string: k f0 sqrt(1 + stiffness k^2)
    decay_sec: float  # inf: held
    attack_sec: float
    breath: float
    under_gain: float  # of a weak tone at a part of f0, as of a flute; 0: none
    under_part: int


def timbre(rng: np.random.Generator) -> Timbre:
    """An instrument that does not exist."""
    k = np.arange(1, 41)
    gains = k ** -rng.uniform(0.3, 2.2) * 10 ** (rng.normal(0, rng.uniform(1, 7), 40) / 20)
    if rng.uniform() < 0.2:
        gains[1::2] *= 10 ** (rng.uniform(-35, -6) / 20)
    if rng.uniform() < 0.2:
        gains[0] *= 10 ** (rng.uniform(-30, -3) / 20)
    if rng.uniform() < 0.1:
        gains[1:] *= 10 ** (rng.uniform(-40, -12) / 20)
    n = int(rng.integers(0, 6))
    if rng.uniform() < PURE_SHARE:
        gains[1:] *= 10 ** (rng.uniform(-80, -15) / 20)
        n = 0
    plucked = rng.uniform() < 0.45
    return Timbre(
        gains,
        np.exp(rng.uniform(np.log(200), np.log(6000), n)),
        rng.uniform(-6, 20, n),
        rng.uniform(0.15, 0.6, n),
        float(np.exp(rng.uniform(np.log(1e-6), np.log(8e-4)))) if plucked else 0.0,
        float(np.exp(rng.uniform(np.log(0.15), np.log(3.0)))) if plucked else np.inf,
        rng.uniform(0.001, 0.008)
        if plucked
        else float(np.exp(rng.uniform(np.log(0.004), np.log(0.08)))),
        10 ** (rng.uniform(-60, -14) / 20),
        10 ** (rng.uniform(-45, -24) / 20) if rng.uniform() < 0.3 else 0.0,
        int(rng.choice([2, 2, 3])),
    )


def made(
    rng: np.random.Generator, kind: Timbre, pitch: float, course: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A note of a made instrument along a course of semitones: sound and f0 at 16 kHz."""
    f0_hz = 440 * 2 ** ((pitch + course - 69) / 12)
    phase = 2 * np.pi * np.cumsum(f0_hz) / RATE_HZ
    t = np.arange(len(course)) / RATE_HZ
    stretch = np.sqrt((1 + kind.stiffness * np.arange(1, 41) ** 2) / (1 + kind.stiffness))
    gains = _gains_at(kind, float(f0_hz.mean()) * np.arange(1, 41) * stretch)
    sound = np.zeros(len(course))
    for k in range(1, 1 + int(np.count_nonzero(gains))):
        fade = np.exp(-t / kind.decay_sec * k**0.6) if np.isfinite(kind.decay_sec) else 1.0
        wave = np.sin(stretch[k - 1] * k * phase + rng.uniform(0, 2 * np.pi))
        sound += gains[k - 1] * fade * wave
    sound *= 1 - np.exp(-t / kind.attack_sec)
    sound /= max(float(np.abs(sound).max()), 1e-9)
    breath = rng.standard_normal(len(t)) * (1 - np.exp(-t / kind.attack_sec))
    return sound + kind.breath * breath + _under(rng, kind, phase), f0_hz


def _gains_at(kind: Timbre, partial_hz: np.ndarray) -> np.ndarray:
    """What each partial weighs there, formants and all; 0 from the Nyquist rate on.

    The odd ones together are never weaker than the even ones by more than 12 dB: else the truth
    would be an octave higher.
    """
    level_db = np.zeros(len(partial_hz))
    for f, d, w in zip(kind.formant_hz, kind.formant_db, kind.formant_octaves, strict=True):
        level_db += d * np.exp(-0.5 * (np.log2(partial_hz / f) / w) ** 2)
    gains = np.where(partial_hz < 7600, kind.gains * 10 ** (level_db / 20), 0.0)
    odd, even = np.sum(gains[0::2] ** 2), np.sum(gains[1::2] ** 2)
    if odd < 0.06 * even:
        gains[0::2] *= np.sqrt(0.06 * even / max(float(odd), 1e-12))
    return gains


def _under(rng: np.random.Generator, kind: Timbre, phase: np.ndarray) -> np.ndarray:
    """A weak, unsteady tone at a half or a third of f0 and its next partials."""
    if not kind.under_gain:
        return np.zeros(len(phase))
    swell = np.interp(
        np.arange(len(phase)),
        np.linspace(0, len(phase), 3 + len(phase) // 800),
        rng.uniform(0, 1, 3 + len(phase) // 800),
    )
    tones = [k for k in range(1, 2 * kind.under_part) if k % kind.under_part]
    return kind.under_gain * swell * sum(np.sin(k / kind.under_part * phase) for k in tones)


def burst(rng: np.random.Generator, n: int) -> np.ndarray:
    """A consonant, a breath or a knock: noise of some colour, (n,), peak 1."""
    taps = np.exp(-np.arange(32) / rng.uniform(0.5, 12)) * rng.choice([-1, 1], 32)
    noise = convolve(rng.standard_normal(n), taps)
    noise *= np.sin(np.pi * (np.arange(n) + 0.5) / n) ** rng.uniform(0.2, 2)
    return noise / max(float(np.abs(noise).max()), 1e-9)


def sounding(sound: np.ndarray) -> np.ndarray:
    """Whether a note still sounds: its level of 10 ms against its loudest, (n,) bool."""
    width = RATE_HZ // 100
    level = np.sqrt(np.convolve(sound**2, np.ones(width) / width, mode="same"))
    return np.asarray(level > level.max(initial=0.0) * 10 ** (SILENT_DB / 20))
