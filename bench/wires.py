"""What the load generator says and understands: four ways to carry the same notes."""

from collections.abc import Iterator
from typing import Any

import msgspec

from bench.echo import PATH

TEXT, BINARY = 1, 2


class Data(msgspec.Struct, rename="camel"):
    """What is looked at of any event: the generator must cost less than what it measures."""

    played_index: int | None = None
    timestamp: float = 0.0
    message: str = ""


class Frame(msgspec.Struct):
    """An event as the plain WebSocket carries it."""

    event: str
    data: Data


Event = tuple[str, Data]
_json_frame = msgspec.json.Decoder(Frame).decode
_msgpack_frame = msgspec.msgpack.Decoder(Frame).decode
_json_pair = msgspec.json.Decoder(tuple[str, Data]).decode


class Wire:
    """The plain WebSocket with JSON: one object, for one connection.

    Attributes
    ----------
    path, subprotocol : str
        Where to connect, and what to ask for.
    opcode : int
        Of the frames.
    is_ready : bool
        Whether events may be sent.
    """

    path = PATH
    subprotocol = ""
    opcode = TEXT
    is_echo = False

    def __init__(self) -> None:
        self.is_ready = True

    def encode(self, event: str, data: dict[str, Any]) -> bytes:
        """Spell an event as the payload of a frame."""
        return msgspec.json.encode({"event": event, "data": data})

    def decode(self, payload: bytes) -> Event | None:
        """Read an event; None where the frame is none, or one that nobody waits for."""
        if payload.startswith(b'{"event":"position"'):
            return None
        frame = _json_frame(payload)
        return frame.event, frame.data

    def answer(self, _payload: bytes) -> Iterator[bytes]:
        """Give what the transport itself has to say to a frame that is no event."""
        return iter(())


class PackedWire(Wire):
    """The plain WebSocket with MessagePack."""

    subprotocol = "msgpack"
    opcode = BINARY

    def encode(self, event: str, data: dict[str, Any]) -> bytes:
        """Spell an event as the payload of a frame."""
        return msgspec.msgpack.encode({"event": event, "data": data})

    def decode(self, payload: bytes) -> Event | None:
        """Read an event."""
        frame = _msgpack_frame(payload)
        return frame.event, frame.data


class EchoWire(Wire):
    """JSON to the echo: the note itself comes back."""

    is_echo = True


class PackedEchoWire(PackedWire):
    """MessagePack to the echo."""

    is_echo = True


class SocketIoWire(Wire):
    """Socket.IO over its WebSocket transport: Engine.IO 4, default namespace."""

    path = "/socket.io/?EIO=4&transport=websocket"

    def __init__(self) -> None:
        self.is_ready = False

    def encode(self, event: str, data: dict[str, Any]) -> bytes:
        """Spell an event as an Engine.IO message of a Socket.IO event."""
        return b"42" + msgspec.json.encode([event, data])

    def decode(self, payload: bytes) -> Event | None:
        """Read an event; handshake and pings are none."""
        if payload.startswith(b"42"):
            return _json_pair(payload[2:])
        self.is_ready |= payload.startswith(b"40")
        return None

    def answer(self, payload: bytes) -> Iterator[bytes]:
        """Join the default namespace once the connection is open; answer pings."""
        if payload.startswith(b"0"):
            yield b"40"
        elif payload == b"2":
            yield b"3"
