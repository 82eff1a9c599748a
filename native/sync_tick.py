"""The tick of many rooms in the native core: one call for all clients of all of them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from native._core import ffi, lib
from native.errors import RangeError

EXCELLENT, GOOD, FAIR, POOR = (
    lib.CORE_SYNC_EXCELLENT,
    lib.CORE_SYNC_GOOD,
    lib.CORE_SYNC_FAIR,
    lib.CORE_SYNC_POOR,
)
CHANGED, AFAR, NUDGE = lib.CORE_SYNC_CHANGED, lib.CORE_SYNC_AFAR, lib.CORE_SYNC_NUDGE
UNTOLD = 255
"""Of ``told``: nothing was told yet."""
MAX_CLIENTS = 2**32 - 1

_tick = lib.core_sync_tick
_C_TYPES = {"f8": "double[]", "f4": "float[]", "u4": "uint32_t[]", "u1": "uint8_t[]"}
_OF_HOSTS = ("host_anchor_ms", "host_at_ms", "host_skew")
_OF_CLIENTS = {
    "anchor_ms": "f8",
    "at_ms": "f8",
    "skew": "f4",
    "offset_ms": "f4",
    "trim": "f4",
    "gain_per_ms": "f4",
    "most_nudge": "f4",
    "band_ms": "f4",
    "nudge": "f4",
    "told": "u1",
    "drift_ms": "f4",
    "wanted": "f4",
    "quality": "u1",
    "flags": "u1",
}


class SyncTick:
    """Where is every client beside its host, and what does it need?

    Its arrays are written and read in place. At first no host and no client is known, nobody has
    been told anything, and no rate may be nudged.

    Parameters
    ----------
    first_client : (r + 1,) array of int
        The clients of room i are ``first_client[i]`` to ``first_client[i + 1] - 1``: from 0,
        ascending, to the number of clients.

    Attributes
    ----------
    host_anchor_ms, host_at_ms, host_skew : (r,) float64
        The host of each room is at ``host_anchor_ms`` of the track at ``host_at_ms`` of the
        server's clock and goes on at a rate of 1 + ``host_skew``; -1: it stands. NaN: not known.
    anchor_ms, at_ms : (n,) float64
        The same of each client; NaN: not known, or on another track.
    skew : (n,) float32
        The same of each client.
    offset_ms : (n,) float32
        How far ahead of the host the client wishes to be.
    trim : (n,) float32
        The nudge at which it keeps its distance from the host; a nudge is a rate less 1.
    gain_per_ms : (n,) float32
        How much more it is to be nudged for each millisecond of drift.
    most_nudge : (n,) float32
        How far its rate may be off, either way; 0: it has no control of its rate.
    band_ms : (n,) float32
        The drift, either way, that nudges make good; NaN: any.
    nudge : (n,) float32
        In force, as last commanded.
    told : (n,) uint8
        The quality last told, or ``UNTOLD``.
    drift_ms : (n,) float32
        Client less host less offset, ahead is positive; NaN: not known. Like the following ones,
        as of the last tick.
    wanted : (n,) float32
        The nudge that it needs; the one in force where the drift is not known.
    quality : (n,) uint8
        ``EXCELLENT`` (below 100 ms), ``GOOD`` (below 500), ``FAIR`` (up to 1000) or ``POOR``.
    flags : (n,) uint8
        Sum of ``CHANGED``: the quality is not the one told; ``AFAR``: the drift is outside the
        band; ``NUDGE``: the nudge wanted differs from the one in force by more than a step.

    Raises
    ------
    RangeError
        If ``first_client`` breaks its rule.
    """

    host_anchor_ms: NDArray[np.float64]
    host_at_ms: NDArray[np.float64]
    host_skew: NDArray[np.float64]
    anchor_ms: NDArray[np.float64]
    at_ms: NDArray[np.float64]
    skew: NDArray[np.float32]
    offset_ms: NDArray[np.float32]
    trim: NDArray[np.float32]
    gain_per_ms: NDArray[np.float32]
    most_nudge: NDArray[np.float32]
    band_ms: NDArray[np.float32]
    nudge: NDArray[np.float32]
    told: NDArray[np.uint8]
    drift_ms: NDArray[np.float32]
    wanted: NDArray[np.float32]
    quality: NDArray[np.uint8]
    flags: NDArray[np.uint8]

    def __init__(self, first_client: ArrayLike) -> None:
        first = np.array(first_client, np.int64)
        if first.ndim != 1 or not first.size or first.min() < 0 or first.max() > MAX_CLIENTS:
            raise RangeError(f"first_client must be numbers of 0..{MAX_CLIENTS}, at least one")
        n_rooms, n_clients = len(first) - 1, int(first[-1])
        self._rooms = ffi.new("core_sync_rooms *", {"n_rooms": n_rooms, "n_clients": n_clients})
        self._pointers: list[object] = []
        self._add("first_client", first.astype(np.uint32))
        for name in _OF_HOSTS:
            setattr(self, name, self._add(name, np.zeros(n_rooms, "f8")))
        for name, kind in _OF_CLIENTS.items():
            setattr(self, name, self._add(name, np.zeros(n_clients, kind)))
        self.host_anchor_ms.fill(np.nan)
        self.anchor_ms.fill(np.nan)
        self.told.fill(UNTOLD)
        self.process(0.0, 0.0)

    def process(self, now_ms: float, step: float) -> None:
        """Look at all clients of all rooms.

        Parameters
        ----------
        now_ms : float
            On the clock of ``host_at_ms`` and ``at_ms``.
        step : float
            A nudge is worth a command if it changes by more than this.
        """
        if _tick(self._rooms, now_ms, step) != lib.CORE_OK:
            raise RangeError("first_client must ascend from 0")

    def _add(self, name: str, values: NDArray[Any]) -> NDArray[Any]:
        """Let the core see an array, for as long as this lives."""
        pointer = ffi.from_buffer(_C_TYPES[values.dtype.str[1:]], values)
        self._pointers.append(pointer)
        setattr(self._rooms, name, pointer)
        return values
