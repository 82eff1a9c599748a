"""Peers of listening rooms: over real sockets, or over a link without a network and a set clock."""

import asyncio
import heapq
import itertools
import json
import time

import msgpack
from aiohttp import WSMsgType

from server.live.codec import JSON
from server.live.link import Link

WAIT_SEC = 60.0
ROOMS = "/api/v1/sync/sessions"
TRACK = "spotify:track:1"
ALL_CAPS = ["ping", "mono", "at", "rate"]


class SetClock:
    """A clock that stands still until a test advances it."""

    def __init__(self, now_ms=1_700_000_000_000.0):
        self._now_ms = now_ms
        self._timers = []
        self._order = itertools.count()

    def now_ms(self):
        return self._now_ms

    def at(self, _monotonic_sec):
        return self._now_ms

    def call_at(self, due_ms, callback):
        timer = _SetTimer(callback)
        heapq.heappush(self._timers, (due_ms, next(self._order), timer))
        return timer

    def advance(self, ms):
        """Let time pass; everything due on the way rings at its time."""
        until_ms = self._now_ms + ms
        while self._timers and self._timers[0][0] <= until_ms:
            due_ms, _, timer = heapq.heappop(self._timers)
            self._now_ms = max(self._now_ms, due_ms)
            if timer.callback is not None:
                timer.callback()
        self._now_ms = until_ms

    @property
    def n_timers(self):
        return sum(timer.callback is not None for _, _, timer in self._timers)


class _SetTimer:
    def __init__(self, callback):
        self.callback = callback

    def cancel(self):
        self.callback = None


class NearLink(Link):
    """A client without a network: what it is sent stands in ``heard`` at once."""

    kind = "ws"

    def __init__(self, hub, user=None, address="192.0.2.1"):
        super().__init__(hub, user, address)
        self.heard = []
        self.closed_with = None
        hub.join(self)

    def write(self, replies):
        for reply in replies:
            frame = json.loads(JSON.encode(reply))
            self.heard.append((frame["event"], frame["data"]))

    def has_room(self):
        return True

    def hang_up(self, code):
        self.closed_with = code
        self._loop.call_soon(self.leave)

    def tell(self, event, **data):
        frame = json.dumps({"event": event, "data": data})
        self.receive(JSON.decode, frame, len(frame))

    def join(self, code, user_id, role="client", **more):
        self.tell("join_session", sessionId=code, userId=user_id, role=role, **more)

    def report(self, position, is_playing=True, track=TRACK, **more):
        self.tell(
            "playback_state",
            trackUri=track,
            position=position,
            isPlaying=is_playing,
            timestamp=self.hub.rooms.clock.now_ms(),
            **more,
        )

    def take(self, *events):
        """What was heard of these events since the last time; all of it is forgotten."""
        found = [(event, data) for event, data in self.heard if event in events]
        self.heard.clear()
        return found

    def last(self, event):
        return [data for name, data in self.heard if name == event][-1]

    def leave(self):
        self.hub.leave(self)


class Peer:
    """A client of the plain WebSocket."""

    def __init__(self, socket):
        self.socket = socket
        self.is_packed = socket.protocol == "msgpack"

    async def tell(self, event, **data):
        frame = {"event": event, "data": data}
        if self.is_packed:
            await self.socket.send_bytes(msgpack.packb(frame))
        else:
            await self.socket.send_str(json.dumps(frame))

    async def hear(self, *wanted):
        """The next event of these names; gives its name and data."""
        while True:
            message = await self.socket.receive(WAIT_SEC)
            expected = WSMsgType.BINARY if self.is_packed else WSMsgType.TEXT
            assert message.type is expected, message
            frame = (msgpack.unpackb if self.is_packed else json.loads)(message.data)
            if frame["event"] in wanted:
                return frame["event"], frame["data"]

    async def hear_data(self, event, is_it=lambda _: True):
        """The data of the next event of this name that is the one looked for."""
        while True:
            _, data = await self.hear(event)
            if is_it(data):
                return data

    async def join(self, code, user_id, role="client", **more):
        """Join; gives what everybody is told then."""
        await self.tell("join_session", sessionId=code, userId=user_id, role=role, **more)
        return await self.hear_data("room_state", lambda state: user_id in members(state))

    async def report(self, position, is_playing=True, track=TRACK, **more):
        await self.tell(
            "playback_state",
            trackUri=track,
            position=position,
            isPlaying=is_playing,
            timestamp=1000.0 * time.time(),
            **more,
        )


def members(state):
    """The members of a ``room_state`` by their ids."""
    return {member["userId"]: member for member in state["members"]}


class Rest:
    """The rooms of one server over REST, as one account or as a guest."""

    def __init__(self, http, url, token=None):
        self.http = http
        self.url = url + ROOMS
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    async def ask(self, method, path="", body=None):
        """Send a request; gives status and answer."""
        request = self.http.request(method, self.url + path, json=body, headers=self.headers)
        async with request as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None

    async def make(self, user_id="host", name="Ada", **more):
        status, made = await self.ask("POST", "", {"userId": user_id, "userName": name, **more})
        assert status == 201, made
        return made

    async def join(self, code, user_id, name=None, **more):
        body = {"userId": user_id, "userName": name or user_id, **more}
        status, joined = await self.ask("POST", f"/{code}/join", body)
        assert status == 200, joined
        return joined


async def until(is_so):
    """Wait for a condition, without an idea of how long that takes."""
    async with asyncio.timeout(WAIT_SEC):
        while not is_so():
            await asyncio.sleep(0.01)
