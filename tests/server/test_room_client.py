"""The room's client on real sockets: what it says, what it does, how it comes back."""

import asyncio
from contextlib import AsyncExitStack
from types import SimpleNamespace

import aiohttp
import msgspec
import pytest
from room_server import CODE, NoEngine, running_room_server
from set_clock import NOW, SetClock

from server.roomclient import (
    Clock,
    Identity,
    MissingTrackError,
    Move,
    Room,
    RoomError,
    RoomService,
    SilentPlayer,
    Track,
)
from server.roomclient.member import OVER_MS, SETTLE_MS, Member
from server.roomclient.messages import Command
from server.roomclient.room import LEFT

TRACK = "sha256:aa"
TOGETHER_MS = 25.0  # generous: the machine of the tests is busy


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def server():
    """A room whose engine says nothing: the test speaks for it."""
    async with running_room_server(NoEngine()) as server:
        yield server


@pytest.fixture
async def enter(http):
    """Let members into a room; they are gone at the end."""
    async with AsyncExitStack() as stack:

        async def come(server, name="Clara", role="client", player=None, token=None):
            clock = Clock()
            player = player or SilentPlayer(clock)
            service = RoomService(http, server.url, token)
            who = Identity(name, name.lower())
            if role == "host":
                room = await Room.create(service, who, player, clock)
            else:
                room = await Room.join(service, CODE, who, player, clock)
            notices = []
            room.on_notice = notices.append
            running = asyncio.create_task(room.run())

            async def end():
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

            stack.push_async_callback(end)
            return SimpleNamespace(
                room=room, player=player, clock=clock, notices=notices, running=running,
                user_id=who.user_id,
            )  # fmt: skip

        yield come


def command(**fields):
    told = {"action": "seek", "trackUri": TRACK, "position": 0.0, "isPlaying": True, "timestamp": 0}
    return told | fields


async def acknowledged(server, user_id, number):
    """The first report that acknowledges a command and is of the player's own event."""
    return await server.until(
        lambda: next(
            (
                report
                for report in server.said("playback_state", user_id)
                if report.get("ack") == number and report["cause"] != "poll"
            ),
            None,
        )
    )


async def until(server, happens):
    """Wait for what is not an event of the server: looked at with its every tick."""
    return await server.until(happens)


def position(person, now_ms):
    return person.player.timeline.position_at(now_ms)


# ---- together, by the engine


async def test_host_and_client_play_the_same_moment(enter):
    async with running_room_server() as server:
        host, client = await enter(server, "Hanna", "host"), await enter(server)
        host.room.member.lead(Move(TRACK, 5_000.0, True))

        def are_together():
            now_ms = host.clock.now_ms()
            both = [person.player.timeline for person in (host, client)]
            apart_ms = position(host, now_ms) - position(client, now_ms)
            is_sounding = all(timeline.is_sounding(now_ms) for timeline in both)
            return is_sounding and abs(apart_ms) < TOGETHER_MS

        await until(server, are_together)
        host.room.member.lead(Move(TRACK, None, False))
        await until(server, lambda: client.player.track and not client.player.is_playing)
        host.room.member.lead(Move("sha256:bb", 60_000.0, True))
        await until(server, lambda: client.player.track.uri == "sha256:bb" and are_together())
        await until(server, lambda: client.room.member.status is not None)
        assert {person.user_id for person in client.room.member.room.members} == {"hanna", "clara"}
        assert client.notices == host.notices == []


# ---- what is said


async def test_a_member_says_what_it_can_and_shows_its_key(server, enter):
    await enter(server)
    (joined,) = await server.until(lambda: server.said("join_session"))
    assert (joined["sessionId"], joined["userId"], joined["userName"]) == (CODE, "clara", "Clara")
    assert joined["memberKey"] == "key of clara"
    assert (joined["role"], joined["caps"]) == ("client", ["ping", "mono", "at", "rate"])
    assert joined["resolutionMs"] == 0.0
    assert isinstance(joined["mono"], float)


