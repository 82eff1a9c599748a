"""Clips of melodies whose pitch is known every 4 ms: notes joined, in rooms, noise and bleed."""

from dataclasses import dataclass

import numpy as np

from training.pitch_notes import (
    RATE_HZ,
    Recording,
    bend,
    burst,
    made,
    played,
    sounding,
    timbre,
)
from training.rooms import noise, roomed

CLIP_SEC = 5.0
HOP = 64
UNSCORED = -1.0
NOTHING_SHARE = 0.06  # of the clips, where there is noise alone


@dataclass(frozen=True)
class Clip:
    """Sound and what is true of it.

    Attributes
    ----------
    sound : (n,) float32
        At 16 kHz.
    f0_hz : (n // 64,) float64
        At the end of each hop; 0 where nothing sounds, -1 where it is not certain.
    age_sec : (n // 64,) float64
        Since the note began.
    has_bleed : bool
        Chords of another instrument sound beside it.
    """

    sound: np.ndarray
    f0_hz: np.ndarray
    age_sec: np.ndarray
    has_bleed: bool


def clip(rng: np.random.Generator, instruments: dict[str, list[Recording]]) -> Clip:
    """One clip: a melody of a recorded or a made instrument under drawn conditions."""
    n = int(CLIP_SEC * RATE_HZ)
    sound, f0_hz, age_sec = _melody(rng, instruments, n)
    if rng.uniform() < NOTHING_SHARE:
        sound, f0_hz = np.zeros(n), np.zeros(n)
    level = _active_rms(sound)
    if rng.uniform() < 0.5:
        sound = roomed(rng, sound, RATE_HZ)
    has_bleed = bool(rng.uniform() < 0.35)
    if has_bleed:
        other = _chords(rng, instruments["piano"], n)
        gain = level / _active_rms(other) * 10 ** (-rng.uniform(7, 20) / 20)
        sound = sound + gain * other
    if rng.uniform() < 0.65:
        snr_db = rng.uniform(-4, 32)
        colour = str(rng.choice(["pink", "pink", "room", "white", "brown", "blue", "hum"]))
        sound = sound + level * 10 ** (-snr_db / 20) * noise(rng, n, RATE_HZ, colour)
    else:
        sound = sound + level * 10 ** (-rng.uniform(45, 80) / 20) * noise(rng, n, RATE_HZ, "pink")
    if rng.uniform() < 0.2:
        sound = sound + level * _thumps(rng, n)
    sound = sound * (10 ** (rng.uniform(-34, -1) / 20) / max(float(np.abs(sound).max()), 1e-9))
    ends = np.arange(HOP - 1, n, HOP)
    return Clip(sound.astype(np.float32), f0_hz[ends], age_sec[ends], has_bleed)


def _thumps(rng: np.random.Generator, n: int) -> np.ndarray:
    """A touched microphone: steps and dull knocks, some louder than the melody."""
    out = np.zeros(n)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, n - 1))
        t = np.arange(n - at) / RATE_HZ
        gain = rng.choice([-1, 1]) * 10 ** (rng.uniform(-20, 10) / 20)
        if rng.uniform() < 0.4:
            out[at:] += gain
        else:
            wave = np.cos(2 * np.pi * rng.uniform(5, 90) * t + rng.uniform(0, 6))
            out[at:] += gain * np.exp(-t / rng.uniform(0.005, 0.05)) * wave
    return out


