"""The pitch tracker's maps and scores in plain NumPy: slow, obvious, cited; an oracle for tests."""

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

RATE_HZ, HOP, SLOW = 16000, 64, 4
WINDOW_HOPS = (1, 3, 7, 18)
BINS, PAD, ROW = 184, 48, 320
LOW_PITCH, FIRST_FAST = 20.0, 92
FAST_LAGS, SLOW_LAGS = 104, 160
FFT_SAMPLES, SURROUNDINGS, NEAR, DEPTH = 512, 20, 24, 9.0
QUIET, QUIET_LINE = 1e-8, 1e-6
FRESH = 0.12
LAG_TAPS = (-38, -24, -1, 0, 1, 14, 24, 38)
LINE_TAPS = (-1, 1, 0, 24, 38, 48, 56, 62, 67, 72, -24, 14, 32, -38, -14, 10)
KIN_TAPS = (0, -48, -38, -24, 24, 38, 48)
FURTHEST = max(KIN_TAPS)
HIDDEN, SECOND, THIRD, CONTEXT = 24, 8, 8, 16
HALFWAY = (0.6226, -0.1660, 0.0610, -0.0176)


def bin_hz(bins: NDArray[np.int64]) -> F64:
    """Frequency of bins that are half a semitone wide."""
    return np.asarray(440.0 * 2.0 ** ((LOW_PITCH + bins / 2 - 69) / 12))


def inner(samples: F64) -> F64:
    """Sound of the inner rate through the resampler's filter: a Kaiser-windowed sinc of 24 taps."""
    t = np.arange(24) - 11.0
    window = np.i0(6.0 * np.sqrt(np.maximum(0.0, 1 - (t / 12) ** 2))) * (np.abs(t) < 12)
    taps = window * np.sinc(0.9 * t)
    padded = np.concatenate([np.zeros(11), samples])
    return np.correlate(padded, taps / taps.sum(), mode="valid")


def without_constant(x: F64) -> F64:
    """One pole at 10 Hz: y[t] = x[t] - x[t-1] + 0.996 y[t-1]."""
    out = np.zeros(len(x))
    for t in range(len(x)):
        before = (x[t - 1], out[t - 1]) if t else (0.0, 0.0)
        out[t] = np.float32(x[t]) - np.float32(before[0]) + 0.996 * before[1]
    return out


def without_low(x: F64) -> F64:
    """Butterworth's high pass of second order at 200 Hz, by the bilinear transform."""
    w = np.tan(np.pi * 200.0 / RATE_HZ)
    scale = 1 / (1 + np.sqrt(2) * w + w * w)
    a1, a2 = 2 * (w * w - 1) * scale, (1 - np.sqrt(2) * w + w * w) * scale
    out = np.zeros(len(x))
    for t in range(len(x)):
        older = [x[t - k] if t >= k else 0.0 for k in (1, 2)]
        past = [out[t - k] if t >= k else 0.0 for k in (1, 2)]
        out[t] = scale * (x[t] - 2 * older[0] + older[1]) - a1 * past[0] - a2 * past[1]
    return out


def slow(x: F64) -> F64:
    """A quarter of the rate: a sinc of 40 taps at 1750 Hz under Hamming's window."""
    t = np.arange(40) - 19.5
    taps = np.sin(2 * np.pi * 1750 / RATE_HZ * t) / (np.pi * t)
    taps = taps * (0.54 + 0.46 * np.cos(2 * np.pi * t / 40))
    whole = np.convolve(np.concatenate([np.zeros(39), x]), taps / taps.sum(), mode="valid")
    return np.asarray(whole[SLOW - 1 :: SLOW])


def normalised(x: F64, end: int, window: int, lags: int) -> F64:
    """McLeod & Wyvill (2005) eq. 8 over the last samples before end, twice as fine as the lags."""
    past = np.concatenate([np.zeros(window + lags), x[:end]])
    now = past[len(past) - window :]
    raw = np.empty(lags)
    for lag in range(lags):
        then = past[len(past) - window - lag : len(past) - lag]
        raw[lag] = 2 * np.sum(now * then) / (np.sum(now**2) + np.sum(then**2) + QUIET * window)
    padded = np.concatenate([raw[3:0:-1], raw, np.full(4, raw[-1])])
    between = sum(
        h * (padded[3 - k : 3 - k + lags] + padded[4 + k : 4 + k + lags])
        for k, h in enumerate(HALFWAY)
    )
    return np.stack([raw, between], axis=1).ravel()


def cell_value(grid: F64, place: float) -> float:
    """The largest value within a quarter semitone of a place on the grid."""
    width, at = 2 ** (0.25 / 12), int(place)
    inside = grid[int(np.ceil(place / width)) : int(np.floor(place * width)) + 1]
    middle = grid[at] + (place - at) * (grid[at + 1] - grid[at])
    return float(max([middle, *inside]))


def lag_row(fast: F64, slow_grid: F64) -> F64:
    """The map of one window: each bin's value less the least of any shorter lag, if above 0."""
    out = np.zeros(ROW)
    for b, hz in enumerate(bin_hz(np.arange(BINS))):
        grid, rate = (slow_grid, RATE_HZ / SLOW) if b < FIRST_FAST else (fast, RATE_HZ)
        place = 2 * rate / hz
        dip = max(0.0, min(1.0, grid[: int(place) + 1].min()))
        out[PAD + b] = cell_value(grid, place) - dip
    return out


