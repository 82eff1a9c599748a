"""A listening room: one host, any number of clients, and what they are told. No I/O."""

import math
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from engine.drift.board import Board
from engine.drift.member import ROLES, Member
from engine.drift.messages import OFFSET_MAX_MS, Data, MessageError, number, text
from engine.drift.music import Music

STATUS_MS = 1_000.0  # between two words on how well everybody is together
HOST_GRACE_MS = 60_000.0
ASKED_JUMP_MS = 20.0  # who asks to be synchronised is moved for less
OFFSET_JUMP_MS = 4.0  # and an offset is to be heard at once
SLACK_MS = 1.0  # a timer that rings so little early is in time
SAID_BY_CLIENTS = frozenset({"playback_state", "pong", "request_sync", "hand_over"})
REASONS = ("host_disconnected", "session_expired", "host_ended")

Out = tuple[str, str, dict[str, Any]]


class SyncRoom:
    """A room.

    Time comes in as an argument, in milliseconds since the epoch by a clock that never steps;
    what is to be said comes out as (recipient, event, data). Senders and recipients are ids that
    are unique in the room.

    Parameters
    ----------
    host_grace_ms : float
        How long the host may be away before the room ends.

    Attributes
    ----------
    tick_ms : float
        How often time should pass while something is under way.
    due_ms : float
        Before this instant :meth:`on_tick` has nothing to say.
    is_ended : bool
        The room is over; nothing is said any more.
    """

    tick_ms = 20.0

    def __init__(self, *, host_grace_ms: float = HOST_GRACE_MS) -> None:
        self.is_ended = False
        self.due_ms = math.inf
        self._host_grace_ms = host_grace_ms
        self._members: dict[str, Member] = {}
        self._host: Member | None = None
        self._left_ms = math.inf  # when the host left
        self._music: Music | None = None
        self._state_ms = 0.0
        self._ticked_ms = 0.0
        self._board = Board([])

    def on_message(self, now_ms: float, sender: str, event: str, data: Data) -> list[Out]:
        """Take in one event of a member, or of the server on a member's behalf.

        Parameters
        ----------
        now_ms : float
            When it came.
        sender : str
            Whose it is.
        event : str
            ``join_session``, ``playback_state``, ``request_sync``, ``pong``, ``hand_over``; of
            the server: ``set_offset``, ``leave``, ``remove``, ``end``.
        data : mapping
            Fields that are not known are left alone.

        Returns
        -------
        list of (str, str, dict)
            Recipient, event, data. A message that breaks a rule is answered by ``error``, and
            has changed nothing.
        """
        try:
            out = self._take(now_ms, sender, event, data)
        except MessageError as error:
            return [(sender, "error", {"code": error.code, "message": str(error), "event": event})]
        self._plan(now_ms)
        return out

    def on_tick(self, now_ms: float) -> list[Out]:
        """Let time pass; returns what is said, as :meth:`on_message` does."""
        if self.is_ended or now_ms < self.due_ms:
            return []
        if now_ms > self._left_ms + self._host_grace_ms:
            return self._end("host_disconnected")
        self._ticked_ms = now_ms
        host = self._host
        out: list[Out] = []
        for member in self._online():
            out += [(member.user_id, *asked) for asked in member.ask(now_ms)]
            if member.player.assume(now_ms):
                self._board.touch(member.user_id)
        if host is not None and host.player.track is not None:
            for member in self._board.look(host, now_ms):
                out += self._steer(member, now_ms)
                out += self._status(member, now_ms)
        if now_ms >= self._state_ms + STATUS_MS - SLACK_MS:
            for member in self._online():
                out += self._steer(member, now_ms) + self._status(member, now_ms)
            out += self._room_state(now_ms)
        self._plan(now_ms)
        return out

    def state(self, now_ms: float) -> dict[str, Any]:
        """Return who is here and what is on, as REST tells it."""
        clients = [_who(member) for member in self._members.values() if member is not self._host]
        host, music = self._host, self._music
        told_ms = host.reported_ms if host is not None else None
        return {
            "host": None if host is None else _who(host),
            "client": clients[0] if clients else None,
            "clients": clients,
            "currentTrack": music.state(host.player, now_ms) if host and music else None,
            "lastSync": None if told_ms is None else _iso(told_ms),
        }

    def snapshot(self, now_ms: float) -> dict[str, Any]:
        """Return all that is worth keeping, as JSON can hold it, for :meth:`restore`."""
        return {
            "hostGraceMs": self._host_grace_ms,
            "hostId": None if self._host is None else self._host.user_id,
            "music": None if self._music is None else asdict(self._music),
            "members": [member.snapshot(now_ms) for member in self._members.values()],
        }

    @classmethod
    def restore(cls, kept: Data, now_ms: float) -> "SyncRoom":
        """Return a room as it was kept: the music goes on, and everybody is away."""
        room = cls(host_grace_ms=kept["hostGraceMs"])
        members = [Member.restore(one) for one in kept["members"]]
        room._members = {member.user_id: member for member in members}
        if kept["hostId"] is not None:
            room._host = room._members[kept["hostId"]]
            room._left_ms = now_ms
        if kept["music"] is not None:
            room._music = Music(**kept["music"])
        room._seat()
        room._plan(now_ms)
        return room

    # -- messages ----------------------------------------------------------------------------

    def _take(self, now_ms: float, sender: str, event: str, data: Data) -> list[Out]:
        if self.is_ended:
            raise MessageError("WRONG_ORDER", "the session has ended")
        if event == "join_session":
            return self._join(now_ms, sender, data)
        member = self._members.get(sender)
        if member is None or (event in SAID_BY_CLIENTS and not member.is_online):
            raise MessageError("WRONG_ORDER", "send join_session first")
        self._board.touch(sender)
        if event == "playback_state":
            return self._report(now_ms, member, data)
        if event == "pong":
            member.pong(data, now_ms)
            return []
        if event == "request_sync":
            return self._insist(member, now_ms, ASKED_JUMP_MS) + self._status(member, now_ms, True)
        if event == "set_offset":
            offset = number(data, "offsetMs", -OFFSET_MAX_MS, OFFSET_MAX_MS)
            member.steering.offset_ms = offset
            out = self._insist(member, now_ms, OFFSET_JUMP_MS)
            return out + self._status(member, now_ms, True) + self._room_state(now_ms)
        if event in ("leave", "remove"):
            return self._leave(now_ms, member, event == "remove")
        if event == "hand_over":
            return self._hand_over(now_ms, member, data)
        if event == "end":
            reason = data.get("reason", "host_ended")
            if reason not in REASONS:
                raise MessageError("INVALID_PAYLOAD", f"reason must be one of {REASONS}")
            return self._end(reason)
        raise MessageError("WRONG_ORDER", f"a room knows no event {event!r}")

    def _join(self, now_ms: float, sender: str, data: Data) -> list[Out]:
        role = data.get("role")
        if role not in ROLES:
            raise MessageError("INVALID_PAYLOAD", f"role must be host or client, got {role!r:.60}")
        if role == "host" and self._host is not None and self._host.user_id != sender:
            raise MessageError("HOST_TAKEN", "this room has a host")
        member = self._members.get(sender) or Member(sender)
        member.join(data, now_ms)
        self._members[sender] = member
        if role == "host":
            self._host = member
        if member is self._host:
            self._left_ms = math.inf
        self._seat()
        out: list[Out] = [(sender, *asked) for asked in member.ask(now_ms)]
        out += self._steer(member, now_ms) + self._status(member, now_ms, True)
        return out + self._room_state(now_ms)

    def _report(self, now_ms: float, member: Member, data: Data) -> list[Out]:
        report = member.read(data)
        if report is None:
            return []
        is_host = member is self._host
        has_changed = member.report(report, now_ms, is_host)
        if not is_host:
            return self._steer(member, now_ms) + self._status(member, now_ms)
        self._music = Music.of(report, self._music)
        if not has_changed:
            return []
        out: list[Out] = []
        for client in self._online():
            client.steering.hush_ms = -math.inf  # what the host does now is news
            out += self._steer(client, now_ms) + self._status(client, now_ms)
        return out

    def _leave(self, now_ms: float, member: Member, is_for_good: bool) -> list[Out]:
        member.is_online = False
        if member is self._host:
            if is_for_good:
                return self._end("host_ended")
            self._left_ms = now_ms
        if is_for_good:
            del self._members[member.user_id]
        self._seat()
        return self._room_state(now_ms)

    def _hand_over(self, now_ms: float, member: Member, data: Data) -> list[Out]:
        """Make another member the host; the music goes on as theirs."""
        if member is not self._host:
            raise MessageError("NOT_HOST", "only the host can hand over")
        heir = self._members.get(text(data, "userId"))
        if heir is None or not heir.is_online:
            raise MessageError("INVALID_PAYLOAD", "userId must be of somebody who is here")
        self._host = heir
        heir.steering.command = None
        member.steering.rejoin()
        self._seat()
        out = self._orders(heir, heir.steering.let_go(now_ms), now_ms)
        for client in self._online():
            out += self._steer(client, now_ms) + self._status(client, now_ms, True)
        return out + self._room_state(now_ms)

    def _end(self, reason: str) -> list[Out]:
        self.is_ended = True
        self.due_ms = math.inf
        data = {"reason": reason, "kind": "sync"}
        return [(member.user_id, "session_ended", data) for member in self._online()]

    # -- what is told ------------------------------------------------------------------------

    def _online(self) -> list[Member]:
        return [member for member in self._members.values() if member.is_online]

    def _seat(self) -> None:
        """Somebody came, went or changed places."""
        self._board = Board([one for one in self._online() if one is not self._host])

    def _steer(self, member: Member, now_ms: float) -> list[Out]:
        host = self._host
        if host is None or member is host:
            return []
        return self._orders(member, member.steering.steer(host.player, now_ms), now_ms)

    def _insist(self, member: Member, now_ms: float, least_ms: float) -> list[Out]:
        host = self._host
        if host is None or member is host or not member.is_online:
            return []
        orders = member.steering.insist(host.player, now_ms, least_ms)
        return self._orders(member, orders, now_ms)

    def _orders(self, member: Member, orders: Iterable[dict[str, Any]], now_ms: float) -> list[Out]:
        track = None if self._host is None else self._host.player.track
        around = {"trackUri": track, "timestamp": now_ms}
        return [(member.user_id, "sync_command", order | around) for order in orders]

    def _status(self, member: Member, now_ms: float, is_asked: bool = False) -> list[Out]:
        host = self._host
        if host is None or member is host or host.player.track is None or not member.is_online:
            return []
        status = self._board.status(member, host, now_ms)
        is_due = now_ms >= member.status_ms + STATUS_MS or is_asked
        if not is_due and status["quality"] == member.told["quality"]:
            return []
        member.status_ms = now_ms
        member.told = status
        at_ms = now_ms if member.reported_ms is None else member.reported_ms
        return [(member.user_id, "sync_status", status | {"lastSync": _iso(at_ms)})]

    def _room_state(self, now_ms: float) -> list[Out]:
        self._state_ms = now_ms
        members = [
            _who(member)
            | {
                "role": "host" if member is self._host else "client",
                "drift": None,
                "quality": None,
                "confidenceMs": None,
                "offsetMs": member.steering.offset_ms,
                "online": member.is_online,
            }
            | ({} if member is self._host or member.reported_ms is None else member.told)
            for member in self._members.values()
        ]
        return [(one.user_id, "room_state", {"members": members}) for one in self._online()]

    def _plan(self, now_ms: float) -> None:
        """Tell when time has something to say next."""
        if self.is_ended:
            return
        due_ms = self._left_ms + self._host_grace_ms + 1.0
        for member in self._online():
            due_ms = min(due_ms, member.ask_ms, self._state_ms + STATUS_MS)
        host = self._host
        if host is not None and host.player.track is not None:
            due_ms = min(due_ms, self._board.due_ms(host, now_ms))
        self.due_ms = max(due_ms, self._ticked_ms + self.tick_ms) - SLACK_MS


def _who(member: Member) -> dict[str, Any]:
    return {"userId": member.user_id, "userName": member.name}


def _iso(epoch_ms: float) -> str:
    moment = datetime.fromtimestamp(epoch_ms / 1e3, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