async def test_a_player_without_rates_does_not_offer_them(server, enter):
    player = SilentPlayer(Clock())
    player.has_rate, player.resolution_ms = False, 1_000.0
    await enter(server, player=player)
    (joined,) = await server.until(lambda: server.said("join_session"))
    assert (joined["caps"], joined["resolutionMs"]) == (["ping", "mono", "at"], 1_000.0)


async def test_a_ping_is_answered_with_the_time_of_its_coming(server, enter):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    before_ms = member.clock.now_ms()
    await server.send("clara", "ping", {"id": 7, "t0": 123.5})
    (pong,) = await server.until(lambda: server.said("pong"))
    assert (pong["id"], pong["t0"]) == (7, 123.5)
    assert before_ms <= pong["monoRecv"] + 1e-3
    assert pong["monoRecv"] <= pong["monoSend"] <= member.clock.now_ms() + 1e-3


async def test_a_report_says_all_there_is(server, enter):
    async def named(track_uri):
        return Track(track_uri, "Ode to Joy", "Beethoven", 60_000.0)

    clock = Clock()
    player = SilentPlayer(clock, named)
    player.output_latency_ms = 12.0
    host = await enter(server, "Hanna", "host", player=player)
    await server.until(lambda: server.said("join_session"))
    host.room.member.lead(Move(TRACK, 1_000.0, True))
    report = (await server.until(lambda: server.said("playback_state")))[-1]
    assert report["trackUri"] == TRACK
    assert report["isPlaying"] is True and report["cause"] == "playing"
    assert 1_000.0 <= report["position"] < 60_000.0
    assert report["monoReq"] <= report["mono"] <= clock.now_ms() + 1e-3
    assert (report["rate"], report["outputLatencyMs"]) == (1.0, 12.0)
    assert (report["trackName"], report["artist"]) == ("Ode to Joy", "Beethoven")
    assert report["duration"] == 60_000.0
    assert "ack" not in report


async def test_reports_are_numbered_and_go_on_by_themselves(server, enter):
    host = await enter(server, "Hanna", "host")
    await server.until(lambda: server.said("join_session"))
    host.room.member.lead(Move(TRACK, 0.0, True))
    await server.until(lambda: len(server.said("playback_state")) >= 3)
    reports = server.said("playback_state")
    assert [report["seq"] for report in reports] == list(range(1, len(reports) + 1))
    assert [report["cause"] for report in reports[:2]] == ["playing", "poll"]


async def test_a_report_is_given_when_it_is_asked_for(server, enter):
    host = await enter(server, "Hanna", "host")
    await server.until(lambda: server.said("join_session"))
    host.room.member.lead(Move(TRACK, 0.0, False))
    await server.until(lambda: server.said("playback_state"))
    n_before = len(server.said("playback_state"))
    await server.send("hanna", "request_state", {})
    await server.until(lambda: len(server.said("playback_state")) > n_before)
    assert server.said("playback_state")[0]["cause"] == "paused"


async def test_the_end_of_a_track_is_told(server, enter):
    async def short(track_uri):
        return Track(track_uri, duration_ms=1_000.0)

    host = await enter(server, "Hanna", "host", player=SilentPlayer(Clock(), short))
    await server.until(lambda: server.said("join_session"))
    host.room.member.lead(Move(TRACK, 950.0, True))
    reports = await server.until(
        lambda: [r for r in server.said("playback_state") if r["cause"] == "paused"]
    )
    assert (reports[0]["position"], reports[0]["isPlaying"]) == (1_000.0, False)


# ---- what is done


