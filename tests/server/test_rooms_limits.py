"""What listening rooms cost and allow: codes, guesses, floods, crowds, and the deaf."""

import asyncio
import collections

import aiohttp
import pytest
from room_peers import ALL_CAPS, NearLink, Peer, Rest, SetClock, until

from server import limits, ws
from server.auth import local_user
from server.config import load_settings
from server.errors import ApiError, ConfigError
from server.http.visitor import network_of
from server.keys import HUB
from server.limits import Close
from server.rooms.codes import ALPHABET, new_code, read_code
from server.rooms.guesses import FORGIVEN_MS, MAX_ADDRESSES, MAX_WRONG, Guesses, house
from server.rooms.rooms import ABSENT_MS


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def near(start_server, clock):
    """Start a server with a clock that stands still; gives its hub."""

    async def start(**settings):
        return (await start_server(clock, **settings)).app[HUB]

    return start


def make(hub, account="guest", address="192.0.2.1", user_id="host"):
    return hub.rooms.create(account, address, user_id, "Ada", None)[0]


def joined(hub, code, user_id, role="client", **more):
    link = NearLink(hub, **more)
    link.join(code, user_id, role)
    assert link.take("error") == []
    return link


def test_codes_are_drawn_evenly_from_signs_that_nobody_confuses():
    assert not set("01ILOU") & set(ALPHABET)
    drawn = collections.Counter("".join(new_code(12) for _ in range(5000)))
    assert set(drawn) == set(ALPHABET)
    assert max(drawn.values()) < 1.25 * min(drawn.values())  # 2000 of each, give or take 45
    assert len({new_code(6) for _ in range(1000)}) > 990


def test_a_code_is_read_as_people_write_it():
    assert read_code(" abc-234 ") == "ABC234"
    for wrong in ("", "ABC2340", "ÄBC234", "abc\n234", "١٢٣"):
        assert read_code(wrong) == ""


@pytest.mark.parametrize("prefix", ["", "ETUDE_"])
def test_rooms_are_set_up_by_both_names(monkeypatch, prefix):
    monkeypatch.setenv(f"{prefix}SESSION_CODE_LENGTH", "8")
    monkeypatch.setenv(f"{prefix}SESSION_TIMEOUT_HOURS", "1.5")
    settings = load_settings()
    assert (settings.session_code_length, settings.session_timeout_hours) == (8, 1.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [("CODE_LENGTH", "3"), ("CODE_LENGTH", "13"), ("TIMEOUT_HOURS", "0"), ("TIMEOUT_HOURS", "nan")],
)
def test_wrong_settings_of_rooms_are_named(monkeypatch, name, value):
    monkeypatch.setenv(f"SESSION_{name}", value)
    with pytest.raises(ConfigError, match=f"session_{name.lower()}: "):
        load_settings()


def test_wrong_codes_are_counted_by_house_and_forgiven():
    guesses = Guesses()
    for _ in range(MAX_WRONG):
        guesses.check("2001:db8::1", 0.0)
        guesses.count("2001:db8::2", 0.0)
    with pytest.raises(ApiError) as caught:
        guesses.check("2001:db8::3", 0.0)
    said = caught.value
    assert (said.status, said.code) == (429, "RATE_LIMITED")
    wait = str(round(FORGIVEN_MS / 1000))
    assert said.headers == {
        "Retry-After": wait,
        "RateLimit-Limit": str(MAX_WRONG),
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": wait,
    }
    guesses.check("2001:db8:0:1::1", 0.0)
    guesses.check("2001:db8::1", FORGIVEN_MS)


def test_the_memory_for_wrong_codes_has_a_bound():
    guesses = Guesses()
    for k in range(MAX_ADDRESSES + 10):
        guesses.count(f"house {k}", 0.0)
    assert len(guesses._forgiven_ms) == MAX_ADDRESSES


def test_an_address_of_old_in_new_clothes_is_the_same():
    assert house("::ffff:192.0.2.1") == house("192.0.2.1") == "192.0.2.1"
    assert house("fe80::1%eth0") == house("fe80::2")


