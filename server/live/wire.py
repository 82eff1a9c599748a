"""What every message of live play is made of: the two roots and the ranges of their values."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

MAX_TIME_MS = 24 * 3_600_000.0  # a day: no take lasts longer

Pitch = Annotated[int, Meta(ge=0, le=127)]
Level = Annotated[int, Meta(ge=0, le=127)]
TimeMs = Annotated[float, Meta(ge=-MAX_TIME_MS, le=MAX_TIME_MS)]
DurationMs = Annotated[float, Meta(ge=0.0, le=MAX_TIME_MS)]
Name = Annotated[str, Meta(max_length=200)]


class Message(Struct, rename="camel"):
    """Root of everything a client sends.

    Other fields than its own are passed over, unless it ``has_these_fields_only``.
    """

    event: ClassVar[str]
    has_these_fields_only: ClassVar[bool] = False


class Reply(Struct, rename="camel"):
    """Root of everything the server sends."""

    event: ClassVar[str]
