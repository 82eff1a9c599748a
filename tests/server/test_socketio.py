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
WAIT_SEC = 60.0
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
    assert codes == ["WRONG_ORDER", "UNKNOWN_EVENT", "INVALID_PAYLOAD"]
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


async def test_acknowledgements_that_nobody_polls_for_count(start_server, http, monkeypatch):
    monkeypatch.setattr(socketio, "UNSENT_MAX_MESSAGES", 10)
    server = await start_server()
    url = await open_session(http, server.url)
    await post(http, url, "42" + json.dumps(["start_session", {"songId": 1}]))
    note = '421["note_released",{"midiNote":60,"timestamp":0}]'
    await post(http, url, "\x1e".join([note] * 20))
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


def notes_of(n):
    return [{"midiNote": 60, "startTime": 125.0 * k, "duration": 100.0} for k in range(n)]


async def poll_until(http, url, wanted):
    """Poll until a packet holds these words; gives all packets."""
    packets = []
    async with asyncio.timeout(WAIT_SEC):
        while not any(wanted in packet for packet in packets):
            async with http.get(url) as response:
                packets += (await response.text()).split("\x1e")
                assert response.status == 200, packets
    return packets


async def test_what_comes_while_a_session_opens_waits_for_it(start_server, http):
    server = await start_server()
    url = await open_session(http, server.url)
    wish = json.dumps(["start_session", {"expectedNotes": notes_of(20_000)}])
    starting = asyncio.create_task(post(http, url, "42" + wish))
    (link,) = server.app[HUB].links
    async with asyncio.timeout(WAIT_SEC):
        while not link.turn.locked():
            await asyncio.sleep(0)
    note = '42["note_played",{"midiNote":60,"timestamp":0}]'
    await asyncio.gather(starting, *(post(http, url, note) for _ in range(4)))
    packets = await poll_until(http, url, '"playedIndex":3')
    assert [packet for packet in packets if "session_started" in packet] == packets[:1]
    assert server.app[HUB].metrics.n_sessions == 1


async def test_a_connection_that_nobody_joins_is_closed(start_server, http, monkeypatch):
    monkeypatch.setattr(socketio, "AUTH_TIMEOUT_SEC", 0.2)
    monkeypatch.setattr(socketio, "CLOSE_GRACE_SEC", 0.1)
    server = await start_server()
    joined = await open_session(http, server.url)
    async with http.get(server.url + POLLING) as response:
        sid = json.loads((await response.text())[1:])["sid"]
    async with http.ws_connect(server.url + WEBSOCKET) as socket:
        await socket.receive(WAIT_SEC)
        assert (await socket.receive(WAIT_SEC)).type is not WSMsgType.TEXT
    async with http.get(f"{server.url}{POLLING}&sid={sid}") as response:
        assert response.status == 400 or await response.text() in ("", "1")
    await post(http, joined, '42["end_session"]')
    await poll_until(http, joined, "WRONG_ORDER")


@pytest.mark.parametrize("extra", ["&j=0", "&j"])
async def test_no_script_is_answered(start_server, http, extra):
    async with http.get((await start_server()).url + POLLING + extra) as response:
        assert (response.status, (await response.json())["code"]) == (400, "BAD_REQUEST")


async def test_what_a_page_from_elsewhere_embeds_is_refused(start_server, http):
    server = await start_server(origins=("https://game.example",))
    foreign = {"Sec-Fetch-Site": "cross-site"}
    async with http.get(server.url + POLLING, headers=foreign) as response:
        assert (response.status, (await response.json())["code"]) == (403, "ORIGIN_NOT_ALLOWED")
    foreign["Origin"] = "https://game.example"
    async with http.get(server.url + POLLING, headers=foreign) as response:
        assert response.status == 200


async def test_a_name_that_is_no_text_is_refused_and_the_connection_lives_on(start_server, http):
    url = await open_session(http, (await start_server()).url)
    assert await post(http, url, '42["\\ud800",{}]\x1e42["end_session"]') == (200, "OK")
    packets = await poll_until(http, url, "WRONG_ORDER")
    assert "BAD_FRAME" in packets[0]


async def test_what_a_stranger_says_at_length_is_not_even_read(start_server, http):
    url = await open_session(http, (await start_server(guests=False)).url)
    for packet in ("42[" + "[" * 10_000, "4" + "[" * 100_000, "42[0"):
        await post(http, url, packet)
    packets = await poll_until(http, url, '"code":"BAD_FRAME"')
    assert '"code":"UNAUTHENTICATED"' in packets[0]


async def test_a_long_packet_costs_what_it_is_long(start_server, http):
    url = await open_session(http, (await start_server(messages_per_sec=10)).url)
    wish = json.dumps(["sing", {"a": {"b": "x" * 100_000}}])
    for _ in range(2):
        await post(http, url, "42" + wish)
    packets = await poll_until(http, url, "RATE_LIMITED")
    assert "UNKNOWN_EVENT" in packets[0]


async def test_an_event_is_acknowledged_to_who_asks(start_server, http):
    url = await open_session(http, (await start_server()).url)
    await post(http, url, '4217["end_session"]')
    assert "4317[]" in await poll_until(http, url, "4317")


HOLE = '{"_placeholder":true,"num":0}'


@pytest.mark.parametrize(
    ("packets", "code"),
    [
        (f'451-["sing",{HOLE}]\x1ebAAAA', "INVALID_PAYLOAD"),
        ("bAAAA", "BAD_FRAME"),
        ("45-[]", "BAD_FRAME"),
        ('4512345-["audio_chunk"]', "BAD_FRAME"),
        (f'451-["audio_chunk",{HOLE}]\x1ebAAAA', "WRONG_ORDER"),
        (f'451-["audio_chunk",{HOLE}{" " * 9000}]\x1ebAAAA', "BAD_FRAME"),
    ],
    ids=["no sound", "out of the blue", "no number", "many", "too early", "long"],
)
async def test_bytes_that_are_no_sound_are_refused_and_the_connection_lives_on(
    start_server, http, packets, code
):
    url = await open_session(http, (await start_server()).url)
    await post(http, url, packets)
    await poll_until(http, url, f'"code":"{code}"')
    await post(http, url, '42["start_session",{"songId":1}]')
    await poll_until(http, url, "session_started")


async def test_bytes_are_acknowledged_with_their_event(start_server, http):
    url = await open_session(http, (await start_server()).url)
    start = {"sampleRate": 16_000, "format": "s16le", "timestamp": 0}
    await post(http, url, "42" + json.dumps(["start_audio", start]))
    await post(http, url, f'451-17["audio_chunk",{{"pcm":{HOLE}}}]\x1ebAAAA')
    assert "4317[]" in await poll_until(http, url, "4317")


async def test_a_long_answer_reaches_a_client_that_polls(start_server, http, monkeypatch):
    monkeypatch.setattr(socketio, "UNSENT_MAX_MESSAGES", 200)
    url = await open_session(http, (await start_server()).url)
    wish = {"expectedNotes": notes_of(3000), "extendedResults": True}
    await post(http, url, "42" + json.dumps(["start_session", wish]))
    for at_ms in (0, 125 * 2999):
        note = {"midiNote": 60, "timestamp": at_ms}
        await post(http, url, "42" + json.dumps(["note_played", note]))
    await post(http, url, '42["end_session",{}]')
    packets = await poll_until(http, url, "session_ended")
    assert sum('"missed"' in packet for packet in packets) == 2998
