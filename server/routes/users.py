"""Users who come from elsewhere, over REST."""

from aiohttp import hdrs

from server.errors import ApiError, TokenError
from server.http.declare import BEARERS, Access, Call, Limit, Route, unauthenticated
from server.http.visitor import Visitor
from server.identity.audit import Event
from server.identity.bearers import bearer_token, refusing
from server.identity.rest_models import Me
from server.keys import AUDIT, OUTSIDE, SYNCING
from server.outside.outsider import Outsider
from server.outside.sync import SyncBody


async def sync_user(call: Call, body: SyncBody) -> Me:
    """Make or update the account behind a token of an outside provider.

    201 with a new account, 200 with one that was there. Whose it is, the token alone tells.
    """
    outsider = await _outsider(call)
    account, is_new = await call.app[SYNCING].sync(outsider, body, call.request)
    call.app[BEARERS].own.forget(account.id)
    call.status = 201 if is_new else 200
    return Me.of(account)


async def _outsider(call: Call) -> Outsider:
    authorization = call.request.headers.get(hdrs.AUTHORIZATION)
    address = Visitor.of(call.request).address
    with refusing():
        token = bearer_token(authorization)
        if token is None:
            raise unauthenticated()
        try:
            outsider = await call.app[OUTSIDE].outsider(token, address)
        except TokenError as error:
            event = Event.OUTSIDE_TOKEN_REFUSED
            await call.app[AUDIT].record(event, None, call.request, reason=str(error))
            raise
    if outsider is None:
        await call.app[BEARERS].account_of(authorization, address)
        raise ApiError(
            403,
            "NOT_OUTSIDE",
            "the token is this server's own: change the account by PATCH /api/v1/auth/profile",
        )
    return outsider


def routes() -> list[Route]:
    """The route of users from elsewhere."""
    return [
        Route(
            method="POST",
            path="/api/v1/users/sync",
            handler=sync_user,
            also=(201,),
            access=Access.OPEN,
            errors={
                401: ("UNAUTHENTICATED", "INVALID_TOKEN"),
                403: ("SUBJECT_MISMATCH", "NOT_OUTSIDE"),
                503: ("PROVIDER_UNAVAILABLE",),
            },
            limit=Limit.SIGN_IN,
        )
    ]
