"""Signing in with Google, GitHub or Apple, over REST and by way of the browser."""

from aiohttp import hdrs, web

from server.checks import checked
from server.http.declare import Access, Call, Limit, Route
from server.identity.audit import Event
from server.identity.rest_models import SignedIn
from server.keys import OAUTH, SETTINGS, TWO_FACTOR
from server.oauth.flow import UNDER_WAY
from server.oauth.models import BeginQuery, CallbackQuery, OAuthCode, OAuthProvider
from server.oauth.returning import checked_redirect, own_origins

OAUTH_PATH = "/api/v1/auth/oauth"
NOT_CONFIGURED = {404: ("PROVIDER_NOT_CONFIGURED",)}
CALLBACK = {400: ("OAUTH_STATE_INVALID",), **NOT_CONFIGURED}
FORM = "application/x-www-form-urlencoded"
HEADERS = {hdrs.CACHE_CONTROL: "no-store", "Referrer-Policy": "no-referrer"}


async def list_providers(call: Call) -> list[OAuthProvider]:
    """Whom people can sign in with here, and where that begins."""
    return [OAuthProvider(name, f"{OAUTH_PATH}/{name}") for name in call.app[OAUTH].providers]


async def begin(call: Call, provider: str, query: BeginQuery) -> web.StreamResponse:
    """Send the browser to a provider to sign in there (302)."""
    flow = call.app[OAUTH]
    chosen = flow.provider(provider)
    origins = own_origins(_own_origin(call.request), call.app[SETTINGS].origins)
    checked_redirect(query.redirect, origins)
    redirect_uri = f"{_own_origin(call.request)}{OAUTH_PATH}/{provider}/callback"
    begun = await flow.begin(chosen, redirect_uri, query)
    response = web.Response(status=302, headers={**HEADERS, hdrs.LOCATION: begun.address})
    is_safe = redirect_uri.startswith("https:")
    response.set_cookie(
        _cookie(provider),
        begun.browser,
        max_age=int(UNDER_WAY.total_seconds()),
        path=OAUTH_PATH,
        httponly=True,
        # What comes by a form of the provider's is sent no other cookie.
        secure=is_safe or chosen.sends_form,
        samesite="None" if chosen.sends_form else "Lax",
    )
    return response


async def come_back(call: Call, provider: str, query: CallbackQuery) -> web.StreamResponse:
    """Where a provider sends the browser: on to the page, with a code in the fragment (303).

    The page exchanges ``#oauth_code=`` at ``auth/oauth/token``; ``#oauth_error=`` is ACCESS_DENIED,
    PROVIDER_REFUSED or PROVIDER_UNAVAILABLE.
    """
    flow = call.app[OAUTH]
    chosen = flow.provider(provider)
    browser = call.request.cookies.get(_cookie(provider), "")
    address = await flow.finish(chosen, query, browser, call.request)
    return web.Response(status=303, headers={**HEADERS, hdrs.LOCATION: address})


async def come_back_by_form(call: Call, provider: str) -> web.StreamResponse:
    """Where Apple sends the browser: the same, by a form."""
    is_form = call.request.content_type == FORM
    form = await call.request.post() if is_form else {}
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    return await come_back(call, provider, checked(given, CallbackQuery))


async def exchange(call: Call, body: OAuthCode) -> SignedIn:
    """Exchange the code that the page was given for tokens; the same browser must do it."""
    flow, cookies = call.app[OAUTH], call.request.cookies
    browsers = {name: cookies.get(_cookie(name), "") for name in flow.providers}
    account, provider = await flow.redeem(body, browsers)
    call.headers[hdrs.CACHE_CONTROL] = "no-store"
    event = Event.OAUTH_LOGGED_IN
    return await call.app[TWO_FACTOR].begin(account, call.request, event=event, provider=provider)


def _cookie(provider: str) -> str:
    return f"etude_oauth_{provider}"


def _own_origin(request: web.Request) -> str:
    return request.app[SETTINGS].public_url or f"{request.scheme}://{request.host}"


def routes() -> list[Route]:
    """The routes of signing in elsewhere."""
    one = f"{OAUTH_PATH}/{{provider}}"
    return [
        Route(method="GET", path=OAUTH_PATH, handler=list_providers, access=Access.OPEN),
        Route(
            method="POST",
            path=f"{OAUTH_PATH}/token",
            handler=exchange,
            errors={401: ("INVALID_CODE", "TWO_FACTOR_REQUIRED")},
            access=Access.OPEN,
            limit=Limit.SIGN_IN,
        ),
        Route(
            method="GET",
            path=one,
            handler=begin,
            status=302,
            errors=NOT_CONFIGURED,
            access=Access.OPEN,
            limit=Limit.SIGN_IN,
        ),
        Route(
            method="GET",
            path=f"{one}/callback",
            handler=come_back,
            status=303,
            errors=CALLBACK,
            access=Access.OPEN,
            limit=Limit.SIGN_IN,
        ),
        Route(
            method="POST",
            path=f"{one}/callback",
            handler=come_back_by_form,
            status=303,
            errors={**CALLBACK, 413: ("REQUEST_ENTITY_TOO_LARGE",)},
            access=Access.OPEN,
            takes=(FORM,),
            limit=Limit.SIGN_IN,
        ),
    ]
