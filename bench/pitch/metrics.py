"""What estimates of pitch come to beside the truth, by the definitions of mir_eval's ``melody``.

Truth is a grid of instants with an f0 each: above 0 it sounds, 0 nothing sounds, below 0 it is not
scored. Counts are kept apart from rates so that they can be summed over recordings.

References
----------
Poliner et al. (2007), IEEE TASLP 15, section III: recall and false alarm of voicing, raw pitch
accuracy, overall accuracy. Raffel et al. (2014), ISMIR: mir_eval.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

NEAR_SEC = 0.025
"""An estimate stands for an instant no further away than this."""

SHOWN_SEC = 0.050
"""What is on the screen is stale after this."""

STABLE = 3
"""Reports in a row that make a pitch stable."""

RIGHT_CENTS = 50.0
REGISTERS = (
    ("A0-B1", 0.0, 64.0),
    ("C2-B2", 64.0, 130.0),
    ("C3-B3", 130.0, 261.0),
    ("C4-B4", 261.0, 522.0),
    ("C5-B5", 522.0, 1044.0),
    ("C6-C8", 1044.0, 5000.0),
)
"""Names and their f0 in Hz, half open."""


class Counts(NamedTuple):
    """Instants counted; sums of them are counts, too."""

    voiced: int = 0
    unvoiced: int = 0
    within_50: int = 0
    within_10: int = 0
    within_5: int = 0
    octave: int = 0
    recalled: int = 0
    false_alarm: int = 0
    overall: int = 0

    def rate(self, name: str) -> float | None:
        """A count in percent of what it is of; None where there is nothing of it."""
        of = {"false_alarm": self.unvoiced, "overall": self.voiced + self.unvoiced}
        whole = of.get(name, self.voiced)
        return 100.0 * float(getattr(self, name)) / whole if whole else None


def total(counts: Iterable[Counts]) -> Counts:
    """The sum of counts."""
    return Counts(*(sum(column) for column in zip(*counts, strict=True)))


class Estimates(NamedTuple):
    """What a tracker said, and when: all (n,).

    ``told_sec`` is the length of the audio that had been fed when the estimate came out; NaN where
    a tracker looks at whole recordings.
    """

    time_sec: F64
    f0_hz: F64
    confidence: F64
    is_voiced: Mask
    told_sec: F64

    @property
    def is_live(self) -> bool:
        """Whether it answered while it listened."""
        return bool(np.isfinite(self.told_sec).all())


def described(estimates: Estimates, at_sec: F64) -> NDArray[np.int64]:
    """Index of the estimate that describes each instant; -1 where none is near."""
    order = np.argsort(estimates.time_sec, kind="stable")
    times = estimates.time_sec[order]
    if not len(times):
        return np.full(len(at_sec), -1)
    after = np.clip(np.searchsorted(times, at_sec), min(1, len(times) - 1), len(times) - 1)
    before = np.maximum(after - 1, 0)
    is_before = np.abs(times[before] - at_sec) <= np.abs(times[after] - at_sec)
    nearest = np.where(is_before, before, after)
    is_near = np.abs(times[nearest] - at_sec) < NEAR_SEC
    return np.where(is_near, order[nearest], -1)


def shown(estimates: Estimates, at_sec: F64) -> NDArray[np.int64]:
    """Index of the last estimate that had come out by each instant; -1 where it is stale."""
    order = np.argsort(estimates.told_sec, kind="stable")
    if not len(order):
        return np.full(len(at_sec), -1)
    last = np.searchsorted(estimates.told_sec[order], at_sec, side="right") - 1
    index = order[np.maximum(last, 0)]
    is_fresh = (last >= 0) & (at_sec - estimates.told_sec[index] < SHOWN_SEC)
    return np.where(is_fresh, index, -1)


def cents_apart(f0_hz: F64, true_hz: F64) -> F64:
    """Distance in cents, infinite where either is not above 0."""
    both = (f0_hz > 0) & (true_hz > 0)
    ratio = np.divide(f0_hz, true_hz, out=np.ones(len(f0_hz)), where=both)
    return np.where(both, 1200 * np.log2(np.where(both, ratio, 1.0)), np.inf)


def count(true_hz: F64, estimates: Estimates, index: NDArray[np.int64], is_said: Mask) -> Counts:
    """Compare the truth with the estimates that stand for its instants.

    Parameters
    ----------
    true_hz : (n,) float64
    estimates : Estimates
    index : (n,) int64
        As ``described`` or ``shown`` gives it.
    is_said : (m,) bool
        Whether each estimate says that something sounds.
    """
    there = index >= 0
    f0_hz = np.where(there, np.append(estimates.f0_hz, 0.0)[index], 0.0)
    said = there & np.append(is_said, False)[index] & (f0_hz > 0)
    voiced, unvoiced = true_hz > 0, true_hz == 0
    cents = np.where(voiced, cents_apart(f0_hz, true_hz), np.inf)
    away = np.abs(cents)
    folded = np.abs(cents - 1200 * np.round(np.where(np.isfinite(cents), cents, 0) / 1200))
    right = away <= RIGHT_CENTS
    octave = (folded <= RIGHT_CENTS) & ~right & np.isfinite(cents)
    overall = (right & said) | (unvoiced & ~said)
    masks = [voiced, unvoiced, right, away <= 10, away <= 5, octave]
    masks += [voiced & said, unvoiced & said, overall]
    return Counts(*(int(mask.sum()) for mask in masks))


def register(f0_hz: float) -> str:
    """Name of the register of a pitch; empty outside all."""
    return next((name for name, low, high in REGISTERS if low <= f0_hz < high), "")


def latencies(notes: F64, estimates: Estimates, is_said: Mask) -> list[float | None]:
    """From each note's onset to the first of three reports in a row that say its pitch, in ms.

    Parameters
    ----------
    notes : (k, 4) float64
        Onset and offset in seconds, pitch, f0 in Hz.

    Returns
    -------
    list of float or None
        None where the note was never told so until 80 ms after its end.
    """
    order = np.argsort(estimates.told_sec, kind="stable")
    told_sec = estimates.told_sec[order]
    f0_hz, said = estimates.f0_hz[order], is_said[order]
    found: list[float | None] = []
    for onset_sec, offset_sec, _, true_hz in notes:
        first, end = np.searchsorted(told_sec, (onset_sec, offset_sec + 0.08))
        away = np.abs(cents_apart(f0_hz[first:end], np.full(end - first, true_hz)))
        good = said[first:end] & (away <= RIGHT_CENTS)
        run = [good[k : len(good) - STABLE + 1 + k] for k in range(STABLE)]
        is_stable = np.logical_and.reduce(run) if len(good) >= STABLE else np.zeros(0, bool)
        starts = np.flatnonzero(is_stable)
        found.append(1e3 * float(told_sec[first + starts[0]] - onset_sec) if len(starts) else None)
    return found


class OnsetScore(NamedTuple):
    """Percent; ``delay_ms`` from true onsets to their being told, NaN where that is not known."""

    f1: float
    precision: float
    recall: float
    delay_ms: float = float("nan")


def onset_score(true_sec: F64, found_sec: F64, told_sec: F64, window_sec: float) -> OnsetScore:
    """F1 of onsets, each matched at most once; in order is as good as any matching of most pairs.

    Parameters
    ----------
    true_sec, found_sec : (n,), (m,) float64
    told_sec : (m,) float64
        When each was told; NaN where that is not known.
    window_sec : float
        Furthest distance of a pair.
    """
    order = np.argsort(found_sec, kind="stable")
    found, told = found_sec[order], told_sec[order]
    truth = np.sort(true_sec)
    delays, i, j = [], 0, 0
    while i < len(truth) and j < len(found):
        if abs(found[j] - truth[i]) <= window_sec:
            delays.append(1e3 * (told[j] - truth[i]))
            i, j = i + 1, j + 1
        elif found[j] < truth[i]:
            j += 1
        else:
            i += 1
    hits = len(delays)
    precision, recall = hits / max(1, len(found)), hits / max(1, len(truth))
    f1 = 2 * hits / max(1, len(found) + len(truth))
    delay = float(np.median(delays)) if delays else float("nan")
    return OnsetScore(100 * f1, 100 * precision, 100 * recall, delay)
