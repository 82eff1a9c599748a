"""Judging against the clock: the metronome leads, each note has its time."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.judging.ornaments import roll_sec, sounding_ornaments
from engine.judging.tempo_why import TempoReasons
from engine.judging.verdicts import RESULTS, Verdict
from engine.judging.windows import REACH_MAX_SEC, on_time_sec, reach_sec
from engine.tempo import ScoreClock
from native.judge import KEY_DTYPE, MOMENT_DTYPE, Judge

_new = tuple.__new__  # half the cost of calling Verdict: this runs once a note


class TempoJudge(Judge[Verdict]):
    """Pairs each played note with the expected one of its pitch that is nearest in time.

    Nearest to the player, not to the clock: somebody who is 100 ms late throughout is late by
    100 ms at every repeated note, and not early for the next one.

    A note that belongs to an ornament now sounding is ``correct`` for the ornamented note, without
    points or timing. Written notes come first: one that is due takes the note, and the last note
    of an ornament may turn out to have been a written one come early. A trill or turn that begins
    beside its main note is timed by its first note. Fermatas do not stop the clock.

    Parameters
    ----------
    notes : (n,) structured
        Score notes with ``pitch``, ``onset_beat`` and ``is_grace``; where they have ornaments,
        with ``duration_beat`` too.
    moments : Moments
        Their moments.
    clock : ScoreClock
        When each beat is due.
    """

    def __init__(self, notes: NDArray[np.void], moments: Moments, clock: ScoreClock) -> None:
        beat_sec = clock.beat_sec(moments.onset_beat)
        rolls = key_rolls(notes, moments, clock)
        timed = timed_moments(moments, clock, rolls)
        reasons = TempoReasons(notes, moments, timed, beat_sec.tolist())
        ornaments = sounding_ornaments(notes, moments, clock)
        super().__init__(timed, _keys(notes, moments, rolls), ornaments, _teller(reasons))


def key_rolls(notes: NDArray[np.void], moments: Moments, clock: ScoreClock) -> NDArray[np.float64]:
    """How long the chord of each score note may take to be rolled, in seconds; 0: not at all."""
    return roll_sec(notes, clock.beat_sec(moments.onset_beat)[moments.of_note])


def timed_moments(
    moments: Moments, clock: ScoreClock, rolls: NDArray[np.float64]
) -> NDArray[np.void]:
    """When the keys of each moment are due, and how far off they may be.

    A chord that may be rolled is in reach for as long as that takes.

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
    longest = np.zeros(len(onset_beat))
    np.maximum.at(longest, moments.of_note, rolls)
    rolled_sec = np.minimum(longest + timed["on_time_sec"], REACH_MAX_SEC)
    timed["reach_sec"] = np.where(
        longest > 0, np.maximum(timed["reach_sec"], rolled_sec), timed["reach_sec"]
    )
    return timed


def _keys(
    notes: NDArray[np.void], moments: Moments, rolls: NDArray[np.float64]
) -> NDArray[np.void]:
    indices = np.array([key for keys in moments.keys for key in keys])
    keys = np.empty(len(indices), KEY_DTYPE)
    keys["roll_sec"] = rolls[indices]
    keys["moment"] = np.array(moments.of_note)[indices]
    keys["pitch"] = notes["pitch"][indices]
    keys["score_index"] = indices
    keys["is_grace"] = notes["is_grace"][indices]
    return keys


Told = tuple[int, int, int, int, float, int, int]


def _teller(reasons: TempoReasons) -> Callable[[Told], Verdict]:
    """What makes a verdict of the fields of ``core_verdict``."""

    def verdict(told: Told) -> Verdict:
        result, played_index, score_index, pitch, timing_sec, points, is_revision = told
        return _new(
            Verdict,
            (
                RESULTS[result],
                played_index,
                score_index,
                pitch,
                timing_sec,
                points,
                is_revision != 0,
                reasons,
            ),
        )

    return verdict
