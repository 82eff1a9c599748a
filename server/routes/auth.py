"""Accounts over REST: make one, sign in and out, who am I."""

from aiohttp import hdrs

from server.errors import ApiError, EmailTakenError
from server.http.declare import (
    BEARERS,
    Access,
    Call,
    Errors,
    Handler,
    Limit,
    Route,
    Uuid,
    unauthenticated,
)
from server.http.limiting import HOUR_SEC, LIMITER, Rule, by_address
from server.http.visitor import Visitor
from server.identity.audit import Event
from server.identity.rest_models import (
    Accepted,
    Credentials,
    EmailChange,
    ForgottenPassword,
    LinkToken,
    Login,
    LogoutBody,
    Me,
    PasswordChange,
    PasswordReset,
    ProfileChange,
    RefreshBody,
    Registration,
    SignedIn,
    Verification,
)
from server.identity.sign_ins import REFUSALS
from server.keys import MEMBERS, PASSWORD_LOGIN, RECOVERY, SIGN_INS, TWO_FACTOR
from server.people.models import CursorQuery

AUTH = "/api/v1/auth"
SECOND = ("TWO_FACTOR_REQUIRED", "WRONG_CODE")
# Registering tells that an address has an account, for it answers with tokens at once: nobody may
# ask that about many. Nothing else tells.
TAKEN = Rule("taken", 30, HOUR_SEC)


async def register(call: Call, body: Registration) -> SignedIn:
    """Make an account, and sign it in."""
    try:
        account = await call.app[MEMBERS].add(body, call.request)
    except EmailTakenError:
        await call.app[LIMITER].count(call.request, TAKEN, by_address(call.request))
        raise
    await call.app[RECOVERY].greet(account, call.request)
    return _secret(call, await call.app[SIGN_INS].begin(account, call.request))


async def log_in(call: Call, body: Credentials) -> SignedIn:
    """Sign in with e-mail address and password, and with a code where there is a second factor."""
    passwords, sign_ins = call.app[PASSWORD_LOGIN], call.app[SIGN_INS]
    kept = await passwords.find(body.email, body.password, call.request)
    signed_in = await call.app[TWO_FACTOR].begin(kept.account, call.request, body.code)
    if not await passwords.is_current(kept):
        await sign_ins.end_by(signed_in.refresh_token, call.request)
        raise ApiError(401, "INVALID_CREDENTIALS", "the password was changed meanwhile")
    return _secret(call, signed_in)


async def refresh(call: Call, body: RefreshBody) -> SignedIn:
    """Take new tokens for a refresh token, which is good once: a second use ends the sign-in."""
    return _secret(call, await call.app[SIGN_INS].refresh(body.refresh_token, call.request))


async def log_out(call: Call, body: LogoutBody) -> None:
    """End a sign-in: that of the refresh token in the body, else that of the access token.

    Tokens that no sign-in of this server stands behind are ended by who made them.
    """
    if body.refresh_token is not None:
        await call.app[SIGN_INS].end_by(body.refresh_token, call.request)
        return
    authorization = call.request.headers.get(hdrs.AUTHORIZATION)
    account = await call.app[BEARERS].account_of(authorization, Visitor.of(call.request).address)
    if account is None:
        raise unauthenticated()
    await call.app[SIGN_INS].end(account, call.request)


async def get_me(call: Call) -> Me:
    """Who is signed in."""
    return Me.of(call.account)


async def change_profile(call: Call, body: ProfileChange) -> Me:
    """Change one's name, instrument or time zone."""
    account = await call.app[MEMBERS].change_profile(call.account, body, call.request)
    call.app[BEARERS].own.forget(account.id)
    return Me.of(account)


async def change_password(call: Call, body: PasswordChange) -> None:
    """Change one's password; every other sign-in ends."""
    account = call.account
    kept = await call.app[PASSWORD_LOGIN].confirm(account.id, body.current_password, call.request)
    members, event = call.app[MEMBERS], Event.PASSWORD_CHANGED
    await members.set_password(kept, body.new_password, "new_password", call.request, event)
    await call.app[SIGN_INS].end_all(account.id, "password", but=account.login_id)
    await call.app[RECOVERY].forget_links(account.id)
    call.app[RECOVERY].tell_changed(account)


async def verify_email(call: Call, body: Verification) -> None:
    """Show by the link in a mail that its address is one's own.

    With ``claim`` the account was made by somebody else, and is whose the address is from now on:
    password, second factor, sign-ins and links that were set before are removed.
    """
    await call.app[RECOVERY].verify(body.token, call.request, is_claimed=body.claim)


async def change_email(call: Call, body: EmailChange) -> Accepted:
    """Have a link sent to another address, which is the account's once it is opened."""
    account = call.account
    await call.app[PASSWORD_LOGIN].confirm_where_kept(account, body.password, call.request)
    await call.app[RECOVERY].ask_change(account, body.new_email, call.request)
    return Accepted("a mail with a link is on its way to the new address")


