"""Frames of live play: ``{"event": name, "data": {…}}`` in JSON or MessagePack."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import msgspec

from server.checks import checked, spelled, spellings_of
from server.errors import FieldError, RefusedError
from server.limits import STRANGER_MAX_BYTES
from server.live.audio_models import AudioChunk
from server.live.models import (
    MESSAGES,
    REPLIES,
    ControlChange,
    ExpectedNote,
    NotePlayed,
    NoteReleased,
    StartSession,
)
from server.live.wire import Message, Reply
from server.rooms.models import ROOM_REPLIES, PlaybackState, Pong
from server.takes.format import clean

UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
NO_DATA = msgspec.Raw()
NOTES = "expectedNotes"  # the one field that may be long
QUOTE_CHARS = 40  # of the name of an unknown event or field


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
        self._decode_frame = module.Decoder(_Frame).decode
        self._decode_packet = module.Decoder(_Packet).decode
        self._decode_hot = {
            kind.event: module.Decoder(kind).decode
            for kind in (
                NotePlayed,
                NoteReleased,
                ControlChange,
                AudioChunk,
                _PlainStart,
                _PlainState,
                _PlainPong,
            )
        }
        self._decode_fields = module.Decoder(dict[str, msgspec.Raw] | None).decode
        self._decode_notes = module.Decoder(list[dict[str, Any]] | None).decode
        self._decode_any = module.Decoder().decode
        self.encode_data: Callable[[Reply], bytes] = module.Encoder().encode
        kinds = (*REPLIES.values(), *ROOM_REPLIES.values())
        self.envelopes = {kind: envelope(kind.event) for kind in kinds}

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
            return self._read(
                self._decode_frame, frame, 'a frame must be {"event": name, "data": {…}}'
            )
        except UNREADABLE as error:
            raise self._refusal(error) from None

    def decode_packet(self, packet: str | bytes) -> Message:
        """Read one event as Socket.IO spells it, ``[name, {…}]``.

        Raises
        ------
        RefusedError
            Saying what is wrong with it.
        """
        return self._read(self._decode_packet, packet, "an event must be [name, {…}]")

    def _read(self, decode: Callable[[Any], Any], frame: str | bytes, rule: str) -> Message:
        """Read a frame in two steps: any event in any spelling, and what is wrong with it."""
        try:
            whole = decode(frame)
        except msgspec.ValidationError:
            raise RefusedError("BAD_FRAME", rule) from None
        except UNREADABLE as error:
            raise self._refusal(error) from None
        try:
            return self._read_data(whole.event, whole.data)
        except UNREADABLE as error:
            raise self._refusal(error) from None

    def _read_data(self, event: str, data: msgspec.Raw) -> Message:
        if data is NO_DATA or event not in MESSAGES:
            return to_message(event, None)
        if (decode := self._decode_hot.get(event)) is not None:
            with suppress(msgspec.ValidationError):
                return decode(data)  # type: ignore[no-any-return]
        try:
            fields = self._decode_fields(data) or {}
        except msgspec.ValidationError:
            return to_message(event, self._decode_any(data))
        # What no field is called is not even looked at.
        _check_names(event, fields)
        known = SPELLINGS[MESSAGES[event]]
        found = {known[key]: fields[key] for key in known if key in fields}
        return to_message(event, {key: self._read_field(event, key, found[key]) for key in found})

    def _read_field(self, event: str, key: str, data: msgspec.Raw) -> Any:
        """Read one field; junk of megabytes is refused before it is made objects of."""
        try:
            if key == NOTES:
                return self._decode_notes(data)
        except msgspec.ValidationError:
            message = f"{key}: expected a list of notes"
        else:
            if len(memoryview(data)) <= STRANGER_MAX_BYTES:
                return self._decode_any(data)
            message = f"{key}: expected at most {STRANGER_MAX_BYTES} bytes"
        raise RefusedError("INVALID_PAYLOAD", message, event)

    def _refusal(self, error: Exception) -> RefusedError:
        return RefusedError("BAD_FRAME", f"the frame is not {self._name}: {error}")


def to_message(event: str, data: Any) -> Message:
    """Check plain data that came with an event.

    Raises
    ------
    RefusedError
        If the event is unknown, or naming the field, its rule and the value.
    """
    kind = MESSAGES.get(event)
    if kind is None:
        name = clean(event[:QUOTE_CHARS])
        raise RefusedError("UNKNOWN_EVENT", f"there is no event {name!r}", name)
    if isinstance(data, dict):
        _check_names(event, data)
    try:
        return checked(_as_spelled({} if data is None else data, kind), kind)
    except FieldError as error:
        raise RefusedError("INVALID_PAYLOAD", str(error), event) from None
    except RecursionError:
        raise RefusedError("INVALID_PAYLOAD", "data is nested too deeply", event) from None


SPELLINGS = {kind: spellings_of(kind) for kind in MESSAGES.values()}
NOTE_SPELLINGS = spellings_of(ExpectedNote)


def _check_names(event: str, fields: Iterable[str]) -> None:
    """Refuse a field that a strict event does not have."""
    kind = MESSAGES[event]
    for name in fields if kind.has_these_fields_only else ():
        if name not in SPELLINGS[kind]:
            known = ", ".join(dict.fromkeys(SPELLINGS[kind].values()))
            message = f"{clean(str(name)[:QUOTE_CHARS])}: no such field, there are {known}"
            raise RefusedError("INVALID_PAYLOAD", message, event)


def _as_spelled(data: Any, kind: type[Message]) -> Any:
    data = spelled(data, SPELLINGS[kind])
    if kind is StartSession and isinstance(data, dict):
        notes = data.get(NOTES)
        if isinstance(notes, list):
            data[NOTES] = [spelled(note, NOTE_SPELLINGS) for note in notes]
    return data


class _Frame(msgspec.Struct):
    """Any frame, its data not read yet."""

    event: str
    data: msgspec.Raw = NO_DATA


class _Packet(_Frame, array_like=True, forbid_unknown_fields=True):
    """The same as Socket.IO spells it."""


class _PlainStart(StartSession, forbid_unknown_fields=True):
    """A wish with every field as it should be spelled."""


class _PlainState(PlaybackState, forbid_unknown_fields=True, kw_only=True):
    """A report with every field as it should be spelled."""


class _PlainPong(Pong, forbid_unknown_fields=True, kw_only=True):
    """The same of a pong."""


class _StartSession(msgspec.Struct, tag_field="event", tag=StartSession.event):
    data: _PlainStart


class _NotePlayed(msgspec.Struct, tag_field="event", tag=NotePlayed.event):
    data: NotePlayed


class _NoteReleased(msgspec.Struct, tag_field="event", tag=NoteReleased.event):
    data: NoteReleased


class _ControlChange(msgspec.Struct, tag_field="event", tag=ControlChange.event):
    data: ControlChange


class _AudioChunk(msgspec.Struct, tag_field="event", tag=AudioChunk.event):
    data: AudioChunk


class _PlaybackState(msgspec.Struct, tag_field="event", tag=PlaybackState.event):
    data: _PlainState


class _Pong(msgspec.Struct, tag_field="event", tag=Pong.event):
    data: _PlainPong


# The events that come by the thousand and the one with thousands of notes, read in one step. None
# has an optional field of two words, which this step would not see in the other spelling; where
# one has, unknown fields are left to the slow way.
HOT_FRAME = (
    _NotePlayed
    | _NoteReleased
    | _ControlChange
    | _AudioChunk
    | _StartSession
    | _PlaybackState
    | _Pong
)


def _json_envelope(event: str) -> tuple[bytes, bytes]:
    return b'{"event":' + msgspec.json.encode(event) + b',"data":', b"}"


def _msgpack_envelope(event: str) -> tuple[bytes, bytes]:
    pack = msgspec.msgpack.encode
    two_items = b"\x82"
    return two_items + pack("event") + pack(event) + pack("data"), b""


JSON = Codec("JSON", msgspec.json, _json_envelope)
MSGPACK = Codec("MessagePack", msgspec.msgpack, _msgpack_envelope)
