"""Attempts to show a password or a code: who is wrong too often has to wait."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from aiohttp import web

from server.errors import WrongSecretError
from server.http.limiting import Limiter, by_address

IsHome = Callable[[], Awaitable[bool]]


class Attempts:
    """Counts wrong ones for an account, known or not: from one network, and from all together.

    Where the account was signed in to before, the second does not hold: who guesses on purpose
    cannot lock its owner out there.

    Parameters
    ----------
    limiter : Limiter
        Counts them.
    """

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        # Of many attempts at once each waits whether those before it were right.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def one(
        self, who: str, request: web.Request, is_home: IsHome | None = None
    ) -> AsyncIterator[None]:
        """Let somebody try in the body, where :class:`WrongSecretError` says that it was wrong.

        Parameters
        ----------
        who : str
            The account.
        request : Request
            By which the attempt comes.
        is_home : callable, optional
            Tells whether the account was signed in to from there before.

        Raises
        ------
        ApiError
            429, if there were too many.
        """
        rules, here = self._limiter.rules, f"{who}:{by_address(request)}"
        async with self._turns.setdefault(here, asyncio.Lock()):
            may_try = await self._limiter.has_left(request, rules.failed, here)
            if may_try and not await self._limiter.has_left(request, rules.failed_anywhere, who):
                may_try = is_home is not None and await is_home()
            if not may_try:
                raise self._limiter.refusal(request)
            try:
                yield
            except WrongSecretError:
                await self._limiter.allows(request, rules.failed, here)
                await self._limiter.allows(request, rules.failed_anywhere, who)
                raise
            await self._limiter.forget(rules.failed, here)
            await self._limiter.forget(rules.failed_anywhere, who)
