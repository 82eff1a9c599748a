"""Frames of live play: ``{"event": name, "data": {…}}`` in JSON or MessagePack."""

from collections.abc import Callable
from typing import Any

import msgspec

from server.checks import camelised, checked
from server.errors import FieldError, RefusedError
from server.live.models import (
    MESSAGES,
    REPLIES,
    ControlChange,
    Message,
    NotePlayed,
    NoteReleased,
    Reply,
)

QUOTE_CHARS = 40  # of an unknown event's name


class Codec:
    """One spelling of the frames.

    Parameters
    ----------
    name : str
        What it is called in an error message.
    module : module
        ``msgspec.json`` or ``msgspec.msgpack``.
    envelope : callable
        Event name to what stands before and after the encoded data.

    Attributes
    ----------
    encode_data : callable
        Spells the data of a reply.
    envelopes : dict
        What stands before and after it, by the type of the reply.
    """

    def __init__(
        self, name: str, module: Any, envelope: Callable[[str], tuple[bytes, bytes]]
    ) -> None:
        self._name = name
        self._decode = module.Decoder(HOT_FRAME).decode
        self._decode_any = module.Decoder().decode
        self.encode_data: Callable[[Reply], bytes] = module.Encoder().encode
        self.envelopes = {kind: envelope(kind.event) for kind in REPLIES.values()}

    def encode(self, reply: Reply) -> bytes:
        """Spell a reply as the payload of one frame."""
        before, after = self.envelopes[type(reply)]
        return before + self.encode_data(reply) + after

    def decode(self, frame: str | bytes) -> Message:
        """Read one frame.

        Raises
        ------
        RefusedError
            Saying what is wrong with it.
        """
        try:
            return self._decode(frame).data  # type: ignore[no-any-return]
        except msgspec.ValidationError:
            return self._decode_slowly(frame)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise RefusedError("BAD_FRAME", f"the frame is not {self._name}: {error}") from None

    def _decode_slowly(self, frame: str | bytes) -> Message:
        """Read a rarer event or spelling, or find out what is wrong."""
        try:
            content = self._decode_any(frame)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise RefusedError("BAD_FRAME", f"the frame is not {self._name}: {error}") from None
        if not isinstance(content, dict) or not isinstance(content.get("event"), str):
            raise RefusedError("BAD_FRAME", 'a frame must be {"event": name, "data": {…}}')
        return to_message(content["event"], content.get("data"))


def to_message(event: str, data: Any) -> Message:
    """Check plain data that came with an event.

    Raises
    ------
    RefusedError
        If the event is unknown, or naming the field, its rule and the value.
    """
    kind = MESSAGES.get(event)
    if kind is None:
        raise RefusedError(
            "UNKNOWN_EVENT", f"there is no event {event[:QUOTE_CHARS]!r}", event[:QUOTE_CHARS]
        )
    try:
        return checked(camelised({} if data is None else data), kind)
    except FieldError as error:
        raise RefusedError("INVALID_PAYLOAD", str(error), event) from None
    except RecursionError:
        raise RefusedError("INVALID_PAYLOAD", "data is nested too deeply", event) from None


class _NotePlayed(msgspec.Struct, tag_field="event", tag=NotePlayed.event):
    data: NotePlayed


class _NoteReleased(msgspec.Struct, tag_field="event", tag=NoteReleased.event):
    data: NoteReleased


class _ControlChange(msgspec.Struct, tag_field="event", tag=ControlChange.event):
    data: ControlChange


# The events that come by the thousand, read in one step. None has an optional field of two words,
# which this step would not see in the other spelling.
HOT_FRAME = _NotePlayed | _NoteReleased | _ControlChange


def _json_envelope(event: str) -> tuple[bytes, bytes]:
    return b'{"event":' + msgspec.json.encode(event) + b',"data":', b"}"


def _msgpack_envelope(event: str) -> tuple[bytes, bytes]:
    pack = msgspec.msgpack.encode
    two_items = b"\x82"
    return two_items + pack("event") + pack(event) + pack("data"), b""


JSON = Codec("JSON", msgspec.json, _json_envelope)
MSGPACK = Codec("MessagePack", msgspec.msgpack, _msgpack_envelope)
