"""Listening rooms over the sockets: who is told what, and who may say what."""

import json

import aiohttp
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from room_peers import ALL_CAPS, NearLink, Peer, Rest, SetClock, members

from server.auth import local_user
from server.errors import RefusedError
from server.keys import HUB
from server.live.codec import JSON, MSGPACK, to_message
from server.rooms.models import MAX_POSITION_MS, ROOM_MESSAGES, PlaybackState

TUNE = [{"midiNote": 60, "startTime": 0}]


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def connect(http):
    """Open WebSockets."""

    async def open_one(server, protocols=(), token=None):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"{server.url}/api/v1/ws"
        return Peer(await http.ws_connect(url, protocols=protocols, headers=headers))

    return open_one


@pytest.fixture
async def near(start_server):
    """A server with a clock that stands still, a room on it, and links without a network."""
    clock = SetClock()
    server = await start_server(clock)
    hub = server.app[HUB]
    room, _ = hub.rooms.create("guest", "192.0.2.1", "host", "Ada", None)
    return Near(hub, room, clock)


class Near:
    def __init__(self, hub, room, clock):
        self.hub, self.room, self.clock, self.code = hub, room, clock, room.code

    def link(self, user=None, **options):
        return NearLink(self.hub, user, **options)

    def joined(self, user_id, role="client", **more):
        link = self.link()
        link.join(self.code, user_id, role, **more)
        assert link.take("error") == []
        return link

    def refusal(self, link):
        (_, error), *rest = link.take("error")
        assert rest == []
        return error["code"], error["event"]


@pytest.mark.parametrize("protocols", [(), ("msgpack",)], ids=["json", "msgpack"])
async def test_host_and_client_play_from_create_to_end(start_server, http, connect, protocols):
    server = await start_server()
    rest = Rest(http, server.url)
    code = (await rest.make("h", "Ada"))["sessionId"]
    await rest.join(code, "c", "Ben")
    host, client = await connect(server, protocols), await connect(server, protocols)
    await host.join(code.lower(), "h", "host", caps=ALL_CAPS, mono=5.0, resolutionMs=1)
    assert set(await host.hear_data("ping")) == {"id", "t0"}
    state = members(await client.join(code, "c"))
    assert (state["h"]["role"], state["c"]["role"]) == ("host", "client")
    assert (state["h"]["userName"], state["c"]["userName"]) == ("Ada", "Ben")
    await host.report(10_000, mono=100.0, monoReq=99.0, seq=1, cause="playing", rate=1.0)
    command = await client.hear_data("sync_command")
    wanted = {"action", "trackUri", "position", "isPlaying", "timestamp"}
    assert wanted <= set(command)
    assert (command["action"], command["trackUri"]) == ("switch_track", "spotify:track:1")
    status = await client.hear_data("sync_status")
    assert {"drift", "lastSync", "quality"} <= set(status)
    await client.tell("request_sync", sessionId=code)
    await client.hear_data("sync_status")
    await host.report(10_000, is_playing=False, mono=130.0, monoReq=129.0, seq=2, cause="paused")
    while (await client.hear_data("sync_command"))["action"] != "pause":
        pass
    assert (await rest.ask("DELETE", f"/{code}"))[0] == 204
    ended = {"sessionId": code, "reason": "host_ended", "kind": "sync"}
    for peer in (host, client):
        assert await peer.hear_data("session_ended") == ended
        await peer.tell("request_sync")
        assert (await peer.hear_data("error"))["code"] == "WRONG_ORDER"


async def test_a_room_and_a_practice_session_share_a_connection(start_server, http, connect):
    server = await start_server()
    code = (await Rest(http, server.url).make())["sessionId"]
    peer = await connect(server)
    await peer.join(code, "host", "host")
    await peer.tell("start_session", expectedNotes=TUNE)
    await peer.hear("session_started")
    await peer.report(5)
    await peer.tell("note_played", midiNote=60, timestamp=0)
    assert (await peer.hear_data("feedback"))["result"] == "correct"
    await peer.hear("room_state")
    await peer.tell("end_session")
    assert (await peer.hear_data("session_ended"))["kind"] == "practice"
    await Rest(http, server.url).ask("DELETE", f"/{code}")
    assert (await peer.hear_data("session_ended"))["kind"] == "sync"


