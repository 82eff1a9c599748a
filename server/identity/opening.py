"""Everything about signing in, opened and closed with the application."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from server.http.declare import BEARERS
from server.http.limiting import LIMITER, Limiter, Rule
from server.http.windows import WINDOWS, Windows
from server.identity.attempts import Attempts
from server.identity.audit import Audit, Event
from server.identity.claiming import ClaimStore
from server.identity.credentials import CredentialStore
from server.identity.housekeeping import Housekeeping
from server.identity.logins import LoginStore
from server.identity.members import Members
from server.identity.one_time_tokens import OneTimeTokens
from server.identity.password_login import PasswordLogin
from server.identity.passwords import Passwords
from server.identity.recovery import Recovery
from server.identity.refresh_tokens import RefreshTokens
from server.identity.second_factors import SecondFactorStore
from server.identity.sign_ins import SignIns
from server.identity.totp import Seal
from server.identity.two_factor import TwoFactor
from server.keys import (
    ACCOUNTS,
    ATTEMPTS,
    AUDIT,
    HUB,
    MEMBERS,
    ONE_TIME,
    PASSWORD_LOGIN,
    RECOVERY,
    SECRETS,
    SETTINGS,
    SIGN_INS,
    STORE,
    TWO_FACTOR,
)
from server.mail.mailer import Mailer


async def open_identity(app: web.Application) -> AsyncIterator[None]:
    """Open it once the store is there."""
    settings, database = app[SETTINGS], app[STORE].database
    app[AUDIT] = audit = Audit(database)
    app[WINDOWS] = windows = Windows(settings.redis_url)
    passwords = Passwords()

    async def tell(request: web.Request, rule: Rule, user_id: str | None) -> None:
        await audit.record(Event.LIMIT_HIT, user_id, request, limit=rule.name)

    app[LIMITER] = limiter = Limiter(windows, tell, settings.rate_limits)
    credentials = CredentialStore(database)
    logins = LoginStore(database, settings.refresh_days)
    app[SIGN_INS] = sign_ins = SignIns(
        app[ACCOUNTS],
        logins,
        app[BEARERS].own,
        audit,
        app[HUB].tokens,
        RefreshTokens(app[SECRETS].key("refresh")),
        settings.access_minutes,
        app[HUB].sign_out,
    )
    app[MEMBERS] = Members(credentials, passwords, audit)
    app[ATTEMPTS] = attempts = Attempts(limiter)
    app[PASSWORD_LOGIN] = PasswordLogin(credentials, passwords, logins, attempts, audit)
    app[ONE_TIME] = one_time = OneTimeTokens(database)
    app[TWO_FACTOR] = TwoFactor(
        SecondFactorStore(database),
        Seal(app[SECRETS].key("totp")),
        app[ACCOUNTS],
        sign_ins,
        one_time,
        attempts,
        audit,
    )
    mailer = Mailer(settings)
    app[RECOVERY] = recovery = Recovery(
        credentials, passwords, ClaimStore(database), one_time, mailer, sign_ins, limiter, audit
    )
    sweeping = asyncio.create_task(Housekeeping(database, settings.audit_days).run())
    try:
        yield
    finally:
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
        await recovery.close()
        passwords.close()
        await windows.close()
