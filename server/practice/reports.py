"""Reports of what was played in practice sessions: made in a thread, kept for who asks again."""

from collections import OrderedDict
from functools import partial
from typing import Literal

import msgspec

from server.errors import TakeError
from server.http.shared_jobs import SharedJobs
from server.practice.played import unreadable
from server.reports.making import find_earlier, report
from server.reports.models import report_file
from server.reports.page import report_page
from server.store import TakeStore
from server.takes.format import StoredTake

Format = Literal["json", "html"]
EARLIER = 5  # takes of the same piece that one is compared with: each is judged again
AT_ONCE = 1  # a report of ten minutes takes half a second of a core that live players share
KEPT = 32  # reports; a long one has half a megabyte


class TakeReports:
    """Makes reports of takes. What a take came to does not change while this version runs.

    Parameters
    ----------
    store : TakeStore
        Has the takes.
    """

    def __init__(self, store: TakeStore) -> None:
        self._store = store
        self._jobs: SharedJobs[bytes] = SharedJobs(AT_ONCE)
        self._kept: OrderedDict[tuple[str, Format], bytes] = OrderedDict()

    async def of(self, take: StoredTake, form: Format) -> bytes:
        """Report on a take, beside earlier ones of the same player and piece.

        Raises
        ------
        ApiError
            409, if the take cannot be read.
        """
        key = (take.header.id, form)
        made = self._kept.get(key)
        if made is None:
            earlier, _ = await find_earlier(self._store, take, EARLIER)
            try:
                made = await self._jobs.run(key, partial(_make, take, earlier, form))
            except TakeError as error:
                raise unreadable(error) from None
        self._kept[key] = made
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return made


def _make(take: StoredTake, earlier: list[StoredTake], form: Format) -> bytes:
    made = report(take, earlier).report
    if form == "html":
        return report_page(take.header, made).encode()
    return msgspec.json.encode(report_file(take.header, made))
