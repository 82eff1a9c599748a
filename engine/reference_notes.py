"""The notes' front end and onset detector in plain NumPy: slow, obvious, the oracle of the tests.

References
----------
Bock, Krebs, Schedl (2012), "Evaluating the online capabilities of onset detection methods", ISMIR,
section 3.1: bands on a logarithmic scale, and what rises in them.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

HOP, SHORT, LONG = 128, 512, 1024  # samples of 16 kHz
SHORT_BANDS = (2, 257, 28)  # first bin, the one after the last, bands
LONG_BANDS = (5, 257, 44)
RISE_HOPS = 2
LAGS = (1, 2, 4, 8)
TAPS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 18, 22)
EMBEDDED, HIDDEN, FEATURES, DELAYS = 32, 32, 156, 16
LOUD_FLOOR, LOUD_DECAY = 1e-8, 0.99778
DC_SHARE = 0.02
FAR, FAR_HOPS, FAR_DECAY, NEAR, HEARD = 0.001, 40, 0.8, 0.25, 1e-6
FLOOR, LOG_SCALE, OFFSET = 1e-5, 0.25, 2.0
MOST_SEMITONES = 4.0

F64 = NDArray[np.float64]


def band_edges(first: int, last: int, bands: int) -> NDArray[np.int64]:
    """Bins at which bands begin: one bin wide, or a ratio that makes them come out even.

    Returns
    -------
    (bands + 1,) int64
        The last one is where the last band ends.
    """

    def edges(ratio: float) -> list[float]:
        out = [float(first)]
        for _ in range(bands):
            out.append(max(out[-1] + 1.0, out[-1] * ratio))
        return out

    low, high = 1.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if edges(middle)[-1] > last else (middle, high)
    return np.round(edges(low)).astype(np.int64)


def band_powers(samples: F64, size: int, edges: NDArray[np.int64]) -> F64:
    """Powers of the bands of one window, their sum about the mean square of the samples.

    Parameters
    ----------
    samples : (size,) float64
    edges : (bands + 1,) int64
    """
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(size) + 0.5) / size)
    window *= np.sqrt(2 / (np.sum(window**2) * size))
    power = np.abs(np.fft.rfft(samples * window)) ** 2
    return np.array([power[a:b].sum() for a, b in pairwise(edges)])


def sound_features(samples: F64) -> F64:
    """What the onset detector sees of the sound, hop by hop; samples at 16 kHz.

    Parameters
    ----------
    samples : (n,) float64

    Returns
    -------
    (n // 128, 146) float64
        Levels of 72 bands against the loudest of late, how they rose, two broadband levels.
    """
    edges = (band_edges(*SHORT_BANDS), band_edges(*LONG_BANDS))
    padded = np.concatenate([np.zeros(LONG), samples])
    before = [np.zeros(len(edges[0]) + len(edges[1]) - 2)] * RISE_HOPS
    loud, far_hops, dc, rows = LOUD_FLOOR, 0, 0.0, []
    for end in range(LONG + HOP, len(padded) + 1, HOP):
        hop = padded[end - HOP : end]
        step = hop - padded[end - HOP - 1 : end - 1]
        level, bright = float(np.mean((hop - dc) ** 2)), np.mean(step**2)
        dc += DC_SHARE * (np.mean(hop) - dc)
        power = np.concatenate(
            [
                band_powers(padded[end - SHORT : end], SHORT, edges[0]),
                band_powers(padded[end - LONG : end], LONG, edges[1]),
            ]
        )
        loud, far_hops = follow_loud(loud, far_hops, level)
        now, then = _told(power / loud), _told(before[-1] / loud)
        rows.append([*now, *(now - then), _told(level / loud), _told(bright / loud)])
        before = [power, *before[:-1]]
    return np.array(rows).reshape(-1, FEATURES - 2 - 2 * len(LAGS))


def follow_loud(loud: float, far_hops: int, level: float) -> tuple[float, int]:
    """The loudest level of late, and for how many hops what is heard has been far below it."""
    is_past, is_heard = far_hops > FAR_HOPS, level > HEARD
    loud *= FAR_DECAY if is_past and is_heard else LOUD_DECAY
    far_hops = 0 if level > (NEAR if is_past else FAR) * loud else far_hops + is_heard
    return max(loud, level, LOUD_FLOOR), far_hops


def _told(share: F64 | float) -> F64:
    return np.asarray(LOG_SCALE * np.log2(share + FLOOR) + OFFSET)


def pitch_features(semitones: F64, confidence: F64, is_voiced: NDArray[np.bool_]) -> F64:
    """What the onset detector sees of the pitch, hop by hop.

    Parameters
    ----------
    semitones, confidence : (n,) float64
        Of the frame of each hop.
    is_voiced : (n,) bool

    Returns
    -------
    (n, 10) float64
    """
    columns = [confidence, is_voiced.astype(float)]
    for lag in LAGS:
        then = np.concatenate([np.zeros(lag), semitones])[: len(semitones)]
        sure = np.concatenate([np.zeros(lag), confidence])[: len(semitones)]
        step = np.clip(semitones - then, -MOST_SEMITONES, MOST_SEMITONES)
        both = np.minimum(confidence, sure)
        columns += [both * step, both * np.abs(step)]
    return np.stack(columns, axis=1)


def onset_chances(features: F64, weights: NDArray[np.float32]) -> F64:
    """The detector's answers: the chances of an onset 5, 6, ... 20 hops before the end of each hop.

    Parameters
    ----------
    features : (n, 156) float64
    weights : (k,) float32
        As shipped.

    Returns
    -------
    (n, 16) float64
    """
    sizes = [FEATURES * EMBEDDED, EMBEDDED, len(TAPS) * EMBEDDED * HIDDEN, HIDDEN]
    sizes += [HIDDEN * DELAYS, DELAYS]
    parts = np.split(weights.astype(np.float64), np.cumsum(sizes)[:-1])
    kept = np.maximum(features @ parts[0].reshape(FEATURES, EMBEDDED) + parts[1], 0)
    padded = np.concatenate([np.zeros((TAPS[-1], EMBEDDED)), kept])
    seen = [padded[TAPS[-1] - tap : TAPS[-1] - tap + len(kept)] for tap in TAPS]
    hidden = np.concatenate(seen, axis=1) @ parts[2].reshape(-1, HIDDEN) + parts[3]
    logits = np.maximum(hidden, 0) @ parts[4].reshape(HIDDEN, DELAYS) + parts[5]
    return np.asarray(1 / (1 + np.exp(-logits)))
