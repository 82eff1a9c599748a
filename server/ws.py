"""Live play over the plain WebSocket ``/api/v1/ws``: JSON in text frames, or MessagePack."""

import asyncio
from struct import Struct as Layout
from typing import Any

from aiohttp import WSMsgType, web

from server.auth import User
from server.codec import JSON, MSGPACK, Codec
from server.errors import RefusedError
from server.hub import Hub
from server.keys import HUB
from server.limits import (
    CLOSE_GRACE_SEC,
    HEARTBEAT_SEC,
    MESSAGE_MAX_BYTES,
    UNSENT_MAX_BYTES,
    Close,
)
from server.link import Link
from server.models import Message, Reply

SUBPROTOCOL = "msgpack"

# RFC 6455, section 5.2: a final frame from a server, unmasked, by the length of its payload.
SHORT = Layout("!BB").pack
MIDDLE = Layout("!BBH").pack
LONG = Layout("!BBQ").pack
FINAL = 0x80


def frame(opcode: int, payload: bytes) -> bytes:
    """Lay out one whole frame as a server sends it."""
    n_bytes = len(payload)
    if n_bytes < 126:
        return SHORT(FINAL | opcode, n_bytes) + payload
    if n_bytes < 65536:
        return MIDDLE(FINAL | opcode, 126, n_bytes) + payload
    return LONG(FINAL | opcode, 127, n_bytes) + payload


class SocketLink(Link):
    """A client on a plain WebSocket.

    Frames go straight to the transport, all answers to one message in one write: its buffer is
    the queue, bounded by dropping who does not read. The response object reads, pings and answers
    the closing handshake.
    """

    kind = "ws"

    def __init__(
        self, hub: Hub, user: User | None, socket: web.WebSocketResponse, transport: Any
    ) -> None:
        super().__init__(hub, user)
        self._socket = socket
        self._transport: asyncio.Transport = transport
        is_packed = socket.ws_protocol == SUBPROTOCOL
        self._codec: Codec = MSGPACK if is_packed else JSON
        self._opcode = WSMsgType.BINARY if is_packed else WSMsgType.TEXT

    async def run(self) -> None:
        """Read until the client leaves."""
        receive, decode = self._socket.receive, self._codec.decode
        client, expected = self.client, self._opcode
        while True:
            message = await receive()
            kind = message.type
            if kind is expected:
                self.receive(decode, message.data, len(message.data))
            elif kind is WSMsgType.TEXT or kind is WSMsgType.BINARY:
                self.receive(_refuse_kind, kind, len(message.data))
            else:
                return
            if client.opening is not None:
                await self.open()

    def send(self, replies: list[Reply]) -> None:
        """Write replies, in order; drops a client that does not read them."""
        transport = self._transport
        if self.is_closing or transport.is_closing():
            return
        encode, opcode = self._codec.encode, self._opcode
        transport.write(b"".join([frame(opcode, encode(reply)) for reply in replies]))
        if transport.get_write_buffer_size() > UNSENT_MAX_BYTES:
            self.close(Close.TOO_SLOW)

    def hang_up(self, code: Close) -> None:
        """Send the close code; the reader goes on until the client answers or time is up."""
        reason = code.name.lower().replace("_", " ")
        payload = code.to_bytes(2, "big") + reason.encode()
        if not self._transport.is_closing():
            self._transport.write(frame(WSMsgType.CLOSE, payload))
        self._loop.call_later(CLOSE_GRACE_SEC, self._transport.abort)


def _refuse_kind(kind: WSMsgType) -> Message:
    """Refuse a frame of the other kind: sound in JSON, text in MessagePack."""
    if kind is WSMsgType.BINARY:
        raise RefusedError("NOT_AVAILABLE", "this server does not listen to microphones yet")
    raise RefusedError("BAD_FRAME", "with the subprotocol msgpack, frames are binary")


async def play(request: web.Request) -> web.WebSocketResponse:
    """Serve one client."""
    hub = request.app[HUB]
    user = hub.user_of(request.headers.get("Authorization"))
    hub.admit()
    socket = web.WebSocketResponse(
        protocols=(SUBPROTOCOL,),
        compress=False,  # costs 45 % and saves little on frames of 200 bytes
        heartbeat=HEARTBEAT_SEC,
        max_msg_size=MESSAGE_MAX_BYTES,
        timeout=CLOSE_GRACE_SEC,
    )
    await socket.prepare(request)
    link = SocketLink(hub, user, socket, request.transport)
    with hub.joined(link):
        try:
            await link.run()
        except Exception:
            link.fail()
    return socket


def routes() -> list[web.RouteDef]:
    """The route of the plain WebSocket."""
    return [web.get("/api/v1/ws", play)]
