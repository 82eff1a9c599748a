"""Bodies and heads that come slowly, over real sockets."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager, suppress
from itertools import chain
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from server.http import pace
from server.http.long_bodies import LONG_BODIES
from server.runner import make_runner

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOOK_SEC = 0.6
WAIT_SEC = 30.0
DRIBBLE_SEC = 0.05
KB = 1000


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Looks often, so that tests need not wait for half a minute."""
    monkeypatch.setattr(pace, "LOOK_SEC", LOOK_SEC)


@asynccontextmanager
async def connected(url):
    """A plain socket: what was answered can be read even when sending goes no further."""
    parts = urlsplit(url)
    with socket.socket() as connection:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, (parts.hostname, parts.port))
        yield connection


async def read_all(connection):
    """What comes to the end of the connection, which is soon; what was sent too late resets it."""
    told = b""
    async with asyncio.timeout(WAIT_SEC):
        with suppress(ConnectionResetError):
            while piece := await asyncio.get_running_loop().sock_recv(connection, 65536):
                told += piece
    return told


def head(path, token="", **headers):
    lines = [f"POST /api/v1/{path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def dribble(connection, pieces):
    """Send piece by piece, until the server has had enough."""
    with suppress(ConnectionError):
        for piece in pieces:
            await asyncio.get_running_loop().sock_sendall(connection, piece)
            await asyncio.sleep(DRIBBLE_SEC)


async def answer_to(url, start, pieces):
    """What is answered: status, head and body; then the connection is closed."""
    async with connected(url) as connection:
        sending = asyncio.create_task(dribble(connection, chain([start], pieces)))
        told = await read_all(connection)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    said, _, body = told.partition(b"\r\n\r\n")
    return int(said.split()[1]), said.decode().lower(), json.loads(body)


def byte_by_byte():
    while True:
        yield b" "


async def test_a_body_that_dribbles_is_refused_and_its_connection_closed(api):
    start = head("auth/login", Content_Length=KB)
    status, said, body = await answer_to(api.url, start, byte_by_byte())
    assert (status, body["code"], body["details"]) == (408, "REQUEST_TIMEOUT", None)
    assert "connection: close" in said


async def test_a_body_that_stands_still_after_a_good_beginning_gives_its_room_back(api):
    ada = await api.person("Ada")
    start = head("sessions/batch", ada.token, Content_Length=2_000_000)
    status, _, body = await answer_to(api.url, start + b" " * 1_000_000, [])
    assert (status, body["code"]) == (408, "REQUEST_TIMEOUT")
    assert api.app[LONG_BODIES].n_bytes == 0


@pytest.mark.parametrize("kind", ["audio/midi", "multipart/form-data; boundary=x"])
async def test_a_file_that_dribbles_is_refused(api, kind):
    ada = await api.person("Ada")
    start = head("songs", ada.token, Transfer_Encoding="chunked")
    start = start.replace(b"application/json", kind.encode())
    begin = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    first = begin if "form" in kind else b"MThd"
    start += b"%x\r\n%s\r\n" % (len(first), first)
    pieces = (b"1\r\n \r\n" for _ in byte_by_byte())
    status, _, body = await answer_to(api.url, start, pieces)
    assert (status, body["code"]) == (408, "REQUEST_TIMEOUT")


async def test_an_honest_slow_line_has_the_time_it_needs(api):
    ada = await api.person("Ada")
    body = json.dumps({"items": [], "filled": "x" * 150 * KB}).encode()
    size = int(64 * KB * DRIBBLE_SEC)  # 64 kB a second, for longer than three looks
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    start = head("sessions/batch", ada.token, Content_Length=len(body), Connection="close")
    status, _, told = await answer_to(api.url, start, pieces)
    assert status == 200, told


async def test_a_head_that_dribbles_is_cut(rest_settings, monkeypatch):
    monkeypatch.setattr(pace, "HEAD_SEC", LOOK_SEC)
    runner = make_runner(rest_settings)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with connected(f"http://127.0.0.1:{runner.addresses[0][1]}") as connection:
            pieces = chain([b"GET /health HTTP/1.1\r\nX-Long: "], byte_by_byte())
            sending = asyncio.create_task(dribble(connection, pieces))
            assert await read_all(connection) == b""
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    finally:
        await runner.cleanup()
