"""A recording as an instrument: what a microphone would have heard, block by block."""

import numpy as np

from engine.events import Event
from engine.signal_check import Finding
from server.inputs.audio_files import AudioFile
from server.inputs.ear import Ear
from server.inputs.microphone_input import MakeEar

TAIL_SEC = 1.0  # of silence after the end: what sounds last is told, too
BLOCK_FRAMES = 1024


class AudioInput:
    """Plays a recording to an ear as time goes by.

    Parameters
    ----------
    file : AudioFile
        Not yet read; it is closed at its end.
    make_ear : callable
        As for :class:`server.inputs.microphone_input.MicrophoneInput`.
    zero_sec : float
        Where the recording's 0 stands on the clock of :meth:`poll`.
    """

    def __init__(self, file: AudioFile, make_ear: MakeEar, zero_sec: float) -> None:
        self._file = file
        self._zero_sec = zero_sec
        self._blocks = file.blocks(BLOCK_FRAMES)
        self._n_heard = 0
        self._n_tail = int(TAIL_SEC * file.rate_hz)
        self._ear: Ear = make_ear(file.rate_hz, lambda stream_sec: stream_sec + zero_sec)

    @property
    def is_over(self) -> bool:
        """Whether everything was heard, and some silence after it."""
        return self._n_tail <= 0

    def poll(self, now_sec: float) -> list[Event]:
        """Return what was heard since the last call, at times of the clock of ``now_sec``.

        Raises
        ------
        AudioFileError
            Where the recording is damaged.
        """
        due = (now_sec - self._zero_sec) * self._file.rate_hz
        while not self.is_over and self._n_heard + BLOCK_FRAMES <= due:
            samples = next(self._blocks, None)
            if samples is None:
                self._file.close()
                samples = np.zeros(BLOCK_FRAMES, np.float32)
                self._n_tail -= BLOCK_FRAMES
            self._ear.process(samples)
            self._n_heard += len(samples)
        if self.is_over:
            self._ear.end()
        return [
            event._replace(time_sec=event.time_sec + self._zero_sec)
            for event in self._ear.take_events()
        ]

    def settled_sec(self, now_sec: float) -> float:
        """Return until when all that was played has been polled."""
        return now_sec if self.is_over else self._zero_sec + self._ear.settled_sec

    def machine_plays(self, pitch: int | None, onset_sec: float, offset_sec: float) -> None:
        """Know what the machine sounds; none of it is in a recording."""

    def take_findings(self) -> list[Finding]:
        """Return what was found to be the matter with the sound since the last call."""
        return self._ear.take_findings()
