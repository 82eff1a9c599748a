"""One listening room: the engine's room, who has a place in it, and who is connected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import structlog

from engine.drift import SyncRoom
from server.errors import RefusedError
from server.live.models import ErrorReply
from server.rooms.models import ROOM_REPLIES, JoinSession, RoomEnded, RoomMessage
from server.rooms.news import News
from server.rooms.saved import SavedRoom

if TYPE_CHECKING:
    from server.live.link import Link
    from server.live.wire import Reply
    from server.rooms.clock import Clock, Timer
    from server.rooms.counts import RoomCounts
    from server.rooms.member import Member

log = structlog.get_logger()

# What a client tells of itself, time and again; all else is worth being kept at once.
REPORTS = frozenset({"playback_state", "pong", "request_sync"})
NUDGE = "set_rate"
# What time alone has to say is meant for some moment to come: a few milliseconds change nothing.
MIN_WAIT_MS = 5.0
# An error of ours must not be told a thousand times a second.
FAILED_WAIT_MS = 1000.0


Out = tuple[str, str, dict[str, Any]]


class Seat(NamedTuple):
    """Where a connection sits."""

    room: Room
    member: Member


class Surroundings(NamedTuple):
    """What all rooms share.

    ``changed(room, is_urgent)`` and ``ended(room, reason)`` are called when they did.
    """

    clock: Clock
    counts: RoomCounts
    changed: Callable[[Room, bool], None]
    ended: Callable[[Room, str], None]


class Room:
    """Carries one :class:`engine.drift.SyncRoom`.

    Parameters
    ----------
    saved : SavedRoom
        Code, times and members.
    sync : SyncRoom
        What decides who is told what.
    around : Surroundings
        Shared with all rooms.

    Attributes
    ----------
    links : dict
        The connection of every member who is online.
    """

    def __init__(self, saved: SavedRoom, sync: SyncRoom, around: Surroundings) -> None:
        self.id = saved.id
        self.code = saved.code
        self.made_ms = saved.made_ms
        self.expires_ms = saved.expires_ms
        self.members = {member.id: member for member in saved.members}
        self.host = self.members[saved.host_id]
        self.sync = sync
        self.links: dict[str, Link] = {}
        self.owner = ""
        self._around = around
        self._timer: Timer | None = None
        self._armed_ms = inf
        self._news = News(around.clock, self._tell_all)
        self._is_over = False

    @property
    def clients(self) -> list[Member]:
        """All members but the host, as they came."""
        return [member for member in self.members.values() if member is not self.host]

    def begin(self) -> None:
        """Set the first timer."""
        self._arm(self._around.clock.now_ms())

    def seat(self, link: Link, member: Member, message: JoinSession, now_ms: float) -> None:
        """Let a member speak over this connection; an older one of the same member gives way.

        Raises
        ------
        RefusedError
            If the room does not take the message.
        """
        older = self.links.get(member.id)
        self.links[member.id] = link
        link.seat = Seat(self, member)
        data = plain(message)
        data["role"] = "host" if member is self.host else "client"
        data["userName"] = member.name
        try:
            self.take(now_ms, member.id, message.event, data)
        except RefusedError:
            link.seat = None if older is not link else link.seat
            if older is None:
                del self.links[member.id]
            else:
                self.links[member.id] = older
            raise
        if older is not None and older is not link:
            older.seat = None
            text = "another connection has joined as this member"
            older.send([ErrorReply("REPLACED", text, JoinSession.event)])
        member.has_joined = True
        if member.awaited_offset_ms is not None:
            offset_ms, member.awaited_offset_ms = member.awaited_offset_ms, None
            self._do(now_ms, member.id, "set_offset", {"offsetMs": offset_ms})

    def vacate(self, link: Link, now_ms: float) -> None:
        """A connection is gone; its member may come back."""
        seat = link.seat
        assert seat is not None
        link.seat = None
        seat.member.left_ms = now_ms
        del self.links[seat.member.id]
        self._do(now_ms, seat.member.id, "leave", {})

    def remove(self, member: Member, now_ms: float) -> None:
        """A member leaves for good."""
        link = self.links.pop(member.id, None)
        if link is not None:
            link.seat = None
        if member.has_joined:
            self._do(now_ms, member.id, "remove", {})
            self._find_host(now_ms)
        if member is not self.host:
            del self.members[member.id]

    def set_offset(self, member: Member, offset_ms: float, now_ms: float) -> None:
        """Play ahead of the host by so much; who has never been connected, once that is so."""
        if member.has_joined:
            self._do(now_ms, member.id, "set_offset", {"offsetMs": offset_ms})
        else:
            member.awaited_offset_ms = offset_ms
            self._around.changed(self, True)

    def receive(self, member: Member, message: RoomMessage, now_ms: float) -> None:
        """Take in what a member sent.

        Raises
        ------
        RefusedError
            If it breaks a rule of the room; nothing has changed then.
        """
        self.take(now_ms, member.id, message.event, plain(message))
        if message.event == "hand_over":
            self._find_host(now_ms)

    def end(self, reason: str) -> None:
        """End the room for everybody."""
        for link in self.links.values():
            link.send([RoomEnded(self.code, reason)])
        self._over(reason)

    def take(self, now_ms: float, sender: str, event: str, data: dict[str, Any]) -> None:
        """Give the engine's room a message, and everybody what it says.

        Raises
        ------
        RefusedError
            If it answers the sender with an error.
        """
        outs = self.sync.on_message(now_ms, sender, event, data)
        refusal = self._tell(outs, sender)
        if refusal is not None:
            raise RefusedError(refusal["code"], refusal["message"], event)
        is_urgent = event not in REPORTS or any(_is_change(out) for out in outs)
        self._go_on(outs, now_ms, is_urgent)

    def saved(self) -> SavedRoom:
        """Write down all of the room but its connections."""
        return SavedRoom(
            id=self.id,
            code=self.code,
            made_ms=self.made_ms,
            expires_ms=self.expires_ms,
            host_id=self.host.id,
            members=list(self.members.values()),
            sync=self.sync.snapshot(self._around.clock.now_ms()),
        )

    def stop(self) -> None:
        """Take back the timers."""
        self._is_over = True
        self._news.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _do(self, now_ms: float, sender: str, event: str, data: dict[str, Any]) -> None:
        """Give the engine's room what it has no reason to refuse."""
        if self._is_over:
            return
        try:
            self.take(now_ms, sender, event, data)
        except RefusedError as error:
            log.error("room refused what it must take", room=self.id, event=event, error=str(error))

    def _tell(self, outs: Iterable[Out], sender: str | None) -> dict[str, Any] | None:
        """Write to everybody what is said to them; gives what is refused to the sender."""
        refusal = None
        made: dict[int, Reply] = {}  # what is said to all is one object
        letters: dict[str, list[Reply]] = {}
        commands = self._around.counts.commands
        for recipient, event, data in outs:
            if event == "error":
                refusal = data if recipient == sender else refusal
                continue
            if event == "sync_command":
                commands[data["action"]] += 1
            if event == "room_state":
                self._news.put(data)
            elif recipient in self.links:
                reply = made.get(id(data))
                if reply is None:
                    reply = made[id(data)] = self._reply(event, data)
                letters.setdefault(recipient, []).append(reply)
        for recipient, replies in letters.items():
            self.links[recipient].send(replies)
        self._news.spread()
        return refusal

    def _tell_all(self, state: dict[str, Any]) -> int:
        replies = [self._reply("room_state", state)]
        for link in self.links.values():
            link.send(replies)
        return len(self.links)

    def _reply(self, event: str, data: dict[str, Any]) -> Reply:
        if event == "session_ended":
            return RoomEnded(self.code, data["reason"])
        return msgspec.convert(data, ROOM_REPLIES[event])

    def _go_on(self, outs: Iterable[Out], now_ms: float, is_urgent: bool) -> None:
        """See to what follows of a message or of time: the end, or the next instant."""
        if self.sync.is_ended:
            said = (data["reason"] for _, event, data in outs if event == "session_ended")
            self._over(next(said, "host_disconnected"))
        elif not self._is_over:
            self._around.changed(self, is_urgent)
            self._arm(now_ms)

    def _over(self, reason: str) -> None:
        if self._is_over:
            return
        self.stop()
        for link in self.links.values():
            link.seat = None
        self.links.clear()
        self._around.ended(self, reason)

    def _find_host(self, now_ms: float) -> None:
        """The host's role may have gone to somebody else."""
        host = None if self._is_over else self.sync.state(now_ms)["host"]
        if host is None or host["userId"] == self.host.id:
            return
        self.host = self.members[host["userId"]]

    def _arm(self, now_ms: float) -> None:
        """Ring when time alone has something to say.

        A deadline that moved on is left to ring: looking again then is cheaper than a new timer
        for every report.
        """
        due_ms = max(min(self.sync.due_ms, self.expires_ms), now_ms + MIN_WAIT_MS)
        if self._timer is not None:
            if due_ms >= self._armed_ms:
                return
            self._timer.cancel()
        self._armed_ms = due_ms
        self._timer = self._around.clock.call_at(due_ms, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now_ms = self._around.clock.now_ms()
        try:
            if now_ms >= self.expires_ms:
                self.end("session_expired")
            elif now_ms >= self.sync.due_ms:
                outs = self.sync.on_tick(now_ms)
                self._tell(outs, None)
                if self.sync.is_ended or any(_is_change(out) for out in outs):
                    self._go_on(outs, now_ms, True)
        except Exception:
            log.exception("room failed", room=self.id)
            now_ms += FAILED_WAIT_MS
        if not self._is_over:
            self._arm(now_ms)


def plain(message: RoomMessage) -> dict[str, Any]:
    """Lay out a message as the engine takes it."""
    data: dict[str, Any] = msgspec.to_builtins(message)
    return data


def _is_change(out: Out) -> bool:
    return out[1] == "sync_command" and out[2]["action"] != NUDGE
