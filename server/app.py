"""The web application: what it shares, opens and closes, and where it answers."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import hdrs, web

from server import socketio, ws
from server.auth import Tokens
from server.config import Settings
from server.http.origins import ORIGINS, Origins, guard
from server.http.rest import errors
from server.keys import CLOCK, HUB, SETTINGS, SOCKETIO, STORE
from server.limits import MESSAGE_MAX_BYTES
from server.live.hub import Hub
from server.rooms.clock import Clock
from server.rooms.keeper import RoomKeeper
from server.rooms.rooms import Rooms
from server.routes import instruments, music, ops, page, songs, sync
from server.store import TakeKeeper, TakeStore


def make_app(settings: Settings, clock: Clock | None = None) -> web.Application:
    """Put the application together; nothing is opened before it starts.

    Parameters
    ----------
    settings : Settings
        Where to listen, what to keep where, whom to let in.
    clock : Clock, optional
        The time of listening rooms, where it is not the machine's.
    """
    origins = Origins(settings)
    app = web.Application(middlewares=[errors, guard], client_max_size=MESSAGE_MAX_BYTES)
    app[SETTINGS] = settings
    app[CLOCK] = clock or Clock()
    app[ORIGINS] = origins
    app.cleanup_ctx.extend([_live, _socketio])
    app.on_shutdown.append(_say_goodbye)

    async def add_cors(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)  # some are refused: every answer depends on it
        response.headers.update(origins.headers(request))

    app.on_response_prepare.extend([page.add_headers, add_cors])
    parts = (ops, page, songs, instruments, music, sync, ws)
    app.router.add_routes([route for part in parts for route in part.routes()])
    app.router.add_route("*", socketio.PATH, _serve_socketio)
    return app


async def _live(app: web.Application) -> AsyncIterator[None]:
    """Takes, tokens, rooms and live connections, which all outlive one another in this order."""
    settings = app[SETTINGS]
    tokens = Tokens.open(settings.data_dir)
    app[STORE] = store = await TakeStore.open(settings.store_url)
    try:
        rooms, room_keeper = await _take_up_rooms(app)
        keeper = TakeKeeper(store)
        keeper.start()
        app[HUB] = hub = Hub(settings, tokens, keeper, rooms)
        watching = asyncio.create_task(hub.watch(), name="hub-watch")
        try:
            yield
        finally:
            watching.cancel()
            try:
                await room_keeper.close()
            finally:
                await keeper.close()
    finally:
        await store.close()


async def _take_up_rooms(app: web.Application) -> tuple[Rooms, RoomKeeper]:
    """Open the listening rooms, those that a process before has left among them."""
    rooms = Rooms(app[SETTINGS], app[CLOCK])
    keeper = RoomKeeper(app[STORE].rooms())
    rooms.keep_in(keeper)
    rooms.restore(await keeper.take_up())
    keeper.start(rooms.restore)
    return rooms, keeper


async def _socketio(app: web.Application) -> AsyncIterator[None]:
    app[SOCKETIO] = server = socketio.SocketIo(app[HUB])
    yield
    await server.close()


async def _serve_socketio(request: web.Request) -> web.StreamResponse:
    return await request.app[SOCKETIO].handle(request)


async def _say_goodbye(app: web.Application) -> None:
    """End live connections before the server waits for requests that are under way."""
    await app[HUB].close()
