"""In which octave a melody is played or sung, and which octaves are to be doubted."""

from collections.abc import Collection

OCTAVE = 12
SURE_NOTES = 2  # that fit the player's octave: then it is known
STRAYS = 3  # so often in a row one note in another octave is no slip of anybody's
SLIPS = (12, 19, 24)  # semitones by which a tracker may be off at first: partials 2, 3 and 4
SURE = 0.6  # a note less sure than this is rather the one that the score expects


class Octaves:
    """Tells a player's octave from what is written, and an octave off from a player's slip.

    One who plays in another octave from the beginning is in that octave. One whose octave is
    known and who strikes a note in another has struck a wrong note, until more follow there.

    Attributes
    ----------
    shift : int
        Octaves from what is heard to what is written.
    """

    def __init__(self) -> None:
        self.shift = 0
        self._n_fitting = 0
        self._strays: list[tuple[int, int]] = []  # pitch and shift of the notes in a row

    def is_doubtful(self, pitch: int, wanted: Collection[int]) -> bool:
        """Whether a note just heard may be an expected one that is not heard well yet."""
        written = pitch + OCTAVE * self.shift
        if written in wanted or (self._n_fitting < SURE_NOTES and self._shifts(pitch, wanted)):
            return False
        return self._slip(written, wanted) is not None

    def place(self, pitch: int, wanted: Collection[int], confidence: float) -> int:
        """Follow the player's octave; returns the pitch as it is to be told, 0 to 127."""
        if self._n_fitting < SURE_NOTES and not self._is_near(pitch, wanted):
            self.shift = 0  # one note was not enough to say otherwise
        written = pitch + OCTAVE * self.shift
        meant = self._slip(written, wanted)
        shifts = self._shifts(pitch, wanted)
        if written in wanted:
            self._n_fitting += 1
            self._strays.clear()
        elif shifts and self._is_another_octave(pitch, min(shifts, key=abs)):
            written = pitch + OCTAVE * self.shift
        elif meant is not None and confidence < SURE:
            written = meant
        return min(max(written, 0), 127)

    def _is_another_octave(self, pitch: int, shift: int) -> bool:
        """Take in a note that stands written in another octave only; whether the player is there.

        Notes that stray there in a row say so, or one as long as nothing is known.
        """
        if self._strays and self._strays[-1][1] != shift:
            self._strays.clear()
        self._strays.append((pitch, shift))
        is_known = self._n_fitting >= SURE_NOTES
        n_pitches = len({pitch for pitch, _ in self._strays})
        if is_known and n_pitches < SURE_NOTES and len(self._strays) < STRAYS:
            return False
        self.shift, self._n_fitting = shift, len(self._strays)
        self._strays.clear()
        return True

    def _is_near(self, pitch: int, wanted: Collection[int]) -> bool:
        """Whether a note is as near to something expected where the player seems to be as here."""
        here = min((abs(other - pitch) for other in wanted), default=0)
        there = (abs(other - pitch - OCTAVE * self.shift) for other in wanted)
        return min(there, default=0) <= here

    def _shifts(self, pitch: int, wanted: Collection[int]) -> set[int]:
        return {(other - pitch) // OCTAVE for other in wanted if (other - pitch) % OCTAVE == 0}

    def _slip(self, written: int, wanted: Collection[int]) -> int | None:
        """The expected note of which this may be a partial, or the other way round."""
        near = [other for other in wanted if abs(other - written) in SLIPS]
        return min(near, key=lambda other: abs(other - written), default=None)
