"""How a take compares with earlier ones of the same piece."""

from collections.abc import Sequence

from engine.report.values import BarChange, BarStats, Progress, TakePoint

LEAST_CHANGE = 0.5  # mistakes a pass: less is chance


def compare(
    take: TakePoint,
    bars: Sequence[BarStats],
    earlier: Sequence[tuple[TakePoint, Sequence[BarStats]]],
) -> Progress:
    """Compare a take with earlier ones.

    Parameters
    ----------
    take, bars
        The take.
    earlier : sequence of (TakePoint, sequence of BarStats)
        Others of the same piece, in any order; bars and hands need not be the same.

    Returns
    -------
    Progress
        Each bar and hand against the latest earlier take that played it.
    """
    by_time = sorted(earlier, key=lambda other: other[0].started_at)
    before: dict[tuple[int, str], float] = {}
    for _, other_bars in by_time:
        before |= _rates(other_bars)
    changes = [
        BarChange(*place, before[place], rate)
        for place, rate in _rates(bars).items()
        if place in before and abs(rate - before[place]) >= LEAST_CHANGE
    ]
    changes.sort(key=lambda change: (-abs(change.now - change.before), change.measure))
    return Progress(
        takes=(*(point for point, _ in by_time), take),
        better=tuple(change for change in changes if change.now < change.before),
        worse=tuple(change for change in changes if change.now > change.before),
    )


def _rates(bars: Sequence[BarStats]) -> dict[tuple[int, str], float]:
    """Mistakes a pass of each hand in each bar that was played."""
    return {
        (bar.measure, stats.hand): round(stats.counts.mistakes / bar.passes, 3)
        for bar in bars
        if bar.passes
        for stats in bar.hands
        if stats.counts.total
    }
