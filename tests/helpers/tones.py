"""Sound of notes whose truth is known: harmonic tones, plucked or blown."""

import numpy as np

RATE_HZ = 44100.0


def hz(pitch):
    return 440.0 * 2 ** ((np.asarray(pitch, float) - 69) / 12)


def tone(pitches, partials=12, seed=1, rate_hz=RATE_HZ):
    """A harmonic tone along a contour of MIDI pitches, one a sample, at full level."""
    phase = 2 * np.pi * np.cumsum(hz(pitches)) / rate_hz + seed
    top_hz = float(hz(pitches).max())
    numbers = [k for k in range(1, partials + 1) if k * top_hz < 0.45 * rate_hz]
    return sum(np.sin(k * phase + k * k * seed) / k**1.2 for k in numbers)


def shaped(sound, attack_sec=0.01, decay_sec=np.inf, release_sec=0.02, rate_hz=RATE_HZ):
    """A tone with an attack, a decay and a release."""
    time_sec = np.arange(len(sound)) / rate_hz
    left_sec = time_sec[::-1]
    envelope = np.minimum(1, time_sec / attack_sec) * np.minimum(1, left_sec / release_sec)
    return sound * envelope * np.exp(-time_sec / decay_sec)


def melody(notes, end_sec, level=0.2, decay_sec=0.4, rate_hz=RATE_HZ, noise=1e-4, **shape):
    """Notes (onset_sec, duration_sec, pitch) as plucked tones over faint noise, float32."""
    out = noise * np.random.default_rng(7).standard_normal(int(end_sec * rate_hz))
    for k, (onset_sec, duration_sec, pitch) in enumerate(notes):
        start, length = int(onset_sec * rate_hz), int(duration_sec * rate_hz)
        sound = shaped(
            tone(np.full(length, float(pitch)), seed=k + 1, rate_hz=rate_hz),
            decay_sec=decay_sec,
            rate_hz=rate_hz,
            **shape,
        )
        out[start : start + length] += level * sound[: len(out) - start]
    return out.astype(np.float32)