async def test_guesses_over_rest_and_both_sockets_are_counted_together(start_server, http):
    clock = SetClock()
    server = await start_server(clock)
    rest = Rest(http, server.url)
    made = await rest.make()
    code, key = made["sessionId"], made["memberKey"]
    shown = {"userId": "host", "userName": "Ada", "memberKey": key}
    assert (await rest.ask("POST", f"/{code}/join", shown))[0] == 200
    async with http.ws_connect(f"{server.url}/api/v1/ws") as socket:
        peer = Peer(socket)
        polling = f"{server.url}/socket.io/?EIO=4&transport=polling"
        async with http.get(polling) as response:
            sid = (await response.text()).split('"sid":"')[1].split('"')[0]
        polling += f"&sid={sid}"
        await http.post(polling, data="40")
        guess = '42["join_session",{"sessionId":"AAAAAA","userId":"x"}]'
        n_each = MAX_WRONG // 2
        for _ in range(n_each):
            await peer.tell("join_session", sessionId="AAAAAA", userId="x")
            assert (await peer.hear_data("error"))["code"] == "SESSION_NOT_FOUND"
        await http.post(polling, data="\x1e".join([guess] * n_each))
        heard = ""
        async with asyncio.timeout(60):
            while heard.count("SESSION_NOT_FOUND") < n_each:
                async with http.get(polling) as response:
                    heard += await response.text()
        for right in (code, "AAAAAA"):
            await peer.tell("join_session", sessionId=right, userId="x")
            assert (await peer.hear_data("error"))["code"] == "RATE_LIMITED"
        await http.post(polling, data=guess)
        async with http.get(polling) as response:
            assert "RATE_LIMITED" in await response.text()
        async with http.get(f"{rest.url}/{code}/state") as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "6")
            assert response.headers["RateLimit-Remaining"] == "0"
            assert (await response.json())["code"] == "RATE_LIMITED"
        await peer.join(code, "host", "host", memberKey=key)  # no stranger: shows its key
        clock.advance(FORGIVEN_MS)
        assert (await rest.ask("GET", f"/{code}/state"))[0] == 200


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        (None, "", "127.0.0.1"),
        ("192.0.2.7", "", "127.0.0.1"),
        (None, "127.0.0.1", "127.0.0.1"),
        ("192.0.2.7", "127.0.0.1", "192.0.2.7"),
        ("192.0.2.9, 192.0.2.7", "127.0.0.1", "192.0.2.7"),  # the first one may be made up
        ("192.0.2.9, 192.0.2.7,10.0.0.1", "127.0.0.1 10.0.0.1", "192.0.2.7"),
        ("192.0.2.7:50123", "127.0.0.1", "192.0.2.7"),  # another port is nobody else
        ("[2001:db8::7]:50123", "127.0.0.1", "2001:db8::7"),
        ("", "127.0.0.1", "127.0.0.1"),
    ],
)
async def test_only_proxies_of_ours_say_for_whom_they_speak(
    start_server, http, monkeypatch, forwarded, proxies, address
):
    monkeypatch.setenv("ETUDE_PROXIES", proxies)
    server = await start_server(proxies=load_settings().proxies)
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    url = f"{server.url}/api/v1/sync/sessions/AAAAAA/state"
    async with http.get(url, headers=headers) as response:
        assert response.status == 404
    assert list(server.app[HUB].rooms._guesses._forgiven_ms) == [network_of(address)]
    async with http.ws_connect(f"{server.url}/api/v1/ws", headers=headers):
        await until(lambda: server.app[HUB].links)
        assert [link.address for link in server.app[HUB].links] == [address]


async def test_a_member_by_account_is_no_stranger(near, clock):
    hub = await near()
    user = local_user("Ada")
    room = make(hub, user.id)
    for _ in range(MAX_WRONG):
        with pytest.raises(ApiError):
            hub.rooms.find("AAAAAA", "guest", "192.0.2.1")
    assert hub.rooms.find(room.code, user.id, "192.0.2.1") is room
    with pytest.raises(ApiError):
        hub.rooms.find(room.code, "another", "192.0.2.1")


