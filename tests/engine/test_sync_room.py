"""What a listening room tells its members, event by event."""

import json
import math

import pytest

from engine.drift import SyncRoom, quality_of

T0 = 1_760_000_000_000.0
ALL = ["ping", "mono", "at", "rate"]
FIVE = {"action", "trackUri", "position", "isPlaying", "timestamp"}


def state(position, now, track="a", is_playing=True, **more):
    body = {"trackUri": track, "position": position, "isPlaying": is_playing, "timestamp": now}
    return body | more


def joined(room, *clients, caps=(), now=T0):
    out = room.on_message(now, "h", "join_session", {"role": "host", "userName": "Hanna"})
    for name in clients:
        data = {"role": "client", "userName": name.upper(), "caps": list(caps)}
        out += room.on_message(now, name, "join_session", data)
    return out


def commands(out, to=None):
    told = [(who, data) for who, event, data in out if event == "sync_command"]
    return [data for who, data in told if to in (None, who)]


def last(out, event, to):
    found = [data for who, name, data in out if name == event and who == to]
    return found[-1] if found else None


def run(room, since, until):
    """Let time pass, as often as the room asks for it."""
    out, now = [], since
    while now < until:
        now = max(now + 1.0, min(until, room.due_ms))
        out += room.on_tick(now)
    return out


@pytest.fixture
def room():
    return SyncRoom()


def test_every_command_has_the_five_fields_of_the_contract(room):
    out = joined(room, "c", "d", caps=ALL)
    out += room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    out += run(room, T0, T0 + 3_000)
    assert {who for who, event, _ in out if event == "sync_command"} == {"c", "d"}
    for command in commands(out):
        assert command.keys() >= FIVE
        assert math.isfinite(command["position"]) and command["position"] >= 0
        assert command["timestamp"] >= T0


def test_a_basic_client_is_told_to_play_what_the_host_plays_where_it_is(room):
    joined(room, "c")
    out = room.on_message(T0 + 50, "h", "playback_state", state(30_000.0, T0))
    (command,) = commands(out, "c")
    assert command["action"] == "switch_track"
    assert command["trackUri"] == "a"
    assert command["isPlaying"] is True
    assert 30_000 < command["position"] < 31_000  # loading takes a while


def test_a_client_that_never_reports_gets_a_seek_after_its_track(room):
    joined(room, "c")
    out = room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    out += run(room, T0, T0 + 3_000)
    first, second = commands(out, "c")
    assert (first["action"], second["action"]) == ("switch_track", "seek")
    ahead_ms = second["position"] - (30_000.0 + second["timestamp"] - T0)
    assert 0 < ahead_ms < 500  # it has come to that when it is obeyed


def test_a_client_that_never_reports_is_told_again_every_two_minutes(room):
    joined(room, "c")
    out, now = [], T0
    for _ in range(3):  # the host reports every two minutes
        out += room.on_message(now, "h", "playback_state", state(now - T0 + 500.0, now))
        out += run(room, now, now + 120_000)
        now += 120_000
    told = [command for command in commands(out, "c") if command["action"] == "play"]
    assert len(told) == 2
    for command in told:
        due_ms = command["timestamp"] - T0 + 500.0
        assert due_ms <= command["position"] < due_ms + 300.0


def test_pause_and_play_of_the_host_reach_everybody_at_once(room):
    joined(room, "c", "d")
    room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    run(room, T0, T0 + 5_000)
    now = T0 + 5_000
    data = state(35_000.0, now, is_playing=False)
    paused = commands(room.on_message(now, "h", "playback_state", data))
    assert [command["action"] for command in paused] == ["pause", "pause"]
    assert all(command["isPlaying"] is False for command in paused)
    assert all(command["position"] == pytest.approx(35_000.0, abs=30) for command in paused)
    run(room, now, now + 1_000)
    data = state(35_400.0, now + 1_000)
    played = commands(room.on_message(now + 1_000, "h", "playback_state", data))
    assert [command["action"] for command in played] == ["play", "play"]
    assert all(35_400.0 < command["position"] < 35_900.0 for command in played)


def test_a_host_that_seeks_takes_everybody_along(room):
    joined(room, "c")
    room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    run(room, T0, T0 + 5_000)
    out = room.on_message(T0 + 5_000, "h", "playback_state", state(90_000.0, T0 + 5_000))
    out += run(room, T0 + 5_000, T0 + 8_000)
    seek = commands(out, "c")[0]
    assert seek["action"] == "seek"
    ahead_ms = seek["position"] - (90_000.0 + seek["timestamp"] - T0 - 5_000)
    assert 0 <= ahead_ms < 500


