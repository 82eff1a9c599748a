"""One sitting in a room: the player, the view, the keys and the signals."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct

from server.cli.playing.terminal_keys import is_terminal, typed_keys
from server.cli.rooms.desk import Desk
from server.cli.rooms.keys import room_keys
from server.cli.rooms.view import RoomView
from server.roomclient import Room, RoomError
from server.roomclient.room import LEFT

FRAME_SEC = 0.2
SWITCH_SEC = 0.0005
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
REASONS = {
    "host_ended": "the host has ended the room",
    "host_disconnected": "the host has gone, so the room is over",
    "session_expired": "the room's time is up",
}


class Sitting:
    """Shows a room and heeds its user until it is over.

    Parameters
    ----------
    room : Room
        The room; entered.
    view : RoomView
        Shows it.
    desk : Desk
        What the host's keys do; a client's desk rests until it becomes the host.
    """

    def __init__(self, room: Room, view: RoomView, desk: Desk) -> None:
        self._room = room
        self._view = view
        self._desk = desk
        self._tasks: set[asyncio.Task[None]] = set()
        room.on_event = self._event
        room.on_notice = view.notice

    async def run(self, offset_ms: float = 0.0) -> str:
        """Stay; return a sentence that says why it is over.

        Raises
        ------
        RoomError
            If the server will not have this member any more.
        """
        self._view.entered(self._room)
        if offset_ms:
            await self._room.set_offset(offset_ms)
        with _signals(self._leave), _keys(self._press), _quick_switching():
            drawing = asyncio.create_task(self._draw())
            try:
                reason = await self._room.run()
            finally:
                drawing.cancel()
                await asyncio.gather(drawing, *self._tasks, return_exceptions=True)
        return "" if reason == LEFT else REASONS.get(reason, reason)

    async def _draw(self) -> None:
        while True:
            await self._view.refresh()
            await asyncio.sleep(FRAME_SEC)

    def _event(self, name: str, data: dict[str, Any], _told: Struct | None) -> None:
        self._view.event(name, data)

    def _press(self, keys: str) -> None:
        for key in keys:
            if key == "q":
                self._spawn(self._quit())
            elif key == "s" and self._room.member.role != "host":
                self._room.sync_now()
            elif self._room.member.role == "host":
                self._desk.press(key)

    def _leave(self) -> None:
        self._spawn(self._room.leave())

    async def _quit(self) -> None:
        """The host ends the room, everybody else leaves it."""
        if self._room.member.role != "host":
            await self._room.leave()
            return
        try:
            await self._room.end()
        except RoomError as error:
            self._view.notice(f"the room cannot be ended: {error}")
            await self._room.leave()

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@contextmanager
def _signals(leave: Any) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, leave)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


@contextmanager
def _quick_switching() -> Iterator[None]:
    """Let neither sound nor a ping wait long for the interpreter while a frame is drawn."""
    saved_sec = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SEC)
    try:
        yield
    finally:
        sys.setswitchinterval(saved_sec)


@contextmanager
def _keys(press: Any) -> Iterator[None]:
    if not is_terminal():
        yield
        return
    with typed_keys(press, room_keys):
        yield
