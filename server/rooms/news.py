"""News of who is in a room, which everybody is told; not oftener than anybody can use."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from server.rooms.clock import Clock, Timer

# Where many come at once, each would otherwise be told of each: a crowd waits longer.
GAP_MS, GAP_PER_MEMBER_MS = 50.0, 2.0


class News:
    """The latest word, told now or once enough time has passed since the last.

    Parameters
    ----------
    clock : Clock
        What time it is.
    tell : callable
        Takes the word; returns how many were told.
    """

    def __init__(self, clock: Clock, tell: Callable[[dict[str, Any]], int]) -> None:
        self._clock = clock
        self._tell = tell
        self._word: dict[str, Any] | None = None
        self._timer: Timer | None = None
        self._next_ms = -inf

    def put(self, word: dict[str, Any]) -> None:
        """Tell this, in the place of what was not told yet."""
        self._word = word

    def spread(self) -> None:
        """Tell what there is to tell, if it may be told now."""
        if self._word is None or self._timer is not None:
            return
        if self._clock.now_ms() < self._next_ms:
            self._timer = self._clock.call_at(self._next_ms, self._ring)
        else:
            self._spread()

    def stop(self) -> None:
        """Tell nothing more."""
        self._word = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        if self._word is not None:
            self._spread()

    def _spread(self) -> None:
        assert self._word is not None
        word, self._word = self._word, None
        n_told = self._tell(word)
        self._next_ms = self._clock.now_ms() + GAP_MS + GAP_PER_MEMBER_MS * n_told