async def test_a_stranger_is_asked_for_a_token_first(start_server, http, connect):
    server = await start_server(guests=False)
    token = server.app[HUB].tokens.issue(local_user("Ada"), days=1)
    code = (await Rest(http, server.url, token).make())["sessionId"]
    peer = await connect(server)
    await peer.tell("join_session", sessionId=code, userId="host", role="host")
    assert (await peer.hear_data("error"))["code"] == "UNAUTHENTICATED"
    await peer.tell("authenticate", token=token)
    await peer.hear("authenticated")
    assert members(await peer.join(code, "host", "host"))["host"]["role"] == "host"


async def test_nobody_of_another_account_is_the_host(start_server, http, connect):
    server = await start_server(guests=False)
    tokens = [server.app[HUB].tokens.issue(local_user(name), days=1) for name in ("Ada", "Eve")]
    code = (await Rest(http, server.url, tokens[0]).make("ada"))["sessionId"]
    eve = await connect(server, token=tokens[1])
    for user_id, role in (("ada", "host"), ("ada", "client"), ("eve", "host")):
        await eve.tell("join_session", sessionId=code, userId=user_id, role=role)
        assert (await eve.hear_data("error"))["code"] == "NOT_HOST"
    assert members(await eve.join(code, "eve"))["eve"]["role"] == "client"


async def test_one_person_in_two_windows_is_two_members(near):
    user = local_user("Ada")
    windows = [near.link(user), near.link(user)]
    for window, name in zip(windows, ("left", "right"), strict=True):
        window.join(near.code, name)
    near.clock.advance(1000)
    for window in windows:
        told = {member["userId"] for member in window.last("room_state")["members"]}
        assert told == {"left", "right"}


async def test_the_later_of_two_connections_of_one_member_speaks(near):
    near.joined("host", "host")
    older, newer = near.joined("c"), near.joined("c")
    assert near.refusal(older) == ("REPLACED", "join_session")
    older.tell("request_sync")
    assert near.refusal(older) == ("WRONG_ORDER", "request_sync")
    older.leave()
    near.clock.advance(1000)
    (client,) = [m for m in newer.last("room_state")["members"] if m["userId"] == "c"]
    assert client["online"]


async def test_a_key_shown_at_a_socket_keeps_other_guests_out(near):
    key = "a key of the client's own"
    near.joined("c", memberKey=key)
    other = near.link()
    for wrong in ({}, {"memberKey": "a wrong one"}):
        other.join(near.code, "c", **wrong)
        assert near.refusal(other) == ("NOT_MEMBER", "join_session")
    near.joined("c", memberKey=key)


async def test_joining_another_room_leaves_the_first(near):
    link, witness = near.joined("c"), near.joined("w")
    other, _ = near.hub.rooms.create("guest", "", "host", "Eve", None)
    link.join(other.code, "c")
    assert (list(other.links), list(near.room.links)) == (["c"], ["w"])
    near.clock.advance(1000)
    online = {m["userId"]: m["online"] for m in witness.last("room_state")["members"]}
    assert online == {"c": False, "w": True}


async def test_events_of_another_room_are_refused(near):
    link = near.joined("c")
    other, _ = near.hub.rooms.create("guest", "", "host", "Eve", None)
    for code in (other.code, "nonsense", ""):
        link.tell("request_sync", sessionId=code)
        assert near.refusal(link) == ("WRONG_ORDER", "request_sync")
    link.tell("request_sync", sessionId=f" {near.code.lower()} ")
    assert link.take("error") == []


@pytest.mark.parametrize("event", sorted(set(ROOM_MESSAGES) - {"join_session"}))
async def test_nothing_is_said_before_joining(near, event):
    link = near.link()
    valid = {"id": 1, "t0": 0, "monoRecv": 0, "monoSend": 0, "userId": "c", "position": 0}
    link.tell(event, trackUri="t", isPlaying=True, timestamp=0, **valid)
    assert near.refusal(link) == ("WRONG_ORDER", event)


async def test_only_the_hosts_reports_move_the_room(near):
    host, clients = near.joined("host", "host"), [near.joined("a"), near.joined("b")]
    clients[0].report(99_000, track="another track")
    assert clients[1].take("sync_command") == []
    host.report(10_000)
    for client in clients:
        told = {data["trackUri"] for _, data in client.take("sync_command")}
        assert told == {"spotify:track:1"}


