"""A microphone's blocks in their order, lost ones as silence, a stream at a time."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from server.inputs.microphone import Microphone, Opened
from server.inputs.sample_clock import SampleClock

SILENCE = np.zeros(4096, np.float32)
LONGEST_GAP_SEC = 30.0  # more than a worker sleeps: what is heard after that begins anew

F32 = NDArray[np.float32]
Process = Callable[[F32], None]


class Feed:
    """Hands what a microphone hears to whoever listens.

    Parameters
    ----------
    microphone : Microphone
        Whose sound is taken; it may come and go.
    begin : callable
        Called with the clock of each stream as it begins; returns what takes its samples, mono and
        without a hole from its first one on: lost ones are silence.
    delay_sec : float
        As for :class:`server.inputs.sample_clock.SampleClock`.

    Attributes
    ----------
    clock : SampleClock or None
        The clock of the stream that is heard; None before the first one.
    """

    def __init__(
        self,
        microphone: Microphone,
        begin: Callable[[SampleClock], Process],
        delay_sec: float = 0.0,
    ) -> None:
        self.clock: SampleClock | None = None
        self._microphone = microphone
        self._begin = begin
        self._delay_sec = delay_sec
        self._opened: Opened | None = None
        self._process: Process | None = None
        self._origin = self._position = 0

    def poll(self) -> None:
        """Hand over all that has come since the last call."""
        opened = self._microphone.opened
        if self._opened is not None:
            self._drain(self._opened)
        if opened is not None and opened is not self._opened:
            self._opened, self._process = opened, None
            self._drain(opened)

    def _drain(self, opened: Opened) -> None:
        for block in opened.ring.pop():
            n_missing = block.first - self._position
            if self._process is None or n_missing > LONGEST_GAP_SEC * opened.rate_hz:
                self._start(opened, block.first)
                n_missing = 0
            assert self.clock is not None and self._process is not None
            start, end = block.start - self._origin, block.end - self._origin
            self.clock.add(start, end, block.time_sec, block.age_sec)
            for start in range(0, n_missing, len(SILENCE)):
                self._process(SILENCE[: n_missing - start])
            self._process(block.samples)
            self._position = block.first + len(block.samples)

    def _start(self, opened: Opened, first: int) -> None:
        self.clock = SampleClock(opened.rate_hz, opened.latency_sec, self._delay_sec)
        self._origin = first
        self._process = self._begin(self.clock)
