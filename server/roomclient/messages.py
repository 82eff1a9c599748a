"""What the server says to a member of a room: one struct an event, as far as members read it."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from server.roomclient.errors import RoomError

Action = Literal["play", "pause", "seek", "switch_track", "set_rate"]


class Frame(Struct):
    """Any event."""

    event: str
    data: dict[str, Any] = {}


class Command(Struct, rename="camel"):
    """``sync_command``: what to play, from where, since when."""

    action: Action
    track_uri: str
    position: float
    is_playing: bool | None = None
    rate: float | None = None
    execute_at: float | None = None
    cue: bool = False
    cmd_id: int | str | None = None


class Status(Struct, rename="camel"):
    """``sync_status``: how far off this member is."""

    drift: float
    quality: str
    last_sync: str | None = None
    confidence_ms: float | None = None


class Person(Struct, rename="camel"):
    """One member of ``room_state``."""

    user_id: str
    user_name: str = ""
    role: str = "client"
    drift: float | None = None
    quality: str | None = None
    offset_ms: float = 0.0
    online: bool = True
    confidence_ms: float | None = None


class RoomState(Struct):
    """``room_state``: who is here."""

    members: list[Person]


class Ended(Struct):
    """``session_ended``."""

    reason: str = ""


class Refusal(Struct):
    """``error``."""

    code: str
    message: str
    event: str | None = None


_KINDS: dict[str, type[Struct]] = {
    "sync_command": Command,
    "sync_status": Status,
    "room_state": RoomState,
    "session_ended": Ended,
    "error": Refusal,
}
_frame = msgspec.json.Decoder(Frame).decode


def read_frame(text: str) -> Frame:
    """Read a frame; raises RoomError where it is none."""
    try:
        return _frame(text)
    except msgspec.DecodeError as error:
        raise RoomError("BAD_ANSWER", f"the server sent no event: {error}") from None


def read_event(frame: Frame) -> Struct | None:
    """Read what members know of; None for events they need not know.

    Raises
    ------
    RoomError
        If an event is not what the protocol says.
    """
    kind = _KINDS.get(frame.event)
    if kind is None:
        return None
    try:
        return msgspec.convert(frame.data, kind)
    except msgspec.ValidationError as error:
        raise RoomError("BAD_ANSWER", f"the server's {frame.event} is wrong: {error}") from None
