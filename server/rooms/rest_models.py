"""Bodies and answers of the rooms over REST; they keep the camelCase of their events."""

from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from server.rooms.member import Member
from server.rooms.models import Key, OffsetMs, UserId, UserName
from server.rooms.room import Room


class Claim(Struct, rename="camel", kw_only=True):
    """Who asks: one place of several, and its key."""

    user_id: UserId | None = None
    member_key: Key | None = None


class NewMember(Claim, kw_only=True):
    """Who is to have a place."""

    user_id: UserId
    user_name: UserName | None = None


class NewOffset(Claim, kw_only=True):
    """How far ahead of the host a client is to play."""

    offset_ms: OffsetMs


class MadeRoom(Struct, rename="camel"):
    """A room that was made, told to its host."""

    session_id: str
    role: str
    created_at: datetime
    expires_at: datetime
    user_id: str
    member_key: str

    @classmethod
    def of(cls, room: Room, key: str) -> "MadeRoom":
        """Put a new room into its wire shape."""
        made, expires = at(room.made_ms), at(room.expires_ms)
        return cls(room.code, "host", made, expires, room.host.id, key)


class JoinedRoom(Struct, rename="camel"):
    """A place in a room, told to whose it is; the key only where it is new or was shown."""

    session_id: str
    role: str
    host_name: str
    joined_at: datetime
    expires_at: datetime
    user_id: str
    member_key: str | UnsetType = UNSET

    @classmethod
    def of(cls, room: Room, member: Member, key: str | None, now_ms: float) -> "JoinedRoom":
        """Put a place into its wire shape."""
        return cls(
            room.code,
            "host" if member is room.host else "client",
            room.host.name,
            at(now_ms),
            at(room.expires_ms),
            member.id,
            UNSET if key is None else key,
        )


class OffsetSet(Struct, rename="camel"):
    """An offset that holds from now on."""

    session_id: str
    offset_ms: float
    updated_at: datetime


class Person(Struct, rename="camel"):
    """A member, by id and name."""

    user_id: str
    user_name: str


class RoomInfo(Struct, rename="camel"):
    """A room as it is now; ``client`` is the first of ``clients``."""

    session_id: str
    host: Person
    client: Person | None
    clients: list[Person]
    current_track: dict[str, Any] | None
    last_sync: str | None

    @classmethod
    def of(cls, room: Room, now_ms: float) -> "RoomInfo":
        """Put a room into its wire shape."""
        state = room.sync.state(now_ms)
        clients = [Person(member.id, member.name) for member in room.clients]
        host = Person(room.host.id, room.host.name)
        first = clients[0] if clients else None
        return cls(room.code, host, first, clients, state["currentTrack"], state["lastSync"])


def at(epoch_ms: float) -> datetime:
    """Spell a server time as REST does."""
    return datetime.fromtimestamp(round(epoch_ms) / 1000.0, UTC)