def test_only_reports_of_the_host_move_the_room(room):
    joined(room, "c", "d")
    room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    run(room, T0, T0 + 3_000)
    now = T0 + 3_000
    out = room.on_message(now, "c", "playback_state", state(5_000.0, now, track="mine"))
    assert not commands(out, "d")
    assert room.state(now)["currentTrack"]["uri"] == "a"
    assert commands(out, "c")[0]["trackUri"] == "a"


def test_a_second_host_is_refused_and_nothing_changes(room):
    joined(room)
    out = room.on_message(T0, "x", "join_session", {"role": "host"})
    assert last(out, "error", "x") == {
        "code": "HOST_TAKEN",
        "message": "this room has a host",
        "event": "join_session",
    }
    assert room.state(T0)["host"] == {"userId": "h", "userName": "Hanna"}
    assert room.state(T0)["clients"] == []


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("position", 1e300, "position must be 0 to 1e+09, got 1e+300"),
        ("position", math.nan, "position must be 0 to 1e+09, got nan"),
        ("position", -1.0, "position must be 0 to 1e+09, got -1.0"),
        ("position", True, "position must be a number, got True"),
        ("isPlaying", 1, "isPlaying must be true or false, got 1"),
        ("trackUri", "", "trackUri must be a text of 1 to 2000 characters, got ''"),
        ("mono", math.inf, "mono must be -1e+15 to 1e+15, got inf"),
        ("seq", 1.5, "seq must be a whole number, got 1.5"),
        ("cause", "magic", "cause must be one of change, paused, playing, poll, waiting"),
        ("timestamp", None, "timestamp must be a number, got None"),
    ],
)
def test_a_bad_report_is_refused_by_field_rule_and_value(room, field, value, rule):
    joined(room, "c")
    room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    before = room.snapshot(T0)
    out = room.on_message(T0, "h", "playback_state", state(1.0, T0) | {field: value})
    (refused,) = out
    assert refused[:2] == ("h", "error")
    assert refused[2]["code"] == "INVALID_PAYLOAD"
    assert rule in refused[2]["message"]
    assert room.snapshot(T0) == before


def test_strangers_are_told_to_join_first(room):
    ((to, event, data),) = room.on_message(T0, "x", "request_sync", {})
    assert (to, event, data["code"]) == ("x", "error", "WRONG_ORDER")


def test_a_thousand_milliseconds_are_fair():
    named = [quality_of(size) for size in (0, 99.9, 100, 499.9, 500, -1000, 1000.1, math.inf)]
    assert named == [
        "excellent", "excellent", "good", "good", "fair", "fair", "poor", "poor",
    ]  # fmt: skip


def test_a_status_tells_drift_quality_doubt_and_when(room):
    joined(room, "c")
    out = room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    out += run(room, T0, T0 + 2_500)
    status = last(out, "sync_status", "c")
    assert status["quality"] == quality_of(status["drift"])
    assert status["confidenceMs"] > 0
    assert status["lastSync"].startswith("20") and status["lastSync"].endswith("Z")


def test_an_offset_counts_at_once(room):
    joined(room, "c")
    room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    for second in range(1, 6):
        now = T0 + 1_000 * second
        run(room, now - 1_000, now)
        room.on_message(now, "h", "playback_state", state(30_000.0 + now - T0, now))
        room.on_message(now, "c", "playback_state", state(30_000.0 + now - T0, now))
    now = T0 + 5_000
    out = room.on_message(now, "c", "set_offset", {"offsetMs": 200.0})
    (command,) = commands(out, "c")
    assert command["action"] == "seek"
    assert command["position"] - (35_000.0 + 200.0) > 0
    assert last(out, "sync_status", "c")["drift"] != 0
    (member,) = [m for m in last(out, "room_state", "c")["members"] if m["userId"] == "c"]
    assert member["offsetMs"] == 200.0


def test_who_asks_is_answered_with_a_command_and_a_status(room):
    joined(room, "c")
    room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    run(room, T0, T0 + 4_000)
    out = room.on_message(T0 + 4_000, "c", "request_sync", {})
    assert len(commands(out, "c")) == 1
    assert last(out, "sync_status", "c") is not None


