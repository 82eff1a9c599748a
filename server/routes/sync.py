"""Listening rooms over REST: make one, join, offset, state, end."""

from aiohttp import web

from server.checks import checked, spelled, spellings_of
from server.errors import ApiError
from server.http.addresses import address_of
from server.http.bodies import read_body
from server.http.rest import reply
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

CLAIM = spellings_of(Claim)


async def make_room(request: web.Request) -> web.Response:
    """Make a room; who does is its host."""
    account = _account(request)
    body = await read_body(request, NewMember)
    rooms = request.app[HUB].rooms
    name = body.user_name or body.user_id
    room, key = rooms.create(account, _address(request), body.user_id, name, body.member_key)
    return reply(MadeRoom.of(room, key), 201)


async def join_room(request: web.Request) -> web.Response:
    """Take a place in a room; who has it already keeps it."""
    account = _account(request)
    body = await read_body(request, NewMember)
    key = body.member_key or _query(request).member_key
    room = _room(request, account, body.user_id, key)
    rooms = request.app[HUB].rooms
    member, key = rooms.join(room, account, body.user_id, body.user_name, key)
    return reply(JoinedRoom.of(room, member, key, rooms.clock.now_ms()))


async def set_offset(request: web.Request) -> web.Response:
    """Let a client play ahead of the host, or behind it; it is told at once."""
    account = _account(request)
    body = await read_body(request, NewOffset)
    key = body.member_key or _query(request).member_key
    room = _room(request, account, body.user_id, key)
    rooms = request.app[HUB].rooms
    rooms.set_offset(room, account, body.user_id, key, body.offset_ms)
    return reply(OffsetSet(room.code, body.offset_ms, at(rooms.clock.now_ms())))


async def get_state(request: web.Request) -> web.Response:
    """Who is there and what is played; whoever knows the code may ask."""
    room = _room(request, _account(request))
    return reply(RoomInfo.of(room, request.app[HUB].rooms.clock.now_ms()))


async def end_room(request: web.Request) -> web.Response:
    """End a room for everybody; only its host may."""
    account = _account(request)
    body = await read_body(request, Claim)
    query = _query(request)
    user_id, key = body.user_id or query.user_id, body.member_key or query.member_key
    room = _room(request, account, user_id, key)
    check_host(room, account, user_id, key)
    room.end("host_ended")
    return web.Response(status=204)


def routes() -> list[web.RouteDef]:
    """The routes of listening rooms."""
    room = "/api/v1/sync/sessions/{code}"
    return [
        web.post("/api/v1/sync/sessions", make_room),
        web.post(f"{room}/join", join_room),
        web.patch(f"{room}/offset", set_offset),
        web.get(f"{room}/state", get_state),
        web.delete(room, end_room),
    ]


def _account(request: web.Request) -> str:
    """Whose request it is; guests are let in where they may play."""
    hub = request.app[HUB]
    user = hub.user_of(request.headers.get("Authorization"))
    if user is not None:
        return user.id
    if not hub.settings.allows_guests:
        raise ApiError(401, "UNAUTHENTICATED", "send an Authorization header: Bearer and a token")
    return GUEST


def _query(request: web.Request) -> Claim:
    return checked(spelled(dict(request.query), CLAIM), Claim)


def _room(
    request: web.Request, account: str, user_id: str | None = None, key: str | None = None
) -> Room:
    code, address = request.match_info["code"], _address(request)
    return request.app[HUB].rooms.find(code, account, address, user_id, key)


def _address(request: web.Request) -> str:
    return address_of(request, request.app[HUB].settings.proxies)
