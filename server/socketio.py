"""Live play over Socket.IO at ``/socket.io/``, for its standard clients as they are."""

import asyncio
import logging
from typing import Any

import msgspec
import socketio
from aiohttp import web
from engineio.packet import MESSAGE, NOOP, Packet
from engineio.payload import Payload

from server.auth import User
from server.errors import ApiError, RefusedError, TokenError
from server.limits import (
    CLOSE_GRACE_SEC,
    HEARTBEAT_SEC,
    MESSAGE_MAX_BYTES,
    UNSENT_MAX_MESSAGES,
    Close,
)
from server.live.codec import to_message
from server.live.hub import Hub
from server.live.link import Link
from server.live.models import MAX_TOKEN_CHARS, ErrorReply, Message, Reply

PATH = "/socket.io/"
EVENT = "2"  # packet type of an event in the default namespace
# A polling client sends what gathered while the last request was under way in one; the library's
# 16 are fewer than a chord with its pedal.
PACKETS_A_POST = 1000

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
        self, hub: Hub, user: User | None, socket: Any, transports: dict[str, web.Request]
    ) -> None:
        super().__init__(hub, user)
        self._socket = socket
        self._transports = transports
        self.eio_sid: str = socket.sid

    def send(self, replies: list[Reply]) -> None:
        """Queue replies, in order; drops a client that does not read them."""
        socket = self._socket
        if self.is_closing or socket.closed:
            return
        encode = msgspec.json.encode
        for reply in replies:
            text = EVENT + encode((reply.event, reply)).decode()
            socket.queue.put_nowait(Packet(MESSAGE, text))
        if socket.queue.qsize() > UNSENT_MAX_MESSAGES:
            self.close(Close.TOO_SLOW)

    def check_alive(self) -> None:
        """Nothing: the library asks its clients itself."""

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
        Payload.max_decode_packets = PACKETS_A_POST
        self._server: Any = socketio.AsyncServer(
            async_mode="aiohttp",
            async_handlers=False,  # in the order they came
            cors_allowed_origins=[],  # checked for all of the server in one place
            max_http_buffer_size=MESSAGE_MAX_BYTES,
            http_compression=False,
            ping_interval=HEARTBEAT_SEC,
            logger=_quiet,
            engineio_logger=_quiet,
        )
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        self._server.on("*", self._receive)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one HTTP request: a poll, or a WebSocket for as long as it lasts."""
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
                await socket.close(wait=False, abort=True)
                socket.queue.put_nowait(None)  # ends its writer, which closes the WebSocket
        if request.transport is not None:
            request.transport.close()
        return web.Response(status=400)

    def _request_of(self, eio_sid: str) -> web.Request | None:
        """The request by which a client first came."""
        request: web.Request | None = None
        if eio_sid in self._server.environ:
            request = self._server.environ[eio_sid]["aiohttp.request"]
        return request

    def _connect(self, sid: str, _environ: Any, auth: Any = None) -> None:
        """Let a client in; a bad token or a full server is a connect error."""
        if sid in self._links:  # an event that happens to be called connect
            return
        user = self._user(auth)
        try:
            self._hub.admit()
        except ApiError as error:
            raise socketio.exceptions.ConnectionRefusedError(
                error.message, {"code": error.code}
            ) from None
        # No other name for a socket leads from here to its queue.
        eio_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        if (request := self._request_of(eio_sid)) is not None:
            self._transports.setdefault(eio_sid, request)
        link = SocketIoLink(self._hub, user, self._server.eio.sockets[eio_sid], self._transports)
        self._links[sid] = link
        self._hub.join(link)

    def _user(self, auth: Any) -> User | None:
        token = auth.get("token") if isinstance(auth, dict) else None
        if token is None:
            return None
        try:
            if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARS:
                raise TokenError("the token must be a text")
            return self._hub.tokens.verify(token)
        except TokenError as error:
            raise socketio.exceptions.ConnectionRefusedError(
                str(error), {"code": "INVALID_TOKEN"}
            ) from None

    def _disconnect(self, sid: str, _reason: Any = None) -> None:
        link = self._links.pop(sid, None)
        if link is not None:
            self._hub.leave(link)
            self._transports.pop(link.eio_sid, None)

    async def _receive(self, event: Any, sid: str, *data: Any) -> None:
        link = self._links.get(sid)
        if link is None:
            return
        try:
            link.receive(_decode, (event, data), _size(data))
            if link.client.opening is not None:
                await link.open()
        except Exception:
            link.fail()


def _decode(frame: tuple[Any, tuple[Any, ...]]) -> Message:
    event, data = frame
    if not isinstance(event, str) or len(data) > 1:
        raise RefusedError("BAD_FRAME", "an event carries one object")
    return to_message(event, data[0] if data else None)


def _size(data: tuple[Any, ...]) -> int:
    """About how many bytes an event was; only notes listed in one make it long."""
    if data and isinstance(data[0], dict):
        return sum(60 * len(value) for value in data[0].values() if isinstance(value, list))
    return 0


def routes(server: SocketIo) -> list[web.RouteDef]:
    """The routes of Socket.IO: polls, their preflight and the WebSocket."""
    return [web.get(PATH, server.handle), web.post(PATH, server.handle)]
