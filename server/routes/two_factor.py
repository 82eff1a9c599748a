"""Two-factor sign-in over REST."""

from aiohttp import hdrs

from server.errors import ApiError, FieldError
from server.http.declare import Access, Call, Handler, Limit, Route
from server.identity.rest_models import (
    FactorCode,
    FactorProof,
    FactorState,
    RecoveryCodes,
    SecondStep,
    SignedIn,
    TotpSetup,
)
from server.keys import PASSWORD_LOGIN, TWO_FACTOR

TWO_FACTOR_PATH = "/api/v1/auth/2fa"
NO_STORE = "no-store"


async def get_state(call: Call) -> FactorState:
    """Whether two-factor sign-in is on, and how many recovery codes are left."""
    store = call.app[TWO_FACTOR].store
    factor = await store.find(call.account.id)
    left = await store.codes_left(call.account.id)
    return FactorState(enabled=factor.is_enabled, recovery_codes_left=left)


async def set_up(call: Call) -> TotpSetup:
    """A new secret for an authenticator, as text, address and QR code; ``enable`` turns it on."""
    call.headers[hdrs.CACHE_CONTROL] = NO_STORE
    return await call.app[TWO_FACTOR].set_up(call.account)


async def enable(call: Call, body: FactorCode) -> RecoveryCodes:
    """Turn two-factor sign-in on by a first code; the recovery codes are shown this once."""
    call.headers[hdrs.CACHE_CONTROL] = NO_STORE
    codes = await call.app[TWO_FACTOR].enable(call.account, body.code, call.request)
    return RecoveryCodes(codes)


async def disable(call: Call, body: FactorProof) -> None:
    """Turn two-factor sign-in off, by a code or the password."""
    two_factor, account = call.app[TWO_FACTOR], call.account
    factor = await two_factor.store.find(account.id)
    if not factor.is_enabled:
        raise ApiError(409, "TWO_FACTOR_NOT_ENABLED", "two-factor sign-in is not on")
    if body.code is not None:
        await two_factor.check(account, factor, body.code, call.request, status=403)
    elif body.password is not None:
        await call.app[PASSWORD_LOGIN].confirm(account.id, body.password, call.request)
    else:
        raise FieldError("code", "code: send a code of your authenticator, or the password")
    await two_factor.disable(account, call.request)


async def verify(call: Call, body: SecondStep) -> SignedIn:
    """Finish a sign-in that was answered by TWO_FACTOR_REQUIRED."""
    call.headers[hdrs.CACHE_CONTROL] = NO_STORE
    return await call.app[TWO_FACTOR].answer(body.challenge, body.code, call.request)


def routes() -> list[Route]:
    """The routes of two-factor sign-in."""
    wrong = {403: ("WRONG_CODE",)}
    disabling = {403: ("WRONG_CODE", "WRONG_PASSWORD"), 409: ("TWO_FACTOR_NOT_ENABLED",)}
    return [
        Route(method="GET", path=TWO_FACTOR_PATH, handler=get_state),
        _post("setup", set_up, {409: ("TWO_FACTOR_ENABLED",)}),
        _post("enable", enable, {409: ("TWO_FACTOR_NOT_SET_UP",), **wrong}),
        _post("disable", disable, {503: ("BUSY",), **disabling}),
        _post("verify", verify, {401: ("WRONG_CODE", "INVALID_CHALLENGE")}, Access.OPEN),
    ]


def _post(
    path: str,
    handler: Handler,
    errors: dict[int, tuple[str, ...]],
    access: Access = Access.ACCOUNT,
) -> Route:
    return Route(
        method="POST",
        path=f"{TWO_FACTOR_PATH}/{path}",
        handler=handler,
        access=access,
        errors=errors,
        limit=Limit.SIGN_IN,
    )
