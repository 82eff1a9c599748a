"""Judging a kept take again."""

from collections.abc import Callable
from math import isnan
from typing import NamedTuple

from engine.errors import RuleError
from engine.events import Event
from engine.judging import Remark, Summary, Verdict
from engine.judging.judge import Told
from engine.judging.verdicts import IGNORED, RESULTS
from engine.performance import Performance
from server.errors import TakeError
from server.takes.format import Entry, StoredTake, decode_log, unpack_score

N_PITCHES = 128


class Difference(NamedTuple):
    """An event of which other things are said now than were said then."""

    event: Event
    stored: list[Verdict]
    replayed: list[Verdict]


class Replay(NamedTuple):
    """What is said of a take when it is judged again: the events with all that is told of them."""

    performance: Performance
    entries: list[tuple[Event, list[Told]]]
    differences: list[Difference]
    summary: Summary
    is_same_summary: bool

    @property
    def is_same(self) -> bool:
        """Whether everything is as it was kept."""
        return not self.differences and self.is_same_summary


def replay(take: StoredTake, on_progress: Callable[[int, int], None] | None = None) -> Replay:
    """Judge the kept events by the kept score, and compare with the kept verdicts.

    Parameters
    ----------
    take : StoredTake
        From the store or a take file.
    on_progress : callable, optional
        Called with the number of the event and how many there are.

    Raises
    ------
    TakeError
        If the take is damaged, or cannot have been judged by these rules.
    """
    log = decode_log(take.chunks)
    performance = restart(take)
    entries: list[tuple[Event, list[Told]]] = []
    differences: list[Difference] = []
    for index, (event, stored) in enumerate(log):
        _check(stored, len(performance.score.notes))
        told = judge_again(performance, event)
        entries.append((event, told))
        said = [one for one in told if isinstance(one, Verdict)]
        if not _same(stored, said):
            differences.append(Difference(event, stored, said))
        if on_progress is not None:
            on_progress(index + 1, len(log))
    summary = performance.summary()
    is_same_summary = take.summary in (None, summary)
    return Replay(performance, entries, differences, summary, is_same_summary)


def perform(take: StoredTake, entries: list[Entry]) -> Performance:
    """Judge again what was never summed up."""
    performance = restart(take)
    for event, _ in entries:
        judge_again(performance, event)
    return performance


def restart(take: StoredTake) -> Performance:
    """Make the performance that the take began with."""
    header = take.header
    try:
        return Performance(unpack_score(header.score), header.mode, header.tempo_bpm)
    except RuleError as error:
        raise TakeError(f"take {header.id} cannot be judged: {error}") from None


def judge_again(performance: Performance, event: Event) -> list[Told]:
    """Give one kept event to a performance."""
    try:
        results = performance.process(event)
    except RuleError as error:
        raise TakeError(f"the take's log cannot be judged: {error}") from None
    return [said for said in results if isinstance(said, Verdict | Remark)]


def _check(verdicts: list[Verdict], n_notes: int) -> None:
    """Refuse what no judge says: it could not be shown."""
    for result, _, score_index, pitch, *_ in verdicts:
        if result not in RESULTS and result != IGNORED:
            raise TakeError(f"the take's log is damaged: no result is {result[:20]!r}")
        _check_range("score_index", score_index, n_notes)
        _check_range("pitch", pitch, N_PITCHES)


def _check_range(name: str, value: int, end: int) -> None:
    if not -1 <= value < end:
        raise TakeError(f"the take's log is damaged: {name} must be below {end}, got {value}")


def _same(stored: list[Verdict], replayed: list[Verdict]) -> bool:
    if len(stored) != len(replayed):
        return False
    return all(_same_verdict(a, b) for a, b in zip(stored, replayed, strict=True))


def _same_verdict(a: Verdict, b: Verdict) -> bool:
    """Whether two verdicts say the same, to the last bit of the timing."""
    if a._replace(timing_sec=0.0) != b._replace(timing_sec=0.0):
        return False
    return a.timing_sec == b.timing_sec or (isnan(a.timing_sec) and isnan(b.timing_sec))