async def test_a_command_holds_at_its_instant_and_is_acknowledged_then(server, enter):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    await server.send("clara", "sync_command", command(action="switch_track", cmdId=3))
    await acknowledged(server, "clara", 3)
    at_ms = member.clock.now_ms() + 300.0
    told = command(position=9_000.0, executeAt=at_ms, cmdId=4)
    n_before = len(server.said("playback_state"))
    await server.send("clara", "sync_command", told)
    await server.send("clara", "request_state", {})
    await server.until(lambda: len(server.said("playback_state")) > n_before)
    early = server.said("playback_state")[n_before]
    assert (early["ack"], early["position"] < 9_000.0) == (3, True)
    assert (await acknowledged(server, "clara", 4))["cause"] == "playing"
    assert position(member, at_ms + 1_000.0) == pytest.approx(10_000.0)


async def test_a_cue_is_acknowledged_at_once_and_stands(server, enter):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    await server.send("clara", "sync_command", command(action="switch_track", cmdId=1))
    await acknowledged(server, "clara", 1)
    at_ms = member.clock.now_ms() + 400.0
    told = command(position=30_000.0, executeAt=at_ms, cue=True, cmdId=2)
    await server.send("clara", "sync_command", told)
    await server.send("clara", "request_state", {})
    (standing,) = await server.until(
        lambda: [r for r in server.said("playback_state") if r.get("ack") == 2][:1]
    )
    assert (standing["position"], standing["isPlaying"]) == (30_000.0, True)
    assert standing["mono"] < at_ms
    assert (await acknowledged(server, "clara", 2))["mono"] > at_ms
    assert position(member, at_ms + 500.0) == pytest.approx(30_500.0)


async def test_a_newer_command_overtakes_an_older_one(server, enter):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    far_ms = member.clock.now_ms() + 60_000.0
    await server.send("clara", "sync_command", command(action="switch_track", cmdId=1))
    await acknowledged(server, "clara", 1)
    await server.send("clara", "sync_command", command(position=7.0, executeAt=far_ms, cmdId=2))
    told = command(position=50_000.0, isPlaying=False, cmdId=3)
    await server.send("clara", "sync_command", told)
    report = await acknowledged(server, "clara", 3)
    assert (report["position"], report["cause"]) == (50_000.0, "paused")
    assert position(member, far_ms + 1_000.0) == 50_000.0
    assert all(r.get("ack") != 2 for r in server.said("playback_state"))


async def test_a_rate_does_not_overtake_and_is_not_acknowledged(server, enter):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    at_ms = member.clock.now_ms() + 200.0
    told = command(action="switch_track", position=0.0, executeAt=at_ms, cmdId=1)
    await server.send("clara", "sync_command", told)
    await server.send("clara", "sync_command", command(action="set_rate", rate=1.004, cmdId=2))
    report = await acknowledged(server, "clara", 1)
    assert report["rate"] == 1.004
    assert position(member, at_ms + 10_000.0) == pytest.approx(10_040.0, abs=1.0)


async def test_a_rate_changes_at_its_instant(server, enter):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    await server.send("clara", "sync_command", command(action="switch_track", cmdId=1))
    await acknowledged(server, "clara", 1)
    at_ms = member.clock.now_ms() + 150.0
    told = command(action="set_rate", rate=0.996, executeAt=at_ms)
    await server.send("clara", "sync_command", told)

    def line():
        return member.player.timeline.line(member.clock.now_ms())

    await until(server, lambda: line().rate == 0.996)
    assert member.clock.now_ms() >= at_ms
    assert line().from_ms >= at_ms


@pytest.mark.parametrize(
    ("before", "told", "found"),
    [
        (True, command(action="play", position=7_000.0), (0.0, True)),  # it plays already
        (False, command(action="play", position=7_000.0), (7_000.0, True)),
        (True, command(action="pause", position=7_000.0, isPlaying=False), (7_000.0, False)),
        (True, command(action="seek", position=7_000.0, isPlaying=False), (7_000.0, False)),
        (False, command(action="seek", position=7_000.0, isPlaying=None), (7_000.0, False)),
        (True, command(action="seek", position=7_000.0, isPlaying=None), (7_000.0, True)),
        (False, command(action="play", trackUri="b", position=7_000.0), (7_000.0, True)),
        (False, command(action="switch_track", position=7.0, isPlaying=None), (7.0, True)),
    ],
)
async def test_commands_do_what_they_say(server, enter, before, told, found):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    first = command(action="switch_track", isPlaying=before, cmdId=1)
    await server.send("clara", "sync_command", first)
    await acknowledged(server, "clara", 1)
    await server.send("clara", "sync_command", told | {"cmdId": 2})
    await acknowledged(server, "clara", 2)
    line = member.player.timeline.line(member.clock.now_ms())
    assert (line.position_ms, line.is_playing) == found
    assert line.track_uri == told["trackUri"]


