"""Rooms and rates, made as simply as they can be told."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

DIRECT_DB = 0.0
"""Level of the direct sound beside that of all reflections: some two metres away."""


def impulse_response(rate_hz: int, rt60_sec: float, seed: int = 1) -> NDArray[np.float64]:
    """The direct sound, then noise that decays by 60 dB in ``rt60_sec``, highs sooner than lows.

    References
    ----------
    Moorer (1979), Computer Music Journal 3(2): a concert hall's response is close to white noise
    under an exponential; reflections of less than 5 ms are left out.
    """
    rng = np.random.default_rng(seed)
    n = int(1.2 * rt60_sec * rate_hz)
    time_sec = np.arange(n) / rate_hz
    decay = 10 ** (-3 * time_sec / rt60_sec)
    bright = rng.standard_normal(n) * decay**1.8
    dark = np.convolve(rng.standard_normal(n), np.ones(8) / np.sqrt(8), "same") * decay
    tail = (bright + dark) * (time_sec > 0.005)
    tail *= 10 ** (-DIRECT_DB / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return np.asarray(tail)


def in_room(samples: NDArray[Any], rate_hz: int, rt60_sec: float) -> tuple[F32, int]:
    """The sound in a room, as loud as before."""
    response = impulse_response(rate_hz, rt60_sec)
    size = 1 << (len(samples) + len(response)).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    wet = np.fft.irfft(spectrum, size)[: len(samples)]
    level = np.sqrt(np.mean(samples.astype(np.float64) ** 2) / np.mean(wet**2))
    return (wet * level).astype(np.float32), rate_hz


def resampled(samples: F32, rate_hz: int, wanted_hz: int) -> F32:
    """At another rate, by scipy's polyphase filter."""
    common = np.gcd(rate_hz, wanted_hz)
    signal = import_module("scipy.signal")
    out = signal.resample_poly(samples, wanted_hz // common, rate_hz // common)
    return np.asarray(out, np.float32)
