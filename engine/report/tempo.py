"""The tempo that was really played, from onsets alone."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.matching import SAME_ONSET_BEAT
from engine.report.played import Judged
from engine.report.score_bars import ScoreBars
from engine.report.values import TempoPoint
from engine.score import Score
from engine.score.limits import MAX_TEMPO_BPM, MIN_TEMPO_BPM
from engine.tempo import ScoreClock

Floats = NDArray[np.float64]

PACE_GAPS = 17  # gaps between onsets whose median is the pace of the one in the middle
STOP_SEC = 0.5  # beyond what is due, and
STOP_BEAT = 1.0  # beyond what is due: a wait of that length is no tempo
MAX_SLOPE_MOMENTS = 64  # more are thinned out: the slope has as many terms as there are pairs
LEAST_SPAN_BEAT = 1.0  # less of a bar says more of single notes than of the tempo
CURVE_BEAT = 2.0  # a point of the curve looks so far either way
MAX_CURVE_POINTS = 2000  # more than a chart has pixels


class PlayedMoments(NamedTuple):
    """Moments of the score as they were played, sorted by stretch, then beat.

    Attributes
    ----------
    stretch, bar : (n,) int
        In which stretch and bar.
    beat, time_sec : (n,) float
        Onset in the score; mean onset in the take.
    flow_sec : (n,) float
        ``time_sec`` with the waits taken out.
    wait_sec : (n,) float
        How long beyond its due each moment was waited for; 0 where there was no wait.
    is_held : (n,) bool
        Whether a fermata before it asks for a wait.
    """

    stretch: NDArray[np.int64]
    bar: NDArray[np.int64]
    beat: Floats
    time_sec: Floats
    flow_sec: Floats
    wait_sec: Floats
    is_held: NDArray[np.bool_]


def played_moments(judged: Judged, score: Score) -> PlayedMoments:
    """Put the notes of each chord together, and find where the player waited.

    Parameters
    ----------
    judged : array of JUDGED_DTYPE
        With its stretches marked.
    score : Score
        What was to be played. Grace notes are left out: nothing says how long before the beat.
    """
    notes = judged[judged["stretch"] >= 0]
    notes = notes[~score.notes["is_grace"][notes["score_index"]]]
    beat = score.notes["onset_beat"][notes["score_index"]]
    order = np.lexsort((notes["time_sec"], beat, notes["stretch"]))
    notes, beat = notes[order], beat[order]
    if not len(notes):
        none, no_numbers = np.zeros(0), np.zeros(0, np.int64)
        return PlayedMoments(no_numbers, no_numbers, none, none, none, none, none > 0)
    begins = np.diff(beat, prepend=-np.inf) > SAME_ONSET_BEAT
    begins |= np.diff(notes["stretch"], prepend=-1) > 0
    first = np.flatnonzero(begins)
    time_sec = np.add.reduceat(notes["time_sec"], first) / np.diff(np.append(first, len(notes)))
    stretch = notes["stretch"][first].astype(np.int64)
    wait_sec = _waits(stretch, beat[first], time_sec)
    flow_sec = time_sec - np.cumsum(wait_sec)
    bar = notes["bar"][first].astype(np.int64)
    has_fermata = score.notes["has_fermata"][notes["score_index"]]
    is_held = np.roll(np.logical_or.reduceat(has_fermata, first), 1)
    return PlayedMoments(stretch, bar, beat[first], time_sec, flow_sec, wait_sec, is_held)


def bar_tempi(moments: PlayedMoments) -> dict[tuple[int, int], float]:
    """The tempo of each pass of a bar, up to the first moment of the next.

    Returns
    -------
    dict
        From (stretch, bar) to quarter notes a minute; without those too short to tell.
    """
    changes = (np.diff(moments.stretch) != 0) | (np.diff(moments.bar) != 0)
    ends = [*(np.flatnonzero(changes) + 1).tolist(), len(moments.beat)]
    tempi: dict[tuple[int, int], float] = {}
    begin = 0
    for end in ends if len(moments.beat) else []:
        goes_on = end < len(moments.beat) and moments.stretch[end] == moments.stretch[begin]
        tempo_bpm = _tempo(moments, begin, end + 1 if goes_on else end)
        if tempo_bpm is not None:
            tempi[int(moments.stretch[begin]), int(moments.bar[begin])] = tempo_bpm
        begin = end
    return tempi


def tempo_curve(moments: PlayedMoments, bars: ScoreBars, clock: ScoreClock) -> list[TempoPoint]:
    """The player's tempo, beat by beat.

    Parameters
    ----------
    moments : PlayedMoments
        Of the take.
    bars : ScoreBars
        Of the score.
    clock : ScoreClock
        The tempo asked for.

    Returns
    -------
    list of TempoPoint
        In the order played, at most about ``MAX_CURVE_POINTS``.
    """
    points: list[TempoPoint] = []
    edges = np.flatnonzero(np.diff(moments.stretch, prepend=-1, append=-1))
    step_beat = max(1.0, np.ceil(len(moments.beat) / MAX_CURVE_POINTS))
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        beats = moments.beat[begin:end]
        grid = np.arange(beats[0], beats[-1] + SAME_ONSET_BEAT, step_beat)
        lows = np.maximum(np.searchsorted(beats, grid - CURVE_BEAT) - 1, 0) + begin
        highs = np.minimum(np.searchsorted(beats, grid + CURVE_BEAT) + 1, len(beats)) + begin
        times = np.interp(grid, beats, moments.time_sec[begin:end])
        nearest = np.searchsorted(beats, grid, "right") - 1 + begin
        asked = 60.0 / clock.beat_sec(grid)
        for k in range(len(grid)):
            tempo_bpm = _tempo(moments, int(lows[k]), int(highs[k]))
            if tempo_bpm is not None:
                measure = int(bars.measure[moments.bar[nearest[k]]])
                stretch, time_sec = int(moments.stretch[begin]), round(float(times[k]), 3)
                asked_bpm = round(float(asked[k]), 2)
                played_bpm = round(tempo_bpm, 2)
                points.append(TempoPoint(time_sec, measure, played_bpm, asked_bpm, stretch))
    return points


def _waits(stretch: NDArray[np.int64], beat: Floats, time_sec: Floats) -> Floats:
    """How much longer than the gaps around it each gap before a moment was; 0 where no wait."""
    wait_sec = np.zeros(len(beat))
    ends = np.flatnonzero(np.diff(stretch) == 0) + 1  # the later moment of each gap
    if not len(ends):
        return wait_sec
    gap_beat, gap_sec = beat[ends] - beat[ends - 1], time_sec[ends] - time_sec[ends - 1]
    half = PACE_GAPS // 2
    padded = np.pad(gap_sec / gap_beat, half, "reflect" if len(ends) > half else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, PACE_GAPS)
    pace = np.median(windows, axis=-1)
    excess = gap_sec - pace * gap_beat
    is_wait = excess > np.maximum(STOP_SEC, STOP_BEAT * pace)
    wait_sec[ends[is_wait]] = excess[is_wait]
    return wait_sec


@cache
def _pairs(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of n rows; n is at most ``MAX_SLOPE_MOMENTS``."""
    earlier, later = np.triu_indices(n, 1)
    return earlier, later


def _tempo(moments: PlayedMoments, begin: int, end: int) -> float | None:
    """Tempo of some moments by the median slope of all pairs (Theil 1950; Sen 1968)."""
    rows = np.arange(begin, end)
    if len(rows) > MAX_SLOPE_MOMENTS:
        rows = np.linspace(begin, end - 1, MAX_SLOPE_MOMENTS).astype(np.intp)
    beat, flow_sec = moments.beat[rows], moments.flow_sec[rows]
    if beat[-1] - beat[0] < LEAST_SPAN_BEAT - SAME_ONSET_BEAT:
        return None
    earlier, later = _pairs(len(rows))
    slopes = (flow_sec[later] - flow_sec[earlier]) / (beat[later] - beat[earlier])
    beat_sec = float(np.median(slopes))
    is_tempo = 60.0 / MAX_TEMPO_BPM <= beat_sec <= 60.0 / MIN_TEMPO_BPM
    return 60.0 / beat_sec if is_tempo else None
