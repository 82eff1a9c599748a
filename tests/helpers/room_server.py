"""A server of listening rooms as small as can be: the engine, one socket a member, REST."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

from aiohttp import web

from engine.drift import SyncRoom

CODE = "ABC234"
ROOMS = "/api/v1/sync/sessions"


class NoEngine:
    """Says nothing of its own: the test does."""

    def on_message(self, *_message):
        return []

    def on_tick(self, _now_ms):
        return []


class SmallServer:
    """One room; remembers all that was said to it and by it."""

    def __init__(self, engine=None):
        self.engine = engine or SyncRoom()
        self.track = None  # what the state says is played
        self.sockets = {}
        self.heard, self.told = [], []
        self.tokens = None  # those that are good; None lets everybody in
        self.refuses = None  # an error frame for whoever joins
        self.news = asyncio.Condition()
        self._wall_ms = time.time() * 1e3 - time.monotonic() * 1e3
        self._ticking = None
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def start(self):
        app = web.Application()
        app.router.add_post(ROOMS, self._create)
        app.router.add_post(f"{ROOMS}/{{code}}/join", self._join)
        app.router.add_get(f"{ROOMS}/{{code}}/state", self._state)
        app.router.add_patch(f"{ROOMS}/{{code}}/offset", self._offset)
        app.router.add_delete(f"{ROOMS}/{{code}}", self._end)
        app.router.add_get("/api/v1/ws", self._socket)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self):
        self._ticking.cancel()
        await self.hang_up()
        await self._runner.cleanup()

    async def hang_up(self):
        """Lose every connection."""
        for socket in list(self.sockets.values()):
            await socket.close()

    def now_ms(self):
        return time.monotonic() * 1e3 + self._wall_ms

    async def until(self, happens, timeout_sec=20.0):
        """Wait until something is so; asked again after every event."""
        async with asyncio.timeout(timeout_sec), self.news:
            while not (found := happens()):
                await self.news.wait()
            return found

    def said(self, event, sender=None):
        """What members said by an event."""
        return [data for who, name, data in self.heard if name == event and sender in (None, who)]

    async def send(self, recipient, event, data):
        """Say something to a member."""
        self.told.append((recipient, event, data))
        socket = self.sockets.get(recipient)
        if socket is not None and not socket.closed:
            await socket.send_str(json.dumps({"event": event, "data": data}))

    async def _create(self, request):
        body = await request.json()
        answer = {"sessionId": CODE, "role": "host", "memberKey": f"key of {body['userId']}"}
        return web.json_response(answer, status=201)

    async def _join(self, request):
        body = await request.json()
        if request.match_info["code"] != CODE:
            told = {"error": "there is no such room", "code": "SESSION_NOT_FOUND"}
            return web.json_response(told, status=404)
        key = f"key of {body['userId']}"
        return web.json_response({"sessionId": CODE, "role": "client", "memberKey": key})

    async def _state(self, _request):
        return web.json_response({"sessionId": CODE, "currentTrack": self.track})

    async def _offset(self, request):
        body = await request.json()
        self.heard.append((body["userId"], "offset", body))
        await self._take(body["userId"], "set_offset", {"offsetMs": body["offsetMs"]})
        return web.json_response({"sessionId": CODE})

    async def _end(self, request):
        body = await request.json()
        self.heard.append((body["userId"], "end", body))
        for member in self.sockets:
            ended = {"sessionId": CODE, "reason": "host_ended", "kind": "sync"}
            await self.send(member, "session_ended", ended)
        return web.Response(status=204)

    async def _socket(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sender = None
        async for message in socket:
            frame = json.loads(message.data)
            event, data = frame["event"], frame["data"]
            if event == "authenticate":
                is_good = self.tokens is None or data["token"] in self.tokens
                told = "authenticated" if is_good else "auth_error"
                await socket.send_str(
                    json.dumps({"event": told, "data": {"message": "not one of ours"}})
                )
                continue
            if event == "join_session":
                sender = data["userId"]
                self.sockets[sender] = socket
                if self.refuses:
                    await self.send(sender, "error", self.refuses)
                    continue
            await self._take(sender, event, data)
        if self.sockets.get(sender) is socket:
            del self.sockets[sender]
            await self._take(sender, "leave", {})
        return socket

    async def _take(self, sender, event, data):
        self.heard.append((sender, event, data))
        await self._tell(self.engine.on_message(self.now_ms(), sender, event, data))

    async def _tick(self):
        while True:
            await asyncio.sleep(0.02)
            await self._tell(self.engine.on_tick(self.now_ms()))

    async def _tell(self, out):
        for recipient, event, data in out:
            await self.send(recipient, event, data)
        async with self.news:
            self.news.notify_all()


@asynccontextmanager
async def running_room_server(engine=None):
    """The server for as long as it is needed."""
    server = SmallServer(engine)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
