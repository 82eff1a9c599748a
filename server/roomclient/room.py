"""One member's time in a room: come in, stay through lost connections, leave."""

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import Struct

from server.roomclient.clock import Clock
from server.roomclient.connection import Connection
from server.roomclient.errors import RoomError
from server.roomclient.member import Member, Role
from server.roomclient.messages import Ended, Frame, Refusal, read_event
from server.roomclient.player import Player
from server.roomclient.service import RoomService

LEFT = "left"  # why a room is over for who goes
FINAL_CODES = ("SESSION_NOT_FOUND", "SESSION_EXPIRED", "NOT_HOST", "HOST_TAKEN", "FORBIDDEN")
LEAVE_SEC = 2.0  # a server that does not take the farewell by then is left without


class Identity(NamedTuple):
    """Who comes.

    Attributes
    ----------
    name : str
        What the others see.
    user_id : str
        What the server knows this member by; by default a new one.
    """

    name: str
    user_id: str = ""

    @classmethod
    def new(cls, name: str) -> "Identity":
        """Somebody who has not been here."""
        return cls(name, uuid.uuid4().hex)


class Room:
    """A member of a room: see :meth:`create` and :meth:`join`.

    Attributes
    ----------
    code : str
        What others join by.
    member : Member
        What is known of the room, and who moves the player.
    is_connected : bool
        Whether the server is there.
    on_event : callable
        Takes every event of the server, pings apart: its name, its data, and what was read of it.
    on_notice : callable
        Takes sentences for the listener.
    """

    def __init__(
        self, service: RoomService, who: Identity, player: Player, clock: Clock, role: Role,
        code: str, key: str | None,
    ) -> None:  # fmt: skip
        self.code = code
        self.who = who
        self.service = service
        self.is_connected = False
        self.on_event: Callable[[str, dict[str, Any], Struct | None], None] = lambda *told: None
        self.on_notice: Callable[[str], None] = lambda text: None
        self.member = Member(player, clock, role, who.user_id, self._send, self._notice)
        self._key = key
        self._player = player
        self._connection = Connection(
            service.http, service.socket_url, service.token,
            self._receive, self._opened, self._lost, clock.now_ms,
        )  # fmt: skip
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @classmethod
    async def create(
        cls, service: RoomService, who: Identity, player: Player, clock: Clock | None = None
    ) -> "Room":
        """Make a room and host it.

        Raises
        ------
        RoomError
            If the server will not have it.
        """
        who = who if who.user_id else Identity.new(who.name)
        made = await service.create(who.user_id, who.name)
        return cls(service, who, player, clock or Clock(), "host", made.session_id, made.member_key)

    @classmethod
    async def join(
        cls, service: RoomService, code: str, who: Identity, player: Player,
        clock: Clock | None = None,
    ) -> "Room":  # fmt: skip
        """Come into a room.

        Raises
        ------
        RoomError
            If there is none of that code, or the server will not have it.
        """
        who = who if who.user_id else Identity.new(who.name)
        made = await service.join(code, who.user_id, who.name)
        role: Role = "host" if made.role == "host" else "client"
        return cls(service, who, player, clock or Clock(), role, made.session_id, made.member_key)

    async def run(self) -> str:
        """Stay until the room ends or :meth:`leave` is called; return why it is over.

        Raises
        ------
        RoomError
            If the server will not have this member any more.
        """
        tasks = [
            asyncio.create_task(self._connection.run()),
            asyncio.create_task(self.member.report_for_ever()),
        ]
        waited: set[asyncio.Future[Any]] = {*tasks, self._over, self.member.failed}
        try:
            done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            for found in done:
                found.result()
            return await self._over
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.member.close()

    async def leave(self) -> None:
        """Go for good."""
        self._send("leave_session", {})
        await self._hang_up()
        self._finish(LEFT)

    async def end(self) -> None:
        """End the room for all; only the host may.

        Raises
        ------
        RoomError
            If the server refuses.
        """
        await self.service.end(self.code, self.who.user_id, self._key)
        await self._hang_up()
        self._finish("host_ended")

    async def set_offset(self, offset_ms: float) -> None:
        """Play so much ahead of the host.

        Raises
        ------
        RoomError
            If the server refuses.
        """
        await self.service.set_offset(self.code, self.who.user_id, self._key, offset_ms)

    def sync_now(self) -> None:
        """Ask the server to look at this member at once."""
        self._send("request_sync", {})

    async def _hang_up(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_SEC):
                await self._connection.close()

    def _finish(self, reason: str) -> None:
        if not self._over.done():
            self._over.set_result(reason)

    def _send(self, event: str, data: dict[str, Any]) -> None:
        self._connection.send(event, {"sessionId": self.code, **data})

    def _opened(self) -> None:
        self.is_connected = True
        who = {"userId": self.who.user_id, "userName": self.who.name}
        key = {} if self._key is None else {"memberKey": self._key}
        self._send("join_session", who | key | self.member.introduction())
        self.member.joined()
        self.on_event("connection", {"state": "open"}, None)

    def _lost(self, reason: str, retry_sec: float) -> None:
        self.is_connected = False
        self._notice(f"the connection is lost ({reason}): trying again")
        self.on_event("connection", {"state": "lost", "retrySec": round(retry_sec, 3)}, None)

    def _receive(self, frame: Frame, came_ms: float) -> tuple[str, dict[str, Any]] | None:
        if frame.event == "ping":
            return "pong", {"sessionId": self.code, **self.member.pong(frame.data, came_ms)}
        told = read_event(frame)
        self.member.receive(frame.event, told)
        self.on_event(frame.event, frame.data, told)
        if isinstance(told, Ended):
            self._finish(told.reason)
        elif isinstance(told, Refusal):
            self._refused(told)
        return None

    def _refused(self, told: Refusal) -> None:
        """A member who may not be here cannot go on; anything else is told."""
        if told.event == "join_session" and told.code in FINAL_CODES:
            if not self._over.done():
                self._over.set_exception(RoomError(told.code, told.message))
        else:
            self._notice(f"the server refused {told.event or 'a message'}: {told.message}")

    def _notice(self, text: str) -> None:
        self.on_notice(text)
