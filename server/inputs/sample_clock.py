"""Two clocks of a microphone: its samples, counted, and the machine's own."""

from collections import deque
from math import isnan, nan

KEPT_SEC = 2.0  # of blocks: one of them will have come at once
MARGIN_SEC = 0.1  # a driver that tells an age so far beyond its latency is mistaken


class SampleClock:
    """Tells when a sample was taken.

    A block comes late, never early: the earliest of the last two seconds, by the count of its
    samples, bounds when all of them were taken. A driver also tells how old a block is; the least
    age it has told takes off what lies between the air and the driver. What cannot be is not
    believed: sound servers tell half a second too much at first.

    Both extremes follow the drift of one clock against the other, which is below a tenth of a
    millisecond a second.

    Parameters
    ----------
    rate_hz : float
        Samples a second.
    latency_sec : float
        How old a sample usually is when it comes.
    delay_sec : float
        What the driver does not know of: a radio link between the air and the machine.
    """

    def __init__(self, rate_hz: float, latency_sec: float = 0.0, delay_sec: float = 0.0) -> None:
        self.rate_hz = rate_hz
        self._delay_sec = delay_sec
        self._oldest_sec = latency_sec + MARGIN_SEC
        self._came = _SlidingMinimum()
        self._told = _SlidingMinimum()
        self._zero_sec = nan

    @property
    def is_known(self) -> bool:
        """Whether any block has come."""
        return not isnan(self._zero_sec)

    def add(self, start: int, end: int, time_sec: float, age_sec: float) -> None:
        """Learn from a block.

        Parameters
        ----------
        start, end : int
            Positions of its first sample and after its last one.
        time_sec : float
            When it came, on the machine's clock.
        age_sec : float
            How old its first sample was then, as the driver has it.
        """
        came_sec = self._came.add(time_sec, time_sec - end / self.rate_hz)
        told_sec = -self._told.add(time_sec, -(time_sec - age_sec - start / self.rate_hz))
        is_possible = came_sec - self._oldest_sec <= told_sec <= came_sec
        self._zero_sec = (told_sec if is_possible else came_sec) - self._delay_sec

    def time_sec(self, stream_sec: float) -> float:
        """A time of the stream on the machine's clock; NaN before a block has come."""
        return self._zero_sec + stream_sec

    def stream_sec(self, time_sec: float) -> float:
        """A time of the machine's clock as a time of the stream; NaN as :meth:`time_sec`."""
        return time_sec - self._zero_sec


class _SlidingMinimum:
    """The least of the values of the last ``KEPT_SEC``."""

    def __init__(self) -> None:
        self._rising: deque[tuple[float, float]] = deque()  # (time, value): no lower one follows

    def add(self, time_sec: float, value: float) -> float:
        while self._rising and self._rising[-1][1] >= value:
            self._rising.pop()
        self._rising.append((time_sec, value))
        while self._rising[0][0] < time_sec - KEPT_SEC:
            self._rising.popleft()
        return self._rising[0][1]
