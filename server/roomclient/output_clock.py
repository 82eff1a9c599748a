"""When a frame of a sound card is heard."""

from collections import deque
from statistics import median

KEPT_BLOCKS = 63  # about a second; odd, so that one of them is the median
STEADY_BLOCKS = 12  # a sound server takes a few at once before it begins to play
STEADY_MS = 10.0  # between the earliest and the latest of them


class OutputClock:
    """Ties the frames of a device to the client's clock.

    Each block tells when its first frame will be heard, more or less: drivers round, and a busy
    machine calls late. The median of the last second of blocks is right to a fraction of a
    millisecond and follows the drift of one clock against the other. Where frames are lost or a
    device stood still, what the blocks agree on since counts.

    Parameters
    ----------
    rate_hz : float
        Frames a second.
    """

    def __init__(self, rate_hz: float) -> None:
        self._per_ms = rate_hz / 1e3
        self._zeros_ms: deque[float] = deque(maxlen=KEPT_BLOCKS)
        self._zero_ms: float | None = None
        self.is_known = False
        """Whether the blocks have agreed on anything yet."""

    def add(self, frame: int, heard_ms: float) -> None:
        """Learn when a frame is heard."""
        zeros_ms = self._zeros_ms
        zeros_ms.append(heard_ms - frame / self._per_ms)
        middle_ms = median(zeros_ms)
        last_ms = list(zeros_ms)[-STEADY_BLOCKS:]
        if len(last_ms) == STEADY_BLOCKS and max(last_ms) - min(last_ms) < STEADY_MS:
            self.is_known = True
            if abs(median(last_ms) - middle_ms) > STEADY_MS:
                zeros_ms.clear()
                zeros_ms.extend(last_ms)
                middle_ms = median(last_ms)
        self._zero_ms = middle_ms

    def heard_ms(self, frame: float) -> float:
        """When a frame is heard; nothing is known before a block has come."""
        assert self._zero_ms is not None
        return self._zero_ms + frame / self._per_ms

    def frame_at(self, now_ms: float) -> float:
        """Which frame is heard at an instant."""
        assert self._zero_ms is not None
        return (now_ms - self._zero_ms) * self._per_ms
