"""Live play over Socket.IO at ``/socket.io/``, for its standard clients as they are."""

import asyncio
import json
import logging
import re
from typing import Any

import msgspec
import socketio
from aiohttp import web
from engineio.packet import MESSAGE, NOOP, Packet
from engineio.payload import Payload

from server.errors import ApiError, RefusedError, TokenError
from server.http.addresses import address_of
from server.http.origins import ORIGINS
from server.identity.account import Account
from server.limits import (
    AUTH_TIMEOUT_SEC,
    CLOSE_GRACE_SEC,
    MESSAGE_MAX_BYTES,
    PART_REPLIES,
    PING_INTERVAL_SEC,
    STRANGER_MAX_BYTES,
    UNSENT_MAX_MESSAGES,
    Close,
)
from server.live.attachments import Attachments
from server.live.audio_models import AudioChunk
from server.live.codec import JSON
from server.live.hub import Hub
from server.live.link import Link
from server.live.models import MAX_TOKEN_CHARS, ErrorReply
from server.live.wire import Message, Reply

PATH = "/socket.io/"
EVENT = "2"  # packet type of an event in the default namespace
ACK = "3"
EVENT_PACKET = re.compile(r"2(\d{0,19})\[")  # with the number of an acknowledgement asked for
LIBRARY_TYPES = ("0", "1")  # connecting and leaving
BINARY_TYPES = ("5", "6")


class _OpaqueJson:
    """Lets engineio write its own packets, and leaves what a client sends unread."""

    dumps = staticmethod(json.dumps)

    @staticmethod
    def loads(_text: str) -> Any:
        raise ValueError("engine.io carries Socket.IO packets, never JSON of its own")


# The library knows these for a whole process only. A polling client sends what gathered while the
# last request was under way in one: 16 packets are fewer than a chord with its pedal.
Payload.max_decode_packets = 1000
Packet.json = _OpaqueJson

# What clients send wrong is told to them by closing: the library's logs of it are of no use.
_quiet = logging.getLogger("etude.socketio")
_quiet.setLevel(logging.CRITICAL)


class SocketIoLink(Link):
    """A client of Socket.IO, by WebSocket or polling.

    Packets go to the queue that engineio empties, one writer a socket. It is bounded here, by
    dropping who does not read.
    """

    kind = "socketio"

    def __init__(
        self,
        hub: Hub,
        user: Account | None,
        address: str,
        socket: Any,
        transports: dict[str, web.Request],
    ) -> None:
        super().__init__(hub, user, address)
        self._socket = socket
        self._transports = transports
        self.eio_sid: str = socket.sid
        self.attachments = Attachments()
        self.turn = asyncio.Lock()  # polling clients may send while an earlier wish is at work

    def write(self, replies: list[Reply]) -> None:
        """Queue a few replies, in order; drops a client that leaves too much unread."""
        encode = msgspec.json.encode
        self._queue([EVENT + encode((reply.event, reply)).decode() for reply in replies])

    def receive_head(self, packet: str) -> None:
        """Take in a packet that announces bytes."""
        if len(packet) > STRANGER_MAX_BYTES:
            self.receive(_refuse_packet, packet, len(packet))
        elif self.may_send(len(packet)):
            try:
                number = self.attachments.announce(packet)
            except RefusedError as error:
                self.refuse(error)
            else:
                if number:
                    self.acknowledge(number)

    def receive_sound(self, data: bytes) -> None:
        """Take in bytes that were announced."""
        try:
            chunk = self.attachments.fill(data)
        except RefusedError as error:
            if self.may_send(len(data)):
                self.refuse(error)
        else:
            if chunk is not None:
                self.receive(_as_it_is, chunk, len(data))
            else:
                self.may_send(len(data))

    def acknowledge(self, number: str) -> None:
        """Say that an event has been read, to a client that asked for it."""
        if not self.is_closing:
            self._queue([f"{ACK}{number}[]"])

    def _queue(self, packets: list[str]) -> None:
        socket = self._socket
        if socket.closed:
            return
        for packet in packets:
            socket.queue.put_nowait(Packet(MESSAGE, packet))
        if socket.queue.qsize() > UNSENT_MAX_MESSAGES:
            self.close(Close.TOO_SLOW)

    def has_room(self) -> bool:
        """Tell whether the client has read nearly all that was written."""
        room: bool = self._socket.queue.qsize() < PART_REPLIES
        return room

    def hang_up(self, code: Close) -> None:
        """Tell the reason as an ``error``, Socket.IO having no codes, and disconnect."""
        reason = ErrorReply(code.name, "the server closes this connection")
        text = EVENT + msgspec.json.encode((reason.event, reason)).decode()
        self._socket.queue.put_nowait(Packet(MESSAGE, text))
        task = self._loop.create_task(self._socket.close(wait=False))
        request = self._transports.get(self.eio_sid)
        self._loop.call_later(CLOSE_GRACE_SEC, _abort, task, request)


