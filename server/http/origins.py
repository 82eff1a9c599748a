"""Which web pages may talk to this server: one rule for REST, WebSocket and Socket.IO.

A browser names the page's origin; a program need not. A page of the server's own is let in, one
of the list too, any other is refused, so that a page from elsewhere cannot play as the guest of
this machine. Where only this machine can connect, the name by which the server was called is
checked as well: a page elsewhere could have its own name point here (DNS rebinding).
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from server.config import Settings, is_loopback
from server.errors import ApiError

ANY = "*"
FETCH_SITE = "Sec-Fetch-Site"
MAX_AGE_SEC = "600"
APPLE_FORM = "/api/v1/auth/oauth/apple/callback"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

EXPOSED = "Link, X-Total-Count, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"


class Origins:
    """The rule for one server.

    Parameters
    ----------
    settings : Settings
        Its address and the origins let in.
    """

    def __init__(self, settings: Settings) -> None:
        own = () if settings.public_url is None else (_origin_of(settings.public_url),)
        self._listed = frozenset(origin.rstrip("/") for origin in (*settings.origins, *own))
        names = (urlsplit(origin).hostname for origin in self._listed)
        self._hosts = frozenset(name for name in names if name)
        self._is_local = settings.is_loopback
        apple = settings.oauth.apple
        # Apple answers by a form that its own page sends; what is in it shows whose it is.
        self._forms = {} if apple is None else {APPLE_FORM: _origin_of(apple.authorize_url)}

    def check(self, request: web.Request) -> None:
        """Refuse a request of a page that may not talk to this server.

        Raises
        ------
        ApiError
            Saying why.
        """
        if self._is_local:
            name = _name_of(request.host)
            if not is_loopback(name) and name not in self._hosts:
                raise ApiError(421, "WRONG_HOST", f"this server does not go by the name {name!r}")
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and not self._lets_in(origin, request):
            raise ApiError(
                403,
                "ORIGIN_NOT_ALLOWED",
                f"pages of {origin} may not use this server: add them to ETUDE_ORIGINS",
            )

    def check_embedded(self, request: web.Request) -> None:
        """Refuse what a page from elsewhere embeds, like an image: it names no origin then.

        Raises
        ------
        ApiError
            Unless the origin is named and listed.
        """
        origin = request.headers.get(hdrs.ORIGIN)
        is_foreign = request.headers.get(FETCH_SITE) == "cross-site"
        if is_foreign and (origin is None or not self.lists(origin)):
            raise ApiError(403, "ORIGIN_NOT_ALLOWED", "pages from elsewhere may not embed this")

    def lists(self, origin: str) -> bool:
        """Tell whether a page from elsewhere was let in by name."""
        return origin in self._listed or ANY in self._listed

    def _lets_in(self, origin: str, request: web.Request) -> bool:
        is_form = request.method == hdrs.METH_POST and self._forms.get(request.path) == origin
        return is_form or self._is_own(origin, request) or self.lists(origin)

    @staticmethod
    def _is_own(origin: str, request: web.Request) -> bool:
        return origin == f"{request.scheme}://{request.host}"

    def headers(self, request: web.Request) -> dict[str, str]:
        """What CORS asks to be said to a page from elsewhere that is let in."""
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None or not self.lists(origin):
            return {}
        return {
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin,
            hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: EXPOSED,
        }

    @staticmethod
    def preflight(request: web.Request) -> web.Response:
        """Answer a browser that asks before it sends."""
        wanted = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS, "Authorization")
        return web.Response(
            status=204,
            headers={
                hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST, PUT, PATCH, DELETE",
                hdrs.ACCESS_CONTROL_ALLOW_HEADERS: wanted,
                hdrs.ACCESS_CONTROL_MAX_AGE: MAX_AGE_SEC,
            },
        )


def _origin_of(url: str) -> str:
    """What a browser calls the pages of a site: scheme and host, without a path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _name_of(host: str) -> str:
    """The name in a Host header; empty where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep the rule around every handler."""
    origins = request.app[ORIGINS]
    origins.check(request)
    asks_first = hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
    if request.method == hdrs.METH_OPTIONS and asks_first:
        return origins.preflight(request)
    return await handler(request)


ORIGINS = web.AppKey("origins", Origins)
