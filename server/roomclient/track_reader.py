"""A track's sound around the place where it is played."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.roomclient.errors import PlayerError
from server.roomclient.interpolation import REACH

BEHIND_SEC = 4.0  # kept, so that small jumps back need no reading
AHEAD_SEC = 12.0
CHANNELS = 2


class Window(NamedTuple):
    """A stretch of sound.

    Attributes
    ----------
    start : int
        Which frame of the track the first one is; before the track begins there is silence.
    frames : (n, 2) float32
        The sound.
    rate_hz : int
        Frames a second.
    n_track : int
        Frames of the whole track.
    path : Path
        Its file.
    """

    start: int
    frames: NDArray[np.float32]
    rate_hz: int
    n_track: int
    path: Path

    @property
    def end(self) -> int:
        """The frame after the last."""
        return self.start + len(self.frames)

    def covers(self, first: float, last: float) -> bool:
        """Whether sound between two places can be interpolated."""
        return first - REACH >= self.start and last + REACH < self.end


class TrackReader:
    """Reads one file; for one thread at a time.

    Parameters
    ----------
    path : Path
        Any file that libsndfile knows.

    Attributes
    ----------
    path : Path
        The file.
    rate_hz, n_frames : int
        Frames a second, and in all.

    Raises
    ------
    PlayerError
        If it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        import soundfile

        self.path = path
        self._errors = (soundfile.SoundFileError, OSError)
        try:
            self._file = soundfile.SoundFile(path)
        except self._errors as error:
            raise PlayerError(f"{path} cannot be played: {error}") from error
        self.rate_hz = int(self._file.samplerate)
        self.n_frames = int(self._file.frames)

    def around(self, frame: float) -> Window:
        """Read the sound around a place."""
        begin = int(frame - BEHIND_SEC * self.rate_hz)
        return self._read(begin, int(frame + AHEAD_SEC * self.rate_hz))

    def after(self, window: Window, frame: float) -> Window:
        """Read on where a window ends, and forget what is long behind a place."""
        begin = max(window.start, int(frame - BEHIND_SEC * self.rate_hz))
        end = int(frame + AHEAD_SEC * self.rate_hz)
        if end <= window.end or begin >= window.end:
            return window
        more = self._read(window.end, end)
        kept = window.frames[begin - window.start :]
        return window._replace(start=begin, frames=np.concatenate([kept, more.frames]))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read(self, begin: int, end: int) -> Window:
        """Frames from ``begin`` to ``end``, silence before and behind the track."""
        first, last = max(0, min(begin, self.n_frames)), max(0, min(end, self.n_frames))
        out = np.zeros((end - begin, CHANNELS), np.float32)
        if last > first:
            try:
                self._file.seek(first)
                found = self._file.read(last - first, dtype="float32", always_2d=True)
            except self._errors as error:
                raise PlayerError(f"{self.path} is damaged: {error}") from error
            found = np.nan_to_num(found[:, :CHANNELS], copy=False)
            out[first - begin : first - begin + len(found)] = found  # mono goes to both
        return Window(begin, out, self.rate_hz, self.n_frames, self.path)
