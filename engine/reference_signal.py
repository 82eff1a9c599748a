"""The measures of the signal check in plain NumPy, for a whole recording at once: slow, obvious."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

BLOCKS = 25
STEP_16 = np.float32(1 / 32768)
CUTS_HZ = {
    "cut_4k_db": ((2800, 3350), (4250, 5000), (5000, 7000)),
    "cut_8k_db": ((6000, 7000), (8400, 9500), (9500, 11000)),
}


def level_db(mean_square: Any) -> Any:
    """Level by AES17-2020, 3.12.3: 0 dBFS is a sine of full scale."""
    return 10 * np.log10(np.maximum(2 * np.asarray(mean_square), 1e-20))


def measure_sound(samples: NDArray[np.float32], sample_rate_hz: float) -> list[dict[str, float]]:
    """Measure each whole quarter of a second.

    Parameters
    ----------
    samples : (n,) float32
        Mono, full scale +-1; what is not finite counts as 0, what is beyond +-8 as that.
    sample_rate_hz : float
        Hz.

    Returns
    -------
    list of dict
        Of each span the fields of ``native.sound_check.SoundSpan`` except gaps and gates.
    """
    x = np.clip(np.where(np.isfinite(samples), samples, 0), -8, 8).astype(np.float64)
    block = int(0.01 * sample_rate_hz + 0.5)
    count = len(x) // (block * BLOCKS)
    spans = x[: count * block * BLOCKS].reshape(count, BLOCKS, block)
    dc = running_mean(spans.mean(axis=2).ravel())
    shifted = spans - dc[:-1].reshape(count, BLOCKS, 1)
    power = (shifted**2).mean(axis=2)
    told: dict[str, Any] = {
        "time_sec": np.arange(1, count + 1) * block * BLOCKS / sample_rate_hz,
        "level_db": level_db(power.mean(axis=1)),
        "loudest_db": level_db(power.max(axis=1)),
        "quietest_db": level_db(power.min(axis=1)),
        "peak": np.abs(spans).max(axis=(1, 2)),
        "dc": dc[BLOCKS::BLOCKS],
        "constant_blocks": (np.ptp(spans, axis=2) == 0).sum(axis=1),
        "clipped_blocks": clipped(spans.reshape(-1, block)).reshape(count, BLOCKS).sum(axis=1),
        **spectra(spans.reshape(count, -1), sample_rate_hz),
        **hum(spans.reshape(count, -1), sample_rate_hz),
    }
    return [{name: values[i] for name, values in told.items()} for i in range(count)]


def running_mean(means: F64) -> F64:
    """DC before each block and after the last: each block is a fiftieth of the mean."""
    dc = np.zeros(len(means) + 1)
    for i, mean in enumerate(means):
        dc[i + 1] = dc[i] + 0.02 * (mean - dc[i])
    return dc


def clipped(blocks: F64) -> NDArray[np.bool_]:
    """Which blocks have tops that are cut off: flat, and left by a corner."""
    found = np.zeros(len(blocks), bool)
    before = np.concatenate(([0.0], blocks[:-1, -1])) if len(blocks) else np.zeros(0)
    for i, (x, last) in enumerate(zip(blocks, before, strict=True)):
        is_full = (np.abs(x) >= np.float32(0.999)).sum() >= 4
        has_top = flat_top(x, last) or flat_top(-x, -last)
        found[i] = np.ptp(x) > 0 and (is_full or has_top)
    return found


def flat_top(x: F64, last: float) -> bool:
    """Whether four samples stand still at the maximum, 16 steps over a neighbour."""
    top = np.float32(x.max())
    if top < np.float32(0.05):
        return False
    is_top = np.concatenate(([False], x >= top - STEP_16, [False]))
    edges = np.flatnonzero(np.diff(is_top.astype(int)))
    padded = np.concatenate(([last], x, [np.inf]))  # beyond the end: not seen, no corner
    corner = top - 16 * STEP_16
    return any(
        end - start >= 4 and (padded[start] < corner or padded[end + 1] < corner)
        for start, end in edges.reshape(-1, 2)
    )


def spectra(spans: F64, sample_rate_hz: float) -> dict[str, F64]:
    """Noise by minimum statistics (Martin 2001), and falls across cuts, from each span's start."""
    n = 1 << int(np.ceil(np.log2(0.064 * sample_rate_hz)))
    window = 1 - np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
    power = np.abs(np.fft.rfft(spans[:, :n] * window)) ** 2 / (0.75 * n**2)
    bin_hz = sample_rate_hz / n
    edges = noise_edges(bin_hz, n // 2)
    noise = np.array(
        [
            [lower_quartile(row[a:b]) * (b - a) / np.log(4 / 3) * 1.6 for row in power]
            for a, b in pairwise(edges)
        ]
    )
    least = [noise[:, max(0, i - 23) : i + 1].min(axis=1).sum() for i in range(len(power))]
    told = {
        "band_db": level_db(power[:, edges[0] : edges[-1]].sum(axis=1)),
        "noise_db": level_db(least),
    }
    for name, ranges in CUTS_HZ.items():
        is_there = ranges[-1][1] <= 0.95 * 0.5 * sample_rate_hz
        falls = np.array([fading_most(power, bin_hz, bounds) for bounds in ranges])
        fall = level_db(falls[0]) - level_db(np.maximum(falls[1], falls[2]))
        told[name] = fall if is_there else np.zeros(len(power))
    return told


def noise_edges(bin_hz: float, nyquist: int) -> list[int]:
    """First bins of the bands from 80 to 8000 Hz, and the end."""
    end = min(int(8000 / bin_hz), nyquist * 9 // 10)
    edges = [int(80 / bin_hz)]
    while edges[-1] < end:
        edges.append(min(edges[-1] + max(16, edges[-1] // 5), end))
    return edges


def lower_quartile(values: F64) -> float:
    return float(np.sort(values)[len(values) // 4])


def fading_most(power: F64, bin_hz: float, bounds_hz: tuple[int, int]) -> F64:
    """Median power of a range's bins, the maximum lately."""
    start, end = (int(bound / bin_hz) for bound in bounds_hz)
    most = np.zeros(len(power))
    held = 0.0
    for i, row in enumerate(power):
        part = np.sort(row[start:end])
        held = max(0.975 * held, part[len(part) // 2] if len(part) else 0.0)
        most[i] = held
    return most


def hum(spans: F64, sample_rate_hz: float) -> dict[str, Any]:
    """Power in phase with the mains for two seconds, the least of three."""
    step = round(sample_rate_hz / 2000)
    x = spans.ravel()
    steps = x[: len(x) // step * step].reshape(-1, step).mean(axis=1)
    times_sec = np.arange(len(steps)) * step / sample_rate_hz
    ends = np.arange(len(spans) + 1) * spans.shape[1] // step
    weights = 1 - np.cos(2 * np.pi * (np.arange(8) + 0.5) / 8)
    sums = []
    for mains_hz in (50, 60):
        total = np.zeros(len(spans))
        for harmonic in range(1, 7):
            turned = steps * np.exp(-2j * np.pi * mains_hz * harmonic * times_sec)
            means = [turned[a:b].mean() for a, b in pairwise(ends)]
            padded = np.concatenate((np.zeros(7), means))
            windows = np.lib.stride_tricks.sliding_window_view(padded, 8) @ weights / 8
            power = np.concatenate((np.zeros(11), 2 * np.abs(windows) ** 2))
            total += np.lib.stride_tricks.sliding_window_view(power, 12).min(axis=1)
        sums.append(total)
    return {
        "hum_db": level_db(np.maximum(*sums)),
        "hum_hz": np.where(sums[1] > sums[0], 60, 50),
    }
