"""One WebSocket of a room's member, opened again whenever it is lost."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec

from server.roomclient.errors import RoomError
from server.roomclient.messages import Frame, read_frame

FIRST_RETRY_SEC = 0.5
LONGEST_RETRY_SEC = 15.0
HEARTBEAT_SEC = 10.0  # a server that says nothing for so long and half of it again has gone
PATIENCE_SEC = 10.0  # for an answer
UNSENT_MAX = 256  # events that wait for the network
UNAUTHENTICATED = 4401  # closed for want of a good token: trying again changes nothing
FINAL_STATUSES = (400, 401, 403, 404)  # of a handshake: trying again changes nothing

_encode = msgspec.json.Encoder().encode


class Connection:
    """Sends and receives events.

    Parameters
    ----------
    http : aiohttp.ClientSession
        Opens sockets.
    url : str
        Of the plain WebSocket.
    token : str or None
        Shown whenever a connection opens.
    receive : callable
        Takes each event and when it came, in ms of ``now_ms``; what it returns is sent at once.
    opened, lost : callable
        Called when events may be sent, and when they may not; ``lost`` takes the reason and the
        seconds until the next try.
    now_ms : callable
        The clock.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        token: str | None,
        receive: Callable[[Frame, float], tuple[str, dict[str, Any]] | None],
        opened: Callable[[], None],
        lost: Callable[[str, float], None],
        now_ms: Callable[[], float],
    ) -> None:
        self._http = http
        self._url = url
        self._token = token
        self._receive = receive
        self._opened = opened
        self._lost = lost
        self._now_ms = now_ms
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._unsent: asyncio.Queue[bytes] = asyncio.Queue()
        self._is_ready = False
        self._is_closing = False
        self._retry_sec = FIRST_RETRY_SEC

    def send(self, event: str, data: dict[str, Any]) -> bool:
        """Send an event; False if there is nobody to send it to."""
        if not self._is_ready or self._unsent.qsize() >= UNSENT_MAX:
            return False
        self._unsent.put_nowait(_encode({"event": event, "data": data}))
        return True

    async def run(self) -> None:
        """Keep a connection until :meth:`close`.

        Raises
        ------
        RoomError
            If the server will not have this client, however often it tries.
        """
        while not self._is_closing:
            reason = "the server closed the connection"
            try:
                await self._run_once()
            except aiohttp.WSServerHandshakeError as error:
                if error.status in FINAL_STATUSES:
                    raise RoomError("REFUSED", f"{self._url} refuses: {error.message}") from None
                reason = f"the server answered {error.status}"
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                reason = str(error) or "the server does not answer"
            finally:
                self._is_ready, self._socket = False, None
            if not self._is_closing:
                wait_sec = self._retry_sec * random.uniform(0.8, 1.2)
                self._lost(reason, wait_sec)
                self._retry_sec = min(2 * self._retry_sec, LONGEST_RETRY_SEC)
                await asyncio.sleep(wait_sec)

    async def close(self) -> None:
        """Send what waits, then leave."""
        self._is_closing = True
        if self._socket is not None:
            if self._is_ready:
                async with asyncio.timeout(PATIENCE_SEC):
                    await self._unsent.join()
            await self._socket.close()

    async def _run_once(self) -> None:
        opening = self._http.ws_connect(self._url, heartbeat=HEARTBEAT_SEC, max_msg_size=1 << 20)
        async with asyncio.timeout(PATIENCE_SEC):
            socket = self._socket = await opening
        async with socket:
            if self._token is not None:
                await self._authenticate(socket, self._token)
            self._unsent = asyncio.Queue()
            self._is_ready, self._retry_sec = True, FIRST_RETRY_SEC
            self._opened()
            writer = asyncio.create_task(self._write(socket))
            try:
                await self._read(socket)
            finally:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)

    async def _authenticate(self, socket: aiohttp.ClientWebSocketResponse, token: str) -> None:
        """Say who this is; raises RoomError where the server does not believe it."""
        await socket.send_str(_encode({"event": "authenticate", "data": {"token": token}}).decode())
        async with asyncio.timeout(PATIENCE_SEC):
            while True:
                message = await socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise RoomError("UNAUTHENTICATED", "the server closed on this token")
                frame = read_frame(message.data)
                if frame.event == "authenticated":
                    return
                if frame.event in ("auth_error", "error"):
                    raise RoomError("UNAUTHENTICATED", str(frame.data.get("message", "no reason")))

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        receive, now_ms = socket.receive, self._now_ms
        while True:
            message = await receive()
            came_ms = now_ms()
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            answer = self._receive(read_frame(message.data), came_ms)
            if answer is not None:
                event, data = answer
                await socket.send_str(_encode({"event": event, "data": data}).decode())
        if socket.close_code == UNAUTHENTICATED:
            raise RoomError("UNAUTHENTICATED", "the server wants a good token: give --token")

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            payload = await self._unsent.get()
            await socket.send_str(payload.decode())
            self._unsent.task_done()
