"""The practice page: ``/`` and the files it asks for under ``/web/``."""

from pathlib import Path

from aiohttp import hdrs, web

WEB = Path(__file__).resolve().parent.parent / "web"

HEADERS = {
    "Server": "etude",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), midi=(self), camera=(), geolocation=()",
}


async def get_page(_request: web.Request) -> web.FileResponse:
    """The page itself; a browser asks each time whether it changed."""
    return web.FileResponse(WEB / "index.html")


async def get_file(request: web.Request) -> web.FileResponse:
    """One file of the page; its tag and date let a browser keep what did not change."""
    try:
        path = (WEB / request.match_info["path"]).resolve()
        is_there = path.is_relative_to(WEB) and path.is_file()
    except (ValueError, OSError):  # no name a file could have
        is_there = False
    if not is_there:
        raise web.HTTPNotFound
    return web.FileResponse(path)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Tell browsers to run nothing but the page's own code, and to ask for changed files."""
    response.headers.update(HEADERS)
    if request.path == "/" or request.path.startswith("/web/"):
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-cache")


def routes() -> list[web.RouteDef]:
    """The routes of the page."""
    return [web.get("/", get_page), web.get("/web/{path:.+}", get_file)]
