"""What raw estimates come to: sums over recordings, medians over notes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.pitch.engines import BLOCK
from bench.pitch.material import F64, Item, Truth
from bench.pitch.metrics import (
    REGISTERS,
    RIGHT_CENTS,
    Counts,
    Estimates,
    Mask,
    cents_apart,
    count,
    described,
    latencies,
    register,
    shown,
    total,
)
from bench.pitch.store import Raw

Where = Callable[[Item], bool]
LIKE = 50
"""Thresholds tried for a peer's voicing."""


class Latency(NamedTuple):
    """Milliseconds over notes, and the percent of notes that were ever told."""

    median: float
    p90: float
    told: float
    notes: int


class Bin(NamedTuple):
    """Frames of about the same confidence: the mean of it, the percent that were right."""

    said: float
    right: float
    frames: int


def of(kind: str, condition: str = "clean") -> Where:
    """Items of one kind under one condition."""
    return lambda item: (item.kind, item.condition) == (kind, condition)


class Heard(NamedTuple):
    """One item as one engine heard it."""

    item: Item
    truth: Truth
    estimates: Estimates
    cpu_sec: float
    at: NDArray[np.int64]
    live: NDArray[np.int64] | None


def heard(item: Item, truth: Truth, raw: Raw) -> Heard:
    """An item with the estimates that stand for each instant of its truth."""
    estimates = Estimates(*(raw[name] for name in Estimates._fields))
    at = described(estimates, truth.time_sec)
    live = shown(estimates, truth.time_sec) if estimates.is_live else None
    return Heard(item, truth, estimates, float(raw["cpu_sec"]), at, live)


class Frames:
    """One engine over all items.

    Parameters
    ----------
    all_heard : sequence of Heard
    is_shipped : bool
        Voicing as the engine says it; else by the threshold of confidence that gives the best
        overall accuracy on clean and slightly noisy recordings.
    """

    def __init__(self, all_heard: Sequence[Heard], is_shipped: bool) -> None:
        self.heard = all_heard
        self._is_shipped = is_shipped

    @cached_property
    def threshold(self) -> float:
        """Of confidence; above it something sounds."""
        tried = [h for h in self.heard if self._decides(h.item)]
        sure = np.concatenate([np.append(h.estimates.confidence, -np.inf)[h.at] for h in tried])
        told = sure[np.isfinite(sure)]
        levels = np.unique(np.quantile(told, np.linspace(0, 0.98, LIKE)))
        best, found = -1.0, -np.inf
        for level in [-np.inf, *levels.tolist()]:
            counts = total(self._count(h, h.at, h.estimates.confidence >= level) for h in tried)
            overall = counts.rate("overall") or 0.0
            if overall > best:
                best, found = overall, level
        return found

    @staticmethod
    def _decides(item: Item) -> bool:
        return item.kind != "model" and item.condition in ("clean", "snr20")

    @staticmethod
    def _count(h: Heard, index: NDArray[np.int64], is_said: Mask) -> Counts:
        return count(h.truth.f0_hz, h.estimates, index, is_said)

    def says(self, h: Heard) -> Mask:
        """Which estimates say that something sounds."""
        if self._is_shipped:
            return h.estimates.is_voiced
        return np.asarray(h.estimates.confidence >= self.threshold)

    def rate(self, name: str, where: Where, live: bool = False) -> float | None:
        """A rate in percent over items; None where there are none or none can be live."""
        counts = self.counts(where, live)
        return counts.rate(name) if counts else None

    def counts(self, where: Where, live: bool = False) -> Counts | None:
        """The counts of items; None where there are none or none can be live."""
        found = [
            self._count(h, index, self.says(h))
            for h in self.heard
            if where(h.item) and (index := h.live if live else h.at) is not None
        ]
        return total(found) if found else None

    def of_register(self, name: str, where: Where) -> float | None:
        """RPA50 of the instants whose truth is in a register."""
        low, high = next(bounds for told, *bounds in REGISTERS if told == name)
        found = []
        for h in self.heard:
            if where(h.item):
                f0_hz = np.where((h.truth.f0_hz >= low) & (h.truth.f0_hz < high), h.truth.f0_hz, -1)
                found.append(count(f0_hz, h.estimates, h.at, self.says(h)))
        return total(found).rate("within_50") if found else None

    def latency(self, registers: Iterable[str], where: Where) -> Latency | None:
        """From onset to stable pitch, of the notes of these registers."""
        wanted, found = set(registers), []
        for h in self.heard:
            if where(h.item) and h.live is not None:
                told = latencies(h.truth.notes, h.estimates, self.says(h))
                f0_hz = h.truth.notes[:, 3].tolist()
                found += [ms for ms, f in zip(told, f0_hz, strict=True) if register(f) in wanted]
        known = [ms for ms in found if ms is not None]
        if not known:
            return None
        median, p90 = np.quantile(known, (0.5, 0.9))
        return Latency(float(median), float(p90), 100 * len(known) / len(found), len(found))

    def microseconds(self) -> float | None:
        """CPU per 256 samples of clean recordings."""
        clean = [h for h in self.heard if h.item.condition == "clean"]
        hops = sum(h.truth.time_sec[-1] for h in clean) * 44_100 / BLOCK
        return 1e6 * sum(h.cpu_sec for h in clean) / hops if clean else None

    def calibration(self, where: Where, bins: int = 10) -> list[Bin]:
        """Of the frames said to be that sure, the percent that are voiced and within 50 cents."""
        sure, right = [], []
        for h in self.heard:
            if where(h.item):
                scored = (h.at >= 0) & (h.truth.f0_hz >= 0)
                f0_hz = h.estimates.f0_hz[h.at[scored]]
                away = np.abs(cents_apart(f0_hz, h.truth.f0_hz[scored]))
                right.append(away <= RIGHT_CENTS)
                sure.append(h.estimates.confidence[h.at[scored]])
        return binned(np.concatenate(sure), np.concatenate(right), bins) if sure else []


def binned(sure: F64, right: Mask, bins: int) -> list[Bin]:
    """Bins of equal width of confidence from 0 to 1; empty ones are left out."""
    place = np.clip((sure * bins).astype(int), 0, bins - 1)
    return [
        Bin(100 * float(sure[mine].mean()), 100 * float(right[mine].mean()), int(mine.sum()))
        for k in range(bins)
        if (mine := place == k).any()
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance of what was said from what was right, in percent, weighted by frames."""
    frames = sum(b.frames for b in bins)
    return sum(b.frames * abs(b.said - b.right) for b in bins) / frames


def by_source(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Items of each source."""
    found = defaultdict(list)
    for item in items:
        found[item.source].append(item)
    return found
