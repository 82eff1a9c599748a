"""From kept takes to reports."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from engine.report import Report, make_report
from engine.report.played import Entry
from server.errors import TakeError
from server.store import TakeInfo, TakeStore
from server.takes.format import Entry as LogEntry
from server.takes.format import StoredTake, TakeHeader, decode_log
from server.takes.replay import judge_again, restart

PAGE = 100  # takes asked for at once
MAX_LOOK_BACK = 1000  # takes of the same player looked through for the same piece

OnProgress = Callable[[int, int], None]


class Reported(NamedTuple):
    """A take with its report; ``left_out`` says which earlier takes could not be read, and why."""

    take: StoredTake
    report: Report
    left_out: list[str]


def report(
    take: StoredTake,
    earlier: Sequence[StoredTake] = (),
    on_progress: OnProgress | None = None,
) -> Reported:
    """Judge a take and earlier ones of its piece by today's rules, and sum up.

    Parameters
    ----------
    take : StoredTake
        From the store or a take file.
    earlier : sequence of StoredTake
        In any order. One that is damaged is left out.
    on_progress : callable, optional
        Called with the number of events judged and how many there are.

    Raises
    ------
    TakeError
        If the take itself is damaged.
    """
    own_log = decode_log(take.chunks)
    logs: list[tuple[StoredTake, list[LogEntry]]] = []
    left_out: list[str] = []
    for other in earlier:
        try:
            logs.append((other, decode_log(other.chunks)))
        except TakeError as error:
            left_out.append(_left_out(other.header.id, error))
    count = _Count(on_progress, len(own_log) + sum(len(log) for _, log in logs))
    reports: list[Report] = []
    for other, log in logs:
        try:
            reports.append(_report(other, log, (), count))
        except TakeError as error:
            left_out.append(_left_out(other.header.id, error))
    return Reported(take, _report(take, own_log, reports, count), left_out)


async def find_earlier(
    store: TakeStore, take: StoredTake, limit: int
) -> tuple[list[StoredTake], list[str]]:
    """Load the latest takes of the same player and piece before this one.

    Parameters
    ----------
    store : TakeStore
        Where the take is from.
    take : StoredTake
        One whose piece has neither a place in the catalogue nor a title has no earlier ones.
    limit : int
        How many at most.

    Returns
    -------
    list of StoredTake, list of str
        The takes, and which could not be loaded, and why.
    """
    header, ids = take.header, list[str]()
    cursor, seen = header.id, 0
    while seen < MAX_LOOK_BACK and len(ids) < limit:
        page = await store.list(header.user_id, PAGE, cursor)
        ids += [info.id for info in page if _is_same_piece(info, header)]
        if len(page) < PAGE:
            break
        cursor, seen = page[-1].id, seen + len(page)
    found: list[StoredTake] = []
    left_out: list[str] = []
    for take_id in ids[:limit]:
        try:
            found.append(await store.load(take_id))
        except TakeError as error:
            left_out.append(_left_out(take_id, error))
    return found, left_out


def _is_same_piece(info: TakeInfo, header: TakeHeader) -> bool:
    if not info.notes_played or info.song != header.song:  # none are counted until a take ends
        return False
    return bool(header.song) or (bool(header.title) and info.title == header.title)


def _left_out(take_id: str, error: TakeError) -> str:
    return f"take {take_id} is left out: {error}"


class _Count:
    """Counts events judged, for those who wait."""

    def __init__(self, on_progress: OnProgress | None, total: int) -> None:
        self._on_progress = on_progress
        self._total = total
        self._done = 0

    def step(self) -> None:
        self._done += 1
        if self._on_progress is not None:
            self._on_progress(self._done, self._total)


def _report(
    take: StoredTake, log: Sequence[LogEntry], earlier: Sequence[Report], count: _Count
) -> Report:
    performance = restart(take)
    entries: list[Entry] = []
    for event, _ in log:
        entries.append((event, judge_again(performance, event)))
        count.step()
    return make_report(performance, entries, take.header.started_at, earlier)