async def test_who_is_told_to_play_behind_the_end_does_not_hurry_to_say_so():
    async def short(track_uri):
        return Track(track_uri, duration_ms=1_000.0)

    clock, sent = SetClock(), []
    player = SilentPlayer(clock, short)
    member = Member(player, clock, "client", "clara", lambda event, data: sent.append(data))
    told = Command("switch_track", TRACK, 5_000.0, True, cmd_id=1)
    member.receive("sync_command", told)  # a server that takes the host to play on would repeat it
    await clock.set(NOW + OVER_MS - 1.0)
    assert sent == []
    await clock.set(NOW + OVER_MS)
    assert [(report["position"], report["isPlaying"]) for report in sent] == [(1_000.0, False)]
    member.receive("sync_command", msgspec.structs.replace(told, position=500.0, cmd_id=2))
    await clock.set(NOW + OVER_MS + SETTLE_MS)
    assert sent[-1]["isPlaying"] and sent[-1]["ack"] == 2
    await member.close()


async def test_what_is_missing_is_told_and_the_next_command_is_obeyed(server, enter):
    async def find(track_uri):
        if track_uri == TRACK:
            raise MissingTrackError(track_uri, "you have no copy of it")
        return Track(track_uri)

    member = await enter(server, player=SilentPlayer(Clock(), find))
    await server.until(lambda: server.said("join_session"))
    await server.send("clara", "sync_command", command(action="switch_track", cmdId=1))
    await server.send("clara", "ping", {"id": 1, "t0": 0.0})
    await server.until(lambda: server.said("pong") and member.notices)
    assert member.notices == ["you have no copy of it"]
    told = command(action="switch_track", trackUri="b", cmdId=2)
    await server.send("clara", "sync_command", told)
    assert (await acknowledged(server, "clara", 2))["trackUri"] == "b"


async def test_a_missing_track_is_told_once(server, enter):
    async def find(track_uri):
        asked.append(track_uri)
        raise MissingTrackError(track_uri, f"you have no copy of {track_uri}")

    asked = []
    member = await enter(server, player=SilentPlayer(Clock(), find))
    await server.until(lambda: server.said("join_session"))
    for k, track_uri in enumerate("aabab", 1):
        told = command(action="switch_track", trackUri=track_uri, cmdId=k)
        await server.send("clara", "sync_command", told)
        await until(server, lambda k=k: len(asked) == k)
    await server.send("clara", "ping", {"id": 1, "t0": 0.0})
    await server.until(lambda: server.said("pong"))
    assert asked == list("aabab")
    assert member.notices == ["you have no copy of a", "you have no copy of b"]


async def test_who_has_nothing_to_play_says_so(server, enter):
    async def find(track_uri):
        raise MissingTrackError(track_uri, "you have no copy of it")

    await enter(server, player=SilentPlayer(Clock(), find))
    await server.until(lambda: server.said("join_session"))
    await server.send("clara", "sync_command", command(action="switch_track", cmdId=1))
    (report,) = await server.until(lambda: server.said("playback_state"))
    assert (report["trackUri"], report["isPlaying"]) == ("etude:nothing", False)


