"""What holds in every listening room, whatever its members' clocks, networks and players."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listeners import BASIC, FULL, NO_RATE, Party

from engine import SyncRoom
from engine.drift import quality_of

FEW = settings(max_examples=12, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32)
EVENTS = ["join_session", "playback_state", "request_sync", "pong", "hand_over", "set_offset"]
EVENTS += ["leave", "remove", "end", "dance"]
FIELDS = ["role", "caps", "mono", "monoReq", "resolutionMs", "userName", "trackUri", "position"]
FIELDS += ["isPlaying", "timestamp", "rate", "seq", "ack", "cause", "outputLatencyMs", "id", "t0"]
FIELDS += ["monoRecv", "monoSend", "userId", "offsetMs", "reason", "duration", "artist"]
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["host", "anna", "client", "poll", "playing", "waiting", "paused", "change"]),
    st.lists(st.sampled_from(["ping", "mono", "at", "rate"]), max_size=4),
)
messages = st.tuples(
    st.sampled_from(["host", "anna", "ben"]),
    st.sampled_from(EVENTS),
    st.dictionaries(st.sampled_from(FIELDS), anything, max_size=8),
    st.floats(0, 5000),
)


def playing(seed, *caps):
    """A room in which a host and one client of each kind have played for a while."""
    party = Party(seed)
    party.invite("host", "host", FULL)
    for name, kind in zip(("anna", "ben", "cem"), caps, strict=False):
        party.invite(name, "client", kind)
    party.pass_time(500.0)
    party.host.player.is_playing = True
    party.host.choose("switch", track="trk:0")
    party.pass_time(20_000.0)
    return party


def overheard(party, name):
    """Everything that a member receives from now on, as (event, data)."""
    heard, device = [], party.devices[name]
    receive = device.receive

    def listen(event, data):
        heard.append((event, data))
        receive(event, data)

    device.receive = listen
    return heard


def actions(heard):
    """The commands among them but for nudges."""
    told = [data["action"] for event, data in heard if event == "sync_command"]
    return [action for action in told if action != "set_rate"]


def last_status(heard):
    return [data for event, data in heard if event == "sync_status"][-1]


@FEW
@given(st.lists(messages, max_size=40))
def test_no_message_makes_a_room_raise_or_say_what_is_no_number(rows):
    room, now_ms = SyncRoom(), 1.7e12
    members = set()
    for sender, event, data, wait_ms in rows:
        now_ms += wait_ms
        outs = room.on_message(now_ms, sender, event, data)
        is_refused = [who for who, what, _ in outs if what == "error"]
        assert is_refused in ([], [sender])
        if event == "join_session" and not is_refused:
            members.add(sender)
        outs += room.on_tick(now_ms)
        json.dumps([outs, room.state(now_ms), room.snapshot(now_ms)], allow_nan=False)
        assert {who for who, what, _ in outs if what != "error"} <= members
        kept = json.loads(json.dumps(room.snapshot(now_ms)))
        assert (
            SyncRoom.restore(kept, now_ms).state(now_ms)["clients"] == room.state(now_ms)["clients"]
        )


@FEW
@given(seeds)
def test_a_tick_before_its_time_says_and_changes_nothing(seed):
    party = playing(seed, FULL, NO_RATE)
    for _ in range(50):
        party.pass_time(37.0)
        room = copy.deepcopy(party.room.snapshot(party.now_ms))
        before_ms = min(party.now_ms, party.room.due_ms - 1e-3)
        assert party.room.on_tick(before_ms) == []
        assert party.room.snapshot(party.now_ms) == room


@FEW
@given(seeds)
def test_everybody_is_together_and_told_so(seed):
    party = playing(seed, FULL, NO_RATE)
    for name in ("anna", "ben"):
        heard = overheard(party, name)
        party.pass_time(2500.0)
        status = last_status(heard)
        error_ms = party.error_ms(party.devices[name])
        assert abs(error_ms) < 40.0
        assert status["quality"] == "excellent"
        assert abs(status["drift"] - error_ms) <= status["confidenceMs"]
        assert actions(heard) == []


@FEW
@given(seeds, st.floats(-400, 400))
def test_an_offset_is_heard_at_once_and_kept(seed, offset_ms):
    party = playing(seed, FULL)
    party.tell("anna", "set_offset", {"offsetMs": offset_ms})
    party.pass_time(8000.0)
    assert party.error_ms(party.devices["anna"]) == pytest.approx(offset_ms, abs=40.0)


@FEW
@given(seeds, st.sampled_from([FULL, NO_RATE]))
def test_a_room_restored_tells_the_same_and_moves_nobody(seed, caps):
    party = playing(seed, caps)
    heard = overheard(party, "anna")
    party.pass_time(2500.0)
    before = last_status(heard)["drift"]
    kept = json.loads(json.dumps(party.room.snapshot(party.now_ms), allow_nan=False))
    party.room = SyncRoom.restore(kept, party.now_ms)
    party.pass_time(700.0)
    for device in party.devices.values():
        device.drop()
        device.join()
    heard.clear()
    party.pass_time(5000.0)
    assert actions(heard) == []
    assert last_status(heard)["drift"] == pytest.approx(before, abs=8.0)


@FEW
@given(seeds, st.sampled_from(["pause", "seek", "switch"]), st.floats(0, 200_000))
def test_everybody_goes_where_the_host_goes(seed, action, place):
    party = playing(seed, FULL, NO_RATE)
    party.host.choose(action, place, "trk:9" if action == "switch" else None)
    party.pass_time(12_000.0)
    for name in ("anna", "ben"):
        device = party.devices[name]
        assert device.player.is_playing == (action != "pause")
        assert device.player.track == party.host.player.track
        if action != "pause":
            assert abs(party.error_ms(device)) < 60.0


@FEW
@given(seeds, st.floats(-1e6, 1e6))
def test_wall_clocks_mean_nothing_to_who_has_another(seed, jump_ms):
    party = playing(seed, FULL)
    heard = overheard(party, "anna")
    for device in party.devices.values():
        device.wall_off_ms += jump_ms
    party.pass_time(5000.0)
    assert actions(heard) == []
    assert abs(party.error_ms(party.devices["anna"])) < 40.0


@FEW
@given(seeds)
def test_the_same_messages_are_answered_alike(seed):
    heard = [overheard_all(seed) for _ in range(2)]
    assert heard[0] == heard[1]


def overheard_all(seed):
    """All that a member hears in a few seconds."""
    party = playing(seed, FULL, BASIC)
    heard = overheard(party, "anna")
    party.pass_time(3000.0)
    assert len(heard) > 5
    return heard


@given(st.floats(allow_nan=False))
def test_quality_is_named_by_size_alone(drift_ms):
    assert quality_of(drift_ms) == quality_of(-drift_ms)
    order = ["excellent", "good", "fair", "poor"]
    assert order.index(quality_of(drift_ms)) <= order.index(quality_of(drift_ms * 1.5))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_second_exactly_is_fair(sign):
    assert quality_of(sign * 1000.0) == "fair"
    assert quality_of(sign * 1000.0001) == "poor"