async def test_who_has_many_rooms_ends_one_first(near):
    hub = await near(rooms_per_account=2, max_rooms=4)
    rooms = [make(hub, "ada"), make(hub, "ada")]
    with pytest.raises(ApiError) as caught:
        make(hub, "ada")
    assert (caught.value.status, caught.value.code) == (409, "TOO_MANY_ROOMS")
    rooms[0].end("host_ended")
    make(hub, "ada")
    make(hub, address="192.0.2.1")
    make(hub, address="192.0.2.1")
    for address in ("192.0.2.1", "192.0.2.2"):
        with pytest.raises(ApiError) as caught:
            make(hub, address=address)
        assert (caught.value.status, caught.value.code) == (503, "CAPACITY")


async def test_guests_are_counted_by_their_house(near):
    hub = await near(rooms_per_account=1)
    make(hub, address="2001:db8::1")
    make(hub, address="2001:db8:0:1::1")
    with pytest.raises(ApiError, match="you have 1 rooms already"):
        make(hub, address="2001:db8::2")


async def test_a_full_room_lets_nobody_in_until_somebody_was_away_for_long(near, clock):
    hub = await near(room_members=3)
    room = make(hub)
    host, late, early = (joined(hub, room.code, name) for name in ("host", "late", "early"))
    stranger = NearLink(hub)
    early.leave()
    clock.advance(1000)
    late.leave()
    clock.advance(ABSENT_MS - 1001)
    stranger.join(room.code, "new")
    assert stranger.take("error")[0][1]["code"] == "ROOM_FULL"
    clock.advance(1)
    stranger.join(room.code, "new")
    assert stranger.take("error") == []
    assert list(room.members) == ["host", "late", "new"]
    assert host.seat is not None


async def test_who_joins_and_leaves_without_end_is_refused(near):
    hub = await near()
    room = make(hub)
    link = NearLink(hub)
    for _ in range(40):
        link.join(room.code, "c")
        link.tell("leave_session")
    codes = {data["code"] for _, data in link.take("error")}
    assert codes <= {"RATE_LIMITED", "WRONG_ORDER"} and "RATE_LIMITED" in codes


async def test_a_flood_of_pongs_and_reports_is_refused_and_harms_nobody(near):
    hub = await near(messages_per_sec=1_000_000)
    room = make(hub)
    host, flood = joined(hub, room.code, "host", "host"), joined(hub, room.code, "c")
    for k in range(2000):
        flood.tell("pong", id=k, t0=0, monoRecv=0, monoSend=0)
        flood.report(k)
    refused = [data["code"] for _, data in flood.take("error")]
    assert set(refused) == {"RATE_LIMITED"} and len(refused) > 3000
    host.report(10)
    assert host.take("error") == []


async def test_an_offset_that_is_shaken_is_refused(start_server, http, clock):
    server = await start_server(clock)
    rest = Rest(http, server.url)
    code = (await rest.make())["sessionId"]
    await rest.join(code, "c")
    n = round(limits.ROOM_OFFSETS_BURST)
    for k in range(n):
        assert (await rest.ask("PATCH", f"/{code}/offset", {"offsetMs": k}))[0] == 200
    status, said = await rest.ask("PATCH", f"/{code}/offset", {"offsetMs": 1})
    assert (status, said["code"]) == (429, "RATE_LIMITED")
    clock.advance(1000)
    assert (await rest.ask("PATCH", f"/{code}/offset", {"offsetMs": 1}))[0] == 200


