"""Live play over the plain WebSocket: a real server, a real client, both spellings."""

import asyncio
import json
import threading
from socket import SO_SNDBUF, SOL_SOCKET

import aiohttp
import msgpack
import pytest
from aiohttp import WSMsgType, web
from structlog.testing import capture_logs

from server import limits, ws
from server.auth import local_user
from server.keys import HUB, STORE
from server.limits import MESSAGE_MAX_BYTES, Close
from server.live import hub, link
from server.live.codec import JSON, Codec

WAIT_SEC = 60.0
TUNE = [{"midiNote": 60 + k, "startTime": 500 * k, "duration": 500} for k in range(4)]


class Socket:
    """A client of the plain WebSocket."""

    def __init__(self, socket):
        self.socket = socket
        self.is_packed = socket.protocol == "msgpack"

    async def tell(self, event, **data):
        frame = {"event": event, "data": data}
        if self.is_packed:
            await self.socket.send_bytes(msgpack.packb(frame))
        else:
            await self.socket.send_str(json.dumps(frame))

    async def hear(self, wanted=None):
        """The next event; with ``wanted``, the next of that name."""
        while True:
            message = await self.socket.receive(WAIT_SEC)
            expected = WSMsgType.BINARY if self.is_packed else WSMsgType.TEXT
            assert message.type is expected, message
            unpack = msgpack.unpackb if self.is_packed else json.loads
            frame = unpack(message.data)
            if wanted in (None, frame["event"]):
                return frame["event"], frame["data"]

    async def close_code(self):
        """What the server closes with, whatever it says before."""
        while True:
            message = await self.socket.receive(WAIT_SEC)
            if message.type is WSMsgType.CLOSE:
                return message.data
            if message.type in (WSMsgType.CLOSED, WSMsgType.ERROR):
                return self.socket.close_code

    async def start(self, **wishes):
        await self.tell("start_session", **{"expectedNotes": TUNE, "tempo": 120, **wishes})
        return (await self.hear("session_started"))[1]["sessionId"]

    async def play(self, pitch, at_ms):
        await self.tell("note_played", midiNote=pitch, velocity=64, timestamp=at_ms)
        return (await self.hear("feedback"))[1]


@pytest.fixture
async def connect():
    """Open any number of WebSockets."""
    sockets = []
    async with aiohttp.ClientSession() as session:

        async def open_one(server, protocols=(), **options):
            url = f"{server.url}/api/v1/ws"
            socket = await session.ws_connect(url, protocols=protocols, **options)
            sockets.append(socket)
            return Socket(socket)

        yield open_one
        for socket in sockets:
            await socket.close()


async def status_of(store, take_id):
    """The status of a take, once the keeper has written its end."""
    async with asyncio.timeout(WAIT_SEC):
        while True:
            kept = {take.id: take.status for take in await store.list()}
            if kept.get(take_id, "running") != "running":
                return kept[take_id]
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("protocols", [(), ("msgpack",)], ids=["json", "msgpack"])
async def test_a_session_from_start_to_summary_is_kept(start_server, connect, protocols):
    server = await start_server()
    socket = await connect(server, protocols)
    take_id = await socket.start()
    for k in range(4):
        feedback = await socket.play(60 + k, 500.0 * k)
        assert (feedback["result"], feedback["playedIndex"]) == ("correct", k)
        assert (await socket.hear("stats_update"))[1]["notesPlayed"] == k + 1
    await socket.tell("end_session")
    _, ended = await socket.hear("session_ended")
    assert (ended["overallScore"], ended["sessionId"]) == (100.0, take_id)
    assert await status_of(server.app[STORE], take_id) == "finished"


async def test_a_shipped_piece_is_played_by_its_name(start_server, connect):
    socket = await connect(await start_server())
    await socket.start(expectedNotes=None, songId="ode-to-joy", mode="follow")
    feedback = await socket.play(64, 0.0)
    assert feedback["result"] == "correct"


async def test_two_clients_play_at_once_and_hear_only_their_own(start_server, connect):
    server = await start_server()
    one, two = await connect(server), await connect(server, ("msgpack",))
    assert await one.start() != await two.start()
    for k in range(3):
        assert (await one.play(60 + k, 500.0 * k))["playedIndex"] == k
        assert (await two.play(90, 500.0 * k))["result"] == "wrong_note"
    await one.tell("end_session")
    assert (await one.hear("session_ended"))[1]["accuracy"] == 100.0


