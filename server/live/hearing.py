"""What is done with the sound of one microphone, on a worker: listen, and check the signal."""

from collections import deque
from collections.abc import Collection
from time import perf_counter
from typing import NamedTuple

import numpy as np

from engine.instruments import Instrument
from engine.listening.chords import ChordListener
from engine.listening.listener import HeardNote, Listener
from engine.listening.mains import is_mains
from engine.listening.melody import MelodyListener
from engine.rate_steps import RateSteps
from engine.signal_check import Finding, SignalCheck
from engine.tuning import Tuning
from server.live.pcm import Format, PcmReader

CHORDS = "chords"
TAIL_SEC = 0.5  # of silence after the end: what was pending is told, and what sounded let go of
TAIL_BLOCKS = 8


class Sound(NamedTuple):
    """What the machine itself sounds, in time of the stream; a pitch of None is a click."""

    pitch: int | None
    onset_sec: float
    offset_sec: float


Inbox = deque[bytes]


class Needle(NamedTuple):
    """The last frame of pitch, its fields as the listener has them."""

    time_sec: float
    f0_hz: float
    is_voiced: bool
    confidence: float


class Heard(NamedTuple):
    """What came of a piece of sound; times since the first sample of the stream.

    Attributes
    ----------
    n_bytes : int
        How much of the inbox it was.
    n_samples : int
        Samples analysed.
    notes : list of HeardNote
        Those that began or ended.
    needle : Needle or None
        Where the pitch is now; None where no frame was made.
    findings : list of Finding
        How well the microphone hears, where that changed.
    is_hearing : bool
        Whether notes could be heard at all.
    settled_sec : float
        Every note that began before this has been told.
    work_sec : float
        How long it took.
    is_end : bool
        Whether that was the end of the stream.
    """

    n_bytes: int
    n_samples: int
    notes: list[HeardNote]
    needle: Needle | None
    findings: list[Finding]
    is_hearing: bool
    settled_sec: float
    work_sec: float
    is_end: bool = False


class Hearing:
    """Analyses one stream, on whichever thread but on one at a time.

    Parameters
    ----------
    sample_rate_hz : float
        8 000 to 384 000.
    pcm_format : str
        ``s16le`` or ``f32le``.
    instrument : Instrument or None
        What is played; None: any melody.
    tuning : Tuning
        What cents are counted from.

    Attributes
    ----------
    expected : collection of int
        The pitches that the score expects about now; may be set at any time.
    """

    def __init__(
        self,
        sample_rate_hz: float,
        pcm_format: Format,
        instrument: Instrument | None,
        tuning: Tuning,
    ) -> None:
        self.expected: Collection[int] = ()
        self._sample_rate_hz = sample_rate_hz
        self._instrument = instrument
        self._tuning = tuning
        self._reader = PcmReader(pcm_format)
        self._steps = RateSteps(sample_rate_hz)
        self._listener: Listener | None = None
        self._check: SignalCheck | None = None
        self._is_hearing = True
        self._n_samples = 0

    def hear(
        self, inbox: Inbox, sounds: deque[Sound], most_bytes: int, is_closed: bool = False
    ) -> Heard:
        """Take the next pieces out of the inbox, about so many bytes, and analyse them.

        Parameters
        ----------
        inbox : deque of bytes
            Pieces of sound; somebody else may go on to fill it.
        sounds : deque of Sound
            What the machine sounds; all are taken out.
        most_bytes : int
            When this much was taken, the rest is left.
        is_closed : bool
            Whether nothing more comes: with the last piece the stream ends.
        """
        begin_sec = perf_counter()
        if self._listener is None or self._check is None:
            # Made here, on the worker: that takes a while, and the first of all reads the weights.
            self._listener = self._make_listener()
            self._check = SignalCheck(self._steps.rate_hz)
        listener, check = self._listener, self._check
        while sounds:
            sound = sounds.popleft()
            listener.machine_plays(*sound)
            check.machine_plays(sound.onset_sec, sound.offset_sec)
        parts = _taken(inbox, most_bytes)
        samples = self._reader.read(parts)
        n_samples = len(samples)
        self._n_samples += n_samples
        samples = self._steps.process(samples)
        notes = listener.process(samples)
        findings = check.process(samples)
        if findings:  # of what is wrong the gravest is told, and that is deafness
            self._is_hearing = check.is_hearing
        needle, settled_sec = _last(listener, check), listener.settled_sec
        is_end = is_closed and not inbox
        if is_end:
            notes += self._tail(listener)
            settled_sec = min(listener.settled_sec, self._end_sec)
        return Heard(
            sum(map(len, parts)),
            n_samples,
            notes,
            needle,
            findings,
            self._is_hearing,
            settled_sec,
            perf_counter() - begin_sec,
            is_end,
        )

    @property
    def _end_sec(self) -> float:
        return self._n_samples / self._sample_rate_hz

    def _tail(self, listener: Listener) -> list[HeardNote]:
        """Let silence follow: the notes that tells of, none beyond the end of the sound."""
        silence = np.zeros(round(TAIL_SEC * self._sample_rate_hz / TAIL_BLOCKS), np.float32)
        end_sec = self._end_sec
        return [
            note
            if note.offset_sec is None
            else note._replace(offset_sec=min(note.offset_sec, end_sec))
            for _ in range(TAIL_BLOCKS)
            for note in listener.process(self._steps.process(silence))
            if note.onset_sec < end_sec
        ]

    def _make_listener(self) -> Listener:
        name = None if self._instrument is None else self._instrument.name
        if self._instrument is not None and self._instrument.kind == CHORDS:
            return ChordListener(self._steps.rate_hz, name, self._expected)
        return MelodyListener(self._steps.rate_hz, name, self._tuning, self._expected)

    def _expected(self, _onset_sec: float) -> Collection[int]:
        return self.expected


def _taken(inbox: Inbox, most_bytes: int) -> list[bytes]:
    """The next pieces, until they are so many bytes or there are no more."""
    parts: list[bytes] = []
    n_bytes = 0
    while inbox and n_bytes < most_bytes:
        parts.append(inbox.popleft())
        n_bytes += len(parts[-1])
    return parts


def _last(listener: Listener, check: SignalCheck) -> Needle | None:
    """The last frame of pitch; the needle rests on no hum."""
    frames = listener.frames()
    if not len(frames):
        return None
    needle = Needle(*frames[-1].item())
    is_hum = needle.is_voiced and is_mains(needle.f0_hz) and check.is_mains_likely
    return needle._replace(is_voiced=False) if is_hum else needle
