"""What is learned of a player: how long its operations take, and how evenly."""

from collections import deque
from statistics import median

KEPT = 16
FIRST_SHARE = 0.8
PRIOR_COUNT = 3  # so many that were seen outweigh what was assumed


class Duration:
    """How long an operation takes, from the last few.

    Parameters
    ----------
    first_ms : float
        What is assumed before any was seen.
    """

    def __init__(self, first_ms: float) -> None:
        self._first_ms = first_ms
        self._seen: deque[float] = deque(maxlen=KEPT)

    def add(self, duration_ms: float) -> None:
        """Take in how long one took."""
        self._seen.append(max(0.0, duration_ms))

    def quantile(self, share: float) -> float:
        """Return what that share of them stays below, ms."""
        ordered = sorted(self._seen)
        if len(ordered) < PRIOR_COUNT:
            ordered = sorted([*ordered, self._first_ms])
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    @property
    def spread(self) -> float:
        """About one standard deviation, ms."""
        return 0.5 * (self.quantile(0.84) - self.quantile(0.16))


class StartDelay:
    """How much later than told a player is heard, and how that spreads.

    Parameters
    ----------
    first_ms : float
        What is assumed before any start was seen.
    spread_ms : float
        The same of the spread: a standard deviation.
    """

    def __init__(self, first_ms: float, spread_ms: float) -> None:
        self._first = (first_ms, spread_ms)
        self._seen: deque[float] = deque(maxlen=KEPT)
        self.delay_ms = first_ms
        self.spread_ms = spread_ms

    def add(self, delay_ms: float) -> None:
        """Take in how late a start was."""
        self._seen.append(delay_ms)
        seen = self._seen
        if len(seen) == 1:  # one that was seen is worth more than what was assumed of all
            self.delay_ms = FIRST_SHARE * delay_ms + (1.0 - FIRST_SHARE) * self._first[0]
            return
        self.delay_ms = median(seen)
        # A median of absolute deviations is 0.67 standard deviations of a normal distribution.
        deviation = 1.48 * median(abs(one - self.delay_ms) for one in seen)
        share = min(1.0, len(seen) / (2.0 * PRIOR_COUNT))
        self.spread_ms = share * deviation + (1.0 - share) * self._first[1]
