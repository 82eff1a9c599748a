"""Rooms under whatever order of events: who sits where is always what a plain model says."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from room_peers import NearLink, SetClock

from server.auth import Tokens, User
from server.config import Settings
from server.errors import ApiError
from server.live.hub import Hub
from server.rooms import clock as clocks
from server.rooms.clock import Clock
from server.rooms.rooms import Rooms

PEOPLE = [None, User("ada", "Ada"), User("ben", "Ben")]
IDS = ["host", "a", "b"]
KEYS = [None, "the one key", "the other key"]
STEPS = st.one_of(
    st.tuples(
        st.just("join"), st.integers(0, 5), st.integers(0, 1), st.sampled_from(IDS),
        st.sampled_from(["host", "client"]), st.sampled_from(KEYS),
    ),
    st.tuples(st.just("close"), st.integers(0, 5)),
    st.tuples(st.just("leave_session"), st.integers(0, 5)),
    st.tuples(st.just("hand_over"), st.integers(0, 5), st.sampled_from(IDS)),
    st.tuples(st.just("report"), st.integers(0, 5), st.floats(0, 1e5), st.booleans()),
    st.tuples(st.just("request_sync"), st.integers(0, 5)),
    st.tuples(st.just("offset"), st.integers(0, 1), st.sampled_from(IDS), st.floats(-100, 100)),
    st.tuples(st.just("advance"), st.sampled_from([1.0, 40.0, 900.0, 30_000.0, 65_000.0])),
    st.tuples(st.just("end"), st.integers(0, 1)),
)  # fmt: skip


def new_hub(clock):
    options = Settings()
    return Hub(options, Tokens(b"x" * 32), None, None, Rooms(options, clock), None)


async def play(steps):
    clock = SetClock()
    hub = new_hub(clock)
    hub.rooms.create("guest", "", "host", "Host", None)
    hub.rooms.create("ada", "", "host", "Host", None)
    rooms = list(hub.rooms._rooms.values())
    links = [NearLink(hub, PEOPLE[k % 3]) for k in range(6)]
    for step in steps:
        act(hub, rooms, links, clock, *step)
        check(hub, rooms, links, clock)
    for link in links:
        link.leave()
    check(hub, rooms, links, clock)
    await hub.close()


def act(hub, rooms, links, clock, action, which=0, *values):
    if action == "advance":
        clock.advance(which)
    elif action == "end":
        if rooms[which].code in hub.rooms._rooms:
            rooms[which].end("host_ended")
    elif action == "offset":
        room, (user_id, offset_ms) = rooms[which], values
        try:
            hub.rooms.set_offset(room, room.host.account, user_id, None, offset_ms)
        except ApiError as error:
            assert error.code in {"NOT_MEMBER", "NOT_HOST", "HOST_LEADS", "RATE_LIMITED"}
    elif action == "close":
        links[which].leave()
        links[which] = NearLink(hub, PEOPLE[which % 3])
    elif action == "join":
        k, user_id, role, key = values
        more = {} if key is None else {"memberKey": key}
        links[which].join(rooms[k].code, user_id, role, **more)
    elif action == "hand_over":
        links[which].tell("hand_over", userId=values[0])
    elif action == "report":
        links[which].report(values[0], values[1])
    else:
        links[which].tell(action)


def check(hub, rooms, links, clock):
    for link in links:
        for event, data in link.take("error"):
            assert data["code"] not in {"INTERNAL", "INVALID_FIELD"}, (event, data)
        if link.seat is not None:
            room, member = link.seat
            assert room.links[member.id] is link
            assert room.members[member.id] is member
            assert member.account == link.client.user_id
    for room in rooms:
        is_open = hub.rooms._rooms.get(room.code) is room
        assert is_open != room._is_over
        assert set(room.links) <= set(room.members)
        assert all(link.seat.room is room for link in room.links.values())
        if is_open:
            assert room.members[room.host.id] is room.host
            told = room.sync.state(clock.now_ms())
            known = {one["userId"] for one in told["clients"]}
            assert known <= set(room.members)
            if room.host.has_joined:
                assert told["host"]["userId"] == room.host.id
        else:
            assert not room.links
    assert clock.n_timers <= 2 * len(hub.rooms)


@given(st.lists(STEPS, min_size=10, max_size=60))
@settings(max_examples=80, deadline=None)
def test_seats_hosts_and_timers_are_always_in_order(steps):
    asyncio.run(play(steps))


def test_the_clock_does_not_follow_the_wall_clock(monkeypatch):
    clock = Clock()
    before_ms = clock.now_ms()
    monkeypatch.setattr(clocks.time, "time", lambda: 0.0)
    assert 0.0 <= clock.now_ms() - before_ms < 60_000.0


@pytest.mark.parametrize("event", ["playback_state", "request_sync"])
def test_a_message_came_when_it_was_read_and_not_when_it_was_understood(event):
    async def scenario():
        clock = Clock()
        hub = new_hub(clock)
        room, _ = hub.rooms.create("guest", "", "host", "Host", None)
        link = NearLink(hub)
        link.join(room.code, "host", "host")
        came = []
        take = room.sync.on_message
        room.sync.on_message = lambda now_ms, *rest: came.append(now_ms) or take(now_ms, *rest)
        began = []

        def decode(frame):
            began.append(clock.now_ms())
            while clock.now_ms() == began[0]:
                pass
            return decode_well(frame)

        receive, decode_well = link.receive, None

        def spy(decoding, frame, n_bytes):
            nonlocal decode_well
            decode_well = decoding
            receive(decode, frame, n_bytes)

        link.receive = spy
        if event == "playback_state":
            link.report(5.0)
        else:
            link.tell(event)
        assert came == [came[0]] and came[0] <= began[0]
        link.leave()

    asyncio.run(scenario())