def test_the_music_goes_on_while_the_host_is_away_and_the_room_ends_after_the_grace():
    room = SyncRoom(host_grace_ms=10_000)
    joined(room, "c")
    room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    run(room, T0, T0 + 3_000)
    room.on_message(T0 + 3_000, "h", "leave", {})
    out = run(room, T0 + 3_000, T0 + 12_000)
    assert not commands(out, "c") and not room.is_ended
    assert room.state(T0 + 12_000)["currentTrack"]["position"] == pytest.approx(42_000, abs=30)
    out = run(room, T0 + 12_000, T0 + 13_100)
    assert last(out, "session_ended", "c") == {"reason": "host_disconnected", "kind": "sync"}
    assert room.is_ended and room.due_ms == math.inf
    refused = room.on_message(T0 + 14_000, "c", "request_sync", {})
    assert refused[0][2]["message"] == "the session has ended"


def test_a_host_that_comes_back_in_time_finds_the_room():
    room = SyncRoom(host_grace_ms=10_000)
    joined(room, "c")
    room.on_message(T0, "h", "leave", {})
    run(room, T0, T0 + 9_000)
    room.on_message(T0 + 9_000, "h", "join_session", {"role": "host"})
    run(room, T0 + 9_000, T0 + 60_000)
    assert not room.is_ended


def test_the_host_hands_over_and_follows_from_then_on(room):
    joined(room, "c", "d")
    room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    run(room, T0, T0 + 3_000)
    now = T0 + 3_000
    refused = room.on_message(now, "d", "hand_over", {"userId": "d"})
    assert last(refused, "error", "d")["code"] == "NOT_HOST"
    out = room.on_message(now, "h", "hand_over", {"userId": "c"})
    roles = {m["userId"]: m["role"] for m in last(out, "room_state", "d")["members"]}
    assert roles == {"h": "client", "c": "host", "d": "client"}
    out = room.on_message(now, "c", "playback_state", state(500.0, now, track="b"))
    assert {command["trackUri"] for command in commands(out)} == {"b"}
    assert commands(out, "h") and commands(out, "d")
    assert not commands(
        room.on_message(now, "h", "playback_state", state(9.0, now, track="z")), "d"
    )


def test_a_message_that_comes_twice_or_late_changes_nothing(room):
    joined(room, "c")
    for seq, position in ((1, 30_000.0), (2, 30_100.0)):
        now = T0 + position - 30_000.0
        data = state(position, now, mono=now, monoReq=now, seq=seq, cause="playing")
        room.on_message(now, "h", "playback_state", data)
    before = room.state(T0 + 200)["currentTrack"]
    for seq, position in ((2, 30_100.0), (1, 30_000.0)):
        data = state(position, T0, track="old", mono=T0, monoReq=T0, seq=seq)
        assert room.on_message(T0 + 200, "h", "playback_state", data) == []
    assert room.state(T0 + 200)["currentTrack"] == before


def test_pongs_that_were_never_asked_for_are_left_alone(room):
    out = joined(room, "c", caps=ALL)
    ping = last(out, "ping", "c")
    for number in range(1_000):
        data = {"id": 10_000 + number, "t0": 0.0, "monoRecv": 1e9, "monoSend": 1e9}
        assert room.on_message(T0 + 1, "c", "pong", data) == []
    good = {"id": ping["id"], "t0": ping["t0"], "monoRecv": 500.0, "monoSend": 500.1}
    room.on_message(T0 + 20, "c", "pong", good)
    kept = room.snapshot(T0 + 20)
    room.on_message(T0 + 30, "c", "pong", good | {"monoRecv": 9e9, "monoSend": 9e9})
    assert room.snapshot(T0 + 20) == kept


def test_a_room_comes_back_from_json_with_the_music_going_on(room):
    joined(room, "c")
    data = state(30_000.0, T0, trackName="Gymnopédie", artist="Satie", duration=180_000.0)
    room.on_message(T0, "h", "playback_state", data)
    run(room, T0, T0 + 3_000)
    room.on_message(T0 + 3_000, "c", "set_offset", {"offsetMs": 40.0})
    kept = json.loads(json.dumps(room.snapshot(T0 + 3_000)))
    again = SyncRoom.restore(kept, T0 + 8_000)
    track = again.state(T0 + 8_000)["currentTrack"]
    assert track["position"] == pytest.approx(38_000, abs=30)
    assert (track["name"], track["artist"], track["duration"]) == ("Gymnopédie", "Satie", 180_000.0)
    assert again.snapshot(T0 + 9_000)["members"][1]["offsetMs"] == 40.0


