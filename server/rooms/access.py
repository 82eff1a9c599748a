"""Who may do what in a room; refusals are :class:`server.errors.ApiError` for REST and sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.errors import ApiError
from server.live.models import GUEST
from server.rooms.codes import read_code
from server.rooms.models import HandOver, JoinSession, LeaveSession, RoomMessage

if TYPE_CHECKING:
    from server.live.link import Link
    from server.rooms.member import Member
    from server.rooms.room import Room, Seat


def check_host(room: Room, account: str, user_id: str | None, key: str | None) -> None:
    """Let nobody but the host pass."""
    host = room.host
    if user_id not in (None, host.id) or not host.admits(account, key):
        raise ApiError(403, "NOT_HOST", "only the host of the room may do that")


def check_place(room: Room, member: Member, account: str, key: str | None) -> None:
    """Let nobody act as somebody else."""
    if member.admits(account, key):
        return
    if member is room.host:
        raise ApiError(403, "NOT_HOST", "this is the host's userId: take another one")
    raise ApiError(403, "NOT_MEMBER", "somebody else has this userId in the room: take another one")


def check_rate(link: Link, message: RoomMessage, arrival_sec: float) -> None:
    """Keep one connection from making work for all others."""
    if isinstance(message, JoinSession | LeaveSession | HandOver):
        bucket, name = link.room_changes, "joins and other changes of a room"
    else:
        bucket, name = link.room_reports, "reports to a room"
    if not bucket.take(arrival_sec):
        raise ApiError(429, "RATE_LIMITED", f"too many {name}: this one was not read")


def is_known(room: Room, account: str, user_id: str | None, key: str | None) -> bool:
    """Whether somebody is a member beyond doubt: by account, or by key."""
    if account != GUEST:
        return any(member.account == account for member in room.members.values())
    member = room.members.get(user_id or "")
    return member is not None and member.is_locked and member.admits(account, key)


def seat_of(link: Link, message: RoomMessage) -> Seat:
    """Find the place that a connection speaks for, in the room that it means."""
    seat = link.seat
    if seat is None:
        raise ApiError(409, "WRONG_ORDER", "you are in no room: send join_session first")
    if message.session_id is not None and read_code(message.session_id) != seat.room.code:
        raise ApiError(409, "WRONG_ORDER", "you are in another room: send join_session first")
    return seat


def client_of(room: Room, account: str, user_id: str | None, key: str | None) -> Member:
    """Find whose offset is meant: who is named, whose key it is, or the only one it can be."""
    if user_id is not None:
        found = [room.members[user_id]] if user_id in room.members else []
    else:
        found = [member for member in room.clients if member.account == account]
        if key is not None:
            found = [
                member for member in found if member.key_digest and member.admits(account, key)
            ]
        elif not found and room.host.admits(account, None):
            return _only_client(room.clients)
    member = _only_client(found)
    if member is room.host:
        raise ApiError(409, "HOST_LEADS", "the host leads and has no offset: name a client")
    check_place(room, member, account, key)
    member.show(key)
    return member


def _only_client(found: list[Member]) -> Member:
    if not found:
        raise ApiError(403, "NOT_MEMBER", "you are no client of this room: join it first")
    if len(found) > 1:
        raise ApiError(
            422, "INVALID_FIELD", "userId is missing: say whose offset it is", {"field": "userId"}
        )
    return found[0]
