"""What the machine itself sounds, so that a microphone does not take it for the player."""

from typing import NamedTuple

KEPT_SEC = 30.0  # of what was played before the newest
KEPT = 1024  # and no more than this, whatever a machine says it plays
EARLY_SEC, LATE_SEC = 0.06, 0.18  # between an onset told and the one heard: loudspeaker, room
CLICK_SEC = 0.06  # either way of a click: loudspeaker, room
CLICK_PITCH = 76  # clicks sound from here up; a note below, begun with a click, is the player's
PARTIALS = (0, 12, 19, 24)  # semitones above a note at which its partials may be taken for notes


class _Sounded(NamedTuple):
    pitch: int | None
    onset_sec: float
    offset_sec: float


class OwnSound:
    """Remembers what the machine played and tells whether that explains a note heard."""

    def __init__(self) -> None:
        self._sounded: list[_Sounded] = []

    def plays(self, pitch: int | None, onset_sec: float, offset_sec: float | None = None) -> None:
        """The machine sounds a pitch, or a click where that is None.

        Parameters
        ----------
        pitch : int or None
            MIDI pitch.
        onset_sec : float
            When, in seconds of the stream.
        offset_sec : float, optional
            When it ends; its onset alone counts where absent.
        """
        end_sec = onset_sec if offset_sec is None else offset_sec
        recent = [old for old in self._sounded if old.offset_sec > onset_sec - KEPT_SEC]
        self._sounded = recent[1 - KEPT :]
        self._sounded.append(_Sounded(pitch, onset_sec, end_sec))

    def explains(self, pitch: int, onset_sec: float) -> bool:
        """Whether a note heard may be the machine's own.

        Its pitch is one the machine sounds then, or a low partial of it; or high, at a click.
        """
        return any(_explains(sounded, pitch, onset_sec) for sounded in self._sounded)


def _explains(sounded: _Sounded, pitch: int, onset_sec: float) -> bool:
    late_sec = onset_sec - sounded.onset_sec
    if sounded.pitch is None:
        return pitch >= CLICK_PITCH and -CLICK_SEC <= late_sec <= CLICK_SEC
    if pitch - sounded.pitch not in PARTIALS:
        return False
    return -EARLY_SEC <= late_sec <= max(LATE_SEC, sounded.offset_sec - sounded.onset_sec)
