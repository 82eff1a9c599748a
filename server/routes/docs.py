"""The description of the API: OpenAPI, two pages that show it, and its types for TypeScript."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

from server.errors import ApiError
from server.http.declare import ROUTES, Access, Call, Errors, Handler, Route
from server.http.openapi import describe
from server.http.typescript import declarations

FILES = Path(__file__).resolve().parent.parent / "apidocs"
# Both pages make styles as they run, draw with data: images, and Redoc searches in a worker of its
# own making. Nothing comes from elsewhere.
POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "worker-src 'self' blob:"
)
ASSETS = {
    path.relative_to(FILES).as_posix()
    for path in FILES.rglob("*")
    if path.suffix in (".js", ".css")
}
AssetName = Annotated[str, Meta(max_length=200, examples=["swagger.js"])]


class Description:
    """Answers what the API is; made when it is first asked for, and kept."""

    def __init__(self) -> None:
        self._bodies: dict[str, bytes] = {}

    async def get_openapi(self, call: Call) -> web.Response:
        """The API in OpenAPI 3.1."""
        return await self._answer(call, "application/json", _openapi)

    async def get_typescript(self, call: Call) -> web.Response:
        """Types of REST and events, for programs in TypeScript."""
        return await self._answer(call, "text/plain", _typescript)

    async def _answer(
        self, call: Call, media: str, make: Callable[[list[Route]], bytes]
    ) -> web.Response:
        if media not in self._bodies:
            self._bodies[media] = await asyncio.to_thread(make, call.app[ROUTES])
        body = self._bodies[media]
        tag = hashlib.sha256(body).hexdigest()[:32]
        is_known = any(known.value in (tag, "*") for known in call.request.if_none_match or ())
        response = web.Response(status=304) if is_known else web.Response(body=body)
        if not is_known:
            response.content_type, response.charset = media, "utf-8"
        response.etag = tag
        response.headers[hdrs.CACHE_CONTROL] = "no-cache"
        return response


async def get_swagger(call: Call) -> web.FileResponse:
    """The API to read and to try, by Swagger UI."""
    return _page("swagger.html")


async def get_redoc(call: Call) -> web.FileResponse:
    """The API to read, by Redoc."""
    return _page("redoc.html")


async def get_asset(call: Call, name: AssetName) -> web.FileResponse:
    """A file of those pages."""
    if name not in ASSETS:
        raise ApiError(404, "NOT_FOUND", "there is nothing at this address")
    return web.FileResponse(FILES / name, headers={hdrs.CACHE_CONTROL: "no-cache"})


def routes() -> list[Route]:
    """The routes of one application."""
    description = Description()
    return [
        _route("openapi.json", description.get_openapi, "application/json"),
        _route("etude.d.ts", description.get_typescript, "text/plain"),
        _route("docs", get_swagger, "text/html"),
        _route("redoc", get_redoc, "text/html"),
        _route("assets/{name:.+}", get_asset, "*/*", {404: ("NOT_FOUND",)}),
    ]


def _route(path: str, handler: Handler, media: str, errors: Errors | None = None) -> Route:
    """A route for anybody, whose answers have tags."""
    return Route(
        method="GET",
        path=f"/api/{path}",
        handler=handler,
        access=Access.OPEN,
        errors=errors or {},
        media=media,
        also=(304,),
    )


def _openapi(routes: list[Route]) -> bytes:
    return msgspec.json.encode(describe(routes))


def _typescript(routes: list[Route]) -> bytes:
    return declarations(routes).encode()


def _page(name: str) -> web.FileResponse:
    headers = {hdrs.CACHE_CONTROL: "no-cache", "Content-Security-Policy": POLICY}
    return web.FileResponse(FILES / name, headers=headers)
