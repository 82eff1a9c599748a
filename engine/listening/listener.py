"""What every listener is: sound in, notes of a take out."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


class HeardNote(NamedTuple):
    """A note that the microphone heard begin or end, or settle on another pitch than it told.

    Attributes
    ----------
    note_id : int
        Counts the notes of the stream from 0; the same whenever one is told.
    onset_sec : float
        When it began, in seconds since the first sample; latency is taken off already.
    pitch : int
        MIDI pitch.
    velocity : int
        1 to 127, from the level of its attack.
    cents : float
        How far off it is from the pitch in the chosen tuning, -50 to 50, sharp positive; NaN where
        unknown.
    confidence : float
        The chance that it is right, 0 to 1.
    offset_sec : float or None
        When it ended; None while it sounds.
    """

    note_id: int
    onset_sec: float
    pitch: int
    velocity: int
    cents: float
    confidence: float
    offset_sec: float | None


class Listener(Protocol):
    """Hears notes in sound that comes block by block.

    Attributes
    ----------
    latency_sec : float
        How long after its onset a note is usually told.
    settled_sec : float
        Every note that began before this has been told: the clock of a take at a microphone.
    """

    latency_sec: float

    @property
    def settled_sec(self) -> float: ...

    def process(self, samples: F32) -> list[HeardNote]:
        """Take in mono samples, full scale +-1, any number; say which notes began or ended.

        A note that settles on another pitch than it was told with is told again as it sounds.
        """
        ...

    def frames(self) -> NDArray[np.void]:
        """The frames of pitch since the last call; none where no single pitch is followed."""
        ...

    def machine_plays(
        self, pitch: int | None, onset_sec: float, offset_sec: float | None = None
    ) -> None:
        """Know what the machine itself sounds, so that it is not taken for the player.

        A pitch of None is a click of the metronome.
        """
        ...
