"""All live connections of one server: who may come in, what they play, and how they leave."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from server.auth import Tokens
from server.config import Settings
from server.errors import ApiError, RefusedError, StoreError
from server.identity.bearers import Bearers
from server.limits import CLOSE_GRACE_SEC, PING_INTERVAL_SEC, Close
from server.live.link import Link
from server.live.metrics import Metrics
from server.live.microphone import Microphone
from server.live.models import StartSession
from server.live.session import Session
from server.live.workers import Workers
from server.pieces.library import Library
from server.rooms.rooms import Rooms
from server.store import TakeKeeper

log = structlog.get_logger()


class Hub:
    """What live connections share.

    Parameters
    ----------
    settings : Settings
        Limits, and whether guests may play.
    tokens : Tokens
        Signs those of this server.
    bearers : Bearers
        Tells whose token one is.
    keeper : TakeKeeper
        Keeps every take.
    rooms : Rooms
        Where music is listened to together.
    library : Library
        The pieces to play.
    """

    def __init__(
        self,
        settings: Settings,
        tokens: Tokens,
        bearers: Bearers,
        keeper: TakeKeeper,
        rooms: Rooms,
        library: Library,
    ) -> None:
        self.settings = settings
        self.library = library
        self.rooms = rooms
        self.tokens = tokens
        self.bearers = bearers
        self.started_sec = time.monotonic()
        self.links: set[Link] = set()
        self.metrics = Metrics(
            lambda: (link.kind for link in self.links),
            lambda: (session.take.performance.notes_played for session in self.sessions),
            lambda: (microphone.waiting_sec for microphone in self.microphones),
            rooms.counts,
        )
        self.workers = Workers()
        self._keeper = keeper
        self._is_closing = False
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    @property
    def sessions(self) -> Iterator[Session]:
        """The sessions running now."""
        return (link.client.session for link in self.links if link.client.session)

    @property
    def microphones(self) -> Iterator[Microphone]:
        """The microphones that are on."""
        return (link.client.microphone for link in self.links if link.client.microphone)

    def admit(self, n_others: int = 0) -> None:
        """Let one more connection in.

        Parameters
        ----------
        n_others : int
            Connections that have not joined, where their carrier counts them.

        Raises
        ------
        ApiError
            If there are too many already, or the server is about to stop.
        """
        if self._is_closing:
            raise ApiError(503, "STOPPING", "the server is about to stop: try again later")
        if max(len(self.links), n_others) >= self.settings.max_connections:
            self.metrics.dropped["capacity"] += 1
            raise ApiError(503, "CAPACITY", "the server is full: try again later")

    @contextmanager
    def joined(self, link: Link) -> Iterator[None]:
        """Count a connection in while it lasts; what it leaves unfinished is kept."""
        self.join(link)
        try:
            yield
        finally:
            self.leave(link)

    def join(self, link: Link) -> None:
        """Count a connection in."""
        self.links.add(link)
        self._is_empty.clear()
        self.metrics.n_connections += 1
        link.joined()

    def leave(self, link: Link) -> None:
        """Count a connection out; a take it leaves unfinished is kept as interrupted."""
        if link not in self.links:
            return
        self.links.remove(link)
        link.left()
        self.rooms.left(link)
        session = link.client.leave()
        if session is not None:
            session.take.interrupt()
            self.ended(session)
        if not self.links:
            self._is_empty.set()

    def started(self, session: Session) -> None:
        """Keep the take of a session that begins.

        Raises
        ------
        RefusedError
            If it could not be kept.
        """
        try:
            self._keeper.add(session.take)
        except StoreError as error:
            raise RefusedError("BUSY", str(error), StartSession.event) from None
        self.metrics.n_sessions += 1

    def ended(self, session: Session) -> None:
        """Count a session that is over; the keeper finds its take ended."""
        performance = session.take.performance
        self.metrics.count_take(performance.notes_played, performance.summary())

    @asynccontextmanager
    async def forgetting(self, user_id: str) -> AsyncIterator[None]:
        """Close the connections of somebody who leaves; nothing of theirs is kept any more."""
        for link in [link for link in self.links if link.client.user_id == user_id]:
            link.close(Close.UNAUTHENTICATED)
            self.leave(link)
        async with self._keeper.forgetting(user_id):
            yield

    async def watch(self) -> None:
        """Drop clients that have gone without a word, for ever."""
        while True:
            await asyncio.sleep(PING_INTERVAL_SEC)
            for link in list(self.links):
                link.check_alive()
            try:
                await self.drop_signed_out()
            except SQLAlchemyError as error:  # they play on; the next time will tell
                log.warning("cannot tell who has signed out", error=str(error))

    def sign_out(self, user_id: str, login_id: str | None = None, but: str | None = None) -> None:
        """Close the connections of a sign-in that has ended here.

        Parameters
        ----------
        user_id : str
            Whose.
        login_id : str, optional
            The sign-in; all of the user's by default.
        but : str, optional
            One that goes on.
        """
        for link in list(self.links):
            user = link.client.user
            if user is None or user.id != user_id or user.login_id in (None, but):
                continue
            if login_id in (None, user.login_id):
                link.close(Close.UNAUTHENTICATED)

    async def drop_signed_out(self) -> None:
        """Close the connections of sign-ins that are over: a stolen one must not go on for ever.

        Those that ended on this process were closed at once, by :meth:`sign_out`.

        That a token runs out closes nothing, for its sign-in goes on.
        """
        users = {link: link.client.user for link in self.links}
        logins = {link: user.login_id for link, user in users.items() if user and user.login_id}
        over = await self.bearers.own.over(set(logins.values())) if logins else set[str]()
        for link, login_id in logins.items():
            if login_id in over:
                link.close(Close.UNAUTHENTICATED)

    async def close(self) -> None:
        """Say goodbye to every client and wait until all have left, though not for long."""
        self._is_closing = True
        self.rooms.stop()
        for link in list(self.links):
            link.close(Close.GOING_AWAY)
        try:
            await asyncio.wait_for(self._is_empty.wait(), 2 * CLOSE_GRACE_SEC)
        except TimeoutError:
            log.warning("clients did not leave in time", left=len(self.links))
        for link in list(self.links):
            self.leave(link)
        await self.workers.close()
