"""Signing in by two factors: beside a password or a provider, a code of an authenticator."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import structlog
from aiohttp import web

from server.errors import ApiError, WrongSecretError
from server.http.visitor import Visitor
from server.identity.account import Account
from server.identity.accounts import AccountStore
from server.identity.attempts import Attempts
from server.identity.audit import Audit, Event
from server.identity.one_time_tokens import OneTimeTokens
from server.identity.rest_models import SignedIn, TotpSetup
from server.identity.second_factors import Factor, SecondFactorStore
from server.identity.sign_ins import SignIns
from server.identity.totp import Seal, address_of, new_secret, picture_of, step_of

log = structlog.get_logger()

CHALLENGE = "two_factor"
ANSWERED_WITHIN = timedelta(minutes=5)


class TwoFactor:
    """Asks for the second factor where there is one, and lets people have one.

    Parameters
    ----------
    store : SecondFactorStore
        Keeps them.
    seal : Seal
        Opens their secrets.
    accounts : AccountStore
        Knows the accounts.
    sign_ins : SignIns
        Begins sign-ins.
    one_time : OneTimeTokens
        Keeps sign-ins of which the second factor is missing.
    attempts : Attempts
        Counts wrong codes.
    audit : Audit
        Is told of all.

    Attributes
    ----------
    clock : callable
        Seconds since 1970.
    """

    def __init__(
        self,
        store: SecondFactorStore,
        seal: Seal,
        accounts: AccountStore,
        sign_ins: SignIns,
        one_time: OneTimeTokens,
        attempts: Attempts,
        audit: Audit,
    ) -> None:
        self.store = store
        self.clock = time.time
        self._seal = seal
        self._accounts = accounts
        self._sign_ins = sign_ins
        self._one_time = one_time
        self._attempts = attempts
        self._audit = audit

    async def begin(
        self,
        account: Account,
        request: web.Request,
        code: str | None = None,
        event: Event = Event.LOGGED_IN,
        **details: Any,
    ) -> SignedIn:
        """Sign somebody in who has shown one factor, once they show the second, if they have it.

        Raises
        ------
        ApiError
            401: ``TWO_FACTOR_REQUIRED`` with a challenge for :meth:`answer`, or ``WRONG_CODE``;
            429 after too many wrong codes.
        """
        factor = await self.store.find(account.id)
        if factor.is_enabled:
            if code is None:
                data = {"event": event.value, "details": details}
                make = self._one_time.make(CHALLENGE, ANSWERED_WITHIN, account.id, data)
                raise _required(await make)
            await self.check(account, factor, code, request)
        return await self._sign_ins.begin(account, request, event, **details)

    async def answer(self, challenge: str, code: str, request: web.Request) -> SignedIn:
        """Sign somebody in who answers a challenge; a wrong code does not use it up.

        Raises
        ------
        ApiError
            As :meth:`begin`.
        """
        known = await self._one_time.look(CHALLENGE, challenge)
        account = await self._accounts.find(known.user_id) if known and known.user_id else None
        if known is None or account is None:
            raise _over()
        factor = await self.store.find(account.id)
        if factor.is_enabled:
            await self.check(account, factor, code, request)
        if await self._one_time.use(CHALLENGE, challenge) is None:
            raise _over()
        event, details = Event(known.data["event"]), known.data["details"]
        return await self._sign_ins.begin(account, request, event, **details)

    async def check(
        self, account: Account, factor: Factor, code: str, request: web.Request, status: int = 401
    ) -> None:
        """Use a code up: of the authenticator, or for recovery.

        Raises
        ------
        ApiError
            ``WRONG_CODE`` with that status; 429 after too many.
        """

        async def is_home() -> bool:
            address = Visitor.of(request).address
            return await self._sign_ins.logins.has_been_at(account.id, address)

        async with self._attempts.one(f"code:{account.id}", request, is_home):
            step = self._step(account, factor, code)
            if step is not None and await self.store.use_step(account.id, step):
                return
            if await self.store.use_recovery_code(account.id, code):
                left = await self.store.codes_left(account.id)
                await self._audit.record(Event.RECOVERY_CODE_USED, account.id, request, left=left)
                return
            await self._audit.record(Event.TWO_FACTOR_FAILED, account.id, request)
            raise _wrong(status)

    async def set_up(self, account: Account) -> TotpSetup:
        """Make a secret for an authenticator; it counts once a code of it was shown.

        Raises
        ------
        ApiError
            409 ``TWO_FACTOR_ENABLED``.
        """
        secret = new_secret()
        if not await self.store.set_up(account.id, self._seal.close(secret, account.id)):
            raise ApiError(
                409, "TWO_FACTOR_ENABLED", "two-factor sign-in is on: turn it off before a new one"
            )
        address = address_of(secret, account.email or account.name)
        return TotpSetup(secret, address, await asyncio.to_thread(picture_of, address))

    async def enable(self, account: Account, code: str, request: web.Request) -> list[str]:
        """Turn it on by a first code; gives recovery codes, which nobody is shown again.

        Raises
        ------
        ApiError
            409 ``TWO_FACTOR_NOT_SET_UP``; 403 ``WRONG_CODE``; 429 after too many.
        """
        factor = await self.store.find(account.id)
        if factor.sealed is None or factor.is_enabled:
            raise _not_set_up()
        async with self._attempts.one(f"code:{account.id}", request):
            step = self._step(account, factor, code)
            if step is None:
                await self._audit.record(Event.TWO_FACTOR_FAILED, account.id, request)
                raise _wrong(403)
        codes = await self.store.enable(account.id, factor.sealed, step)
        if codes is None:
            raise _not_set_up()
        await self._audit.record(Event.TWO_FACTOR_ENABLED, account.id, request)
        return codes

    async def disable(self, account: Account, request: web.Request) -> None:
        """Turn it off for somebody who has shown that they may."""
        await self.store.disable(account.id)
        await self._audit.record(Event.TWO_FACTOR_DISABLED, account.id, request)

    def _step(self, account: Account, factor: Factor, code: str) -> int | None:
        if factor.sealed is None:
            return None
        secret = self._seal.open(factor.sealed, account.id)
        if secret is None:
            log.warning("second factor sealed by another secret", user_id=account.id)
            return None
        plain = "".join(filter(str.isalnum, code))
        return step_of(secret, plain, self.clock()) if plain.isascii() else None


def _required(challenge: str) -> ApiError:
    return ApiError(
        401,
        "TWO_FACTOR_REQUIRED",
        "send the code that your authenticator shows, or a recovery code, with the challenge",
        {"challenge": challenge},
    )


def _wrong(status: int) -> WrongSecretError:
    return WrongSecretError(
        status, "WRONG_CODE", "this code is not good, or was used: wait for the next one"
    )


def _over() -> ApiError:
    return ApiError(401, "INVALID_CHALLENGE", "the challenge is over: sign in again")


def _not_set_up() -> ApiError:
    return ApiError(
        409, "TWO_FACTOR_NOT_SET_UP", "there is no new secret: POST /api/v1/auth/2fa/setup first"
    )
