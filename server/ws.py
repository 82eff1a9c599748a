"""Live play over the plain WebSocket ``/api/v1/ws``: JSON in text frames, or MessagePack."""

import asyncio
from struct import Struct as Layout
from typing import cast

from aiohttp import WSMsgType, web

from server.errors import RefusedError
from server.http.addresses import address_of
from server.identity.account import Account
from server.keys import HUB
from server.limits import (
    CLOSE_GRACE_SEC,
    MESSAGE_MAX_BYTES,
    PART_MAX_BYTES,
    STRANGER_MAX_BYTES,
    UNSENT_MAX_BYTES,
    Close,
)
from server.live.audio_models import AudioChunk
from server.live.codec import JSON, MSGPACK, Codec
from server.live.hub import Hub
from server.live.link import Link
from server.live.wire import Message, Reply

SUBPROTOCOL = "msgpack"

# RFC 6455, section 5.2: the head of a final frame from a server, by the length of its payload.
SHORT = Layout("!BB").pack
MIDDLE = Layout("!BBH").pack
LONG = Layout("!BBQ").pack
FINAL = 0x80


def frame_head(opcode: int, n_bytes: int) -> bytes:
    """Lay out what stands before a payload of so many bytes."""
    if n_bytes < 126:
        return SHORT(FINAL | opcode, n_bytes)
    if n_bytes < 65536:
        return MIDDLE(FINAL | opcode, 126, n_bytes)
    return LONG(FINAL | opcode, 127, n_bytes)


class SocketLink(Link):
    """A client on a plain WebSocket.

    Frames go straight to the transport, all answers to one message in one write: its buffer is
    the queue, bounded by dropping who does not read. The response object reads, and answers the
    closing handshake where the client began it.
    """

    kind = "ws"

    def __init__(
        self, hub: Hub, user: Account | None, socket: web.WebSocketResponse, request: web.Request
    ) -> None:
        super().__init__(hub, user, address_of(request, hub.settings.proxies))
        self._socket = socket
        self._transport = cast(asyncio.Transport, request.transport)
        is_packed = socket.ws_protocol == SUBPROTOCOL
        codec: Codec = MSGPACK if is_packed else JSON
        self._decode, self._encode_data = codec.decode, codec.encode_data
        self._envelopes = codec.envelopes
        self._n_silent = 0  # times nothing was heard between two checks
        self._opcode = WSMsgType.BINARY if is_packed else WSMsgType.TEXT

    async def run(self) -> None:
        """Read until the client leaves."""
        receive, decode = self._socket.receive, self._decode
        client, expected = self.client, self._opcode
        while True:
            message = await receive()
            self._n_silent = 0
            kind = message.type
            if kind is expected:
                data = message.data
                n_bytes = len(data)
                if n_bytes <= STRANGER_MAX_BYTES:
                    self.receive(decode, data, n_bytes)
                else:
                    await self.receive_long(decode, data, n_bytes)
            elif kind is WSMsgType.BINARY:
                self.receive(AudioChunk, message.data, len(message.data))
            elif kind is WSMsgType.TEXT:
                self.receive(_refuse_text, message.data, len(message.data))
            elif kind is WSMsgType.PING or kind is WSMsgType.PONG:
                if self.may_send(0) and kind is WSMsgType.PING:
                    self._write_control(WSMsgType.PONG, message.data)
            else:
                if self.is_closing:  # both have said so: the response object would say it again
                    self._transport.close()
                return
            if client.opening is not None:
                await self.open()
            elif client.claim is not None:
                await self.recognise()

    def write(self, replies: list[Reply]) -> None:
        """Write a few replies, in order; drops a client that leaves too much unread."""
        transport = self._transport
        if transport.is_closing():
            return
        encode_data, envelopes, opcode = self._encode_data, self._envelopes, self._opcode
        parts: list[bytes] = []
        for reply in replies:
            before, after = envelopes[type(reply)]
            data = encode_data(reply)
            n_bytes = len(before) + len(data) + len(after)
            parts += (frame_head(opcode, n_bytes), before, data, after)
        transport.write(b"".join(parts))
        if transport.get_write_buffer_size() > UNSENT_MAX_BYTES:
            self.close(Close.TOO_SLOW)

    def has_room(self) -> bool:
        """Tell whether the client has read nearly all that was written."""
        return self._transport.get_write_buffer_size() < PART_MAX_BYTES

    def hang_up(self, code: Close) -> None:
        """Send the close code; the reader goes on until the client answers or time is up."""
        reason = code.name.lower().replace("_", " ")
        payload = code.to_bytes(2, "big") + reason.encode()
        self._write_control(WSMsgType.CLOSE, payload)
        self._loop.call_later(CLOSE_GRACE_SEC, self._transport.abort)

    def check_alive(self) -> None:
        """Ask a client that was silent since the last time; drop one that did not answer then.

        Cheaper than the response object's own heartbeat, which sets a timer for every message.
        """
        if self._n_silent == 0:
            self._n_silent = 1
        elif self._n_silent == 1:
            self._n_silent = 2
            self._write_control(WSMsgType.PING, b"")
        else:
            self._transport.abort()

    def _write_control(self, opcode: WSMsgType, payload: bytes) -> None:
        transport = self._transport
        if transport.is_closing():
            return
        transport.write(frame_head(opcode, len(payload)) + payload)
        if transport.get_write_buffer_size() > UNSENT_MAX_BYTES:
            self.close(Close.TOO_SLOW)


def _refuse_text(_frame: str) -> Message:
    raise RefusedError("BAD_FRAME", "with the subprotocol msgpack, frames are binary")


async def play(request: web.Request) -> web.WebSocketResponse:
    """Serve one client."""
    hub = request.app[HUB]
    address = address_of(request, hub.settings.proxies)
    user = await hub.bearers.account_of(request.headers.get("Authorization"), address)
    hub.admit()
    socket = web.WebSocketResponse(
        protocols=(SUBPROTOCOL,),
        compress=False,  # costs 45 % and saves little on frames of 200 bytes
        autoping=False,
        autoclose=False,
        max_msg_size=MESSAGE_MAX_BYTES,
        timeout=CLOSE_GRACE_SEC,
    )
    try:
        await socket.prepare(request)
    except ConnectionError:
        return socket  # gone during the handshake: nobody is there to answer
    link = SocketLink(hub, user, socket, request)
    with hub.joined(link):
        try:
            await link.run()
        except Exception:
            link.fail()
    return socket


def routes() -> list[web.RouteDef]:
    """The route of the plain WebSocket."""
    return [web.get("/api/v1/ws", play)]
