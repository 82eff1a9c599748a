"""Tokens that no provider knew: one address may have so many asked for, then none for a while.

Who made up tokens would else have this server ask a provider for each of them. Only what turned out
to be nobody's counts, and a token that was good before is never held up: a class that shares its
address with somebody who floods it plays on, and who among them signs in anew waits a minute.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from math import ceil
from typing import TypeVar
from weakref import WeakValueDictionary

import structlog

from server.http.limiting import MINUTE_SEC, too_often
from server.http.visitor import network_of
from server.http.windows import MemoryWindows

log = structlog.get_logger()

AT_ONCE = 5  # of one address; what is asked at the same time is not counted yet
WAITING_MAX = 100  # of one address

T = TypeVar("T")


class Strangers:
    """Counts them by address, in this process.

    Parameters
    ----------
    per_minute : int
        How many of one address are asked for.
    clock : callable, optional
        Seconds that never go back.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._unknown = MemoryWindows()
        self._places: WeakValueDictionary[str, _Places] = WeakValueDictionary()

    async def ask(self, address: str, question: Callable[[], Awaitable[T | None]]) -> T | None:
        """Ask for a token that was not seen before.

        Parameters
        ----------
        address : str
            Where it comes from.
        question : callable
            Asks; None, or an error, is in vain.

        Raises
        ------
        ApiError
            429, if too many of this address were asked for in vain.
        """
        who = network_of(address)
        places = self._places.setdefault(who, _Places())
        if places.n_waiting >= WAITING_MAX:
            raise too_often(1)
        places.n_waiting += 1
        try:
            async with places.turns:
                self._check(who)
                return await self._counted(who, question)
        finally:
            places.n_waiting -= 1

    def _check(self, who: str) -> None:
        unknown = self._unknown.look(who, MINUTE_SEC, self._clock())
        if unknown.times >= self._per_minute:
            raise too_often(ceil(unknown.left_sec))

    async def _counted(self, who: str, question: Callable[[], Awaitable[T | None]]) -> T | None:
        answer: T | None = None
        try:
            answer = await question()
        finally:
            if answer is None:
                unknown = self._unknown.count(who, MINUTE_SEC, self._clock())
                if unknown.times == self._per_minute:
                    log.warning("too many unknown tokens of one address", address=who)
        return answer


class _Places:
    """Those of one address that are asked for now, and that wait for it."""

    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(AT_ONCE)
        self.n_waiting = 0
