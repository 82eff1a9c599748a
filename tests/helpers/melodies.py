"""Melodies as sound: plucked strings whose pitches and onsets are known."""

import numpy as np

RATE_HZ = 48_000


def hz(pitch, cents=0.0):
    return 440.0 * 2 ** ((pitch - 69 + cents / 100) / 12)


def string(f0_hz, duration_sec, rate_hz=RATE_HZ):
    """A plucked string: harmonics that fade, the higher ones sooner."""
    t = np.arange(int(duration_sec * rate_hz)) / rate_hz
    sound = np.zeros_like(t)
    for k in range(1, 8):
        if k * f0_hz < rate_hz / 2:
            sound += np.exp(-t * (1.0 + k)) / k * np.sin(2 * np.pi * k * f0_hz * t)
    fade = min(len(t), 500)
    sound[len(t) - fade :] *= np.linspace(1, 0, fade)
    return 0.3 * sound


def mixed(notes, duration_sec, rate_hz=RATE_HZ, cents=0.0):
    """Strings plucked at their times: rows of onset in seconds, pitch and length in seconds."""
    out = np.zeros(int(duration_sec * rate_hz))
    for onset_sec, pitch, length_sec in notes:
        start = int(onset_sec * rate_hz)
        sound = string(hz(pitch, cents), length_sec, rate_hz)[: len(out) - start]
        out[start : start + len(sound)] += sound
    return out.astype(np.float32)


def one_by_one(pitches, note_sec=0.5, rest_sec=0.1, first_sec=0.1):
    """Rows for :func:`mixed`: notes one after the other, with a rest before each but the first."""
    step_sec = note_sec + rest_sec
    return [(first_sec + k * step_sec, pitch, note_sec) for k, pitch in enumerate(pitches)]