def _abort(task: "asyncio.Task[None]", request: web.Request | None) -> None:
    task.cancel()
    if request is not None and request.transport is not None:
        request.transport.abort()


async def _end(socket: Any) -> None:
    await socket.close(wait=False, abort=True)
    socket.queue.put_nowait(None)  # ends its writer, which closes the WebSocket


class _WholeRequest:
    """A polling request with its body read: engineio asks once, and may get only a part."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        self._request = request
        self._body = body
        self.content = self

    async def read(self, _n_bytes: int) -> bytes:
        return self._body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)


class SocketIo:
    """The Socket.IO server of one application.

    Parameters
    ----------
    hub : Hub
        What all live connections share.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._links: dict[str, SocketIoLink] = {}
        self._transports: dict[str, web.Request] = {}
        self._loop = asyncio.get_running_loop()
        self._server: Any = socketio.AsyncServer(
            async_mode="aiohttp",
            async_handlers=False,  # in the order they came
            cors_allowed_origins=[],  # checked for all of the server in one place
            max_http_buffer_size=MESSAGE_MAX_BYTES,
            http_compression=False,
            ping_interval=PING_INTERVAL_SEC,
            logger=_quiet,
            engineio_logger=_quiet,
        )
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        self._server.eio.on("connect", self._open)
        self._server.eio.on("message", self._receive)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one HTTP request: a poll, or a WebSocket for as long as it lasts."""
        request.app[ORIGINS].check_embedded(request)
        if "j" in request.query:
            raise ApiError(400, "BAD_REQUEST", "this server does not answer with scripts (JSONP)")
        eio_sid = request.query.get("sid")
        if eio_sid is None:  # counts those too that never say more
            self._hub.admit(len(self._server.eio.sockets))
        if request.method == "POST":
            return await self._handle_post(request, self._server.eio.sockets.get(eio_sid))
        is_socket = "upgrade" in request.headers.get("Connection", "").lower()
        if not is_socket:
            return await self._handle(request)
        if eio_sid is not None:
            self._transports[eio_sid] = request
        try:
            return await self._handle(request)
        except (ValueError, TypeError, LookupError, RecursionError, OSError):
            # A frame that is no packet: engineio leaves it to whoever called.
            return await self._cut(request, eio_sid)
        finally:
            if eio_sid is not None:
                self._transports.pop(eio_sid, None)

    async def _handle_post(self, request: web.Request, socket: Any) -> web.StreamResponse:
        body = await request.read()
        if body.startswith(b"d="):
            raise ApiError(400, "BAD_REQUEST", "this server does not read forms (JSONP)")
        response = await self._handle(_WholeRequest(request, body))
        if socket is not None and socket.closed:
            # The client said goodbye: answer its poll, which the library would leave waiting.
            socket.queue.put_nowait(Packet(NOOP))
        return response

    async def _handle(self, request: Any) -> web.StreamResponse:
        response: web.StreamResponse = await self._server.handle_request(request)
        return response

    async def close(self) -> None:
        """Stop what runs in the background."""
        await self._server.shutdown()

    async def _cut(self, request: web.Request, eio_sid: str | None) -> web.StreamResponse:
        """Close the connection of a client that does not speak the protocol."""
        for sid, socket in list(self._server.eio.sockets.items()):
            if sid == eio_sid or self._request_of(sid) is request:
                await _end(socket)
        if request.transport is not None:
            request.transport.close()
        return web.Response(status=400)

    def _request_of(self, eio_sid: str) -> web.Request | None:
        """The request by which a client first came."""
        request: web.Request | None = None
        if eio_sid in self._server.environ:
            request = self._server.environ[eio_sid]["aiohttp.request"]
        return request

    async def _connect(self, sid: str, _environ: Any, auth: Any = None) -> None:
        """Let a client in; a bad token or a full server is a connect error."""
        # No other name for a socket leads from here to its queue.
        eio_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        try:
            user = await self._user(auth, self._address_of(eio_sid))
            self._hub.admit()
        except TokenError as error:
            raise _refused(str(error), "INVALID_TOKEN") from None
        except ApiError as error:
            raise _refused(error.message, error.code) from None
        socket = self._server.eio.sockets.get(eio_sid)
        if socket is None or socket.closed:
            raise _refused("the client has left", "GONE")
        if (request := self._request_of(eio_sid)) is not None:
            self._transports.setdefault(eio_sid, request)
        address = self._address_of(eio_sid)
        link = SocketIoLink(self._hub, user, address, socket, self._transports)
        self._links[eio_sid] = link
        self._hub.join(link)

    def _address_of(self, eio_sid: str) -> str:
        request = self._request_of(eio_sid)
        return "" if request is None else address_of(request, self._hub.settings.proxies)

    async def _user(self, auth: Any, address: str) -> Account | None:
        token = auth.get("token") if isinstance(auth, dict) else None
        if token is None:
            return None
        if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARS:
            raise TokenError("the token must be a text")
        return await self._hub.bearers.read(token, address)

    def _disconnect(self, sid: str, _reason: Any = None) -> None:
        eio_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        link = self._links.pop(eio_sid, None)
        if link is not None:
            self._hub.leave(link)
            self._transports.pop(eio_sid, None)
            self._expect(eio_sid)

    async def _open(self, eio_sid: str, environ: Any) -> Any:
        """Begin a connection of engine.io, which Socket.IO has to join soon."""
        self._expect(eio_sid)
        return await self._server._handle_eio_connect(eio_sid, environ)

    def _expect(self, eio_sid: str) -> None:
        self._loop.call_later(AUTH_TIMEOUT_SEC, self._check_joined, eio_sid)

    def _check_joined(self, eio_sid: str) -> None:
        """Close a connection that nobody plays over."""
        socket = self._server.eio.sockets.get(eio_sid)
        if socket is None or socket.closed or eio_sid in self._links:
            return
        request = self._transports.get(eio_sid) or self._request_of(eio_sid)
        task = self._loop.create_task(_end(socket))
        self._loop.call_later(CLOSE_GRACE_SEC, _abort, task, request)

    async def _receive(self, eio_sid: str, packet: str | bytes) -> None:
        """Take in one message of engine.io: events here, in order; the library does the rest."""
        link = self._links.get(eio_sid)
        if packet[:1] in LIBRARY_TYPES and len(packet) <= STRANGER_MAX_BYTES:
            if link is None or link.may_send(len(packet)):
                await self._server._handle_eio_message(eio_sid, packet)
        elif link is not None:
            async with link.turn:
                try:
                    await self._read(link, packet)
                except Exception:
                    link.fail()

    @staticmethod
    async def _read(link: SocketIoLink, packet: str | bytes) -> None:
        n_bytes = len(packet)
        if isinstance(packet, bytes):
            link.receive_sound(packet)
            return
        if packet.startswith(BINARY_TYPES):
            link.receive_head(packet)
            return
        event = EVENT_PACKET.match(packet)
        if event is None:
            link.receive(_refuse_packet, packet, n_bytes)
        elif n_bytes <= STRANGER_MAX_BYTES:
            link.receive(_decode, packet, n_bytes)
        else:
            await link.receive_long(_decode, packet, n_bytes)
        if event is not None and event[1]:
            link.acknowledge(event[1])
        if link.client.opening is not None:
            await link.open()
        elif link.client.claim is not None:
            await link.recognise()


def _refused(why: str, code: str) -> Exception:
    refusal: Exception = socketio.exceptions.ConnectionRefusedError(why, {"code": code})
    return refusal


def _as_it_is(chunk: AudioChunk) -> Message:
    return chunk


def _decode(packet: str) -> Message:
    return JSON.decode_packet(packet[packet.index("[") :])


def _refuse_packet(_packet: str) -> Message:
    raise RefusedError("BAD_FRAME", "a packet must be an event of the default namespace")