async def test_time_alone_tells_what_was_missed(start_server, connect):
    socket = await connect(await start_server())
    await socket.start(extendedResults=True)
    await socket.play(60, 0.0)
    _, missed = await socket.hear("feedback")
    assert (missed["result"], missed["playedNote"]) == ("missed", None)
    assert missed["expectedNote"]["midiNote"] == 61


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("nonsense", "BAD_FRAME"),
        ("[" * 100_000, "BAD_FRAME"),
        (json.dumps({"event": "x" * 1_000_000, "data": {}}), "UNKNOWN_EVENT"),
        ('{"event": "note_played", "data": {"midiNote": 60, "timestamp": 0}}', "WRONG_ORDER"),
        (b"\x00" * 100, "WRONG_ORDER"),
    ],
    ids=["garbage", "deep", "1 MB", "order", "binary"],
)  # fmt: skip
async def test_a_bad_frame_is_answered_and_the_connection_lives_on(
    start_server, connect, frame, code
):
    socket = await connect(await start_server())
    await (socket.socket.send_bytes if isinstance(frame, bytes) else socket.socket.send_str)(frame)
    event, error = await socket.hear()
    assert (event, error["code"]) == ("error", code)
    assert len(error["message"]) < 300
    await socket.start()


async def test_text_is_refused_where_messagepack_was_agreed(start_server, connect):
    socket = await connect(await start_server(), ("msgpack",))
    await socket.socket.send_str("{}")
    assert (await socket.hear())[1]["code"] == "BAD_FRAME"
    await socket.start()


async def test_a_message_over_the_limit_closes_the_connection(start_server, connect):
    socket = await connect(await start_server())
    await socket.socket.send_str("x" * (MESSAGE_MAX_BYTES + 1))
    assert await socket.close_code() == Close.TOO_LARGE


async def test_a_client_that_does_not_read_is_dropped(start_server, connect, monkeypatch):
    monkeypatch.setattr(ws, "UNSENT_MAX_BYTES", 10_000)
    monkeypatch.setattr(ws, "CLOSE_GRACE_SEC", 0.1)
    server = await start_server(messages_per_sec=1_000_000)
    socket = await connect(server)
    socket.socket._response.connection.transport.pause_reading()
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(WAIT_SEC):
            while True:
                await socket.tell("sing")
    assert server.app[HUB].metrics.dropped == {"too_slow": 1}


async def test_too_many_messages_are_refused_and_then_the_client_is_cut_off(
    start_server, connect, monkeypatch
):
    monkeypatch.setattr(link, "REFUSED_MAX", 50)
    server = await start_server(messages_per_sec=10)
    socket = await connect(server)
    for _ in range(100):
        await socket.tell("end_session")
    codes = [(await socket.hear("error"))[1]["code"] for _ in range(21)]
    assert codes.count("WRONG_ORDER") >= 20 and codes[-1] in ("RATE_LIMITED", "WRONG_ORDER")
    assert await socket.close_code() == Close.RATE_LIMITED


async def test_a_take_of_a_client_that_vanishes_is_kept_as_interrupted(start_server, connect):
    server = await start_server()
    socket = await connect(server)
    take_id = await socket.start()
    await socket.play(60, 0.0)
    socket.socket._response.connection.transport.abort()
    assert await status_of(server.app[STORE], take_id) == "interrupted"
    again = await connect(server)
    assert await again.start() != take_id


async def test_a_server_that_stops_says_so_and_keeps_running_takes(start_server, connect, tmp_path):
    server = await start_server()
    socket = await connect(server)
    take_id = await socket.start()
    await socket.play(60, 0.0)
    stopping = asyncio.create_task(server.runner.cleanup())
    assert await socket.close_code() == Close.GOING_AWAY
    await stopping
    other = await start_server()
    assert await status_of(other.app[STORE], take_id) == "interrupted"


async def test_where_guests_are_not_let_in_a_token_opens_the_door(start_server, connect):
    server = await start_server(guests=False)
    user = local_user("Ada")
    token = server.app[HUB].tokens.issue(user, days=1)
    socket = await connect(server)
    await socket.tell("start_session", expectedNotes=TUNE)
    assert (await socket.hear())[1]["code"] == "UNAUTHENTICATED"
    await socket.tell("authenticate", token=token[:-2])
    assert (await socket.hear())[0] == "auth_error"
    await socket.tell("authenticate", token=token)
    assert await socket.hear() == ("authenticated", {"userId": user.id})
    take_id = await socket.start()
    await socket.play(60, 0.0)
    await socket.tell("end_session")
    await status_of(server.app[STORE], take_id)
    assert [take.user_id for take in await server.app[STORE].list()] == [user.id]


