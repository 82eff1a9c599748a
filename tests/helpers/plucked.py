"""Plucked strings, made up: chords whose truth is known."""

import numpy as np

RATE_HZ = 44100
RING_SEC = 4.0  # then a string is fainter than the room


def plucked(pitch, seconds, loud=0.1):
    """A string: partials that fall off and decay, the higher the quicker."""
    time_sec = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    f0_hz = 440 * 2 ** ((pitch - 69) / 12)
    out = np.zeros(len(time_sec))
    for k in range(1, 20):
        hz = k * f0_hz * np.sqrt(1 + 1e-4 * k * k)
        if hz < 7500:
            gain = k**-1.2 * (0.1 + abs(np.sin(0.37 * k)))
            out += gain * np.exp(-time_sec * (2 + hz / 600)) * np.sin(2 * np.pi * hz * time_sec + k)
    return loud * out * (1 - np.exp(-time_sec / 0.002))


def played(chords, seconds):
    """Chords as (onset_sec, pitches), over faint noise."""
    out = 1e-4 * np.random.default_rng(3).standard_normal(int(seconds * RATE_HZ))
    ring_sec = min(seconds, RING_SEC)
    strings = {pitch: plucked(pitch, ring_sec) for _, pitches in chords for pitch in pitches}
    for onset_sec, pitches in chords:
        at = int(onset_sec * RATE_HZ)
        for pitch in pitches:
            heard = out[at : at + len(strings[pitch])]
            heard += strings[pitch][: len(heard)]
    return out.astype(np.float32)
