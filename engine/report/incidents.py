"""What happened beside the notes: stops, hesitations, jumps, repeats, changes of tempo."""

from collections.abc import Iterable

import numpy as np

from engine.judging.remarks import HESITATION, STOP, Remark
from engine.report.played import Entry
from engine.report.score_bars import ScoreBars
from engine.report.tempo import PlayedMoments
from engine.report.values import Incident

STOP_SEC = 2.0  # a shorter wait is a hesitation


def remarks(entries: Iterable[Entry]) -> list[Incident]:
    """Read what was remarked while a player led, by time."""
    said = (result for _, results in entries for result in results)
    found = [_incident(remark) for remark in said if isinstance(remark, Remark)]
    return sorted(found, key=lambda incident: incident.time_sec)


def waits(moments: PlayedMoments, bars: ScoreBars) -> list[Incident]:
    """Find where waiting music had to wait: there nothing is remarked, as nothing is due."""
    found = np.flatnonzero((moments.wait_sec > 0) & ~moments.is_held)
    return [_wait(moments, bars, k) for k in found.tolist()]


def _incident(remark: Remark) -> Incident:
    # What makes a player hesitate is what comes next.
    measure = remark.to_measure if remark.kind == HESITATION else remark.measure
    return Incident(
        remark.kind, round(remark.time_sec, 3), measure, remark.to_measure, remark.message
    )


def _wait(moments: PlayedMoments, bars: ScoreBars, k: int) -> Incident:
    wait_sec, time_sec = float(moments.wait_sec[k]), round(float(moments.time_sec[k]), 3)
    measure = int(bars.measure[moments.bar[k]])
    if wait_sec >= STOP_SEC:
        return Incident(
            STOP, time_sec, measure, measure, f"stopped for {wait_sec:.1f} s in bar {measure}"
        )
    text = f"hesitated {wait_sec:.1f} s before a note of bar {measure}"
    return Incident(HESITATION, time_sec, measure, measure, text)
