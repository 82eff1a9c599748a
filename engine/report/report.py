"""The report of a take: everything there is to say about it afterwards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.performance import Performance
from engine.report.figures import (
    bar_stats,
    count,
    hand_stats,
    length_ratios,
    loudness,
    spread,
    timing,
)
from engine.report.incidents import remarks, waits
from engine.report.intonation import intonation
from engine.report.played import Entry, Judged, gather, matched
from engine.report.practise import suggest
from engine.report.progress import compare
from engine.report.score_bars import ScoreBars
from engine.report.stretches import mark_stretches
from engine.report.tempo import bar_tempi, played_moments, tempo_curve
from engine.report.values import (
    BOTH,
    HANDS,
    BarStats,
    Exercise,
    HandStats,
    Incident,
    Intonation,
    LoudnessPoint,
    Progress,
    TakePoint,
    TempoPoint,
    Totals,
)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Everything there is to say about a take.

    Attributes
    ----------
    take : TakePoint
        The take in one line.
    totals : Totals
        The whole take in figures.
    hands : tuple of HandStats
        The whole take, hand by hand.
    bars : tuple of BarStats
        Every written bar that has notes, in the order of the score.
    tempo_curve : tuple of TempoPoint
        By time.
    loudness : tuple of LoudnessPoint
        By time; all velocities alike where the instrument has none.
    incidents : tuple of Incident
        Stops, hesitations and jumps, by time.
    practise : tuple of Exercise
        What to practise next, the costliest first.
    progress : Progress
        The change against earlier takes.
    notes : (n,) array of ``engine.report.played.JUDGED_DTYPE``
        Each note with the verdict that stands.
    """

    take: TakePoint
    totals: Totals
    hands: tuple[HandStats, ...]
    bars: tuple[BarStats, ...]
    tempo_curve: tuple[TempoPoint, ...]
    loudness: tuple[LoudnessPoint, ...]
    incidents: tuple[Incident, ...]
    practise: tuple[Exercise, ...]
    progress: Progress
    notes: Judged


def make_report(
    performance: Performance,
    entries: Sequence[Entry],
    started_at: datetime,
    earlier: Iterable[Report] = (),
) -> Report:
    """Sum up a performance.

    Parameters
    ----------
    performance : Performance
        As the events left it.
    entries : sequence of (Event, results)
        Each event, and what :meth:`Performance.process` said upon it.
    started_at : datetime
        When the take began, with zone; it is shown and orders the takes.
    earlier : iterable of Report
        Other takes of the same piece, in any order; bars and hands need not be the same.

    Returns
    -------
    Report
        The same events give the same report on every machine.
    """
    score, clock = performance.score, performance.clock
    bars, is_led = ScoreBars(score), performance.mode == "follow"
    notes = gather(entries, bars)
    mark_stretches(notes, Moments(score.notes), is_led=is_led)
    moments = played_moments(notes, score)
    tempi = bar_tempi(moments)
    ratios = length_ratios(notes, score, bars, tempi, clock)
    incidents = waits(moments, bars) if performance.mode == "wait" else remarks(entries)
    stats = bar_stats(notes, ratios, bars, tempi, clock, incidents)
    hands = _hands(notes, ratios, bars)
    totals = _totals(performance, notes, stats, hands)
    take = _point(performance, bars, totals, started_at)
    return Report(
        take=take,
        totals=totals,
        hands=hands,
        bars=tuple(stats),
        tempo_curve=tuple(tempo_curve(moments, bars, clock)),
        loudness=tuple(loudness(notes, bars)),
        incidents=tuple(incidents),
        practise=tuple(suggest(stats, incidents)),
        progress=compare(take, stats, [(other.take, other.bars) for other in earlier]),
        notes=notes,
    )


def _hands(notes: Judged, ratios: NDArray[np.float64], bars: ScoreBars) -> tuple[HandStats, ...]:
    by_hand = [(hand, notes["hand"] == k) for k, hand in enumerate(HANDS)]
    return tuple(
        hand_stats(hand, notes[rows], ratios[rows]) for hand, rows in by_hand if hand in bars.hands
    )


def _totals(
    performance: Performance, notes: Judged, bars: Sequence[BarStats], hands: Sequence[HandStats]
) -> Totals:
    summary = performance.summary()
    tempi = [bar.tempo_bpm for bar in bars if bar.tempo_bpm is not None]
    shares = [100.0 * bar.tempo_bpm / bar.asked_bpm for bar in bars if bar.tempo_bpm is not None]
    onsets = notes["time_sec"][notes["played_index"] >= 0]
    released = notes[np.isfinite(notes["held_sec"])]
    return Totals(
        score_percent=summary.overall_score,
        accuracy_percent=summary.accuracy,
        grade=summary.grade,
        message=summary.message,
        notes_played=performance.notes_played,
        notes_written=performance.total_notes,
        reached_percent=round(performance.progress, 1),
        counts=count(notes["result"]),
        duration_sec=round(float(np.ptp(onsets)), 3) if len(onsets) else 0.0,
        timing=timing(notes["timing_sec"]),
        tempo_bpm=round(median(tempi), 2) if tempi else None,
        asked_bpm=round(performance.clock.tempo_bpm, 2),
        tempo_spread_percent=round(spread(shares), 1) if shares else None,
        hands_balance=_balance(hands),
        pedalled_percent=_percent(released["is_pedalled"]),
        intonation=_intonation(notes),
    )


def _intonation(notes: Judged) -> Intonation | None:
    """Of the right notes: what is wrong is not out of tune."""
    cents = notes["cents"][matched(notes)]
    return intonation(cents[np.isfinite(cents)].tolist())


def _balance(hands: Sequence[HandStats]) -> float | None:
    means = [stats.velocity.mean for stats in hands if stats.velocity is not None]
    return round(means[0] - means[1], 1) if len(means) == len(HANDS) else None


def _percent(claims: NDArray[np.bool_]) -> float | None:
    return round(100.0 * float(claims.mean()), 1) if len(claims) else None


def _point(
    performance: Performance, bars: ScoreBars, totals: Totals, started_at: datetime
) -> TakePoint:
    return TakePoint(
        started_at=started_at,
        mode=performance.mode,
        from_measure=int(bars.written.min()),
        to_measure=int(bars.written.max()),
        hands=BOTH if len(bars.hands) == len(HANDS) else bars.hands[0],
        score_percent=totals.score_percent,
        accuracy_percent=totals.accuracy_percent,
        tempo_bpm=totals.tempo_bpm,
        notes_played=totals.notes_played,
        mistakes=totals.counts.mistakes,
    )