async def test_a_token_in_the_header_is_told_at_once_and_a_bad_one_refused(start_server, connect):
    server = await start_server(guests=False)
    token = server.app[HUB].tokens.issue(local_user("Ada"), days=1)
    socket = await connect(server, headers={"Authorization": f"Bearer {token}"})
    assert (await socket.hear())[0] == "authenticated"
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await connect(server, headers={"Authorization": "Bearer nonsense"})
    assert caught.value.status == 401


async def test_a_stranger_has_so_long_and_so_many_tries(start_server, connect, monkeypatch):
    monkeypatch.setattr(link, "AUTH_TIMEOUT_SEC", 0.05)
    server = await start_server(guests=False)
    assert await (await connect(server)).close_code() == Close.UNAUTHENTICATED
    monkeypatch.setattr(link, "AUTH_TIMEOUT_SEC", WAIT_SEC)
    socket = await connect(server)
    for _ in range(limits.AUTH_ATTEMPTS):
        await socket.tell("authenticate", token="nonsense")
        assert (await socket.hear())[0] == "auth_error"
    assert await socket.close_code() == Close.UNAUTHENTICATED


async def test_a_full_server_lets_nobody_more_in(start_server, connect):
    server = await start_server(max_connections=1)
    first = await connect(server)
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await connect(server)
    assert caught.value.status == 503
    await first.start()


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1"])
async def test_a_page_from_elsewhere_cannot_connect(start_server, connect, origin):
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await connect(await start_server(), origin=origin)
    assert caught.value.status == 403


async def test_pages_of_the_server_and_of_the_list_can_connect(start_server, connect):
    server = await start_server(origins=("https://game.example",))
    for origin in (server.url, "https://game.example"):
        await (await connect(server, origin=origin)).start()


async def test_an_error_of_the_servers_own_is_told_without_its_trace(
    start_server, connect, monkeypatch
):
    def fail(*_):
        raise ZeroDivisionError("secret")

    server = await start_server()
    socket = await connect(server)
    take_id = await socket.start()
    await socket.play(60, 0.0)
    monkeypatch.setattr("server.live.session.Session.play", fail)
    await socket.tell("note_played", midiNote=62, timestamp=500)
    _, error = await socket.hear("error")
    assert (error["code"], "secret" in error["message"]) == ("INTERNAL", False)
    assert await socket.close_code() == Close.INTERNAL
    assert await status_of(server.app[STORE], take_id) == "interrupted"


async def test_who_leaves_during_the_handshake_is_no_failure(start_server, connect, monkeypatch):
    prepare = web.WebSocketResponse.prepare
    failures = []

    async def leave(socket, request):
        request.transport.abort()
        try:
            return await prepare(socket, request)
        except ConnectionError as error:
            failures.append(error)
            raise

    monkeypatch.setattr(web.WebSocketResponse, "prepare", leave)
    server = await start_server()
    with capture_logs() as logs:
        with pytest.raises(aiohttp.ClientConnectionError):
            await connect(server)
        await server.runner.cleanup()
    assert failures
    assert logs == []


async def until(is_so):
    async with asyncio.timeout(WAIT_SEC):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_a_ping_is_answered_and_a_flood_of_them_refused(start_server, connect, monkeypatch):
    monkeypatch.setattr(link, "REFUSED_MAX", 50)
    server = await start_server(messages_per_sec=10)
    socket = await connect(server, autoping=False)
    for _ in range(200):
        await socket.socket.ping(b"x" * 100)
    kinds = [(await socket.socket.receive(WAIT_SEC)).type for _ in range(22)]
    assert kinds.count(WSMsgType.PONG) in (20, 21)
    assert await socket.close_code() == Close.RATE_LIMITED


async def test_who_pings_and_does_not_read_is_dropped(start_server, connect, monkeypatch):
    monkeypatch.setattr(ws, "UNSENT_MAX_BYTES", 10_000)
    monkeypatch.setattr(ws, "CLOSE_GRACE_SEC", 0.1)
    server = await start_server(messages_per_sec=1_000_000)
    socket = await connect(server)
    socket.socket._response.connection.transport.pause_reading()
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(WAIT_SEC):
            while True:
                await socket.socket.ping(b"x" * 100)
    assert server.app[HUB].metrics.dropped == {"too_slow": 1}


async def test_no_ping_is_answered_once_the_connection_closes(start_server, connect, monkeypatch):
    written = []
    write = ws.SocketLink._write_control

    def note_write(link, opcode, payload):
        written.append(opcode)
        write(link, opcode, payload)

    monkeypatch.setattr(ws.SocketLink, "_write_control", note_write)
    server = await start_server()
    socket = await connect(server)
    next(iter(server.app[HUB].links)).close(Close.GOING_AWAY)
    await socket.socket.ping()
    assert await socket.close_code() == Close.GOING_AWAY
    await until(lambda: not server.app[HUB].links)
    assert written == [WSMsgType.CLOSE]


