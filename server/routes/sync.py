"""Listening rooms over REST: make one, join, offset, state, end."""

from typing import Annotated

from msgspec import Meta

from server.http.addresses import address_of
from server.http.declare import Access, Call, Errors, Handler, Route
from server.keys import HUB
from server.live.models import GUEST
from server.rooms.access import check_host
from server.rooms.rest_models import (
    Claim,
    JoinedRoom,
    MadeRoom,
    NewMember,
    NewOffset,
    OffsetSet,
    RoomInfo,
    at,
)
from server.rooms.room import Room

RoomCode = Annotated[str, Meta(examples=["K7PQ2M"])]
ROOM: Errors = {404: ("SESSION_NOT_FOUND",)}
PLACES = ("NOT_HOST", "NOT_MEMBER")


async def make_room(call: Call, body: NewMember) -> MadeRoom:
    """Make a room; who does is its host."""
    rooms = call.app[HUB].rooms
    name = body.user_name or body.user_id
    who = _account(call)
    room, key = rooms.create(who, _address(call), body.user_id, name, body.member_key)
    return MadeRoom.of(room, key)


async def join_room(call: Call, code: RoomCode, query: Claim, body: NewMember) -> JoinedRoom:
    """Take a place in a room; who has it already keeps it."""
    key = body.member_key or query.member_key
    room = _room(call, code, body.user_id, key)
    rooms = call.app[HUB].rooms
    member, key = rooms.join(room, _account(call), body.user_id, body.user_name, key)
    return JoinedRoom.of(room, member, key, rooms.clock.now_ms())


async def set_offset(call: Call, code: RoomCode, query: Claim, body: NewOffset) -> OffsetSet:
    """Let a client play ahead of the host, or behind it; it is told at once."""
    key = body.member_key or query.member_key
    room = _room(call, code, body.user_id, key)
    rooms = call.app[HUB].rooms
    rooms.set_offset(room, _account(call), body.user_id, key, body.offset_ms)
    return OffsetSet(room.code, body.offset_ms, at(rooms.clock.now_ms()))


async def get_state(call: Call, code: RoomCode) -> RoomInfo:
    """Who is there and what is played; whoever knows the code may ask."""
    return RoomInfo.of(_room(call, code), call.app[HUB].rooms.clock.now_ms())


async def end_room(call: Call, code: RoomCode, query: Claim, body: Claim) -> None:
    """End a room for everybody; only its host may."""
    user_id, key = body.user_id or query.user_id, body.member_key or query.member_key
    room = _room(call, code, user_id, key)
    check_host(room, _account(call), user_id, key)
    room.end("host_ended")


def routes() -> list[Route]:
    """The routes of listening rooms."""
    rooms = "/api/v1/sync/sessions"
    room = f"{rooms}/{{code}}"
    return [
        _route("POST", rooms, make_room, {409: ("TOO_MANY_ROOMS",), 503: ("CAPACITY",)}, 201),
        _route("POST", f"{room}/join", join_room, {**ROOM, 403: PLACES, 409: ("ROOM_FULL",)}),
        _route("PATCH", f"{room}/offset", set_offset, {**ROOM, 403: PLACES, 409: ("HOST_LEADS",)}),
        _route("GET", f"{room}/state", get_state, ROOM),
        _route("DELETE", room, end_room, {**ROOM, 403: ("NOT_HOST",)}, 204),
    ]


def _route(method: str, path: str, handler: Handler, errors: Errors, status: int = 200) -> Route:
    """A route that guests may use where they may play."""
    access = Access.GUEST
    return Route(
        method=method, path=path, handler=handler, access=access, status=status, errors=errors
    )


def _account(call: Call) -> str:
    """Whose request it is."""
    account = call.account_if_any
    return GUEST if account is None else account.id


def _room(call: Call, code: str, user_id: str | None = None, key: str | None = None) -> Room:
    rooms = call.app[HUB].rooms
    return rooms.find(code, _account(call), _address(call), user_id, key)


def _address(call: Call) -> str:
    return address_of(call.request, call.app[HUB].settings.proxies)
