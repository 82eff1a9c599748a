"""Signing in and out: however somebody has shown who they are, this gives them their tokens."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from server.auth import Tokens, User
from server.errors import ApiError, ReusedTokenError, TokenError
from server.http.visitor import Visitor
from server.identity.account import Account
from server.identity.accounts import AccountStore
from server.identity.audit import Audit, Event
from server.identity.bearers import OwnTokens
from server.identity.logins import LoginStore
from server.identity.refresh_tokens import Refresh, RefreshTokens
from server.identity.rest_models import Me, SignedIn

DAY_MINUTES = 24 * 60
HangUp = Callable[[str, str | None, str | None], None]
REFUSALS = {401: ("INVALID_TOKEN", "TOKEN_REUSED")}


class SignIns:
    """Begins, refreshes and ends sign-ins.

    Parameters
    ----------
    accounts : AccountStore
        Knows the account of a sign-in.
    logins : LoginStore
        Keeps the sign-ins.
    own : OwnTokens
        Must not believe the tokens of a sign-in that is over.
    audit : Audit
        Is told of all.
    tokens, refresh_tokens : Tokens, RefreshTokens
        Sign them.
    access_minutes : int
        How long an access token is good for.
    hang_up : callable
        Closes the live connections of a user: of a sign-in, or of all but one.
    """

    def __init__(
        self,
        accounts: AccountStore,
        logins: LoginStore,
        own: OwnTokens,
        audit: Audit,
        tokens: Tokens,
        refresh_tokens: RefreshTokens,
        access_minutes: int,
        hang_up: HangUp,
    ) -> None:
        self.logins = logins
        self._accounts = accounts
        self._own = own
        self._audit = audit
        self._tokens = tokens
        self._refresh_tokens = refresh_tokens
        self._access_minutes = access_minutes
        self._hang_up = hang_up

    async def begin(
        self,
        account: Account,
        request: web.Request,
        event: Event = Event.LOGGED_IN,
        **details: Any,
    ) -> SignedIn:
        """Sign somebody in who has shown who they are.

        Raises
        ------
        ApiError
            401 ``INVALID_CREDENTIALS``, if the account has gone in this very moment.
        """
        try:
            refresh = await self.logins.begin(account.id, Visitor.of(request))
        except TokenError as error:
            raise ApiError(401, "INVALID_CREDENTIALS", str(error)) from None
        await self._audit.record(event, account.id, request, login_id=refresh.login_id, **details)
        return self._signed_in(account, refresh)

    async def refresh(self, token: str, request: web.Request) -> SignedIn:
        """Give new tokens for a refresh token, which is good once.

        Raises
        ------
        ApiError
            401: ``TOKEN_REUSED``, if it came before, or ``INVALID_TOKEN``.
        """
        try:
            refresh = await self.logins.refresh(self._refresh_tokens.read(token))
        except ReusedTokenError as error:
            self._own.forget(error.user_id)
            self._hang_up(error.user_id, error.login_id, None)
            await self._audit.record(Event.REFRESH_REUSED, error.user_id, request)
            raise ApiError(401, "TOKEN_REUSED", str(error)) from None
        except TokenError as error:
            raise ApiError(401, "INVALID_TOKEN", str(error)) from None
        account = await self._accounts.of_login(refresh.login_id)
        if account is None:  # ended in this very moment
            raise ApiError(401, "INVALID_TOKEN", "the sign-in is over: sign in again")
        await self._audit.record(Event.REFRESHED, account.id, request, login_id=refresh.login_id)
        return self._signed_in(account, refresh)

    async def end(self, account: Account, request: web.Request) -> None:
        """End the sign-in by which a request came; a token that none stands behind lives on."""
        if account.login_id is not None:
            await self._end(account.id, account.login_id, request, Event.LOGGED_OUT)

    async def end_by(self, token: str, request: web.Request) -> None:
        """End the sign-in of a refresh token, whether or not that is still good.

        Raises
        ------
        ApiError
            401 ``INVALID_TOKEN``, if it is none.
        """
        try:
            login_id = self._refresh_tokens.read(token).login_id
        except TokenError as error:
            raise ApiError(401, "INVALID_TOKEN", str(error)) from None
        user_id = await self.logins.user_of(login_id)
        if user_id is not None:
            await self._end(user_id, login_id, request, Event.LOGGED_OUT)

    async def end_other(self, account: Account, login_id: str, request: web.Request) -> bool:
        """End any sign-in of somebody's own; tells whether there was such a one."""
        return await self._end(account.id, login_id, request, Event.LOGIN_ENDED)

    async def end_all(self, user_id: str, why: str, but: str | None = None) -> None:
        """End every sign-in of a user, except one."""
        await self.logins.end_all(user_id, why, but)
        self._own.forget(user_id)
        self._hang_up(user_id, None, but)

    def changed(self, user_id: str) -> None:
        """Let the next request of a user see what changed about them."""
        self._own.forget(user_id)

    async def _end(self, user_id: str, login_id: str, request: web.Request, event: Event) -> bool:
        has_ended = await self.logins.end(user_id, login_id, "logout")
        self._own.forget(user_id)
        self._hang_up(user_id, login_id, None)
        if has_ended:
            await self._audit.record(event, user_id, request, login_id=login_id)
        return has_ended

    def _signed_in(self, account: Account, refresh: Refresh) -> SignedIn:
        user = User(account.id, account.name, refresh.login_id)
        return SignedIn(
            access_token=self._tokens.issue(user, self._access_minutes / DAY_MINUTES),
            refresh_token=self._refresh_tokens.issue(refresh),
            token_type="Bearer",
            expires_in=self._access_minutes * 60,
            user=Me.of(account),
        )