def rise(n: int) -> F64:
    """The first half of Hann's window."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / n))


HALF = FFT_SAMPLES // 2
HANN = np.concatenate([rise(HALF), rise(HALF)[::-1]])
QUICK = np.concatenate([np.zeros(FFT_SAMPLES - 352), rise(288), rise(64)[::-1]])


def power(sound: F64, window: F64) -> F64:
    """Power of the lines of 512 samples under a window; silence before the first one."""
    sound = np.concatenate([np.zeros(FFT_SAMPLES), sound])[-FFT_SAMPLES:]
    return np.asarray(np.abs(np.fft.rfft(sound * window)) ** 2 + QUIET_LINE)


def line_row(lines: F64, rate_hz: float, low_hz: float, high_hz: float) -> F64:
    """The map of one spectrum: log power over its mean within ten semitones either side.

    What lies 27 dB or more below the strongest within an octave is levelled first.
    """
    logs = np.log2(np.append(lines, lines[-1]))
    hz = bin_hz(np.arange(ROW) - PAD)
    inside = np.flatnonzero((hz >= low_hz) & (hz <= high_hz))
    value = np.array([cell_value(logs, f * FFT_SAMPLES / rate_hz) for f in hz[inside]])
    tops = [value[max(0, k - NEAR) : k + NEAR + 1].max() for k in range(len(value))]
    value = np.maximum(value, np.array(tops) - DEPTH)
    out = np.zeros(ROW)
    for k, row in enumerate(inside):
        around = value[max(0, k - SURROUNDINGS) : k + SURROUNDINGS + 1]
        out[row] = np.clip(0.15 * (value[k] - around.mean()), -0.6, 1.5)
    return out


def rise_row(now: F64, usual: F64) -> F64:
    """The map of how far each line has risen of late."""
    logs = np.log2(np.append(now, now[-1])) - np.log2(np.append(usual, usual[-1]))
    hz = bin_hz(np.arange(ROW) - PAD)
    value = [
        cell_value(logs, f * FFT_SAMPLES / RATE_HZ) if 150.0 <= f <= 7600.0 else 0.0 for f in hz
    ]
    return np.clip(0.25 * np.array(value), -1.5, 1.5)


def maps(samples: F64) -> F64:
    """All maps of every hop of sound at 16 kHz, (hops, 9, ROW)."""
    x = without_constant(inner(np.asarray(samples, dtype=float)))
    high, quarter = without_low(x), slow(x)
    mean, now, usual = (np.full(HALF + 1, QUIET_LINE) for _ in range(3))
    out = []
    for end in range(HOP, len(x) + 1, HOP):
        rows = [
            lag_row(
                normalised(high, end, hops * HOP, FAST_LAGS),
                normalised(quarter, end // SLOW, hops * HOP // SLOW, SLOW_LAGS),
            )
            for hops in WINDOW_HOPS
        ]
        lines, slow_lines = power(x[:end], HANN), power(quarter[: end // SLOW], HANN)
        quick = power(x[:end], QUICK)
        mean = mean + FRESH * (lines - mean)
        now, usual = now + 0.4 * (quick - now), usual + 0.06 * (quick - usual)
        rows.append(line_row(lines, RATE_HZ, 150.0, 7600.0))
        rows.append(line_row(slow_lines, RATE_HZ / SLOW, 24.0, 1800.0))
        rows.append(line_row(mean, RATE_HZ, 150.0, 7600.0))
        rows.append(line_row(quick, RATE_HZ, 150.0, 7600.0))
        rows.append(rise_row(now, usual))
        out.append(rows)
    return np.array(out)


def scores(rows: F64, context: F64, weights: NDArray[np.float32]) -> tuple[F64, float]:
    """Scores of all bins and of nothing at all: the net of one frame."""
    given = iter(np.split(weights.astype(float), np.cumsum(_sizes()))[:-1])
    none_bias, none_weights, bias, from_context, taps, second_bias, second, *rest = given
    third_bias, third, last = rest
    seen = [
        rows[row, PAD + tap : PAD + tap + BINS]
        for row in range(len(rows))
        for tap in (LAG_TAPS if row < len(WINDOW_HOPS) else LINE_TAPS)
    ]
    place = np.arange(BINS) / BINS
    inputs = np.stack([*seen, place, place**2], axis=1)
    start = bias + context @ from_context.reshape(CONTEXT, HIDDEN)
    hidden = np.maximum(start + inputs @ taps.reshape(-1, HIDDEN), 0)
    hidden = np.maximum(second_bias + hidden @ second.reshape(HIDDEN, SECOND), 0)
    far = np.pad(hidden, ((FURTHEST, FURTHEST), (0, 0)))
    kin = [far[FURTHEST + tap : FURTHEST + tap + BINS] for tap in KIN_TAPS]
    hidden = np.maximum(third_bias + np.concatenate(kin, axis=1) @ third.reshape(-1, THIRD), 0)
    return hidden @ last, float(none_bias[0] + context @ none_weights)


def _sizes() -> list[int]:
    """How many weights each part of the net has, in their order."""
    inputs = len(WINDOW_HOPS) * len(LAG_TAPS) + 5 * len(LINE_TAPS) + 2
    first = [1, CONTEXT, HIDDEN, CONTEXT * HIDDEN, inputs * HIDDEN]
    kin = [THIRD, len(KIN_TAPS) * SECOND * THIRD]
    return [*first, SECOND, HIDDEN * SECOND, *kin, THIRD]
