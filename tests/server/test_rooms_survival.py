"""Rooms outlive their server: what is kept, who takes it up, and that nobody hears it."""

import asyncio
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from room_peers import ALL_CAPS, TRACK, NearLink, Peer, Rest, SetClock, until
from sqlalchemy import select

from server.keys import HUB
from server.rooms import keeper as keeping
from server.rooms.saved import decode, encode
from server.store import RoomRecord, RoomStore, TakeStore
from server.store.database import opening
from server.store.tables import RoomRow, WriterRow
from server.store.writer import LOST_SEC, Writer, machine

NOBODY = 2**22 + 1  # above every pid that Linux gives
START_SEC = 60


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def kept(url):
    """The rooms that a database keeps, by code."""
    async with opening(url) as engine:
        async with engine.connect() as connection:
            rows = (await connection.execute(select(RoomRow.data))).all()
        await engine.dispose()
    found = [decode(row.data) for row in rows]
    return {room.code: room for room in found}


async def wait_for_kept(url, is_it):
    """Wait until the database keeps what is looked for."""
    async with asyncio.timeout(START_SEC):
        while not is_it(rooms := await kept(url)):
            await asyncio.sleep(0.02)
    return rooms


def url_of(server_or_path):
    return f"sqlite:///{server_or_path / 'data' / 'etude.db'}"


async def test_a_room_goes_on_after_a_restart(start_server, http, database_url):
    first = await start_server(database_url=database_url)
    rest = Rest(http, first.url)
    made = await rest.make()
    code = made["sessionId"]
    host, client = NearLink(first.app[HUB]), NearLink(first.app[HUB])
    host.join(code, "host", "host", memberKey=made["memberKey"])
    client.join(code, "c", userName="Ben")
    host.report(10_000, trackName="Clair de lune")
    await rest.ask("PATCH", f"/{code}/offset", {"offsetMs": 70, "userId": "c"})
    await first.runner.cleanup()
    assert [data for event, data in client.heard if event == "session_ended"] == []

    second = await start_server(database_url=database_url)
    rest = Rest(http, second.url)
    _, state = await rest.ask("GET", f"/{code}/state")
    assert state["host"] == {"userId": "host", "userName": "Ada"}
    assert state["clients"] == [{"userId": "c", "userName": "Ben"}]
    assert (state["currentTrack"]["uri"], state["currentTrack"]["isPlaying"]) == (TRACK, True)
    assert state["currentTrack"]["position"] >= 10_000
    stranger = NearLink(second.app[HUB])
    stranger.join(code, "host", "host")
    assert stranger.take("error")[0][1]["code"] == "NOT_HOST"
    host, client = NearLink(second.app[HUB]), NearLink(second.app[HUB])
    host.join(code, "host", "host", memberKey=made["memberKey"])
    client.join(code, "c")
    await until(lambda: any(event == "room_state" for event, _ in client.heard))
    members = {m["userId"]: m for m in client.last("room_state")["members"]}
    assert (members["c"]["userName"], members["c"]["offsetMs"]) == ("Ben", 70)
    assert members["host"]["offsetMs"] == 0


async def test_a_room_whose_time_is_over_meanwhile_ends(start_server, http, tmp_path):
    clock = SetClock()
    first = await start_server(clock)
    code = (await Rest(http, first.url).make())["sessionId"]
    await first.runner.cleanup()
    late = SetClock(clock.now_ms() + 4 * 3_600_000)
    second = await start_server(late)
    rooms = second.app[HUB].rooms
    assert len(rooms) == 1
    late.advance(10)
    assert len(rooms) == 0 and rooms.counts.ended == {"session_expired": 1}
    await wait_for_kept(url_of(tmp_path), lambda found: code not in found)


async def test_a_host_who_stays_away_after_a_restart_ends_the_room(start_server, http):
    clock = SetClock()
    first = await start_server(clock)
    code = (await Rest(http, first.url).make())["sessionId"]
    host = NearLink(first.app[HUB])
    host.join(code, "host", "host")
    host.report(0)
    await first.runner.cleanup()
    late = SetClock(clock.now_ms() + 1000)
    rooms = (await start_server(late)).app[HUB].rooms
    late.advance(59_000)
    assert len(rooms) == 1
    late.advance(2000)
    assert rooms.counts.ended == {"host_disconnected": 1}