async def test_messages_doubled_and_in_disorder_do_no_harm(near, clock):
    hub = await near()
    room = make(hub)
    host, client = joined(hub, room.code, "host", "host"), joined(hub, room.code, "c")
    host.join(room.code, "host", "host", caps=ALL_CAPS, mono=0.0)
    began_ms = clock.now_ms()
    for seq in (1, 2, 3, 4, 5, 6, 6, 3, 4):
        at_ms = 1000.0 * seq
        clock.advance(max(at_ms - (clock.now_ms() - began_ms), 0.0))
        host.report(at_ms, seq=seq, mono=at_ms, monoReq=at_ms)
        host.tell("pong", id=1, t0=0, monoRecv=at_ms, monoSend=at_ms)
    client.tell("leave_session")
    client.tell("leave_session")
    assert [data["code"] for _, data in client.take("error")] == ["WRONG_ORDER"]
    assert host.take("error") == []
    position = room.sync.state(clock.now_ms())["currentTrack"]["position"]
    assert 5900.0 < position < 7000.0


async def test_idle_rooms_have_one_timer_each_and_do_nothing(near, clock):
    hub = await near(rooms_per_account=5000)
    rooms = [make(hub) for _ in range(3000)]
    assert clock.n_timers == 3000
    ticks = []
    for room in rooms:
        on_tick = room.sync.on_tick
        room.sync.on_tick = lambda now, on_tick=on_tick: ticks.append(now) or on_tick(now)
    clock.advance(3 * 3_600_000)
    assert ticks == []
    clock.advance(3_600_000)
    assert len(hub.rooms) == clock.n_timers == 0


async def test_a_thousand_members_hear_the_host(near, clock):
    hub = await near(max_connections=2000)
    rooms = [make(hub) for _ in range(5)]
    hosts = [joined(hub, room.code, "host", "host") for room in rooms]
    clients = [joined(hub, room.code, f"c{k}") for room in rooms for k in range(199)]
    clock.advance(1000)
    for host in hosts:
        host.report(10_000)
    for client in clients:
        assert [data["action"] for _, data in client.heard if _ == "sync_command"]
        assert len(client.last("room_state")["members"]) == 200
        client.heard.clear()
    hosts[0].report(10_000, is_playing=False)
    paused = [c for c in clients if any(e == "sync_command" for e, _ in c.take("sync_command"))]
    assert len(paused) == 199
    assert sum(len(room.links) for room in rooms) == 1000


async def test_a_room_that_fails_goes_on_and_says_so(near, clock, monkeypatch, capsys):
    hub = await near()
    room = make(hub)
    client = joined(hub, room.code, "c")

    def fail(_now_ms):
        raise ZeroDivisionError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(room.sync, "on_tick", fail)
        clock.advance(3000)
    assert 1 <= capsys.readouterr().out.count("room failed") <= 4
    client.heard.clear()
    clock.advance(3000)
    assert client.take("room_state")


async def test_who_does_not_read_is_dropped_and_the_others_go_on(start_server, http, monkeypatch):
    monkeypatch.setattr(ws, "UNSENT_MAX_BYTES", 10_000)
    monkeypatch.setattr(ws, "CLOSE_GRACE_SEC", 0.1)
    server = await start_server()
    hub = server.app[HUB]
    code = (await Rest(http, server.url).make())["sessionId"]
    async with http.ws_connect(f"{server.url}/api/v1/ws") as socket:
        deaf = Peer(socket)
        await deaf.join(code, "deaf")
        (link,) = hub.links
        socket._response.connection.transport.pause_reading()
        host = joined(hub, code, "host", "host")
        room = link.seat.room
        async with asyncio.timeout(60):
            while not link.is_closing:
                link.send([room._reply("room_state", {"members": []})] * 60)
                await asyncio.sleep(0)
        await until(lambda: "deaf" not in room.links)
        assert hub.metrics.dropped == {Close.TOO_SLOW.name.lower(): 1}
        host.report(10)
        assert host.take("error") == []
        host.leave()
        socket._response.connection.transport.abort()


async def test_the_log_names_rooms_but_not_their_codes(near, capsys):
    hub = await near()
    room = make(hub)
    room.end("host_ended")
    said = capsys.readouterr().out
    assert said.count(room.id) == 2 and "host_ended" in said
    assert room.code not in said
