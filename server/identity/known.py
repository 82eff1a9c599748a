"""Accounts as they were a moment ago, so that not every request asks the database."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from server.identity.account import Account

KNOWN_SEC = 5.0  # other processes hear of a revoked sign-in after this at the latest
KNOWN_MAX = 10_000


class KnownAccounts:
    """Remembers accounts by what showed whose a request is, for a short while."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Account, float]] = OrderedDict()
        self._changes = 0

    async def get(self, key: str, ask: Callable[[], Awaitable[Account]]) -> Account:
        """Give what is known by a key; what is not is asked for.

        Parameters
        ----------
        key : str
            A user's id, that of a sign-in, or a name of another form.
        ask : callable
            What it raises is not remembered.
        """
        known = self._known.get(key)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        changes = self._changes
        account = await ask()
        if changes == self._changes:  # else this may be how it was before
            self._remember(key, account)
        return account

    def forget(self, user_id: str) -> None:
        """Ask again about a user: they changed, or signed out."""
        self._changes += 1
        for key in [key for key, (known, _) in self._known.items() if known.id == user_id]:
            del self._known[key]

    def _remember(self, key: str, account: Account) -> None:
        self._known[key] = account, time.monotonic() + KNOWN_SEC
        self._known.move_to_end(key)
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
