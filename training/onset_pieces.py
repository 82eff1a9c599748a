"""Melodies whose onsets are known: single notes joined as players join them, and singing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.rooms import convolve, noise, noisy, room_response, roomed
from training.samples import RATE_HZ, Sample
from training.voices import RATE_HZ as VOICE_RATE_HZ
from training.voices import sing

SUSTAINED = (
    "cello",
    "clarinet",
    "flute",
    "french-horn",
    "harmonium",
    "organ",
    "trombone",
    "tuba",
    "violin",
)
"""Instruments that can go from note to note without a new attack."""
FURTHEST = 4  # semitones that a sample is transposed by
ONSET_DB = -30.0  # below a note's loudest: where it begins to a listener
QUIET_SEC = 0.6


@dataclass(frozen=True)
class Piece:
    """Sound and when its notes begin.

    Attributes
    ----------
    name : str
        The instrument, or ``voice``.
    sound : (n,) float32
    rate_hz : float
    onset_sec : (k,) float64
        Ascending.
    pitch : (k,) float64
        MIDI pitches with their fractions.
    """

    name: str
    sound: np.ndarray
    rate_hz: float
    onset_sec: np.ndarray
    pitch: np.ndarray


def sung_piece(rng: np.random.Generator, speakers: Sequence[str]) -> Piece:
    """A phrase of singing by one of some voices, recorded somewhere."""
    sung = sing(rng, int(rng.integers(10, 20)), speakers)
    sound = _recorded(rng, sung.sound, VOICE_RATE_HZ)
    return Piece("voice", sound, VOICE_RATE_HZ, sung.onset_sec, sung.pitch)


def played_piece(
    rng: np.random.Generator, notes: Sequence[Sample], others: Sequence[Sample], seconds: float
) -> Piece:
    """A melody of one instrument, recorded somewhere.

    Parameters
    ----------
    rng : numpy.random.Generator
    notes : sequence of Sample
        Of one instrument.
    others : sequence of Sample
        What may sound softly beneath.
    seconds : float
        About how long.
    """
    name = notes[0].instrument
    sound = np.zeros(int((seconds + 3.0) * RATE_HZ), np.float32)
    at_sec = rng.uniform(0.2, 0.8)
    onsets: list[float] = []
    pitches: list[float] = []
    low, high = min(n.pitch for n in notes), max(n.pitch for n in notes)
    pitch = int(rng.integers(low, high + 1))
    pace_sec = np.exp(rng.uniform(np.log(0.14), np.log(0.6)))
    style = rng.choice(["detached", "joined", "ringing"], p=[0.3, 0.45, 0.25])
    slurs = rng.uniform(0.1, 0.5) if name in SUSTAINED and style == "joined" else 0.0
    while at_sec < seconds:
        length_sec = max(0.08, pace_sec * rng.choice([0.5, 1, 1, 1, 1.5, 2, 4]))
        is_slurred = bool(onsets and rng.uniform() < slurs and pitch != round(pitches[-1]))
        note, delay_sec = _note(rng, notes, pitch, is_slurred)
        level = 10 ** (rng.normal(0, 3.0) / 20)
        sounds_sec, fade_sec = _ending(rng, style, length_sec)
        cut = note[: int((sounds_sec + fade_sec) * RATE_HZ)].copy()
        fade = min(len(cut), int(fade_sec * RATE_HZ))
        cut[len(cut) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
        start = int(at_sec * RATE_HZ)
        there = sound[start : start + len(cut)]
        there += level * cut[: len(there)]
        onsets.append(at_sec + delay_sec)
        pitches.append(float(pitch))
        at_sec += length_sec + (rng.uniform(0.1, QUIET_SEC) if rng.uniform() < 0.12 else 0.0)
        pitch = _next_pitch(rng, pitch, low, high)
    sound /= max(float(np.abs(sound).max()), 1e-6)
    if rng.uniform() < 0.15:
        sound = sound + _beneath(rng, others, len(sound))
    if rng.uniform() < 0.15:
        sound = sound + _knocks(rng, len(sound))
    return Piece(name, _recorded(rng, sound, RATE_HZ), RATE_HZ, np.array(onsets), np.array(pitches))


def _next_pitch(rng: np.random.Generator, pitch: int, low: int, high: int) -> int:
    if rng.uniform() < 0.06:
        return int(rng.integers(low, high + 1))
    share = [0.15, 0.2, 0.25, 0.12, 0.1, 0.08, 0.06, 0.04]
    step = int(rng.choice([0, 1, 2, 3, 4, 5, 7, 12], p=share))
    return int(np.clip(pitch + step * rng.choice([-1, 1]), low, high))


def _ending(rng: np.random.Generator, style: str, length_sec: float) -> tuple[float, float]:
    """How long a note sounds, and how long it then fades, in seconds."""
    if style == "detached":
        return length_sec * rng.uniform(0.4, 0.9), rng.uniform(0.01, 0.08)
    if style == "joined":
        return length_sec - rng.uniform(-0.01, 0.03), rng.uniform(0.01, 0.06)
    return length_sec + rng.uniform(0.0, 0.8), rng.uniform(0.1, 0.5)


def _note(
    rng: np.random.Generator, notes: Sequence[Sample], pitch: int, is_slurred: bool
) -> tuple[np.ndarray, float]:
    """A note's sound, transposed from a sample near it, and when in it the note begins."""
    near = [n for n in notes if abs(n.pitch - pitch) <= FURTHEST]
    near = near or [min(notes, key=lambda n: abs(n.pitch - pitch))]
    sample = near[int(rng.integers(len(near)))]
    sound = sample.sound()
    semitones = pitch + rng.normal(0, 0.12) - sample.pitch
    at = np.arange(int(len(sound) / 2 ** (semitones / 12))) * 2 ** (semitones / 12)
    if sample.instrument in SUSTAINED and rng.uniform() < 0.35:
        time_sec = np.arange(len(at)) / RATE_HZ
        depth = rng.uniform(0.1, 0.5) * np.clip((time_sec - 0.15) / 0.2, 0, 1)  # semitones
        rate_hz = rng.uniform(4.5, 7.0)
        wave = np.sin(2 * np.pi * rate_hz * time_sec)
        at = at + depth * wave * np.log(2) / 12 / (2 * np.pi * rate_hz) * RATE_HZ
    out = np.interp(at, np.arange(len(sound)), sound).astype(np.float32)
    out /= max(float(np.abs(out).max()), 1e-6)
    if is_slurred:
        out = out[int(rng.uniform(0.08, 0.2) * RATE_HZ) :]
        fade = int(rng.uniform(0.01, 0.06) * RATE_HZ)
        out[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)[: len(out)]
        return out, fade / 2 / RATE_HZ
    level = np.abs(out[:RATE_HZ])
    return out, float(np.argmax(level >= level.max() * 10 ** (ONSET_DB / 20))) / RATE_HZ


