"""Signing in with address and password: the same time and the same answer for who is unknown."""

from aiohttp import web

from server.errors import FieldError, WrongSecretError
from server.http.limiting import by_name
from server.http.visitor import Visitor
from server.identity.account import Account
from server.identity.attempts import Attempts
from server.identity.audit import Audit, Event
from server.identity.credentials import CredentialStore, Kept
from server.identity.emails import key_of
from server.identity.logins import LoginStore
from server.identity.passwords import Passwords


class PasswordLogin:
    """Finds out who somebody is by their password.

    Parameters
    ----------
    credentials : CredentialStore
        Keeps what is right.
    passwords : Passwords
        Compares.
    logins : LoginStore
        Knows where somebody signed in before.
    attempts : Attempts
        Counts what is wrong.
    audit : Audit
        Is told of it.
    """

    def __init__(
        self,
        credentials: CredentialStore,
        passwords: Passwords,
        logins: LoginStore,
        attempts: Attempts,
        audit: Audit,
    ) -> None:
        self._credentials = credentials
        self._passwords = passwords
        self._logins = logins
        self._attempts = attempts
        self._audit = audit

    async def find(self, email: str, password: str, request: web.Request) -> Kept:
        """Give the account of an address and its password, and what is kept of that.

        Raises
        ------
        ApiError
            401 ``INVALID_CREDENTIALS`` if they do not belong together; 429 after too many of that.
        """
        key = key_of(email)

        async def is_home() -> bool:
            kept = await self._credentials.by_email(key)
            user_id = "" if kept is None else kept.account.id
            return await self._logins.has_been_at(user_id, Visitor.of(request).address)

        async with self._attempts.one(by_name(key), request, is_home):
            kept = await self._checked(await self._credentials.by_email(key), password, request)
            if kept is None:
                wrong = "no account has this e-mail address and password"
                raise WrongSecretError(401, "INVALID_CREDENTIALS", wrong)
            return await self._renewed(kept, password)

    async def is_current(self, kept: Kept) -> bool:
        """Whether the password that somebody has shown is still that of the account.

        Asked once their sign-in has begun: who changes a password ends the sign-ins that there are
        afterwards, so that none which the old one began is left.
        """
        now = await self._credentials.by_id(kept.account.id)
        return now is not None and now.password_hash == kept.password_hash

    async def confirm(self, user_id: str, password: str, request: web.Request) -> Kept:
        """Have somebody show the password of an account that is known already.

        Raises
        ------
        ApiError
            403 ``WRONG_PASSWORD``; 429 after too many of that.
        """
        async with self._attempts.one(user_id, request):
            kept = await self._checked(await self._credentials.by_id(user_id), password, request)
            if kept is None:
                wrong = "this is not the current password of the account"
                raise WrongSecretError(403, "WRONG_PASSWORD", wrong)
            return kept

    async def confirm_where_kept(
        self, account: Account, password: str | None, request: web.Request
    ) -> None:
        """Have somebody show their password once more, if they have one.

        Raises
        ------
        FieldError
            If they have one and do not say any.
        ApiError
            As :meth:`confirm`.
        """
        kept = await self._credentials.by_id(account.id)
        if kept is None or kept.password_hash is None:
            return
        if password is None:
            raise FieldError("password", "password: say it once more")
        await self.confirm(account.id, password, request)

    async def _checked(self, kept: Kept | None, password: str, request: web.Request) -> Kept | None:
        """Give an account if the password is its own; that takes as long where there is none."""
        if await self._passwords.is_right(password, kept and kept.password_hash):
            return kept
        await self._audit.record(Event.LOGIN_FAILED, kept and kept.account.id, request)
        return None

    async def _renewed(self, kept: Kept, password: str) -> Kept:
        """Keep the password as passwords are kept now."""
        was = kept.password_hash
        if was is None or not self._passwords.is_dated(was):
            return kept
        made = await self._passwords.hash(password)
        has_changed = await self._credentials.set_password(kept.account.id, made, was)
        return kept._replace(password_hash=made) if has_changed else kept
