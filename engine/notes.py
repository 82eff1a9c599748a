"""Notes out of sound: which pitch, from when to when, how far off, how sure."""

from math import isnan, log2

import numpy as np
from numpy.typing import NDArray

from engine.learned import learned
from engine.tuning import Tuning
from native.notes import FRAME_DTYPE, MAX_SAMPLES, Notes

BLOCK_SAMPLES = MAX_SAMPLES
"""At most in one call of :meth:`NoteTaker.process`."""

RENAMED_CENTS = 58.0  # from the pitch told at which a note that sounds is told by another
HEARD_NOTES = np.dtype(
    [
        ("id", "i4"),
        ("pitch", "i4"),
        ("cents", "f8"),
        ("f0_hz", "f8"),
        ("onset_sec", "f8"),
        ("offset_sec", "f8"),
        ("velocity", "i4"),
        ("confidence", "f8"),
    ]
)
"""A note that began, ended or is heard better; ``offset_sec`` is NaN while it sounds."""
NO_NOTES = np.empty(0, HEARD_NOTES)
"""What nearly every block of sound brings."""

_Row = tuple[float, float, float, float, int, int]  # as ``NOTE_DTYPE`` has its fields
_NOTE_ID = 4


class NoteTaker:
    """Makes notes of one voice from its sound and the frames of pitch told of it.

    Parameters
    ----------
    sample_rate_hz : float
        16000 to 96000.
    tuning : Tuning, optional
        What the notes' pitches and cents are told in; equal temperament from 440 Hz where absent.

    Attributes
    ----------
    latency_sec : float
        How long after its onset a note is usually told.
    notes : Notes
        The native object.
    """

    latency_sec = 0.06

    def __init__(self, sample_rate_hz: float, tuning: Tuning | None = None) -> None:
        self.notes = Notes(sample_rate_hz, learned("onset"))
        self._tuning = Tuning() if tuning is None else tuning
        self._told_pitch: dict[int, int] = {}  # of the notes that sound
        self._rows: list[_Row] = []

    @property
    def settled_sec(self) -> float:
        """Every note that began before this has been told, in seconds since the first sample."""
        return self.notes.settled_sec

    def process(self, samples: NDArray[np.float32], frames: NDArray[np.void]) -> None:
        """Take in at most ``BLOCK_SAMPLES`` samples and the frames of pitch that they brought.

        Parameters
        ----------
        samples : (n,) float32
            Mono, full scale +-1.
        frames : (m,) structured
            ``time_sec``, ``f0_hz``, ``confidence`` and ``is_voiced``, as the tracker told them.
        """
        told = np.empty(len(frames), FRAME_DTYPE)
        for name in FRAME_DTYPE.names or ():
            told[name] = frames[name]
        self.notes.process(samples, told)
        self.take_in(self.notes.take())

    def take_in(self, rows: NDArray[np.void]) -> None:
        """Take in notes that the core has told already, (k,) structured ``NOTE_DTYPE``."""
        self._rows += rows.tolist()

    def take(self) -> NDArray[np.void]:
        """The notes that began, ended or were heard better since the last call, each once.

        Returns
        -------
        (k,) structured, ``HEARD_NOTES``
            A note that sounds is told again where it has settled on another pitch; with its end
            come the pitch and the cents of all of it. ``cents`` are -50 to 50, or as far as the
            tuning's pitches lie apart.
        """
        if not self._rows:  # nearly always
            return NO_NOTES
        latest = {row[_NOTE_ID]: row for row in self._rows}
        self._rows = []
        told = [self._in_tuning(row) for row in latest.values()]
        return np.array([row for row in told if row is not None], HEARD_NOTES)

    def reset(self) -> None:
        """Back to before the first sample."""
        self.notes.reset()
        self._told_pitch.clear()
        self._rows = []

    def _in_tuning(self, row: _Row) -> tuple[float, ...] | None:
        """A row as it is told; None where a note that sounds is still what was told of it."""
        f0_hz, onset_sec, offset_sec, confidence, note_id, velocity = row
        pitch, cents = self._tuning.nearest(f0_hz)
        is_over = not isnan(offset_sec)
        told = self._told_pitch.get(note_id)
        if not is_over and told is not None:
            off_cents = 1200.0 * log2(f0_hz / self._tuning.f0_hz(told))
            if pitch == told or abs(off_cents) < RENAMED_CENTS:
                return None
        if is_over:
            self._told_pitch.pop(note_id, None)
        else:
            self._told_pitch[note_id] = pitch
        return (note_id, pitch, cents, f0_hz, onset_sec, offset_sec, velocity, confidence)
