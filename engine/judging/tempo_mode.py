"""Judging against the clock: the metronome leads, each note has its time."""

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.judging.verdicts import RESULTS, Verdict
from engine.judging.windows import on_time_sec, reach_sec
from engine.tempo import ScoreClock
from native.judge import KEY_DTYPE, MOMENT_DTYPE, Judge

_new = tuple.__new__  # half the cost of calling Verdict: this runs once a note


class TempoJudge(Judge[Verdict]):
    """Pairs each played note with the expected one of its pitch that is nearest in time.

    Nearest to the player, not to the clock: somebody who is 100 ms late throughout is late by
    100 ms at every repeated note, and not early for the next one.

    Parameters
    ----------
    notes : (n,) structured
        Score notes with ``pitch``, ``onset_beat`` and ``is_grace``.
    moments : Moments
        Their moments.
    clock : ScoreClock
        When each beat is due.
    """

    def __init__(self, notes: NDArray[np.void], moments: Moments, clock: ScoreClock) -> None:
        super().__init__(timed_moments(moments, clock), _keys(notes, moments), _verdict)


def timed_moments(moments: Moments, clock: ScoreClock) -> NDArray[np.void]:
    """When the keys of each moment are due, and how far off they may be.

    Returns
    -------
    (n,) structured, ``MOMENT_DTYPE``
    """
    onset_beat = np.array(moments.onset_beat)
    beat_sec = clock.beat_sec(onset_beat)
    timed = np.empty(len(onset_beat), MOMENT_DTYPE)
    timed["due_sec"] = np.maximum.accumulate(clock.seconds(onset_beat))  # whatever rounding does
    timed["reach_sec"] = [reach_sec(beat) for beat in beat_sec.tolist()]
    timed["on_time_sec"] = [
        on_time_sec(beat, value * beat)
        for beat, value in zip(beat_sec.tolist(), moments.value_beat, strict=True)
    ]
    timed["whole_beat"] = np.floor(onset_beat)
    return timed


def _keys(notes: NDArray[np.void], moments: Moments) -> NDArray[np.void]:
    indices = np.array([key for keys in moments.keys for key in keys])
    keys = np.empty(len(indices), KEY_DTYPE)
    keys["moment"] = np.array(moments.of_note)[indices]
    keys["pitch"] = notes["pitch"][indices]
    keys["score_index"] = indices
    keys["is_grace"] = notes["is_grace"][indices]
    return keys


def _verdict(told: tuple[int, int, int, int, float, int, int]) -> Verdict:
    result, played_index, score_index, pitch, timing_sec, points, is_revision = told
    return _new(
        Verdict,
        (RESULTS[result], played_index, score_index, pitch, timing_sec, points, is_revision != 0),
    )