async def test_leaving_for_good_makes_the_place_free(near):
    near.joined("host", "host")
    client = near.joined("c", memberKey="the first one's")
    client.tell("leave_session", sessionId=near.code)
    assert client.seat is None and "c" not in near.room.members
    client.tell("request_sync")
    assert near.refusal(client) == ("WRONG_ORDER", "request_sync")
    near.joined("c", memberKey="another one's")


async def test_a_host_who_leaves_for_good_ends_the_room(near):
    host, client = near.joined("host", "host"), near.joined("c")
    host.tell("leave_session")
    ((_, ended),) = client.take("session_ended")
    assert ended == {"sessionId": near.code, "reason": "host_ended", "kind": "sync"}
    assert host.seat is client.seat is None and len(near.hub.rooms) == 0


async def test_the_host_hands_the_room_over(near):
    host, client = near.joined("host", "host"), near.joined("c")
    client.tell("hand_over", userId="c")
    assert near.refusal(client) == ("NOT_HOST", "hand_over")
    host.tell("hand_over", userId="nobody")
    assert near.refusal(host)[1] == "hand_over"
    assert near.room.host.id == "host"
    host.tell("hand_over", userId="c")
    assert near.room.host.id == "c"
    near.clock.advance(1000)
    roles = {m["userId"]: m["role"] for m in client.last("room_state")["members"]}
    assert roles == {"host": "client", "c": "host"}
    again = near.link()
    again.join(near.code, "host", "host")
    assert near.refusal(again) == ("NOT_HOST", "join_session")
    near.joined("c", "client")  # its program does not know: it is the host all the same
    assert near.room.sync.state(near.clock.now_ms())["host"]["userId"] == "c"


async def test_a_host_who_does_not_come_back_ends_the_room(near):
    host, client = near.joined("host", "host"), near.joined("c")
    host.leave()
    near.clock.advance(59_000)
    assert client.take("session_ended") == []
    near.clock.advance(2_000)
    (ended,) = client.take("session_ended")
    assert ended[1]["reason"] == "host_disconnected"
    assert len(near.hub.rooms) == 0


async def test_a_host_who_comes_back_in_time_goes_on(near):
    host, client = near.joined("host", "host"), near.joined("c")
    host.leave()
    near.clock.advance(30_000)
    near.joined("host", "host")
    near.clock.advance(120_000)
    assert client.take("session_ended") == [] and len(near.hub.rooms) == 1


async def test_a_room_ends_when_its_time_is_over(near):
    link = near.joined("c")
    near.clock.advance(4 * 3_600_000 - 1)
    assert link.take("session_ended") == []
    near.clock.advance(1)
    ((_, ended),) = link.take("session_ended")
    assert ended == {"sessionId": near.code, "reason": "session_expired", "kind": "sync"}
    again = near.link()
    again.join(near.code, "c")
    assert near.refusal(again) == ("SESSION_NOT_FOUND", "join_session")
    assert near.hub.rooms.counts.ended == {"session_expired": 1}


async def test_two_rooms_hear_nothing_of_each_other(near):
    other, _ = near.hub.rooms.create("guest", "", "host", "Eve", None)
    links = {}
    for room in (near.room, other):
        for user_id, role in (("host", "host"), ("c", "client")):
            links[room, user_id] = link = near.link()
            link.join(room.code, user_id, role)
    links[near.room, "host"].report(1000, track="one")
    links[other, "host"].report(2000, track="two")
    for room, track in ((near.room, "one"), (other, "two")):
        told = {data["trackUri"] for _, data in links[room, "c"].take("sync_command")}
        assert told == {track}
    other.end("host_ended")
    assert links[near.room, "c"].take("session_ended") == []
    assert len(links[other, "c"].take("session_ended")) == 1


async def test_news_of_many_who_come_at_once_is_told_once(near):
    witness = near.joined("w")
    near.clock.advance(1000)
    witness.heard.clear()
    links = [near.joined(f"c{k}") for k in range(50)]
    assert len(witness.take("room_state")) <= 1
    near.clock.advance(500)
    assert len(witness.last("room_state")["members"]) == 51
    for link in links:
        assert len(link.last("room_state")["members"]) == 51
    assert len(witness.take("room_state")) <= 5