async def test_who_has_not_the_next_track_falls_silent(server, enter):
    async def find(track_uri):
        if track_uri != TRACK:
            raise MissingTrackError(track_uri, "you have no copy of it")
        return Track(track_uri)

    member = await enter(server, player=SilentPlayer(Clock(), find))
    await server.until(lambda: server.said("join_session"))
    await server.send("clara", "sync_command", command(action="switch_track", cmdId=1))
    await acknowledged(server, "clara", 1)
    await server.send("clara", "sync_command", command(action="switch_track", trackUri="b"))
    await until(server, lambda: member.notices and not member.player.is_playing)
    assert member.player.track.uri == TRACK


async def test_the_host_tells_what_loads_before_it_sounds(server, enter):
    loaded = asyncio.Event()

    async def slowly(track_uri):
        await loaded.wait()
        return Track(track_uri)

    class LoadingPlayer(SilentPlayer):
        async def move(self, move):
            self.track = self.track or Track(move.track_uri)
            await loaded.wait()
            await super().move(move)

    host = await enter(server, "Hanna", "host", player=LoadingPlayer(Clock(), slowly))
    await server.until(lambda: server.said("join_session"))
    host.room.member.lead(Move(TRACK, 0.0, True))
    await server.until(lambda: server.said("playback_state"))
    assert server.said("playback_state")[0]["cause"] == "change"
    loaded.set()
    await server.until(lambda: server.said("playback_state")[-1]["cause"] == "playing")


async def test_the_room_says_who_is_host_now(server, enter):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    people = [{"userId": "clara", "userName": "Clara", "role": "host", "drift": None}]
    await server.send("clara", "room_state", {"members": people})
    await until(server, lambda: server.said("pong") or member.room.member.role == "host")
    assert member.room.member.role == "host"


# ---- coming back


async def test_a_lost_connection_is_opened_again_and_the_music_goes_on(server, enter, monkeypatch):
    monkeypatch.setattr("server.roomclient.member.REPORT_SEC", 1e6)  # it says where it is at once
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    await server.send("clara", "sync_command", command(action="switch_track", cmdId=1))
    await acknowledged(server, "clara", 1)
    line = member.player.timeline.line(member.clock.now_ms())
    n_before = len(server.said("playback_state"))
    await server.hang_up()
    await server.until(lambda: len(server.said("join_session")) == 2)
    await server.until(lambda: len(server.said("playback_state")) > n_before)
    first, second = server.said("join_session")
    assert second["mono"] > first["mono"]
    assert {k: v for k, v in first.items() if k not in ("mono", "timestamp")} == {
        k: v for k, v in second.items() if k not in ("mono", "timestamp")
    }
    assert member.player.timeline.line(member.clock.now_ms()) == line
    assert any("the connection is lost" in notice for notice in member.notices)
    assert member.room.is_connected


async def test_a_server_that_is_away_is_tried_again(http, enter):
    async with running_room_server(NoEngine()) as server:
        member = await enter(server)
        await server.until(lambda: server.said("join_session"))
        await server.stop()
        await asyncio.sleep(0)
        while not member.notices:
            await asyncio.sleep(0.01)
        await server.start()
        await server.until(lambda: len(server.said("join_session")) == 2)


async def test_a_token_is_shown_before_anything_else(server, enter):
    server.tokens = {"good"}
    await enter(server, token="good")
    await server.until(lambda: server.said("join_session"))


async def test_a_bad_token_ends_it(server, enter):
    server.tokens = {"good"}
    member = await enter(server, token="bad")
    with pytest.raises(RoomError, match=r"^not one of ours$") as caught:
        await member.running
    assert caught.value.code == "UNAUTHENTICATED"


async def test_who_may_not_join_is_told_why(server, enter):
    server.refuses = {
        "code": "NOT_HOST",
        "message": "that is somebody else",
        "event": "join_session",
    }
    member = await enter(server)
    with pytest.raises(RoomError, match=r"^that is somebody else$") as caught:
        await member.running
    assert caught.value.code == "NOT_HOST"


