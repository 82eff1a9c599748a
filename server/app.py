"""The web application: what it shares, opens and closes, and where it answers."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import hdrs, web

from server import keys, socketio
from server.auth import Tokens
from server.config import Settings
from server.files.store import FileStore
from server.http.declare import BEARERS, ROUTES, definitions
from server.http.limiting import add_limits, limit_others
from server.http.long_bodies import LONG_BODIES, LongBodies
from server.http.origins import ORIGINS, Origins, guard
from server.http.pace import keep_pace
from server.http.rest import errors
from server.identity.accounts import AccountStore
from server.identity.bearers import Bearers, OwnTokens
from server.identity.known import KnownAccounts
from server.identity.opening import open_identity
from server.lessons.progress import ProgressStore
from server.limits import MESSAGE_MAX_BYTES
from server.live.hub import Hub
from server.outside.opening import open_asking, open_outside, outside_tokens
from server.people.comments import CommentStore
from server.people.export import Export
from server.people.leaving import Leaving
from server.people.links import LinkStore
from server.pieces.library import Library
from server.pieces.popular import Popular
from server.pieces.reader import Reader
from server.pieces.seeding import seed
from server.pieces.uploads import Uploads
from server.practice.practice import Practice
from server.practice.reports import TakeReports
from server.practice.sounds import Sounds
from server.practice.upkeep import upkeep
from server.rooms.clock import Clock
from server.rooms.keeper import RoomKeeper
from server.rooms.rooms import Rooms
from server.routes import DECLARED, PLAIN, page
from server.secrets import TOKENS, Secrets
from server.store import TakeKeeper, TakeStore
from server.store.transactions import Database


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
    app = web.Application(
        middlewares=[keep_pace, errors, guard, limit_others], client_max_size=MESSAGE_MAX_BYTES
    )
    app[keys.SETTINGS] = settings
    app[keys.CLOCK] = clock or Clock()
    app[ORIGINS] = origins
    app[LONG_BODIES] = LongBodies()
    app.cleanup_ctx.extend([open_asking, _live, open_identity, open_outside, upkeep, _socketio])
    app.on_shutdown.append(_say_goodbye)

    async def add_cors(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)  # some are refused: every answer depends on it
        response.headers.update(origins.headers(request))

    app.on_response_prepare.extend([page.add_headers, add_cors, add_limits])
    app[ROUTES] = [route for part in DECLARED for route in part.routes()]
    app.router.add_routes(definitions(app[ROUTES]))
    app.router.add_routes([route for part in PLAIN for route in part.routes()])
    app.router.add_route("*", socketio.PATH, _serve_socketio)
    return app


async def _live(app: web.Application) -> AsyncIterator[None]:
    """Takes, tokens, rooms and live connections, which all outlive one another in this order."""
    settings = app[keys.SETTINGS]
    app[keys.SECRETS] = Secrets.open(settings)
    tokens = Tokens(app[keys.SECRETS].key(TOKENS))
    app[keys.STORE] = store = await TakeStore.open(settings.store_url)
    app[keys.ACCOUNTS] = AccountStore(store.database)
    app[keys.LINKS], app[keys.COMMENTS] = LinkStore(store.database), CommentStore(store.database)
    _open_library(app, store.database)
    _open_practice(app, store)
    _open_bearers(app, tokens)
    try:
        await seed(store.database)
        rooms, room_keeper = await _take_up_rooms(app)
        keeper = TakeKeeper(store)
        keeper.start()
        app[keys.HUB] = hub = Hub(settings, tokens, app[BEARERS], keeper, rooms, app[keys.LIBRARY])
        app[keys.EXPORT] = Export(store, app[keys.FILES])
        app[keys.LEAVING] = Leaving(store.database, hub, app[BEARERS].own, app[keys.FILES])
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


def _open_bearers(app: web.Application, tokens: Tokens) -> None:
    """Who tells whose a token is."""
    settings, accounts, known = app[keys.SETTINGS], app[keys.ACCOUNTS], KnownAccounts()
    own = OwnTokens(tokens, accounts, known, app[keys.PRACTICE].takes.repair)
    app[keys.OUTSIDE] = outside = outside_tokens(settings, app[keys.ASKING], accounts, known)
    app[BEARERS] = Bearers(own, [outside], allows_guests=settings.allows_guests)


def _open_library(app: web.Application, database: Database) -> None:
    """Pieces: found, read, uploaded, counted; and progress in the lessons over them."""
    app[keys.LIBRARY] = Library(database)
    app[keys.READER] = Reader()
    app[keys.UPLOADS] = Uploads(database)
    app[keys.POPULAR] = Popular(database)
    app[keys.PROGRESS] = ProgressStore(database)


def _open_practice(app: web.Application, store: TakeStore) -> None:
    """Practice sessions, their sound, and those that takes become."""
    settings = app[keys.SETTINGS]
    app[keys.FILES] = files = FileStore(settings.files_url, settings.data_dir / "files")
    sounds = Sounds(files, store.database, settings.max_audio_bytes)
    app[keys.PRACTICE] = practice = Practice(store.database, app[keys.LIBRARY], sounds)
    app[keys.REPORTS] = TakeReports(store)
    store.on_end = practice.takes.on_end


async def _take_up_rooms(app: web.Application) -> tuple[Rooms, RoomKeeper]:
    """Open the listening rooms, those that a process before has left among them."""
    rooms = Rooms(app[keys.SETTINGS], app[keys.CLOCK])
    keeper = RoomKeeper(app[keys.STORE].rooms())
    rooms.keep_in(keeper)
    rooms.restore(await keeper.take_up())
    keeper.start(rooms.restore)
    return rooms, keeper


async def _socketio(app: web.Application) -> AsyncIterator[None]:
    app[keys.SOCKETIO] = server = socketio.SocketIo(app[keys.HUB])
    yield
    await server.close()


async def _serve_socketio(request: web.Request) -> web.StreamResponse:
    return await request.app[keys.SOCKETIO].handle(request)


async def _say_goodbye(app: web.Application) -> None:
    """End live connections before the server waits for requests that are under way."""
    await app[keys.HUB].close()