def _active_rms(sound: np.ndarray) -> float:
    """Level while something sounds: of the 50 ms within 20 dB of the loudest."""
    width = RATE_HZ // 20
    rms = np.sqrt(np.mean(sound[: len(sound) // width * width].reshape(-1, width) ** 2, axis=1))
    return max(float(np.sqrt(np.mean(rms[rms >= 0.1 * rms.max()] ** 2))), 1e-2)


def _melody(
    rng: np.random.Generator, instruments: dict[str, list[Recording]], n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Notes one after another: sound, f0 and age of every sample."""
    sound, f0_hz, age_sec = np.zeros(n), np.zeros(n), np.full(n, 9.0)
    source = None if rng.uniform() < 0.45 else instruments[str(rng.choice(sorted(instruments)))]
    kind = timbre(rng)
    low = rng.uniform(21, 90) if rng.uniform() < 0.75 else rng.uniform(21, 36)
    high = min(108.0, low + rng.uniform(7, 26))
    gap_share, pace = rng.uniform(0, 0.8), np.exp(rng.uniform(np.log(0.12), np.log(0.9)))
    at = int(rng.uniform(0, 0.6) * RATE_HZ)
    pitch = rng.uniform(low, high)
    while at < n - 800:
        before = pitch
        pitch = (
            float(np.clip(pitch + rng.normal(0, 4), low, high)) if rng.uniform() < 0.9 else pitch
        )
        length = int(np.clip(pace * np.exp(rng.normal(0, 0.5)), 0.07, 3.0) * RATE_HZ)
        glide = before - pitch if rng.uniform() < 0.12 and at > 0 else 0.0
        note, note_hz = _note(rng, source, kind, pitch, length, glide)
        is_legato = rng.uniform() > gap_share
        _add(rng, (sound, f0_hz, age_sec), at, note, note_hz, is_legato)
        at += len(note)
        if not is_legato:
            gap = int(np.exp(rng.uniform(np.log(0.02), np.log(0.8))) * RATE_HZ)
            if rng.uniform() < 0.25 and at + gap < n:
                sound[at : at + gap] += 10 ** (rng.uniform(-35, -6) / 20) * burst(rng, gap)
            at += gap
    return sound, f0_hz, age_sec


def _note(
    rng: np.random.Generator,
    source: list[Recording] | None,
    kind: "object",
    pitch: float,
    length: int,
    glide: float,
) -> tuple[np.ndarray, np.ndarray]:
    course = bend(rng, length, glide)
    if source is None:
        return made(rng, kind, pitch, course)  # type: ignore[arg-type]
    spans = np.array([69 + 12 * np.log2(np.median(one.f0_hz) / 440) for one in source])
    nearest = np.argsort(np.abs(spans - pitch))[: int(rng.integers(1, 4))]
    one = source[int(rng.choice(nearest))]
    return played(one, course + rng.uniform(-0.6, 0.6))


def _add(
    rng: np.random.Generator,
    clip_arrays: tuple[np.ndarray, np.ndarray, np.ndarray],
    at: int,
    note: np.ndarray,
    note_hz: np.ndarray,
    is_legato: bool,
) -> None:
    """Put a note in; it fades over its last milliseconds, or into the next one's first."""
    sound, f0_hz, age_sec = clip_arrays
    fade = int(np.exp(rng.uniform(np.log(0.004), np.log(0.06))) * RATE_HZ)
    fade = min(fade, len(note) // 3)
    out = note * 10 ** (rng.normal(0, 3) / 20)
    if fade:
        out[-fade:] = out[-fade:] * np.linspace(1, 0, fade)
    end = min(at + len(out), len(sound))
    heard = sounding(out)
    sound[at:end] += out[: end - at]
    truth = np.where(heard, note_hz, 0.0 if not is_legato else UNSCORED)
    quiet_tail = ~heard & (np.arange(len(out)) > len(out) // 2)
    truth[quiet_tail] = UNSCORED
    if not is_legato and fade:
        truth[-fade // 2 :] = UNSCORED
    f0_hz[at:end] = truth[: end - at]
    first = int(np.argmax(heard))
    age_sec[at:end] = (np.arange(end - at) - first) / RATE_HZ


def _chords(rng: np.random.Generator, source: list[Recording], n: int) -> np.ndarray:
    """Chords of another instrument in the room, each ringing on for a while."""
    sound = np.zeros(n)
    pitches = np.array([69 + 12 * np.log2(np.median(one.f0_hz) / 440) for one in source])
    at = 0
    while at < n:
        length = int(rng.uniform(0.25, 1.3) * RATE_HZ)
        root = rng.uniform(40, 74)
        for step in rng.choice(
            [0, 3, 4, 7, 10, 12, 16, 19], int(rng.integers(2, 5)), replace=False
        ):
            nearest = np.argsort(np.abs(pitches - root - step))[:4]
            one = source[int(rng.choice(nearest))]
            note, _ = played(one, np.zeros(min(int(length * 1.15), n - at)))
            note[-800:] *= np.linspace(1, 0, len(note[-800:]))
            sound[at : at + len(note)] += note * 10 ** (rng.normal(0, 2) / 20)
        at += length
    return sound
