"""Bearer tokens from elsewhere, the end of the chain: whose they are, and which account that is."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from typing import Protocol
from weakref import WeakValueDictionary

from server.identity.account import Account
from server.identity.audit import Audit, Event
from server.identity.known import KnownAccounts
from server.outside.identities import IdentityStore
from server.outside.outsider import Outsider

# A token that was withdrawn elsewhere may be taken for so long; not so one that has run out.
READ_SEC = 60.0
READ_MAX = 10_000


class OutsiderReader(Protocol):
    """Providers of one kind."""

    async def read(self, token: str, address: str = "") -> Outsider | None:
        """Give whose token it is, which came from an address; None: it is none of theirs."""
        ...


class OutsideTokens:
    """Reads the tokens of all providers.

    Who comes for the first time is given an account, whichever request it is.

    Parameters
    ----------
    readers : sequence of OutsiderReader
        Asked in turn.
    identities : IdentityStore
        Knows which account is whose.
    known : KnownAccounts
        What the whole chain remembers.
    audit : Audit
        Is told of who comes for the first time.
    clock : callable, optional
        Seconds that never go back.
    wall_clock : callable, optional
        Seconds since 1970.
    """

    def __init__(
        self,
        readers: Sequence[OutsiderReader],
        identities: IdentityStore,
        known: KnownAccounts,
        audit: Audit,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.identities = identities
        self._readers = readers
        self._known = known
        self._audit = audit
        self._clock = clock
        self._wall_clock = wall_clock
        self._read: OrderedDict[bytes, tuple[Outsider, float]] = OrderedDict()
        # A page sends many requests at once: its provider is asked once.
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    async def read(self, token: str, address: str = "") -> Account | None:
        """Give the account behind a token.

        Raises
        ------
        TokenError
            If it says to come from a provider that did not make it so.
        AwayError
            If a provider that would know does not answer.
        ApiError
            429, if too many tokens of that address were nobody's.
        """
        outsider = await self.outsider(token, address)
        if outsider is None:
            return None
        key = f"{outsider.provider} {outsider.subject}"
        return await self._known.get(key, partial(self._account, outsider))

    async def outsider(self, token: str, address: str) -> Outsider | None:
        """Give whom a provider says that a token belongs to; raises as :meth:`read`."""
        if not self._readers:
            return None
        digest = sha256(token.encode(errors="replace")).digest()
        async with self._turns.setdefault(digest, asyncio.Lock()):
            outsider, until_sec = self._read.get(digest, (None, 0.0))
            if outsider is not None and until_sec > self._clock():
                return outsider
            for reader in self._readers:
                if (outsider := await reader.read(token, address)) is not None:
                    self._remember(digest, outsider)
                    return outsider
        return None

    async def _account(self, outsider: Outsider) -> Account:
        account, is_new = await self.identities.find_or_make(outsider)
        if is_new:
            event, provider = Event.REGISTERED, outsider.provider
            await self._audit.record(event, account.id, None, provider=provider)
        return account

    def _remember(self, digest: bytes, outsider: Outsider) -> None:
        left_sec = READ_SEC
        if outsider.until_sec is not None:
            left_sec = min(left_sec, outsider.until_sec - self._wall_clock())
        self._read[digest] = outsider, self._clock() + left_sec
        self._read.move_to_end(digest)
        if len(self._read) > READ_MAX:
            self._read.popitem(last=False)
