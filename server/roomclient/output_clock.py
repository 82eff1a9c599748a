"""When a frame of a sound card is heard."""

from collections import deque
from statistics import median

KEPT_BLOCKS = 63  # about a second; odd, so that one of them is the median


class OutputClock:
    """Ties the frames of a device to the client's clock.

    Each block tells when its first frame will be heard, more or less: drivers round, and a busy
    machine calls late. The median of the last second of blocks is right to a fraction of a
    millisecond and follows the drift of one clock against the other.

    Parameters
    ----------
    rate_hz : float
        Frames a second.
    """

    def __init__(self, rate_hz: float) -> None:
        self._per_ms = rate_hz / 1e3
        self._zeros_ms: deque[float] = deque(maxlen=KEPT_BLOCKS)
        self._zero_ms: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether enough was told."""
        return len(self._zeros_ms) >= KEPT_BLOCKS // 8

    def add(self, frame: int, heard_ms: float) -> None:
        """Learn when a frame is heard."""
        self._zeros_ms.append(heard_ms - frame / self._per_ms)
        self._zero_ms = median(self._zeros_ms)

    def forget(self) -> None:
        """Frames were lost: what was told of the past tells nothing of now."""
        self._zeros_ms.clear()

    def heard_ms(self, frame: float) -> float:
        """When a frame is heard; nothing is known before a block has come."""
        assert self._zero_ms is not None
        return self._zero_ms + frame / self._per_ms

    def frame_at(self, now_ms: float) -> float:
        """Which frame is heard at an instant."""
        assert self._zero_ms is not None
        return (now_ms - self._zero_ms) * self._per_ms
