"""Live play over Socket.IO: the standard npm client as it is, and clients that misbehave."""

import asyncio
import io
import json
import shutil
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSMsgType

from server import socketio
from server.auth import local_user
from server.keys import HUB, STORE

NPM = Path(__file__).resolve().parent.parent / "npm"
WAIT_SEC = 20.0
POLLING = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"


@pytest.fixture
def run_client():
    """Run the script of the standard client; gives what it printed."""
    if shutil.which("node") is None or not (NPM / "node_modules").is_dir():
        pytest.skip("Node.js or tests/npm/node_modules is absent")

    async def run(*arguments):
        process = await asyncio.create_subprocess_exec(
            "node", "client.js", *arguments, cwd=NPM, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asyncio.wait_for(process.communicate(), WAIT_SEC)
        return json.loads(out)

    return run


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_the_standard_client_plays_through_every_event(start_server, run_client, transport):
    server = await start_server()
    told = await run_client(server.url, transport)
    assert told["transport"] == transport
    heard = told["heard"]
    feedback = [data for event, data in heard if event == "feedback"]
    first = [(data["result"], data["playedIndex"]) for data in feedback[:4]]
    assert first == [("correct", 0), ("late", 1), ("missed", None), ("extra", 2)]
    played = [data["playedIndex"] for data in feedback if data["playedIndex"] is not None]
    assert played == [*range(3), *range(40)]
    codes = [data["code"] for event, data in heard if event == "error"]
    assert codes == ["WRONG_ORDER", "UNKNOWN_EVENT", "NOT_AVAILABLE"]
    events = {event for event, _ in heard}
    assert events >= {"session_started", "stats_update", "position", "session_ended", "auth_error"}
    kept = {take.source: take.status for take in await server.app[STORE].list()}
    assert set(kept) <= {"socketio"}


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_a_token_in_the_handshake_says_who_plays(start_server, run_client, transport):
    server = await start_server(guests=False)
    user = local_user("Ada")
    told = await run_client(server.url, transport, server.app[HUB].tokens.issue(user, days=1))
    assert told["heard"][0] == ["authenticated", {"userId": user.id}]
    assert told["heard"][-1][0] == "session_ended"


async def test_a_bad_token_in_the_handshake_is_a_connect_error(start_server, run_client):
    told = await run_client((await start_server()).url, "websocket", "nonsense")
    assert told["refused"] == "the token is not one of this server's"
    assert told["data"] == {"code": "INVALID_TOKEN"}


async def open_session(http, url):
    """Open a polling session by hand, joined to the default namespace; gives its URL."""
    async with http.get(url + POLLING) as response:
        sid = json.loads((await response.text())[1:])["sid"]
    url = f"{url}{POLLING}&sid={sid}"
    await post(http, url, "40")
    async with http.get(url) as response:
        assert (await response.text()).startswith("40")
    return url


async def post(http, url, body):
    async with http.post(url, data=io.BytesIO(body.encode())) as response:
        return response.status, await response.text()


async def test_a_long_list_of_notes_arrives_whole_by_polling(start_server, http):
    url = await open_session(http, (await start_server()).url)
    notes = [{"midiNote": 60, "startTime": 125.0 * k, "duration": 100.0} for k in range(5000)]
    wish = json.dumps(["start_session", {"expectedNotes": notes, "tempo": 120}])
    assert len(wish) > 250_000  # more than one read from the network
    assert await post(http, url, "42" + wish) == (200, "OK")
    async with http.get(url) as response:
        assert '"totalNotes":5000' in await response.text()


async def test_a_body_over_the_limit_is_refused(start_server, http):
    url = await open_session(http, (await start_server()).url)
    status, text = await post(http, url, "42" + "x" * socketio.MESSAGE_MAX_BYTES)
    assert (status, json.loads(text)["code"]) == (413, "REQUEST_ENTITY_TOO_LARGE")


@pytest.mark.parametrize(
    "packet",
    ["", "9", "4", "42", "42[]", '42["a"', "42[{}]", '42["note_played",1,2]', "45-", "4" * 99],
)  # fmt: skip
async def test_a_bad_packet_by_polling_harms_nobody(start_server, http, packet):
    server = await start_server()
    url, other = [await open_session(http, server.url) for _ in range(2)]
    await post(http, url, packet)
    await post(http, other, '42["end_session"]')
    async with http.get(other) as response:
        assert "WRONG_ORDER" in await response.text()


@pytest.mark.parametrize("frame", ["garbage", b"\x00\x01", "4" + "[" * 50_000, "40garbage"])
async def test_a_bad_frame_by_websocket_ends_that_connection_at_once(start_server, http, frame):
    server = await start_server()
    async with http.ws_connect(server.url + WEBSOCKET) as socket:
        await socket.receive(WAIT_SEC)
        await socket.send_str("40")
        assert (await socket.receive(WAIT_SEC)).data.startswith("40")
        assert len(server.app[HUB].links) == 1
        await (socket.send_bytes if isinstance(frame, bytes) else socket.send_str)(frame)
        await socket.send_str("6garbage")
        await socket.send_str("x")
        async with asyncio.timeout(WAIT_SEC):
            while (await socket.receive()).type is WSMsgType.TEXT:
                pass
    async with asyncio.timeout(WAIT_SEC):
        while server.app[HUB].links:
            await asyncio.sleep(0.01)


async def test_events_named_like_the_librarys_own_change_nobodys_identity(start_server, http):
    server = await start_server(guests=False)
    token = server.app[HUB].tokens.issue(local_user("Ada"), days=1)
    url = await open_session(http, server.url)
    await post(http, url, f'42["connect",{{}},{{"token":"{token}"}}]')
    assert len(server.app[HUB].links) == 1
    await post(http, url, '42["end_session"]')
    async with http.get(url) as response:
        assert "UNAUTHENTICATED" in await response.text()
    await post(http, url, f'42["authenticate",{{"token":"{token}"}}]')
    async with http.get(url) as response:
        assert "authenticated" in await response.text()


async def test_a_client_that_does_not_poll_is_dropped(start_server, http, monkeypatch):
    monkeypatch.setattr(socketio, "UNSENT_MAX_MESSAGES", 10)
    monkeypatch.setattr(socketio, "CLOSE_GRACE_SEC", 0.05)
    server = await start_server()
    url = await open_session(http, server.url)
    await post(http, url, "\x1e".join(['42["sing"]'] * 20))
    assert not server.app[HUB].links
    assert server.app[HUB].metrics.dropped == {"too_slow": 1}


async def test_connections_that_never_join_count_too(start_server, http):
    server = await start_server(max_connections=2)
    for expected in (200, 200, 503):
        async with http.get(server.url + POLLING) as response:
            assert response.status == expected


async def test_a_page_from_elsewhere_cannot_connect(start_server, http):
    server = await start_server()
    async with http.get(
        server.url + POLLING, headers={"Origin": "http://evil.example"}
    ) as response:
        assert (response.status, (await response.json())["code"]) == (403, "ORIGIN_NOT_ALLOWED")


async def test_a_page_of_the_list_may_connect(start_server, http):
    server = await start_server(origins=("https://game.example",))
    origin = {"Origin": "https://game.example"}
    async with http.get(server.url + POLLING, headers=origin) as response:
        assert response.status == 200
        assert response.headers["Access-Control-Allow-Origin"] == "https://game.example"


async def test_a_server_that_stops_says_goodbye(start_server, http):
    server = await start_server()
    async with http.ws_connect(server.url + WEBSOCKET) as socket:
        await socket.receive(WAIT_SEC)
        await socket.send_str("40")
        await socket.receive(WAIT_SEC)
        stopping = asyncio.create_task(server.runner.cleanup())
        assert '"code":"GOING_AWAY"' in (await socket.receive(WAIT_SEC)).data
    await stopping
