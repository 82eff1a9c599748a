"""Sound to be heard: plucked notes in a quiet room."""

import numpy as np

RATE_HZ = 44_100
NOISE = 1e-4  # of full scale: a room, not a muted microphone


def room(seconds, rate_hz=RATE_HZ, seed=1):
    """Nothing but the room."""
    return NOISE * np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))


def plucked(notes, seconds, rate_hz=RATE_HZ, level=0.25):
    """Notes of (pitch, onset in seconds, duration in seconds) in a room, as float32."""
    sound = room(seconds, rate_hz)
    for pitch, onset_sec, duration_sec in notes:
        begin = round(onset_sec * rate_hz)
        t_sec = np.arange(min(round(duration_sec * rate_hz), len(sound) - begin)) / rate_hz
        partials = np.arange(1, 9)[:, None]
        f0_hz = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
        waves = (np.sin(2 * np.pi * f0_hz * partials * t_sec) / partials).sum(axis=0)
        envelope = np.minimum(1.0, t_sec / 0.003) * np.exp(-t_sec / 0.5)
        fade = np.minimum(1.0, (t_sec[-1] - t_sec) / 0.02)
        sound[begin : begin + len(t_sec)] += level * envelope * fade * waves
    return sound.astype(np.float32)


def struck(notes, seconds, rate_hz=RATE_HZ, level=0.1):
    """The same of stiff strings, whose upper partials are sharp and fade sooner."""
    sound = room(seconds, rate_hz)
    partials = np.arange(1, 9)[:, None]
    for pitch, onset_sec, duration_sec in notes:
        begin = round(onset_sec * rate_hz)
        t_sec = np.arange(min(round(duration_sec * rate_hz), len(sound) - begin)) / rate_hz
        f0_hz = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
        partial_hz = f0_hz * partials * np.sqrt(1.0 + 3e-4 * partials**2)
        waves = np.sin(2 * np.pi * partial_hz * t_sec + partials) / partials
        waves *= np.exp(-t_sec * partials / 0.6)
        envelope = np.minimum(1.0, t_sec / 0.003) * np.minimum(1.0, (t_sec[-1] - t_sec) / 0.02)
        sound[begin : begin + len(t_sec)] += level * envelope * waves.sum(axis=0)
    return sound.astype(np.float32)


def s16le(samples):
    """Full scale is 1."""
    return np.round(32767.0 * np.clip(samples, -1.0, 1.0)).astype("<i2").tobytes()


def f32le(samples):
    """Full scale is 1."""
    return np.asarray(samples, "<f4").tobytes()


def pieces(pcm, n_bytes):
    """Cut bytes, wherever that falls."""
    return [pcm[k : k + n_bytes] for k in range(0, len(pcm), n_bytes)]