async def test_other_refusals_are_told_and_the_member_stays(server, enter):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    told = {"code": "INVALID_PAYLOAD", "message": "position is wrong", "event": "playback_state"}
    await server.send("clara", "error", told)
    await until(server, lambda: member.notices)
    assert member.notices == ["the server refused playback_state: position is wrong"]
    assert not member.running.done()


@pytest.mark.parametrize(
    ("event", "data", "told"),
    [
        ("sync_command", {"action": "dance"}, "the server's sync_command is wrong: "),
        ("sync_status", {"drift": "much"}, "the server's sync_status is wrong: "),
    ],
)
async def test_an_answer_that_nobody_can_read_ends_it(server, enter, event, data, told):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    await server.send("clara", event, data)
    with pytest.raises(RoomError, match=f"^{told}") as caught:
        await member.running
    assert caught.value.code == "BAD_ANSWER"


async def test_events_that_are_not_known_are_passed_over(server, enter):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    await server.send("clara", "confetti", {"colour": "red"})
    await server.send("clara", "ping", {"id": 1, "t0": 0.0})
    await server.until(lambda: server.said("pong"))
    assert not member.running.done()


# ---- REST, and leaving


async def test_an_unknown_code_is_told(server, http):
    service = RoomService(http, server.url)
    with pytest.raises(RoomError, match=r"^there is no such room$") as caught:
        await Room.join(service, "ZZZZZZ", Identity("Clara"), SilentPlayer(Clock()))
    assert caught.value.code == "SESSION_NOT_FOUND"


async def test_a_server_that_is_not_there_is_told(http):
    service = RoomService(http, "http://127.0.0.1:9")
    with pytest.raises(RoomError, match=r"^cannot reach http://127\.0\.0\.1:9: ") as caught:
        await Room.create(service, Identity("Clara"), SilentPlayer(Clock()))
    assert caught.value.code == "UNREACHABLE"


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://here", "http://"])
async def test_an_address_that_is_none_is_told(http, address):
    with pytest.raises(RoomError, match=r"^server must be http://… or https://…, got '"):
        RoomService(http, address)


async def test_a_code_stays_one_part_of_the_path(server, http):
    with pytest.raises(RoomError, match=r"^there is no such room$"):
        await RoomService(http, server.url).join(f"{CODE}?", "clara", "Clara")


async def test_an_answer_that_is_no_room_is_told(server, http):
    with pytest.raises(RoomError, match=r"/sync/sessions//join answered 404$") as caught:
        await RoomService(http, server.url).join("", "clara", "Clara")
    assert caught.value.code == "BAD_ANSWER"


async def test_who_leaves_says_so(server, enter):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    await member.room.leave()
    assert await member.running == LEFT
    assert await server.until(lambda: server.said("leave_session", "clara"))
    await server.until(lambda: "clara" not in server.sockets)


async def test_the_host_ends_the_room_for_all(server, enter):
    host, client = await enter(server, "Hanna", "host"), await enter(server)
    await server.until(lambda: len(server.said("join_session")) == 2)
    await host.room.end()
    assert await host.running == await client.running == "host_ended"
    (ended,) = server.said("end")
    assert ended == {"userId": "hanna", "memberKey": "key of hanna"}


async def test_an_offset_is_set_for_this_member(server, enter):
    member = await enter(server)
    await server.until(lambda: server.said("join_session"))
    await member.room.set_offset(-120.0)
    (offset,) = server.said("offset")
    assert offset == {"userId": "clara", "memberKey": "key of clara", "offsetMs": -120.0}
    member.room.sync_now()
    assert await server.until(lambda: server.said("request_sync")) == [{"sessionId": CODE}]


async def test_a_defect_in_a_player_ends_it_with_its_error(server, enter):
    class BrokenPlayer(SilentPlayer):
        async def move(self, move):
            raise ZeroDivisionError("a defect")

    member = await enter(server, player=BrokenPlayer(Clock()))
    await server.until(lambda: server.said("join_session"))
    await server.send("clara", "sync_command", command())
    with pytest.raises(ZeroDivisionError, match="a defect"):
        await member.running
