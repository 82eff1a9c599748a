"""From an ``Authorization`` header to an account: one chain of those who can read a token."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from server.auth import Tokens, User
from server.errors import ApiError, TokenError, UnknownTokenError
from server.identity.account import Account
from server.identity.accounts import AccountStore
from server.identity.known import KnownAccounts


class TokenReader(Protocol):
    """Somebody whose tokens are believed."""

    async def read(self, token: str, address: str = "") -> Account | None:
        """Give the account behind a token; None: it is none of theirs.

        Parameters
        ----------
        token : str
            As it came.
        address : str
            Where it came from.

        Raises
        ------
        TokenError
            If it is theirs and not good.
        """
        ...


class OwnTokens:
    """Reads the tokens of this server: those of a sign-in, and those of ``etude token``.

    Parameters
    ----------
    tokens : Tokens
        Checks the signature.
    accounts : AccountStore
        Knows which sign-ins are good. An operator's token makes its account when it first comes.
    known : KnownAccounts
        What the whole chain remembers.
    on_made : callable, optional
        Called with the id of an account so made: they may have played before.
    """

    def __init__(
        self,
        tokens: Tokens,
        accounts: AccountStore,
        known: KnownAccounts,
        on_made: Callable[[str], Awaitable[object]] | None = None,
    ) -> None:
        self._tokens = tokens
        self._accounts = accounts
        self._on_made = on_made
        self._known = known

    async def read(self, token: str, address: str = "") -> Account | None:
        """Give the account of a token of this server; it matters not where it comes from."""
        try:
            user = self._tokens.verify(token)
        except UnknownTokenError:
            return None
        return await self._known.get(user.login_id or user.id, partial(self._ask, user))

    def forget(self, user_id: str) -> None:
        """Ask the store again about a user: they changed, or signed out."""
        self._known.forget(user_id)

    async def over(self, login_ids: set[str]) -> set[str]:
        """Give those sign-ins that are over, as the store has it."""
        return login_ids - await self._accounts.running(sorted(login_ids))

    async def _ask(self, user: User) -> Account:
        if user.login_id is None:
            found = await self._accounts.find(user.id)
            return found or await self._make(user)
        account = await self._accounts.of_login(user.login_id)
        if account is None or account.id != user.id:
            raise TokenError("the token was signed out: sign in again")
        return account

    async def _make(self, user: User) -> Account:
        account = await self._accounts.make(user.name, user_id=user.id)
        if self._on_made is not None:
            await self._on_made(account.id)
        return account


class Bearers:
    """The chain.

    Parameters
    ----------
    own : OwnTokens
        Comes first.
    others : sequence of TokenReader
        Asked in turn.
    allows_guests : bool
        Whether somebody without a token may play.
    """

    def __init__(
        self, own: OwnTokens, others: Sequence[TokenReader] = (), *, allows_guests: bool = False
    ) -> None:
        self.own = own
        self.allows_guests = allows_guests
        self._readers = (own, *others)

    async def account_of(self, authorization: str | None, address: str) -> Account | None:
        """Tell who sent a request by its ``Authorization`` header; None where there is none.

        Parameters
        ----------
        authorization : str, optional
            The header.
        address : str
            Where it came from.

        Raises
        ------
        ApiError
            401, if the header is no bearer token that anybody knows; 429, if too many of that
            address were none.
        """
        with refusing():
            token = bearer_token(authorization)
            return None if token is None else await self.read(token, address)

    async def read(self, token: str, address: str) -> Account:
        """Give the account behind a token.

        Raises
        ------
        TokenError
            If nobody knows it, or it is not good.
        ApiError
            429, as for :meth:`account_of`.
        """
        for reader in self._readers:
            if (account := await reader.read(token, address)) is not None:
                return account
        raise TokenError("the token is not one of this server's")


def bearer_token(authorization: str | None) -> str | None:
    """Give the token of an ``Authorization`` header; None where there is no header.

    Raises
    ------
    TokenError
        If it has no bearer token.
    """
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise TokenError("the Authorization header must be `Bearer` and a token")
    return token.strip()


@contextmanager
def refusing() -> Iterator[None]:
    """Answer 401 ``INVALID_TOKEN`` where the body finds that a token is not good."""
    try:
        yield
    except TokenError as error:
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise ApiError(401, "INVALID_TOKEN", str(error), headers=headers) from None
