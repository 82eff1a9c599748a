"""One stream of sound on its way to events: what is heard, and whether it can be heard well."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.events import Event, Kind, note_ended
from engine.listening.listener import HeardNote, Listener
from engine.signal_check import Finding

REPORT_SEC = 2.0  # of sound after which is said how it is, come what may


class Check(Protocol):
    """Says when something is the matter with the sound."""

    def process(self, samples: NDArray[np.float32]) -> Sequence[Finding]: ...

    def report(self) -> Sequence[Finding]: ...

    def machine_plays(self, onset_sec: float, offset_sec: float) -> None: ...


class Ear:
    """Makes events of what a listener hears, at times of its stream.

    After two seconds it says how the sound is, and from then on what changes about it.

    Parameters
    ----------
    rate_hz : float
        Samples a second.
    listener : Listener
        Hears the notes.
    check : Check
        Hears what is the matter.
    """

    def __init__(self, rate_hz: float, listener: Listener, check: Check) -> None:
        self._listener = listener
        self._check = check
        self._until_report = int(REPORT_SEC * rate_hz)  # samples
        self._sounding: dict[int, int] = {}  # note id -> pitch
        self._events: list[Event] = []
        self._findings: list[Finding] = []

    @property
    def settled_sec(self) -> float:
        """Every note that began before this time of the stream has been told."""
        return self._listener.settled_sec

    def process(self, samples: NDArray[np.float32]) -> None:
        """Listen to samples."""
        for note in self._listener.process(samples):
            self._take_in(note)
        changes = self._check.process(samples)
        has_reported = self._until_report <= 0
        self._until_report -= len(samples)
        if has_reported:
            self._findings += changes
        elif self._until_report <= 0:
            self._findings += self._check.report()

    def machine_plays(self, pitch: int | None, onset_sec: float, offset_sec: float) -> None:
        """Know what the machine sounds; times of the stream."""
        self._listener.machine_plays(pitch, onset_sec, offset_sec)
        self._check.machine_plays(onset_sec, offset_sec)

    def take_events(self) -> list[Event]:
        """Return the notes that began and ended since the last call, at times of the stream."""
        events, self._events = self._events, []
        return events

    def take_findings(self) -> list[Finding]:
        """Return what was found since the last call."""
        findings, self._findings = self._findings, []
        return findings

    def end(self) -> None:
        """Nothing more is heard: what sounds has ended."""
        for pitch in self._sounding.values():
            self._events.append(Event(self.settled_sec, Kind.NOTE_OFF, pitch))
        self._sounding.clear()

    def _take_in(self, note: HeardNote) -> None:
        told = self._sounding.get(note.note_id)
        if told is None:
            event = Event(note.onset_sec, Kind.NOTE_ON, note.pitch, note.velocity)
            self._events.append(event)
        elif told != note.pitch:
            self._events.append(Event(note.onset_sec, Kind.RENAMED, note.pitch, told))
        self._sounding[note.note_id] = note.pitch
        if note.offset_sec is not None:
            del self._sounding[note.note_id]
            self._events += note_ended(note.offset_sec, note.pitch, note.cents)
