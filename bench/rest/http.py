"""Just enough HTTP to cost less than the server that is measured: one kept connection."""

import asyncio
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import msgspec

_LENGTH = b"content-length:"
_EMPTY = (204, 304)


class Ask(msgspec.Struct, frozen=True):
    """One request: a path below the server's address, and a body where it has one."""

    method: str
    path: str
    body: str = ""

    def encoded(self, host: str, token: str) -> bytes:
        """Lay it out as it goes over the wire."""
        body = self.body.encode()
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: {host}\r\n"
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"\r\n" + body


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class Connection(asyncio.Protocol):
    """A kept connection; one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport

    @classmethod
    async def open(cls, url: str) -> "Connection":
        """Connect to the server of a URL."""
        place = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(cls, place.hostname or "", place.port or 80)
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's only looks like one

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits for an answer gets none."""
        self._fail(ConnectionError(f"the server closed the connection: {exc}"))

    def data_received(self, data: bytes) -> None:
        """Give the answer once it is whole."""
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        status = int(head[9:12])
        length = 0 if status in _EMPTY else _length_of(head)
        if len(rest) >= length and self._answer is not None and not self._answer.done():
            self._buffer = rest[length:]
            self._answer.set_result(Answer(status, rest[:length]))

    async def ask(self, request: bytes) -> Answer:
        """Send a request and wait for its answer.

        Raises
        ------
        ConnectionError
            If the server closed the connection instead.
        """
        if self._transport.is_closing():
            raise ConnectionError("the server has closed the connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


def _length_of(head: bytes) -> int:
    """The length that the head of an answer tells; all answers that are measured have one."""
    lower = head.lower()
    at = lower.index(_LENGTH) + len(_LENGTH)
    return int(lower[at:].split(b"\r\n", 1)[0])
