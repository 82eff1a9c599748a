"""A "microphone" that carries what the machine plays, and digital silence otherwise."""

from collections import deque

from native.sound_check import BLOCKS, SoundSpan

SPAN_SEC = 0.25
EARLY_SEC, LATE_SEC = 0.1, 1.0  # what the machine plays sounds this much around its time
SPANS = 8  # with the machine's sound, and without any: as many are no accident
KEPT = 64  # sounds of the machine that are remembered


class OwnOutput:
    """Compares when there is sound with when the machine sounds.

    Attributes
    ----------
    is_seen : bool
        Whether all sound was the machine's.
    """

    def __init__(self) -> None:
        self.is_seen = False
        self._played: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._with = self._without = 0

    def plays(self, onset_sec: float, offset_sec: float) -> None:
        """Know one sound of the machine, in seconds since the first sample."""
        self._played.append((onset_sec - EARLY_SEC, offset_sec + LATE_SEC))

    def take(self, span: SoundSpan) -> None:
        """Know the next quarter of a second."""
        start_sec = span.time_sec - SPAN_SEC
        is_ours = any(onset < span.time_sec and start_sec < end for onset, end in self._played)
        if span.constant_blocks == BLOCKS:
            self._without += not is_ours
        elif is_ours:
            self._with += 1
        else:  # a room, or a player
            self._with = self._without = 0
        self.is_seen = self._with >= SPANS and self._without >= SPANS
