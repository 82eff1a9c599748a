"""The event reference, made of the structs that go over the wire.

``python -m server.live.event_reference > docs/events.md`` writes it anew; a test holds the two
equal.
"""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec.inspect import Field, multi_type_info

from server.limits import (
    AUDIO_BURST_SEC,
    AUDIO_LINK_BURST_SEC,
    AUDIO_LINK_PACE,
    AUDIO_PACE,
    AUDIO_START_SEC,
    AUDIO_WAITING_MAX_SEC,
    BYTES_PER_TOKEN,
    MESSAGE_MAX_BYTES,
    Close,
)
from server.live.ear import AWAY_SEC
from server.live.models import LIVE_MESSAGES, REPLIES
from server.protocol import CODES
from server.rooms.models import ROOM_MESSAGES, ROOM_REPLIES

HEAD = """# Events

Made by `python -m server.live.event_reference`; do not edit.

The plain WebSocket `/api/v1/ws` carries `{"event": name, "data": {…}}` in text frames, or, with
the subprotocol `msgpack`, the same map in MessagePack. Socket.IO (`/socket.io/`) carries the same
names and data. Times are milliseconds since the session began. A request may spell a field in
snake_case, too.

Sound of a microphone is sent after `start_audio`: on the plain WebSocket in binary frames of mono
PCM as they are, with MessagePack and Socket.IO in `audio_chunk`.
"""

LIMITS = f"""## Limits

- A frame has at most {MESSAGE_MAX_BYTES:,} bytes; a longer one closes the connection, the
  plain WebSocket with 1009.
- At most 500 messages a second are read, where the server was not set up otherwise, and twice as
  many at once. A long one counts once more for each {BYTES_PER_TOKEN} bytes. What is more is
  refused with `RATE_LIMITED`; a client that goes on for long is closed, the plain WebSocket with
  {Close.RATE_LIMITED:d}.
- A piece of sound lasts at most {AUDIO_BURST_SEC:g} seconds. Sound comes at the pace of time: it
  may be {AUDIO_BURST_SEC:g} seconds ahead, and its clock {AUDIO_PACE - 1:.0%} fast. All streams of
  a connection together may be {AUDIO_LINK_BURST_SEC:g} seconds ahead, and {AUDIO_LINK_PACE:g}
  times as fast as time. What is more ends the stream with `RATE_LIMITED`.
- A stream of which {AUDIO_WAITING_MAX_SEC:g} seconds wait to be heard ends with `BUSY`.
- `start_audio` counts as {AUDIO_START_SEC:g} seconds of sound of the connection: that is
  {AUDIO_LINK_BURST_SEC / AUDIO_START_SEC:.0f} at once, and then
  {AUDIO_LINK_PACE / AUDIO_START_SEC:.0f} a second, where no sound comes. One more is refused with
  `RATE_LIMITED`, and the stream before it goes on.
- Where sound stays away for {AWAY_SEC:g} seconds in a session, time alone tells what was missed.
"""


ROOMS = """## Listening rooms

A room is made by `POST /api/v1/sync/sessions` and joined by its code, over REST or by
`join_session` alone. From then on this connection speaks for one member; it may play a practice
session besides. It is in one room at most: joining another leaves the first as a lost connection
does. A connection that is lost keeps the member's place: join again under the same `userId`. Where
two connections join as one member, the later one speaks and the earlier is told `REPLACED`.

A member belongs to the account that came first, all guests of a server being one; with the
`memberKey` that REST answers, or one that the client brings, to whoever holds the key. Only the
host's reports move the room.

Times are milliseconds: `timestamp` is the sender's wall clock, the server's own never steps. A
client without `caps` plays, then seeks, on `play`; it starts a `switch_track` at 0 and is told to
seek after it.

What a room refuses over REST has the same codes and these: 401 `UNAUTHENTICATED`, `INVALID_TOKEN`;
403 `NOT_HOST`, `NOT_MEMBER`; 404 `SESSION_NOT_FOUND`; 409 `ROOM_FULL`, `TOO_MANY_ROOMS` (of one
account, or of the guests of one address), `HOST_LEADS` (it has no offset); 422 `INVALID_FIELD`;
429 `RATE_LIMITED` with `Retry-After` and `RateLimit-*`; 503 `CAPACITY`.

One connection joins, leaves and hands over at most twice a second, and sends 50 other events a
second, with more at once at first. Wrong codes are counted by the address they come from, over
REST and here alike: after twenty, one more may be tried every six seconds.
"""


def markdown() -> str:
    """The whole reference."""
    parts = [HEAD, LIMITS, "## From the client\n"]
    parts += _events(LIVE_MESSAGES)
    parts.append("## From the server\n")
    parts += _events(REPLIES)
    parts.append(ROOMS)
    parts.append("## From a member of a room\n")
    parts += _events(ROOM_MESSAGES)
    parts.append("## To the members of a room\n")
    parts += _events(ROOM_REPLIES)
    parts.append("## Error codes\n")
    parts.append("| code | meaning |\n| --- | --- |")
    parts += [f"| `{code}` | {meaning} |" for code, meaning in CODES.items()]
    return "\n".join(parts) + "\n"


def _events(kinds: Mapping[str, type[msgspec.Struct]]) -> Iterator[str]:
    for name, info in zip(kinds, multi_type_info(kinds.values()), strict=True):
        yield f"### `{name}`\n"
        yield (inspect.getdoc(kinds[name]) or "").replace("``", "`") + "\n"
        fields: tuple[Field, ...] = info.fields  # type: ignore[attr-defined]
        if fields:
            yield "| field | type | default |\n| --- | --- | --- |"
            for field in fields:
                default = "required" if field.required else f"`{_default(field)}`"
                column = default if kinds in (LIVE_MESSAGES, ROOM_MESSAGES) else ""
                yield f"| `{field.encode_name}` | {_type(field.type)} | {column} |"
            yield ""


def _default(field: Field) -> str:
    return msgspec.json.encode(field.default).decode()


def _type(info: Any) -> str:
    """A type as a reader of JSON would say it, with its rules."""
    match type(info).__name__:
        case "UnionType":
            return " or ".join(_type(part) for part in info.types)
        case "LiteralType":
            return ", ".join(f"`{value}`" for value in info.values)
        case "ListType":
            is_plain = type(info.item_type).__name__ != "StructType"
            unit = "items" if is_plain else "notes"
            return (
                f"list of {_type(info.item_type)}{_range(info.min_length, info.max_length, unit)}"
            )
        case "StructType":
            return f"{{{_inner(info)}}}"
        case "BytesType":
            return "bytes"
        case "StrType":
            return "string" + _range(info.min_length, info.max_length, "characters")
        case "IntType":
            return "integer" + _range(info.ge, info.le)
        case "FloatType":
            return "number" + _range(info.ge, info.le)
        case "BoolType":
            return "boolean"
        case "NoneType":
            return "null"
        case other:
            raise TypeError(f"{other} has no wording in the event reference")


def _inner(info: Any) -> str:
    return ", ".join(f"`{field.encode_name}`: {_type(field.type)}" for field in info.fields)


def _range(least: float | None, most: float | None, unit: str = "") -> str:
    unit = f" {unit}" if unit else ""
    if least is None and most is None:
        return ""
    if least is None:
        return f" of at most {most:g}{unit}" if unit else f", at most {most:g}"
    return f" ({least:,.10g} to {most:,.10g}{unit})"


if __name__ == "__main__":
    print(markdown(), end="")
