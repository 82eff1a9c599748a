"""The tick of many rooms in NumPy: the oracle of the native one, and what it is measured beside.

Drifts and nudges are computed in the core's own order of operations, so that every bit is the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from native.sync_tick import AFAR, CHANGED, NUDGE, SyncTick

QUALITY_MS = (100.0, 500.0, np.nextafter(1000.0, np.inf))
"""From each on the quality is the next worse one; 1000 ms exactly is still fair."""
FURTHEST_MS = 1e9
"""A drift beyond this is not known."""


@dataclass(frozen=True)
class Ticked:
    """What a tick says of each client; see :class:`native.sync_tick.SyncTick`."""

    drift_ms: NDArray[np.float32]
    wanted: NDArray[np.float32]
    quality: NDArray[np.uint8]
    flags: NDArray[np.uint8]


def reference_tick(
    rooms: SyncTick, first_client: NDArray[np.int64], now_ms: float, step: float
) -> Ticked:
    """Look at all clients of all rooms.

    Parameters
    ----------
    rooms : SyncTick
        Read only.
    first_client : (r + 1,) int64
        What ``rooms`` was made of.
    now_ms, step : float
        As for :meth:`native.sync_tick.SyncTick.process`.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        drift_ms = drifts(rooms, np.diff(first_client), now_ms)
        wanted = nudges(rooms, drift_ms)
        quality = qualities(drift_ms)
        flags = np.where(quality != rooms.told, CHANGED, 0)
        flags |= np.where(np.abs(drift_ms) > rooms.band_ms, AFAR, 0)
        flags |= np.where(np.abs(wanted - rooms.nudge) > np.float32(step), NUDGE, 0)
    return Ticked(drift_ms, wanted, quality, flags.astype(np.uint8))


def drifts(rooms: SyncTick, sizes: NDArray[np.int64], now_ms: float) -> NDArray[np.float32]:
    """Client less host less offset; NaN where it is not known."""
    host_ms = rooms.host_anchor_ms + (1.0 + rooms.host_skew) * (now_ms - rooms.host_at_ms)
    client_ms = rooms.anchor_ms + (1.0 + rooms.skew.astype("f8")) * (now_ms - rooms.at_ms)
    drift_ms = (client_ms - np.repeat(host_ms, sizes) - rooms.offset_ms).astype(np.float32)
    drift_ms[~(np.abs(drift_ms) <= FURTHEST_MS)] = np.nan
    return drift_ms


def nudges(rooms: SyncTick, drift_ms: NDArray[np.float32]) -> NDArray[np.float32]:
    """What makes drifts good, as far as rates may be off; the one in force if that is not known."""
    wanted = rooms.trim - rooms.gain_per_ms * drift_ms
    wanted = np.where(np.isnan(wanted), rooms.nudge, wanted)
    return np.copysign(np.fmin(np.abs(wanted), np.abs(rooms.most_nudge)), wanted)


def qualities(drift_ms: NDArray[np.float32]) -> NDArray[np.uint8]:
    """0 excellent, 1 good, 2 fair, 3 poor or not known."""
    off_ms = np.abs(drift_ms)
    worse = [~(off_ms < np.float64(limit)) for limit in QUALITY_MS]
    quality: NDArray[np.uint8] = np.sum(worse, axis=0, dtype=np.uint8)
    return quality
