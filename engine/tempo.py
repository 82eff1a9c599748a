"""Score time and clock time: one monotone map between beats and seconds."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import RuleError
from engine.score.limits import MAX_TEMPO_BPM, MIN_TEMPO_BPM


class ScoreClock:
    """Maps beats of a score to seconds of a take and back.

    Parameters
    ----------
    tempi : (n,) structured, ``TEMPO_DTYPE``
        Quarter notes a minute from each beat on, sorted, at least one row.
    origin_beat : float
        The beat that stands at 0 seconds.
    tempo_bpm : float, optional
        Scales the whole map so that the tempo at ``origin_beat`` is this one.

    Raises
    ------
    RuleError
        If a tempo is not finite or outside 5 to 1000 quarter notes a minute.
    """

    def __init__(
        self, tempi: NDArray[np.void], origin_beat: float = 0.0, tempo_bpm: float | None = None
    ) -> None:
        if not len(tempi):
            raise RuleError("tempi must have at least one row, got 0")
        first = max(0, int(np.searchsorted(tempi["onset_beat"], origin_beat, "right")) - 1)
        written = [_checked(bpm) for bpm in tempi["bpm"].tolist()]
        scale = 1.0 if tempo_bpm is None else _checked(tempo_bpm) / written[first]
        self._bpm = np.array([_checked(bpm * scale) for bpm in written])
        self._knot_beat = np.array(tempi["onset_beat"], dtype=float)
        steps = np.diff(self._knot_beat) * 60.0 / self._bpm[:-1]
        self._knot_sec = np.concatenate([[0.0], np.cumsum(steps)])
        self._knot_sec -= self.seconds(origin_beat)
        self.tempo_bpm = float(self._bpm[first])

    def seconds(self, beats: ArrayLike) -> NDArray[np.float64]:
        """Seconds of the take at which each beat is due; the first and last tempo go on outside."""
        beats = np.asarray(beats, dtype=float)
        row = np.maximum(np.searchsorted(self._knot_beat, beats, "right") - 1, 0)
        past_beat = beats - self._knot_beat[row]
        return np.asarray(self._knot_sec[row] + past_beat * 60 / self._bpm[row])

    def beats(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """The inverse of :meth:`seconds`."""
        seconds = np.asarray(seconds, dtype=float)
        row = np.maximum(np.searchsorted(self._knot_sec, seconds, "right") - 1, 0)
        past_sec = seconds - self._knot_sec[row]
        return np.asarray(self._knot_beat[row] + past_sec * self._bpm[row] / 60)

    def beat_sec(self, beats: ArrayLike) -> NDArray[np.float64]:
        """How long a quarter note lasts at each beat, in seconds."""
        row = np.maximum(np.searchsorted(self._knot_beat, np.asarray(beats), "right") - 1, 0)
        return np.asarray(60.0 / self._bpm[row])


def _checked(tempo_bpm: float) -> float:
    if not MIN_TEMPO_BPM <= tempo_bpm <= MAX_TEMPO_BPM:
        raise RuleError(
            f"tempo must be {MIN_TEMPO_BPM:g} to {MAX_TEMPO_BPM:g} quarter notes a minute, "
            f"got {tempo_bpm:g}"
        )
    return float(tempo_bpm)
