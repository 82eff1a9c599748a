"""Operation: is it alive, is it ready, what does it do."""

import platform
import time

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from server.errors import ApiError
from server.http.rest import reply
from server.keys import HUB, STORE
from server.version import __version__

# What clients may ask for; later versions say true where they can do more.
FEATURES = {"audio": True, "accounts": False, "rooms": True}


async def get_health(_request: web.Request) -> web.Response:
    """The process is alive."""
    return reply({"status": "ok"})


async def get_ready(request: web.Request) -> web.Response:
    """The database answers."""
    problem = await request.app[STORE].problem()
    if problem is not None:
        raise ApiError(503, "NOT_READY", "the database does not answer", {"database": problem})
    return reply({"status": "ready", "checks": {"database": "ok"}})


async def get_status(request: web.Request) -> web.Response:
    """Version, uptime, counts and what this server can do.

    Open without a token by design: a client asks before it signs in, and nobody is named.
    """
    hub = request.app[HUB]
    return reply(
        {
            "version": __version__,
            "python": platform.python_version(),
            "uptime_seconds": round(time.monotonic() - hub.started_sec, 3),
            "connections": len(hub.links),
            "sessions": sum(1 for _ in hub.sessions),
            "microphones": sum(1 for _ in hub.microphones),
            "rooms": len(hub.rooms),
            "sessions_started": hub.metrics.n_sessions,
            "features": {
                "guests": hub.settings.allows_guests,
                "music": hub.settings.music is not None,
                "spotify": hub.settings.spotify_url,
                **FEATURES,
            },
        }
    )


async def get_metrics(request: web.Request) -> web.Response:
    """All figures, for Prometheus.

    Open without a token by design: they are sums that name nobody.
    """
    body = generate_latest(request.app[HUB].metrics.registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def routes() -> list[web.RouteDef]:
    """The routes of operation."""
    return [
        web.get("/health", get_health),
        web.get("/health/ready", get_ready),
        web.get("/api/v1/status", get_status),
        web.get("/metrics", get_metrics),
    ]
