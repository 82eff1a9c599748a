"""Tokens that only their provider can read: it is asked for the profile of who sends one."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from math import isfinite
from typing import Any, TypeVar

from msgspec import structs

from server.auth import ISSUER
from server.config.providers import OpaqueProvider
from server.outside.asking import Asking, AwayError, away
from server.outside.oidc import CLOCKS_SEC, unchecked
from server.outside.outsider import Outsider, outsider_of
from server.outside.strangers import Strangers

ASKED_AT_ONCE = 20
WAITING_MAX = 200
REFUSED_SEC = 10.0  # how long a token that nobody knew is not asked for again
REFUSED_MAX = 10_000
GOOD_MAX = 10_000
# RFC 6750, section 3.1, and what others say instead.
UNKNOWN_STATUS = frozenset({400, 401, 403, 404, 422})

T = TypeVar("T")


class OpaqueTokens:
    """Reads the tokens of all such providers. Each is sent to every one until one knows it.

    Parameters
    ----------
    providers : sequence of OpaqueProvider
        In the order in which they are asked.
    asking : Asking
        Asks them.
    strangers : Strangers
        Bounds what one address may ask in vain.
    clock : callable, optional
        Seconds that never go back.
    """

    def __init__(
        self,
        providers: Sequence[OpaqueProvider],
        asking: Asking,
        strangers: Strangers,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._providers = providers
        self._asking = asking
        self._strangers = strangers
        self._clock = clock
        self._places = asyncio.Semaphore(ASKED_AT_ONCE)
        self._n_waiting = 0
        self._refused: OrderedDict[bytes, float] = OrderedDict()
        self._good: OrderedDict[bytes, None] = OrderedDict()  # when they were asked for last

    async def read(self, token: str, address: str = "") -> Outsider | None:
        """Give whose token it is; None: no provider knows it.

        Parameters
        ----------
        token : str
            As it came.
        address : str
            Where it came from.

        Raises
        ------
        AwayError
            If one that may know it does not answer.
        ApiError
            429, if too many tokens of that address were nobody's.
        """
        digest = sha256(token.encode(errors="replace")).digest()
        if not _may_be_theirs(token) or self._is_refused(digest):
            return None
        if digest in self._good:
            outsider = await self._ask_all(token)
        else:
            outsider = await self._strangers.ask(address, partial(self._ask_all, token))
        if outsider is None:
            self._refuse(digest)
        else:
            _keep(self._good, digest, None, GOOD_MAX)
        return outsider

    async def _ask_all(self, token: str) -> Outsider | None:
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
        self._good.pop(digest, None)
        _keep(self._refused, digest, self._clock() + REFUSED_SEC, REFUSED_MAX)


def _keep(kept: OrderedDict[bytes, T], digest: bytes, value: T, most: int) -> None:
    """Remember something, and forget what is longest ago where there is too much."""
    kept[digest] = value
    kept.move_to_end(digest)
    if len(kept) > most:
        kept.popitem(last=False)


def _may_be_theirs(token: str) -> bool:
    """Whether it can be sent in a header, and is no token of a server like this one."""
    is_sendable = token.isascii() and token.isprintable() and " " not in token
    return is_sendable and bool(token) and unchecked(token)[1].get("iss") != ISSUER


def _read(provider: OpaqueProvider, profile: Any) -> Outsider | None:
    if not isinstance(profile, dict):
        return None
    subject = profile.get(provider.subject_field)
    fields = provider.email_field, provider.name_field
    outsider = outsider_of(provider.name, subject, profile, *fields)
    return outsider and structs.replace(outsider, until_sec=_until_sec(profile))


def _until_sec(profile: dict[str, Any]) -> float | None:
    """Read when the token is over, where the profile says so.

    References
    ----------
    RFC 7662, section 2.2 (``exp``), and RFC 6749, section 5.1 (``expires_in``).
    """
    told = ((profile.get("exp"), CLOCKS_SEC), (profile.get("expires_in"), time.time()))
    ends = [_number(value) + more for value, more in told if _number(value) > 0]
    return min(ends, default=None)


def _number(value: Any) -> float:
    """Read a number, which some write as text; what is none is 0."""
    try:
        number = 0.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return number if isfinite(number) else 0.0
