"""The pages and their files under ``/web/``.

``/`` is to practise, ``/room`` to listen together, ``/account`` to sign in, ``/history`` to look
back; ``/verify`` and ``/reset`` are where mails lead.
"""

from pathlib import Path

from aiohttp import hdrs, web

from server.keys import SETTINGS

WEB = Path(__file__).resolve().parent.parent / "web"

HEADERS = {
    "Server": "etude",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), midi=(self), camera=(), geolocation=()",
}

POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
# A room plays what its listeners choose: files of theirs, pieces rendered here, addresses.
ROOM_POLICY = f"{POLICY}; media-src 'self' blob: https: http:"

# The history plays the sound of a practice session, which is fetched with a token.
HISTORY_POLICY = f"{POLICY}; media-src 'self' blob:"

ACCOUNT_PAGES = ("/account", "/verify", "/reset")
PAGES = ("/", "/history", *ACCOUNT_PAGES)


async def get_page(_request: web.Request) -> web.FileResponse:
    """The page itself; a browser asks each time whether it changed."""
    return web.FileResponse(WEB / "index.html")


async def get_room(_request: web.Request) -> web.FileResponse:
    """The page of listening rooms; the code in its address is read there."""
    return web.FileResponse(WEB / "room" / "room.html")


async def get_account_page(request: web.Request) -> web.FileResponse:
    """A page of accounts; what stands after the # of a mailed link is read there."""
    return web.FileResponse(WEB / "account" / f"{request.path.removeprefix('/')}.html")


async def get_history(_request: web.Request) -> web.FileResponse:
    """The page of one's practice; which of it stands in the address, and is read there."""
    return web.FileResponse(WEB / "history" / "history.html")


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
    response.headers.setdefault("Content-Security-Policy", _policy(request))
    if _is_page(request.path):
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-cache")


def _is_page(path: str) -> bool:
    return path in PAGES or path.startswith("/web/") or _is_room(path)


def _is_room(path: str) -> bool:
    return path == "/room" or path.startswith("/room/")


def _policy(request: web.Request) -> str:
    if request.path == "/history":
        return HISTORY_POLICY
    if not _is_room(request.path):
        return POLICY
    spotify = request.app[SETTINGS].spotify_url
    return f"{ROOM_POLICY}; connect-src 'self' {spotify}" if spotify else ROOM_POLICY


def routes() -> list[web.RouteDef]:
    """The routes of the pages."""
    return [
        web.get("/", get_page),
        web.get("/room", get_room),
        web.get("/room/{code:[^/]+}", get_room),
        web.get("/history", get_history),
        *(web.get(path, get_account_page) for path in ACCOUNT_PAGES),
        web.get("/web/{path:.+}", get_file),
    ]
