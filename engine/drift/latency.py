"""What is learned of a player: how long its operations take, and how evenly."""

from collections import deque

KEPT = 16
OUTLIER_MS = 400.0  # a stall tells nothing of the next start
SPREAD_SHARE = 0.2


class Duration:
    """How long an operation takes, from the last few.

    Parameters
    ----------
    first_ms : float
        What is assumed before any was seen.
    """

    def __init__(self, first_ms: float) -> None:
        self._seen: deque[float] = deque([first_ms], KEPT)

    def add(self, duration_ms: float) -> None:
        """Take in how long one took."""
        self._seen.append(max(0.0, duration_ms))

    def quantile(self, share: float) -> float:
        """Return what that share of them stays below, ms."""
        ordered = sorted(self._seen)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


class StartDelay:
    """How much later than told a player is heard, and how that spreads.

    Parameters
    ----------
    first_ms : float
        What is assumed before any start was seen.
    """

    def __init__(self, first_ms: float, spread_ms: float) -> None:
        self.delay_ms = first_ms
        self.spread_ms = spread_ms
        self._n = 0

    def add(self, error_ms: float) -> None:
        """Take in where the player was after a start, ahead positive."""
        if abs(error_ms) > OUTLIER_MS:
            return
        self._n += 1
        self.delay_ms -= error_ms * max(0.15, 1.0 / (self._n + 1))
        self.spread_ms += SPREAD_SHARE * (1.25 * abs(error_ms) - self.spread_ms)
