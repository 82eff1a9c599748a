"""What is kept of a room over a restart."""

from typing import Any

import msgspec
from msgspec import Struct

from server.rooms.member import Member

VERSION = 1


class SavedRoom(Struct, kw_only=True):
    """Everything of a room but its connections.

    Attributes
    ----------
    sync : dict or None
        What the engine's room wrote down; None for a new one.
    """

    version: int = VERSION
    id: str
    code: str
    made_ms: float
    expires_ms: float
    host_id: str
    members: list[Member]
    sync: dict[str, Any] | None = None


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(SavedRoom).decode