def narrow(server):
    """Let the system take next to nothing for the one client that it has not read."""
    (link,) = server.app[HUB].links
    link._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)


async def test_a_client_without_a_word_is_asked_and_then_dropped(
    start_server, connect, monkeypatch
):
    monkeypatch.setattr(hub, "PING_INTERVAL_SEC", 0.2)
    server = await start_server()
    answering, deaf = await connect(server), await connect(server, autoping=False)
    hearing = asyncio.create_task(answering.socket.receive())
    assert (await deaf.socket.receive(WAIT_SEC)).type is WSMsgType.PING
    assert (await deaf.socket.receive(WAIT_SEC)).type is not WSMsgType.PING
    await until(lambda: len(server.app[HUB].links) == 1)
    await asyncio.sleep(0.7)  # several rounds of questions
    assert len(server.app[HUB].links) == 1
    hearing.cancel()


async def test_what_a_stranger_says_at_length_is_not_even_read(start_server, connect):
    server = await start_server(guests=False)
    socket = await connect(server)
    await socket.socket.send_str("x" * (limits.STRANGER_MAX_BYTES + 1))
    assert (await socket.hear("error"))[1]["code"] == "UNAUTHENTICATED"
    await socket.socket.send_str("x")
    assert (await socket.hear("error"))[1]["code"] == "BAD_FRAME"


@pytest.mark.parametrize("names", [("midiNote", "startTime"), ("midi_note", "start_time")])
async def test_a_long_list_is_read_in_a_thread_and_notes_after_it_wait(
    start_server, connect, monkeypatch, names
):
    threads = []

    def decode(frame):
        threads.append(threading.current_thread())
        return Codec.decode(JSON, frame)

    monkeypatch.setattr(JSON, "decode", decode)
    socket = await connect(await start_server())
    notes = [dict(zip(names, (60, 125.0 * k), strict=True)) for k in range(20_000)]
    await socket.tell("start_session", expectedNotes=notes, tempo=120)
    await socket.tell("note_played", midiNote=60, timestamp=0)
    assert (await socket.hear())[1]["totalNotes"] == 20_000
    assert (await socket.hear())[1]["result"] == "correct"
    assert [thread is threading.main_thread() for thread in threads] == [False, True]


async def test_the_longest_list_of_notes_fits_a_low_rate(start_server, connect):
    socket = await connect(await start_server(messages_per_sec=100))
    notes = [{"midiNote": 60, "startTime": 125.0 * k, "duration": 100.0} for k in range(20_000)]
    await socket.start(expectedNotes=notes)


async def test_a_long_answer_reaches_a_client_that_reads_it(start_server, connect, monkeypatch):
    monkeypatch.setattr(ws, "UNSENT_MAX_BYTES", 100_000)
    server = await start_server()
    socket = await connect(server)
    narrow(server)
    notes = [{"midiNote": 60, "startTime": 125.0 * k} for k in range(20_000)]
    await socket.start(expectedNotes=notes, extendedResults=True)
    await socket.play(60, 0.0)
    await socket.tell("note_played", midiNote=60, timestamp=125.0 * 19_999)
    missed = [(await socket.hear("feedback"))[1] for _ in range(19_990)]
    onsets = [told["expectedNote"]["startTime"] for told in missed]
    assert onsets == [125.0 * k for k in range(1, 19_991)]
    while (await socket.hear("feedback"))[1]["playedIndex"] != 1:
        pass


async def test_a_long_answer_that_nobody_reads_ends_the_connection(
    start_server, connect, monkeypatch
):
    monkeypatch.setattr(link, "STALLED_MAX_SEC", 0.1)
    monkeypatch.setattr(ws, "CLOSE_GRACE_SEC", 0.1)
    server = await start_server()
    socket = await connect(server)
    notes = [{"midiNote": 60, "startTime": 125.0 * k} for k in range(20_000)]
    await socket.start(expectedNotes=notes, extendedResults=True)
    await socket.play(60, 0.0)
    narrow(server)
    transport = socket.socket._response.connection.transport
    transport.pause_reading()
    await socket.tell("note_played", midiNote=60, timestamp=125.0 * 19_999)
    await until(lambda: not server.app[HUB].links)
    assert server.app[HUB].metrics.dropped == {"too_slow": 1}
    transport.abort()  # who does not read waits long for the end of what he was sent