def _beneath(rng: np.random.Generator, others: Sequence[Sample], n: int) -> np.ndarray:
    """Chords of another instrument, 10 to 25 dB softer: their onsets are not the melody's."""
    out = np.zeros(n, np.float32)
    at = 0
    while at < n:
        root = int(rng.integers(40, 70))
        for step in (0, *rng.choice([3, 4, 7, 12], 2, replace=False)):
            sample = min(others, key=lambda s, p=root + step: abs(s.pitch - p))  # type: ignore[misc]
            sound = sample.sound()[: n - at]
            out[at : at + len(sound)] += sound
        at += int(rng.uniform(0.3, 1.2) * RATE_HZ)
    gain = 10 ** (rng.uniform(-25, -10) / 20)
    return out * np.float32(gain / max(float(np.abs(out).max()), 1e-6))


def _knocks(rng: np.random.Generator, n: int) -> np.ndarray:
    """Clicks of a metronome and knocks: sounds that are no notes."""
    out = np.zeros(n, np.float32)
    for _ in range(int(n / RATE_HZ * rng.uniform(0.2, 1.5))):
        length = int(rng.uniform(0.003, 0.03) * RATE_HZ)
        time_sec = np.arange(length) / RATE_HZ
        fade = np.exp(-time_sec / rng.uniform(0.002, 0.01))
        if rng.uniform() < 0.5:
            knock = np.sin(2 * np.pi * rng.uniform(700, 4000) * time_sec) * fade
        else:
            knock = (
                convolve(noise(rng, length, RATE_HZ, "pink"), fade[:64].astype(np.float32)) * fade
            )
        at = int(rng.integers(0, n - length))
        peak = max(float(np.abs(knock).max()), 1e-6)
        out[at : at + length] += (10 ** (rng.uniform(-30, -6) / 20) * knock / peak).astype(
            np.float32
        )
    return out


def _recorded(rng: np.random.Generator, sound: np.ndarray, rate_hz: float) -> np.ndarray:
    """In a room, with noise, at some level."""
    if rng.uniform() < 0.45:
        sound = roomed(rng, sound, rate_hz)
    elif rng.uniform() < 0.3:
        rt60_sec = rng.uniform(0.2, 1.0)
        sound = convolve(sound, room_response(rng, rate_hz, rt60_sec, rng.uniform(3, 12)))
    sound = sound / max(float(np.abs(sound).max()), 1e-6)
    snr_db = rng.uniform(5, 45) if rng.uniform() < 0.55 else 70.0
    gain = 10 ** (rng.uniform(-30, -1) / 20)
    out: np.ndarray = gain * noisy(rng, sound.astype(np.float32), rate_hz, snr_db)
    return out.astype(np.float32)
