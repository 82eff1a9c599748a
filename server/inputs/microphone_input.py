"""A microphone as an instrument: the notes it hears, at the time they were played."""

from collections.abc import Callable
from math import inf

import numpy as np
from numpy.typing import NDArray

from engine.events import Event
from engine.signal_check import Finding
from server.inputs.ear import Ear
from server.inputs.feed import Feed
from server.inputs.microphone import Microphone
from server.inputs.sample_clock import SampleClock

MakeEar = Callable[[float, Callable[[float], float]], Ear]


class MicrophoneInput:
    """Notes from a microphone, for as long as it is there.

    Parameters
    ----------
    microphone : Microphone
        Which one; connected or to be, and looked after by somebody else.
    make_ear : callable
        Makes the ear of each stream, given its rate in Hz and what turns a time of the stream into
        one of :func:`native.ring.clock_sec`.
    delay_sec : float
        As for :class:`server.inputs.sample_clock.SampleClock`.
    """

    def __init__(self, microphone: Microphone, make_ear: MakeEar, delay_sec: float = 0.0) -> None:
        self._make_ear = make_ear
        self._feed = Feed(microphone, self._begin, delay_sec)
        self._ear: Ear | None = None
        self._clock: SampleClock | None = None
        self._events: list[Event] = []
        self._findings: list[Finding] = []

    def poll(self, now_sec: float) -> list[Event]:
        """Return what was heard since the last call, at times of :func:`native.ring.clock_sec`."""
        del now_sec  # sound has its own time
        self._feed.poll()
        self._collect()
        events, self._events = self._events, []
        return events

    def settled_sec(self, now_sec: float) -> float:
        """Return until when all that was played has been polled.

        It stands still while the microphone is away: what cannot be heard is not missed.
        """
        if self._ear is None or self._clock is None:
            return -inf
        return min(now_sec, self._clock.time_sec(self._ear.settled_sec))

    def machine_plays(self, pitch: int | None, onset_sec: float, offset_sec: float) -> None:
        """Know what the machine sounds; times of :func:`native.ring.clock_sec`."""
        if self._ear is not None and self._clock is not None:
            stream_sec = self._clock.stream_sec
            self._ear.machine_plays(pitch, stream_sec(onset_sec), stream_sec(offset_sec))

    def take_findings(self) -> list[Finding]:
        """Return what was found to be the matter with the sound since the last call."""
        findings, self._findings = self._findings, []
        return findings

    def _begin(self, clock: SampleClock) -> Callable[[NDArray[np.float32]], None]:
        if self._ear is not None:
            self._ear.end()
            self._collect()
        self._clock = clock
        self._ear = self._make_ear(clock.rate_hz, clock.time_sec)
        return self._ear.process

    def _collect(self) -> None:
        """Put what the ear has told on the machine's clock."""
        if self._ear is None or self._clock is None:
            return
        for event in self._ear.take_events():
            time_sec = self._clock.time_sec(event.time_sec)
            self._events.append(event._replace(time_sec=time_sec))
        self._findings += self._ear.take_findings()
