"""Tokens that only their provider can read: it is asked for the profile of who sends one."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from server.auth import ISSUER
from server.config.providers import OpaqueProvider
from server.outside.asking import Asking, AwayError, away
from server.outside.oidc import unchecked
from server.outside.outsider import Outsider, outsider_of

ASKED_AT_ONCE = 20
WAITING_MAX = 200
REFUSED_SEC = 10.0  # how long a token that nobody knew is not asked for again
REFUSED_MAX = 10_000
# RFC 6750, section 3.1, and what others say instead.
UNKNOWN_STATUS = frozenset({400, 401, 403, 404, 422})


class OpaqueTokens:
    """Reads the tokens of all such providers. Each is sent to every one until one knows it.

    Parameters
    ----------
    providers : sequence of OpaqueProvider
        In the order in which they are asked.
    asking : Asking
        Asks them.
    clock : callable, optional
        Seconds that never go back.
    """

    def __init__(
        self,
        providers: Sequence[OpaqueProvider],
        asking: Asking,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._providers = providers
        self._asking = asking
        self._clock = clock
        self._places = asyncio.Semaphore(ASKED_AT_ONCE)
        self._n_waiting = 0
        self._refused: OrderedDict[bytes, float] = OrderedDict()

    async def read(self, token: str) -> Outsider | None:
        """Give whose token it is; None: no provider knows it.

        Raises
        ------
        AwayError
            If one that may know it does not answer.
        """
        digest = sha256(token.encode(errors="replace")).digest()
        if not _may_be_theirs(token) or self._is_refused(digest):
            return None
        problem: AwayError | None = None
        for provider in self._providers:
            try:
                outsider = await self._ask(provider, token)
            except AwayError as error:
                problem = error
                continue
            if outsider is not None:
                return outsider
        if problem is not None:
            raise problem
        self._refuse(digest)
        return None

    async def _ask(self, provider: OpaqueProvider, token: str) -> Outsider | None:
        if self._n_waiting >= WAITING_MAX:
            raise AwayError(provider.name)
        self._n_waiting += 1
        try:
            async with self._places:
                headers = {"Authorization": f"Bearer {token}"}
                told = await self._asking.get(provider.name, provider.profile_url, headers)
        finally:
            self._n_waiting -= 1
        if told.status in UNKNOWN_STATUS:
            return None
        outsider = told.status == 200 and _read(provider, told.data)
        if not outsider:
            reason = f"status {told.status}, no {provider.subject_field}"
            raise away(provider.name, provider.profile_url, reason)
        return outsider

    def _is_refused(self, digest: bytes) -> bool:
        return self._refused.get(digest, 0.0) > self._clock()

    def _refuse(self, digest: bytes) -> None:
        self._refused[digest] = self._clock() + REFUSED_SEC
        self._refused.move_to_end(digest)
        if len(self._refused) > REFUSED_MAX:
            self._refused.popitem(last=False)


def _may_be_theirs(token: str) -> bool:
    """Whether it can be sent in a header, and is no token of a server like this one."""
    is_sendable = token.isascii() and token.isprintable() and " " not in token
    return is_sendable and bool(token) and unchecked(token)[1].get("iss") != ISSUER


def _read(provider: OpaqueProvider, profile: Any) -> Outsider | None:
    if not isinstance(profile, dict):
        return None
    subject = profile.get(provider.subject_field)
    fields = provider.email_field, provider.name_field
    return outsider_of(provider.name, subject, profile, *fields)