async def confirm_email(call: Call, body: LinkToken) -> None:
    """Take the new address by the link that was sent to it."""
    await call.app[RECOVERY].change(call.account, body.token, call.request)


async def send_verification(call: Call) -> Accepted:
    """Have the link that shows whose an address is sent once more."""
    await call.app[RECOVERY].ask_verify(call.account, call.request)
    return Accepted("a mail with a link is on its way to the address of this account")


async def forget_password(call: Call, body: ForgottenPassword) -> Accepted:
    """Have a link to a new password sent; nobody is told whether the address has an account."""
    await call.app[RECOVERY].ask_reset(body.email, call.request)
    return Accepted("if this address has an account, a mail with a link is on its way to it")


async def reset_password(call: Call, body: PasswordReset) -> None:
    """Choose a new password by the link in a mail; every sign-in of the account ends."""
    await call.app[RECOVERY].reset(body.token, body.new_password, call.request)


async def list_logins(call: Call, query: CursorQuery) -> list[Login]:
    """One's own sign-ins that are not over, the latest first."""
    logins = call.app[SIGN_INS].logins
    rows, total = await logins.running(call.account.id, query.cursor or None, query.limit + 1)
    shown = rows[: query.limit]
    call.page(total, shown[-1].id if len(rows) > query.limit else None, query.limit)
    return [
        Login(
            row.id,
            row.address,
            row.agent,
            row.created_at,
            row.used_at,
            row.expires_at,
            is_current=row.id == call.account.login_id,
        )
        for row in shown
    ]


async def end_login(call: Call, id: Uuid) -> None:
    """End one of one's own sign-ins, such as that of a lost device."""
    if not await call.app[SIGN_INS].end_other(call.account, id.lower(), call.request):
        raise ApiError(404, "LOGIN_NOT_FOUND", "there is no such sign-in of yours")


def _secret(call: Call, signed_in: SignedIn) -> SignedIn:
    """Tokens are kept by nobody on their way: RFC 6749, section 5.1."""
    call.headers[hdrs.CACHE_CONTROL] = "no-store"
    return signed_in


def routes() -> list[Route]:
    """The routes of accounts."""
    return [*_signing_in(), *_by_mail(), *_own_account()]


def _signing_in() -> list[Route]:
    busy = {503: ("BUSY",)}
    new = {409: ("EMAIL_TAKEN",), **busy}
    signed_out = {401: ("UNAUTHENTICATED", "INVALID_TOKEN")}
    return [
        _open("register", register, new, status=201),
        _open("signup", register, new, status=201),
        _open("login", log_in, {401: ("INVALID_CREDENTIALS", *SECOND), **busy}),
        _open("refresh", refresh, REFUSALS),
        _open("logout", log_out, signed_out),
    ]


def _by_mail() -> list[Route]:
    no_mail = {503: ("MAIL_NOT_CONFIGURED",)}
    bad_link = {400: ("INVALID_LINK",)}
    return [
        _open("verify-email", verify_email, bad_link),
        _open("password/reset", reset_password, {**bad_link, 503: ("BUSY",)}),
        _open("password/forgot", forget_password, no_mail, status=202, limit=Limit.MAIL),
        Route(
            method="POST",
            path=f"{AUTH}/verify-email/send",
            handler=send_verification,
            status=202,
            errors={409: ("NOTHING_TO_VERIFY",), **no_mail},
            limit=Limit.MAIL,
        ),
        Route(
            method="POST",
            path=f"{AUTH}/email/change",
            handler=change_email,
            status=202,
            errors={403: ("WRONG_PASSWORD",), 503: ("MAIL_NOT_CONFIGURED", "BUSY")},
            limit=Limit.MAIL,
        ),
        Route(
            method="POST",
            path=f"{AUTH}/email/confirm",
            handler=confirm_email,
            errors={**bad_link, 409: ("EMAIL_TAKEN",)},
            limit=Limit.SIGN_IN,
        ),
    ]


def _open(
    path: str,
    handler: Handler,
    errors: Errors,
    *,
    status: int = 200,
    limit: Limit = Limit.SIGN_IN,
) -> Route:
    """A route for those who are not signed in yet."""
    return Route(
        method="POST",
        path=f"{AUTH}/{path}",
        handler=handler,
        access=Access.OPEN,
        status=status,
        errors=errors,
        limit=limit,
    )


def _own_account() -> list[Route]:
    return [
        Route(method="GET", path=f"{AUTH}/me", handler=get_me),
        Route(method="PATCH", path=f"{AUTH}/profile", handler=change_profile),
        Route(
            method="POST",
            path=f"{AUTH}/password/change",
            handler=change_password,
            errors={403: ("WRONG_PASSWORD",), 409: ("CONFLICT",), 503: ("BUSY",)},
            limit=Limit.SIGN_IN,
        ),
        Route(method="GET", path=f"{AUTH}/logins", handler=list_logins),
        Route(
            method="DELETE",
            path=f"{AUTH}/logins/{{id}}",
            handler=end_login,
            errors={404: ("LOGIN_NOT_FOUND",)},
        ),
    ]
