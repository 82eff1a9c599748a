"""Automatic gain: in pauses the room slowly swells, and is quiet again after the next note."""

from collections import deque
from itertools import pairwise

from native.sound_check import SoundSpan

PAUSE_DB = 10.0  # below the notes
STEADY_DB = 10.0  # most that the level of noise varies within a quarter of a second
RISE_DB = 6.0  # of a swell, at least
FALL_DB = 5.0  # from its end to the next pause, at least
STEP_DB = (-1.0, 6.0)  # a quarter of a second of a swell
JUMP_DB = 8.0  # from its end to the note after it, at least
STEPS = 3  # of a swell, at least
KEPT_SEC = 60.0  # how long a swell is remembered
SEEN = 2  # swells that are no accident


class Levelled:
    """Counts the swells of the room.

    Attributes
    ----------
    is_seen : bool
        Whether a gain control is at work.
    """

    def __init__(self) -> None:
        self.is_seen = False
        self._pause: list[float] = []
        self._swell_end_db: float | None = None
        self._swells: deque[float] = deque(maxlen=SEEN)

    def take(self, span: SoundSpan, notes_db: float) -> None:
        """Know the next quarter of a second.

        Parameters
        ----------
        span : SoundSpan
            Its measures.
        notes_db : float
            Level of the notes lately, dBFS.
        """
        is_steady = span.loudest_db - span.quietest_db < STEADY_DB and span.constant_blocks == 0
        if is_steady and span.loudest_db < notes_db - PAUSE_DB:
            self._pause.append(span.level_db)
        elif span.level_db > notes_db - PAUSE_DB:
            self._end_pause(span)
        self._forget(span.time_sec)

    def _end_pause(self, span: SoundSpan) -> None:
        """A note ends the pause: was there a swell, and was the one before real?"""
        pause, self._pause = self._pause, []
        if not pause:
            return
        if self._swell_end_db is not None and min(pause) < self._swell_end_db - FALL_DB:
            self._swells.append(span.time_sec)
        is_jump = span.loudest_db > pause[-1] + JUMP_DB
        self._swell_end_db = pause[-1] if is_jump and swells(pause) else None
        if len(self._swells) == SEEN:
            self.is_seen = True

    def _forget(self, time_sec: float) -> None:
        if self._swells and time_sec - self._swells[-1] > KEPT_SEC:
            self._swells.clear()
            self.is_seen = False


def swells(levels_db: list[float]) -> bool:
    """Whether levels rise to their end, from wherever they were least, slowly and far enough."""
    start = levels_db.index(min(levels_db))
    rise = levels_db[start:]
    steps = [after - before for before, after in pairwise(rise)]
    is_slow = all(STEP_DB[0] <= step <= STEP_DB[1] for step in steps)
    return len(steps) >= STEPS and is_slow and rise[-1] - rise[0] >= RISE_DB
