"""Operation: is it alive, is it ready, what does it do."""

import platform
import time
from typing import Literal

from aiohttp import web
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from server.errors import ApiError
from server.http.declare import Access, Call, Limit, Route
from server.http.windows import WINDOWS
from server.keys import HUB, STORE
from server.version import __version__


class Health(Struct):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Checks(Struct, omit_defaults=True):
    """What answers; Redis where the server was told to use one."""

    database: Literal["ok"]
    redis: Literal["ok"] | None = None


class Readiness(Struct):
    """All that the server needs answers."""

    status: Literal["ready"]
    checks: Checks


class Features(Struct):
    """What clients may ask for here; ``spotify`` is where the room page finds it, if it does."""

    guests: bool
    music: bool
    spotify: str | None
    audio: bool = True
    accounts: bool = True
    rooms: bool = True


class Status(Struct):
    """Version, uptime, counts, and what this server can do."""

    version: str
    python: str
    uptime_seconds: float
    connections: int
    sessions: int
    microphones: int
    rooms: int
    sessions_started: int
    features: Features


async def get_health(call: Call) -> Health:
    """The process is alive."""
    return Health()


async def get_ready(call: Call) -> Readiness:
    """The database answers, and Redis where one is configured."""
    windows = call.app[WINDOWS]
    problems = {"database": await call.app[STORE].problem(), "redis": await windows.problem()}
    failed = {name: problem for name, problem in problems.items() if problem is not None}
    if failed:
        raise ApiError(503, "NOT_READY", f"{' and '.join(failed)} not answering", failed)
    return Readiness("ready", Checks("ok", "ok" if windows.has_redis else None))


async def get_status(call: Call) -> Status:
    """Version, uptime, counts and what this server can do.

    Open without a token by design: a client asks before it signs in, and nobody is named.
    """
    hub = call.app[HUB]
    return Status(
        version=__version__,
        python=platform.python_version(),
        uptime_seconds=round(time.monotonic() - hub.started_sec, 3),
        connections=len(hub.links),
        sessions=sum(1 for _ in hub.sessions),
        microphones=sum(1 for _ in hub.microphones),
        rooms=len(hub.rooms),
        sessions_started=hub.metrics.n_sessions,
        features=Features(
            guests=hub.settings.allows_guests,
            music=hub.settings.music is not None,
            spotify=hub.settings.spotify_url,
        ),
    )


async def get_metrics(call: Call) -> web.Response:
    """All figures, for Prometheus.

    Open without a token by design: they are sums that name nobody.
    """
    body = generate_latest(call.app[HUB].metrics.registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def routes() -> list[Route]:
    """The routes of operation."""
    is_open = Access.OPEN
    not_ready = {503: ("NOT_READY",)}
    return [
        # Whoever watches over the server may always ask.
        Route(method="GET", path="/health", handler=get_health, access=is_open, limit=Limit.NONE),
        Route(
            method="GET", path="/health/ready", handler=get_ready, access=is_open, errors=not_ready
        ),
        Route(method="GET", path="/api/v1/status", handler=get_status, access=is_open),
        Route(
            method="GET",
            path="/metrics",
            handler=get_metrics,
            access=is_open,
            media=CONTENT_TYPE_LATEST.split(";")[0],
        ),
    ]
