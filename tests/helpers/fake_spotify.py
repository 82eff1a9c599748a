"""A local stand-in for Spotify's Web API: one account, one device, one player."""

import time
from contextlib import asynccontextmanager

from aiohttp import web

TOKEN = "good-token"


class FakeSpotify:
    """Answers as the Web API does, and remembers what it was asked."""

    def __init__(self):
        self.calls = []
        self.product = "premium"
        self.has_device = True
        self.refusals = []  # (status, Retry-After or None) for the next calls
        self.track, self.is_playing = None, False
        self._position_ms, self._since = 0.0, 0.0
        self.url = ""

    @property
    def position_ms(self):
        passed = 1e3 * (time.monotonic() - self._since) if self.is_playing else 0.0
        return self._position_ms + passed

    def put_on(self, track, position_ms, is_playing=True):
        """What somebody does in Spotify's own application."""
        self.track, self.is_playing = track, is_playing
        self._position_ms, self._since = position_ms, time.monotonic()

    def made(self, method, path):
        """The calls of one kind: their queries and bodies."""
        return [rest for made, to, *rest in self.calls if (made, to) == (method, path)]

    async def start(self):
        app = web.Application(middlewares=[self._gate])
        app.router.add_get("/v1/me", self._profile)
        app.router.add_get("/v1/me/player", self._state)
        app.router.add_put("/v1/me/player/play", self._play)
        app.router.add_put("/v1/me/player/pause", self._pause)
        app.router.add_put("/v1/me/player/seek", self._seek)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self):
        await self._runner.cleanup()

    @web.middleware
    async def _gate(self, request, handler):
        body = await request.json() if request.can_read_body else None
        self.calls.append((request.method, request.path, dict(request.query), body))
        if self.refusals:
            status, retry = self.refusals.pop(0)
            headers = {} if retry is None else {"Retry-After": retry}
            return refused(status, "as the test wants it", headers)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return refused(401, "The access token expired")
        if request.path != "/v1/me" and not self.has_device:
            return refused(404, "Player command failed: No active device found")
        return await handler(request)

    async def _profile(self, _request):
        return web.json_response({"id": "clara", "display_name": "Clara", "product": self.product})

    async def _state(self, _request):
        if self.track is None:
            return web.Response(status=204)
        item = {"uri": self.track, "name": "Ode to Joy", "duration_ms": 200_000,
                "artists": [{"name": "Beethoven"}, {"name": "Schiller"}]}  # fmt: skip
        told = {"is_playing": self.is_playing, "progress_ms": int(self.position_ms), "item": item}
        return web.json_response(told | {"timestamp": 0, "device": {"id": "d"}})

    async def _play(self, request):
        body = await request.json() if request.can_read_body else {}
        uris = body.get("uris")
        if uris:
            self.put_on(uris[0], body.get("position_ms", 0))
        else:
            self.put_on(self.track, self.position_ms)
        return web.Response(status=204)

    async def _pause(self, _request):
        if not self.is_playing:
            return refused(403, "Player command failed: Restriction violated")
        self.put_on(self.track, self.position_ms, False)
        return web.Response(status=204)

    async def _seek(self, request):
        self.put_on(self.track, float(request.query["position_ms"]), self.is_playing)
        return web.Response(status=204)


def refused(status, message, headers=None):
    told = {"error": {"status": status, "message": message}}
    return web.json_response(told, status=status, headers=headers)


@asynccontextmanager
async def running_spotify():
    """The stand-in for as long as it is needed."""
    fake = FakeSpotify()
    await fake.start()
    try:
        yield fake
    finally:
        await fake.stop()