async def test_an_ended_room_is_forgotten(start_server, http, tmp_path):
    server = await start_server()
    rest = Rest(http, server.url)
    gone, going_on = (await rest.make())["sessionId"], (await rest.make())["sessionId"]
    await wait_for_kept(url_of(tmp_path), lambda found: set(found) == {gone, going_on})
    await rest.ask("DELETE", f"/{gone}")
    await wait_for_kept(url_of(tmp_path), lambda found: set(found) == {going_on})


async def test_what_changes_is_kept_at_once_and_reports_before_long(
    start_server, http, tmp_path, monkeypatch
):
    monkeypatch.setattr(keeping, "REPORTS_SEC", 0.3)
    monkeypatch.setattr(keeping, "HEARTBEAT_SEC", 3600.0)
    server = await start_server()
    url = url_of(tmp_path)
    code = (await Rest(http, server.url).make())["sessionId"]
    host = NearLink(server.app[HUB])
    host.join(code, "host", "host")
    await wait_for_kept(url, lambda found: code in found and found[code].members[0].has_joined)
    assert TRACK not in str((await kept(url))[code].sync)
    host.report(10_000)
    await wait_for_kept(url, lambda found: TRACK in str(found[code].sync))


async def test_while_the_database_is_away_rooms_go_on(start_server, http, tmp_path, monkeypatch):
    server = await start_server()
    rest = Rest(http, server.url)
    failed = asyncio.Event()

    async def fail(*_):
        failed.set()
        raise OSError("the disk is away")

    with monkeypatch.context() as patch:
        patch.setattr(RoomStore, "write", fail)
        code = (await rest.make())["sessionId"]
        await failed.wait()
        assert (await rest.ask("GET", f"/{code}/state"))[0] == 200
        assert await kept(url_of(tmp_path)) == {}
    await wait_for_kept(url_of(tmp_path), lambda found: code in found)


@pytest.fixture
async def stores(database_url):
    """Open the database as another process would."""
    opened = []

    async def open_as(writer=None):
        store = await TakeStore.open(database_url)
        store._writer = writer or Writer.here()
        opened.append(store)
        return store.rooms()

    yield open_as
    for store in opened:
        await store.database.close()


def record(room_id, data=b"{}"):
    return RoomRecord(room_id, datetime(2030, 1, 1, tzinfo=UTC), data)


async def test_rooms_of_a_process_that_is_gone_go_to_one_other(stores):
    await (await stores(Writer("dead", machine(), NOBODY))).write(
        [record("a"), record("b", b"old")], []
    )
    await (await stores(Writer("dead", machine(), NOBODY))).write([record("b", b"new")], ["a"])
    one, two = await stores(), await stores()
    found = await asyncio.gather(one.take_up(), two.take_up())
    assert sorted(found, key=len) == [[], [record("b", b"new")]]
    assert await one.take_up() == await two.take_up() == []


async def test_rooms_of_a_living_process_are_left_alone(stores, database_url):
    await (await stores(Writer("alive", machine(), os.getpid()))).write([record("a")], [])
    far = Writer("far", "another machine", NOBODY)
    await (await stores(far)).write([record("b")], [])
    found = await (await stores()).take_up()
    is_shared = database_url.startswith("postgresql")
    assert found == ([] if is_shared else [record("b")])  # a file is of one machine


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_rooms_of_a_machine_that_is_silent_are_taken_up(stores, database_url):
    await (await stores(Writer("far", "another machine", NOBODY))).write([record("b")], [])
    async with opening(database_url) as engine:
        async with engine.begin() as connection:
            silent = datetime.now(UTC) - timedelta(seconds=LOST_SEC + 10)
            await connection.execute(WriterRow.__table__.update().values(seen_at=silent))
        await engine.dispose()
    assert await (await stores()).take_up() == [record("b")]