def test_nobody_seeks_when_a_restored_room_finds_everybody_where_they_should_be(room):
    joined(room, "c")
    room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    room.on_message(T0 + 2_000, "c", "playback_state", state(32_000.0, T0 + 2_000))
    again = SyncRoom.restore(room.snapshot(T0 + 3_000), T0 + 6_000)
    out, now = [], T0 + 6_000
    out += again.on_message(now, "c", "join_session", {"role": "client"})
    out += again.on_message(now + 300, "h", "join_session", {"role": "host"})
    for _ in range(10):
        now += 1_000
        out += again.on_message(now, "c", "playback_state", state(30_010.0 + now - T0, now))
        out += again.on_message(now, "h", "playback_state", state(30_000.0 + now - T0, now))
        out += run(again, now, now + 1_000)
    assert not [one for one in commands(out) if one["action"] in ("seek", "switch_track")]
    assert last(out, "sync_status", "c")["quality"] == "excellent"


def test_who_left_is_told_nothing_more(room):
    joined(room, "c", "d")
    room.on_message(T0, "h", "playback_state", state(30_000.0, T0))
    room.on_message(T0 + 1_000, "c", "leave", {})
    out = run(room, T0 + 1_000, T0 + 5_000)
    out += room.on_message(T0 + 5_000, "h", "playback_state", state(9.0, T0 + 5_000, track="b"))
    assert {who for who, _, _ in out} == {"h", "d"}
    online = {m["userId"]: m["online"] for m in last(out, "room_state", "d")["members"]}
    assert online == {"h": True, "c": False, "d": True}


def test_a_room_where_nothing_happens_asks_for_time_once_a_second_only(room):
    joined(room, "c")
    now, n_ticks = T0, 0
    while now < T0 + 60_000:
        now = max(now + 1.0, room.due_ms)
        room.on_tick(now)
        n_ticks += 1
    assert n_ticks <= 61


def test_a_command_that_was_lost_with_the_connection_is_given_again(room):
    joined(room, "c", caps=["mono", "at"])
    first = state(10.0, T0, mono=5_000.0, monoReq=5_000.0, seq=1, ack=None, cause="playing")
    room.on_message(T0, "h", "playback_state", state(10_000.0, T0))
    room.on_message(T0 + 500, "c", "playback_state", first)
    room.on_message(T0 + 2_000, "h", "playback_state", state(500.0, T0 + 2_000, track="b"))
    out = run(room, T0 + 2_000, T0 + 4_000)
    now = T0 + 4_000  # the client comes back and still has the first track on
    join = {"role": "client", "caps": ["mono", "at"], "mono": 9_000.0}
    out = room.on_message(now, "c", "join_session", join)
    assert not commands(out, "c")  # it will tell by itself what it does
    data = state(3_500.0, now, mono=9_000.0, monoReq=9_000.0, seq=9, ack=1)
    (command,) = commands(room.on_message(now, "c", "playback_state", data), "c")
    assert (command["action"], command["trackUri"]) == ("switch_track", "b")


def test_who_has_not_got_the_track_is_asked_less_and_less_often(room):
    joined(room, "c", caps=["mono", "at"])
    room.on_message(T0, "h", "playback_state", state(10_000.0, T0))
    out = []
    for second in range(1, 121):
        now = T0 + 1_000 * second
        data = state(0.0, now, track="mine", mono=now - T0, monoReq=now - T0, seq=second)
        out += room.on_message(now, "c", "playback_state", data)
        out += run(room, now, now + 1_000)
    switches = [one for one in commands(out, "c") if one["action"] == "switch_track"]
    assert 5 <= len(switches) <= 15