GOOD = {"trackUri": "t", "position": 0, "isPlaying": True, "timestamp": 0}
NAN = float("nan")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("position", NAN), ("position", 1e300), ("position", float("inf")), ("position", -1),
        ("position", "0"), ("position", None), ("position", MAX_POSITION_MS * 1.01),
        ("timestamp", NAN), ("timestamp", 1e16), ("mono", -1e300), ("monoReq", NAN),
        ("rate", -0.1), ("rate", 5), ("seq", -1), ("seq", 1.5), ("seq", 2**63), ("ack", "x"),
        ("cause", "boredom"), ("outputLatencyMs", 1e9), ("duration", -1), ("trackUri", ""),
        ("trackUri", "x" * 2001), ("trackUri", 7), ("trackName", "x" * 501), ("isPlaying", 1),
        ("sessionId", "x" * 41),
    ],
    ids=str,
)  # fmt: skip
async def test_a_hostile_value_is_refused_by_its_name_and_changes_nothing(near, field, value):
    host, client = near.joined("host", "host"), near.joined("c")
    frame = msgspec.msgpack.encode({"event": "playback_state", "data": {**GOOD, field: value}})
    host.receive(MSGPACK.decode, frame, len(frame))
    (_, error) = host.take("error")[0]
    assert (error["code"], error["event"]) == ("INVALID_PAYLOAD", "playback_state")
    assert error["message"].startswith(field)
    assert client.take("sync_command") == []
    host.report(10)
    assert host.take("error") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("role", "king"), ("userId", ""), ("userId", None), ("caps", ["x" * 41]), ("caps", "ping"),
     ("caps", ["a"] * 17), ("mono", NAN), ("resolutionMs", -1), ("userName", "x" * 101),
     ("memberKey", "short"), ("sessionId", None)],
    ids=str,
)  # fmt: skip
async def test_a_wrong_wish_to_join_is_refused_by_its_name(near, field, value):
    link = near.link()
    wish = {"sessionId": near.code, "userId": "c", "role": "client", field: value}
    frame = msgspec.msgpack.encode({"event": "join_session", "data": wish})
    link.receive(MSGPACK.decode, frame, len(frame))
    (_, error) = link.take("error")[0]
    assert error["code"] == "INVALID_PAYLOAD" and error["message"].startswith(field)
    assert link.seat is None and "c" not in near.room.members


async def test_what_no_field_is_called_is_passed_over(near):
    host = near.joined("host", "host", favouriteColour="blue", caps=["ping", "levitation"])
    host.report(10, userId="host", mood="good")
    assert host.take("error") == []
    (track,) = [near.room.sync.state(near.clock.now_ms())["currentTrack"]]
    assert track["uri"] == "spotify:track:1"


def test_fast_and_slow_reading_give_the_same_report():
    data = {**GOOD, "monoReq": 1.5, "mono": 2.5, "seq": 3, "outputLatencyMs": 20.0}
    for codec, encode in ((JSON, msgspec.json.encode), (MSGPACK, msgspec.msgpack.encode)):
        fast = codec.decode(encode({"event": "playback_state", "data": data}))
        slow = codec.decode(encode({"event": "playback_state", "data": {**data, "other": 1}}))
        snake = {"track_uri": "t", "is_playing": True, "position": 0, "timestamp": 0,
                 "mono_req": 1.5, "mono": 2.5, "seq": 3, "output_latency_ms": 20.0}  # fmt: skip
        other = codec.decode(encode({"event": "playback_state", "data": snake}))
        assert msgspec.to_builtins(fast) == msgspec.to_builtins(slow) == msgspec.to_builtins(other)
        assert isinstance(fast, PlaybackState) and type(slow) is PlaybackState


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
FIELDS = sorted(
    {f.encode_name for kind in ROOM_MESSAGES.values() for f in msgspec.structs.fields(kind)}
)


@given(st.sampled_from(sorted(ROOM_MESSAGES)), st.dictionaries(st.sampled_from(FIELDS), VALUES))
@settings(max_examples=200, deadline=None)
def test_whatever_comes_is_a_checked_message_or_one_refusal(event, data):
    try:
        message = to_message(event, data)
    except RefusedError as error:
        assert (error.code, error.event) == ("INVALID_PAYLOAD", event)
    else:
        plain = msgspec.to_builtins(message)
        assert msgspec.convert(json.loads(json.dumps(plain)), type(message)) == message
