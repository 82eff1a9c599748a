"""Is a recorded note really of the pitch that its file is named after?"""

import numpy as np

WINDOW_SEC = 0.4
SKIP_SEC = 0.06  # the attack: noise and a bent pitch
WITHIN_CENTS = 80.0
FINE = 8  # lags a sample
LOWEST_HZ, HIGHEST_HZ = 25.0, 4500.0
AS_GOOD = 0.92  # a shorter lag this good is the period: longer ones are its multiples
FUNDAMENTAL_FROM = 84  # from here up a spectrum's peak is told more surely than a lag


def hz(pitch: float) -> float:
    """Equal temperament, A4 = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def cents_off(f0_hz: float, pitch: int) -> float:
    """How far a frequency is from a pitch, in cents."""
    return float(1200 * np.log2(f0_hz / hz(pitch)))


def measured_f0_hz(sound: np.ndarray, rate_hz: int, pitch: int) -> float | None:
    """The note's f0 if that is within 80 cents of the pitch labelled, else None.

    Parameters
    ----------
    sound : (n,) float32
        The note from its onset on.
    rate_hz : int
        Samples a second.
    pitch : int
        The MIDI pitch it is said to be.

    Returns
    -------
    float or None
        Hz; None where another octave or note is heard, or nothing periodic.
    """
    start = int(SKIP_SEC * rate_hz)
    part = sound[start : start + int(WINDOW_SEC * rate_hz)].astype(np.float64)
    if len(part) < rate_hz // 10 or np.abs(part).max() < 1e-4:
        return None
    part = (part - part.mean()) * np.hanning(len(part))
    f0_hz = _highest_partial(part, rate_hz) if pitch >= FUNDAMENTAL_FROM else _period(part, rate_hz)
    return f0_hz if f0_hz and abs(cents_off(f0_hz, pitch)) <= WITHIN_CENTS else None


def _period(part: np.ndarray, rate_hz: int) -> float | None:
    """The shortest good lag of the normalised autocorrelation (Boersma 1993, eq. 9)."""
    size = 1 << (2 * len(part) - 1).bit_length()
    heard = _lags(part, size)
    window = _lags(np.hanning(len(part)), size)
    first = int(FINE * rate_hz / HIGHEST_HZ)
    last = min(int(FINE * rate_hz / LOWEST_HZ), FINE * len(part) * 3 // 4)
    ratio = heard[:last] / heard[0] * window[0] / np.maximum(window[:last], 1e-9 * window[0])
    inner = ratio[first : last - 1]
    is_peak = (inner > ratio[first - 1 : last - 2]) & (inner >= ratio[first + 1 : last])
    lags = np.nonzero(is_peak)[0] + first
    if not len(lags):
        return None
    good = lags[ratio[lags] >= AS_GOOD * ratio[lags].max()]
    return float(FINE * rate_hz / good[0]) if ratio[good[0]] > 0.3 else None


def _lags(part: np.ndarray, size: int) -> np.ndarray:
    """The autocorrelation at FINE lags a sample."""
    power = np.abs(np.fft.rfft(part, size)) ** 2
    return np.fft.irfft(power, size * FINE)[: size * FINE // 2]


def _highest_partial(part: np.ndarray, rate_hz: int) -> float:
    """The strongest partial's frequency, by a parabola through the log spectrum."""
    size = 1 << (4 * len(part)).bit_length()
    level = np.log(np.abs(np.fft.rfft(part, size)) + 1e-12)
    k = int(np.argmax(level[1:-1])) + 1
    low, mid, high = level[k - 1 : k + 2]
    return float((k + 0.5 * (low - high) / (low - 2 * mid + high)) * rate_hz / size)