def test_a_player_that_stalls_is_left_to_recover_before_it_is_moved(room):
    joined(room, "c", caps=["mono", "at"])
    room.on_message(T0, "h", "playback_state", state(10_000.0, T0))
    out = run(room, T0, T0 + 2_000)
    now, seq = T0 + 3_000, 1
    number = commands(out, "c")[-1]["cmdId"] if commands(out, "c") else 1

    def tell(position, cause, at):
        nonlocal seq
        seq += 1
        data = state(position, at, mono=at - T0, monoReq=at - T0, seq=seq, ack=number, cause=cause)
        return room.on_message(at, "c", "playback_state", data)

    out = tell(13_000.0, "playing", now)
    number = commands(out, "c")[-1]["cmdId"] if commands(out, "c") else number
    tell(13_500.0, "playing", now + 500)
    out = tell(14_000.0, "waiting", now + 1_000)
    for k in range(1, 4):
        out += tell(14_000.0, "poll", now + 1_000 + 500 * k)
        out += run(room, now + 1_000 + 500 * k, now + 1_500 + 500 * k)
    assert not commands(out, "c")
    out = tell(14_002.0, "playing", now + 3_000)
    (command,) = commands(out, "c")
    assert command["action"] == "seek" and command["position"] > 16_000.0


def test_nobody_is_moved_or_started_in_the_last_second_of_a_track(room):
    joined(room, "c", caps=["mono", "at"])
    room.on_message(T0, "h", "playback_state", state(50_000.0, T0, duration=60_000.0))
    out = run(room, T0, T0 + 1_000)
    number = commands(out, "c")[-1]["cmdId"] if commands(out, "c") else 1
    now = T0 + 9_950
    data = state(59_990.0, now, is_playing=False, mono=now - T0, monoReq=now - T0)
    data |= {"seq": 1, "ack": number, "cause": "paused"}  # the client's copy is a little shorter
    out = room.on_message(now, "c", "playback_state", data)
    out += run(room, now, now + 60)
    ended = state(60_000.0, now + 60, is_playing=False)
    out += room.on_message(now + 60, "h", "playback_state", ended)
    out += run(room, now + 60, now + 5_000)
    assert not commands(out, "c")


@pytest.mark.parametrize("is_playing", [True, False])
def test_who_does_not_obey_is_told_less_and_less_often(room, is_playing):
    joined(room, "c", caps=["mono", "at", "rate"])
    room.on_message(T0, "h", "playback_state", state(10_000.0, T0, is_playing=is_playing))
    out, told, number = run(room, T0, T0 + 500), 0, 1
    for k in range(1_500):  # half a minute of answers at once
        now = T0 + 500 + 20 * k
        here = 10_000.0 if is_playing else 10_000.0 + now - T0
        data = state(here, now, is_playing=not is_playing, mono=now - T0, monoReq=now - T0, seq=k)
        data |= {"ack": number, "cause": "paused" if is_playing else "playing"}
        out = room.on_message(now, "c", "playback_state", data) + run(room, now, now + 20)
        told += len(commands(out, "c"))
        number = max([number, *(one.get("cmdId", 0) for one in commands(out, "c"))])
    assert 3 <= told <= 30


@pytest.mark.parametrize("gap_sec", [0.6, 1.0, 2.0, 2.5, 7.0, 7.5])
@pytest.mark.parametrize("first_sec", [8.0, 8.5, 9.0])
def test_a_basic_client_plays_on_through_two_seeks_of_the_host(room, first_sec, gap_sec):
    """Both report once a second; the client obeys at once, and seeks on ``play``."""
    joined(room, "c")
    lines = {"h": (10_000.0, T0, True), "c": (0.0, T0, False)}  # position, since when, whether
    seeks = [T0 + 1_000 * first_sec, T0 + 1_000 * (first_sec + gap_sec)]
    has_track = False

    def position(who, at):
        start, since, is_playing = lines[who]
        return start + (at - since) * is_playing

    def obey(out, at):
        nonlocal has_track
        for one in commands(out, "c"):
            runs = {"switch_track": True, "play": True, "pause": False}
            is_playing = runs.get(one["action"], lines["c"][2])
            here = position("c", at) if one["action"] == "pause" else one["position"]
            lines["c"] = (0.0 if one["action"] == "switch_track" else here, at, is_playing)
            has_track = True

    for step in range(6_000):
        now = T0 + 5 * step
        if seeks and now >= seeks[0]:
            seeks.pop(0)
            lines["h"] = (position("h", now) + 20_000.0, now, True)
        if step % 200 == 0:
            obey(room.on_message(now, "h", "playback_state", state(position("h", now), now)), now)
        if step % 200 == 60 and has_track:
            data = state(position("c", now), now, is_playing=lines["c"][2])
            obey(room.on_message(now, "c", "playback_state", data), now)
        obey(room.on_tick(now), now)
        assert now < T0 + 2_000 or lines["c"][2], "the client was paused while the host played"
    assert abs(position("c", now) - position("h", now)) < 40.0