async def test_a_room_that_cannot_be_read_does_not_stand_in_the_way(start_server, http, tmp_path):
    first = await start_server()
    codes = [(await Rest(http, first.url).make())["sessionId"] for _ in range(3)]
    await first.runner.cleanup()
    rooms = await kept(url_of(tmp_path))
    strange, good = rooms[codes[1]], rooms[codes[2]]
    strange.sync = {"of": "another version"}
    store = await TakeStore.open(url_of(tmp_path))
    damaged = [record(rooms[codes[0]].id, b"\x00"), record(strange.id, encode(strange))]
    await store.rooms().write(damaged, [])
    await store.close()
    second = await start_server()
    assert [room.id for room in second.app[HUB].rooms._rooms.values()] == [good.id]
    await second.runner.cleanup()
    assert {room.id for room in (await kept(url_of(tmp_path))).values()} == {good.id}


class Player:
    """A member over a real socket whose player always stands where the music does."""

    def __init__(self, user_id, role, began_ms):
        self.user_id, self.role, self.began_ms = user_id, role, began_ms
        self.commands = []
        self.n_statuses = 0
        self.seq = 0

    def mono(self):
        return 1000.0 * time.monotonic()

    async def live(self, http, url, code):
        """Join and take part until cancelled."""
        self.seq = 0
        async with http.ws_connect(f"{url}/api/v1/ws") as socket:
            peer = Peer(socket)
            await peer.join(
                code, self.user_id, self.role, caps=ALL_CAPS, mono=self.mono(), resolutionMs=1
            )
            reporting = asyncio.create_task(self._report(peer))
            try:
                while True:
                    event, data = await peer.hear("ping", "sync_command", "sync_status")
                    if event == "ping":
                        now = self.mono()
                        await peer.tell("pong", **data, monoRecv=now, monoSend=now)
                    elif event == "sync_status":
                        self.n_statuses += 1
                    else:
                        self.commands.append(data["action"])
            finally:
                reporting.cancel()

    async def _report(self, peer):
        cause = "playing"
        while True:
            now, self.seq = self.mono(), self.seq + 1
            position = now - self.began_ms
            more = {"mono": now, "monoReq": now, "seq": self.seq, "cause": cause, "rate": 1.0}
            await peer.report(position, **more)
            cause = "poll"
            await asyncio.sleep(0.1)


@pytest.fixture
def start_program(tmp_path):
    """Start the server as a program; gives the process and its URL."""
    processes = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "serve", "--port", "0"],
            env={**os.environ, "ETUDE_DATA_DIR": str(tmp_path / "data")},
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process, re.search(r"http://\S+", process.stdout.readline())[0]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


async def test_after_a_kill_and_a_restart_the_music_goes_on_without_a_seek(
    start_program, http, tmp_path
):
    process, url = start_program()
    code = (await Rest(http, url).make())["sessionId"]
    began_ms = 1000.0 * time.monotonic() - 60_000
    host, client = Player("host", "host", began_ms), Player("c", "client", began_ms)
    lives = [asyncio.create_task(player.live(http, url, code)) for player in (host, client)]
    await until(lambda: client.n_statuses >= 2)
    await wait_for_kept(url_of(tmp_path), lambda found: TRACK in str(found[code].sync))
    process.kill()
    process.wait()
    for life in lives:
        with pytest.raises((AssertionError, ConnectionError, aiohttp.ClientError)):
            await life

    client.commands.clear()
    client.n_statuses = 0
    _, url = start_program()
    _, state = await Rest(http, url).ask("GET", f"/{code}/state")
    assert (state["currentTrack"]["uri"], state["currentTrack"]["isPlaying"]) == (TRACK, True)
    lives = [asyncio.create_task(player.live(http, url, code)) for player in (client, host)]
    await until(lambda: client.n_statuses >= 2)
    assert set(client.commands) <= {"set_rate"}
    for life in lives:
        life.cancel()
    await asyncio.gather(*lives, return_exceptions=True)
