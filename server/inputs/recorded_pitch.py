"""The notes and the pitch contour of a recording."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.pitch import PitchTracker
from engine.tuning import Tuning
from server.inputs.audio_files import BLOCK_FRAMES, AudioFile

TAIL_SEC = 0.5  # of silence after the end: long enough for the last note to be let go of
TAIL_BLOCKS = 8


@dataclass(frozen=True)
class RecordedPitch:
    """What was heard in a recording.

    Attributes
    ----------
    notes : (n,) structured
        As :meth:`engine.pitch.PitchTracker.take_notes` gives them, each once, in order of their
        onsets; all have ended.
    frames : (n,) structured
        As :meth:`engine.pitch.PitchTracker.process` gives them.
    duration_sec : float
        How long the recording is.
    """

    notes: NDArray[np.void]
    frames: NDArray[np.void]
    duration_sec: float


def hear_recording(
    file: AudioFile,
    instrument: str | None = None,
    tuning: Tuning | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> RecordedPitch:
    """Listen to a recording from its beginning to its end.

    Parameters
    ----------
    file : AudioFile
        Not yet read.
    instrument, tuning
        As for :class:`engine.pitch.PitchTracker`.
    on_progress : callable
        Told how many blocks of how many have been heard.

    Returns
    -------
    RecordedPitch
        What was heard.

    Raises
    ------
    AudioFileError
        Where the file is damaged.
    engine.errors.EngineError
        If there is no such instrument.
    """
    tracker = PitchTracker(file.rate_hz, instrument, tuning)
    frames: list[NDArray[np.void]] = []
    latest: dict[int, np.void] = {}
    n_heard = 0

    def hear(samples: NDArray[np.float32]) -> None:
        frames.append(tracker.process(samples))
        latest.update((int(note["id"]), note) for note in tracker.take_notes())

    for k, samples in enumerate(file.blocks()):
        hear(samples)
        n_heard += len(samples)
        on_progress(k, -(-file.n_frames // BLOCK_FRAMES))
    tail = np.zeros(int(TAIL_SEC * file.rate_hz / TAIL_BLOCKS), np.float32)
    for _ in range(TAIL_BLOCKS):
        hear(tail)
    duration_sec = n_heard / file.rate_hz
    contour = np.concatenate(frames)
    return RecordedPitch(
        _ended(list(latest.values()), tracker, duration_sec),
        contour[contour["time_sec"] < duration_sec],
        duration_sec,
    )


def _ended(notes: list[np.void], tracker: PitchTracker, duration_sec: float) -> NDArray[np.void]:
    """The notes in order; none ends, or still sounds, after the end of the recording."""
    told = np.array(notes, dtype=tracker.take_notes().dtype)
    told = told[told["onset_sec"] < duration_sec]
    told["offset_sec"] = np.fmin(told["offset_sec"], duration_sec)
    return told[np.argsort(told["onset_sec"], kind="stable")]
