"""A listening room under anything that may happen to it, in any order.

Its members are programs with clocks and players of their own; what is checked at every message is
told in ``listeners``. At the end the network works again, and everybody has to hear the same.
"""

import json
from math import inf, nan

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from listeners import BASIC, FULL, NO_RATE, Party

from engine.drift import SyncRoom

GRACE_MS = 20_000.0
SETTLE_MS = 30_000.0
HEARD_MS = 100.0
ROUGH_MS = 400.0
"""Of a client that knows the basic events only: its clock may be off, and it takes its time."""
TRACK_MS = 86_400_000.0

PLACES = st.floats(0, 300_000)
NAMES = ("anna", "ben", "cem", "dora")
hostile = st.sampled_from(
    [nan, inf, -inf, 1e300, -1e300, -1.0, "12", True, None, [], {}, 10**400, ""]
)
PATIENT = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,  # what is rare is not to stop somebody else's work
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class RoomMachine(RuleBasedStateMachine):
    """One room, its host, and up to four clients."""

    @initialize(seed=st.integers(0, 2**32))
    def open(self, seed):
        self.party = Party(seed, host_grace_ms=GRACE_MS)
        self.host_left_ms = None
        self.party.invite("host", "host", FULL)
        self.party.pass_time(200.0)
        host = self.party.host
        host.player.is_playing = True
        host.choose("switch", track="trk:0")

    @property
    def room(self):
        return self.party.room

    def clients(self, **wanted):
        found = (d for d in self.party.devices.values() if d.role == "client")
        return [d for d in found if all(getattr(d, k) == v for k, v in wanted.items())]

    def is_open(self):
        return not self.room.is_ended

    def has_client(self):
        return self.is_open() and bool(self.clients(is_in=True))

    def host_is_here(self):
        return self.is_open() and self.party.host.is_in

    def pick(self, data, **wanted):
        return data.draw(st.sampled_from(sorted(self.clients(**wanted), key=lambda d: d.name)))

    # -- what members do -------------------------------------------------------------------------

    @precondition(lambda self: self.is_open() and len(self.clients()) < len(NAMES))
    @rule(caps=st.sampled_from([FULL, FULL, NO_RATE, BASIC]))
    def join(self, caps):
        name = next(n for n in NAMES if n not in self.party.devices)
        self.party.invite(name, "client", caps)

    @precondition(is_open)
    @rule(ms=st.sampled_from([1.0, 40.0, 700.0, 5000.0]))
    def wait(self, ms):
        self.party.pass_time(ms)

    @precondition(host_is_here)
    @rule(action=st.sampled_from(["play", "pause", "seek", "switch"]), place=PLACES)
    def host_does(self, action, place):
        track = f"trk:{int(place) % 3}" if action == "switch" else None
        self.party.host.choose(action, place, track)

    @precondition(has_client)
    @rule(data=st.data(), action=st.sampled_from(["play", "pause", "seek"]), place=PLACES)
    def client_fiddles(self, data, action, place):
        device = self.pick(data, is_in=True)
        if device.player.track is not None:
            device.choose(action, place)

    @precondition(has_client)
    @rule(data=st.data())
    def client_asks(self, data):
        self.pick(data, is_in=True).send("request_sync", {})

    @precondition(has_client)
    @rule(data=st.data(), offset_ms=st.floats(-500, 500))
    def offset_is_set(self, data, offset_ms):
        device = self.pick(data, is_in=True)
        outs = self.party.tell(device.name, "set_offset", {"offsetMs": offset_ms})
        assert all(event != "error" for _, event, _ in outs)
        device.offset_ms = offset_ms

    # -- what happens to them --------------------------------------------------------------------

    @precondition(is_open)
    @rule(fault=st.sampled_from(["lose", "double", 120.0, 900.0]), n=st.integers(1, 6))
    def network_fails(self, fault, n):
        self.party.faults += [fault] * n

    @precondition(has_client)
    @rule(data=st.data())
    def client_vanishes(self, data):
        self.pick(data, is_in=True).vanish()

    @precondition(lambda self: self.is_open() and bool(self.clients(is_online=False)))
    @rule(data=st.data(), is_reloaded=st.booleans())
    def client_returns(self, data, is_reloaded):
        device = self.pick(data, is_online=False)
        if is_reloaded:
            device.reload()
        device.join()

    @precondition(has_client)
    @rule(data=st.data())
    def client_leaves_for_good(self, data):
        device = self.pick(data, is_in=True)
        del self.party.devices[device.name]
        device.drop()
        self.party.tell(device.name, "remove", {})

    @precondition(host_is_here)
    @rule(ms=st.sampled_from([10.0, 3000.0, GRACE_MS - 500.0]))
    def host_returns_within_grace(self, ms):
        host = self.party.host
        host.vanish()
        self.party.pass_time(ms)
        assert not self.room.is_ended
        host.join()

    @precondition(lambda self: self.has_client() and self.host_is_here())
    @rule(data=st.data())
    def host_hands_over(self, data):
        host, heir = self.party.host, self.pick(data, is_in=True)
        self.party.tell(host.name, "hand_over", {"userId": heir.name})
        host.role, heir.role = "client", "host"

    @precondition(is_open)
    @rule(data=st.data(), ms=st.sampled_from([-3.6e6, -1500.0, 900.0, 7.2e6]))
    def wall_clock_jumps(self, data, ms):
        devices = sorted(self.party.devices.values(), key=lambda d: d.name)
        data.draw(st.sampled_from(devices)).wall_off_ms += ms

    @precondition(is_open)
    @rule()
    def server_starts_anew(self):
        """All connections break; what was kept makes the same room again."""
        party, room = self.party, self.room
        told = room.state(party.now_ms)
        kept = json.loads(json.dumps(room.snapshot(party.now_ms), allow_nan=False))
        party.room = SyncRoom.restore(kept, party.now_ms)
        assert party.room.state(party.now_ms)["currentTrack"] == told["currentTrack"]
        for device in party.devices.values():
            if device.is_online:
                device.drop()
                device.join()

    # -- what they should not do -----------------------------------------------------------------

    def unchanged(self, sender, event, data, codes):
        """Send what is refused; the room is as it was."""
        party = self.party
        before = self.room.snapshot(party.now_ms)
        outs = party.tell(sender, event, data)
        assert [(who, what) for who, what, _ in outs] == [(sender, "error")], (event, data)
        assert outs[0][2]["code"] in codes
        assert outs[0][2]["event"] == event
        assert self.room.snapshot(party.now_ms) == before

    @precondition(is_open)
    @rule(
        data=st.data(),
        field=st.sampled_from(["trackUri", "position", "isPlaying", "timestamp"]),
        value=hostile,
    )
    def report_is_garbage(self, data, field, value):
        devices = [d for d in self.party.devices.values() if d.is_in and d.player.track]
        if not devices or (field == "isPlaying" and value is True):
            return
        if field == "trackUri" and value == "12":
            return
        device = data.draw(st.sampled_from(sorted(devices, key=lambda d: d.name)))
        body = {"trackUri": "trk:0", "position": 1.0, "isPlaying": True, "timestamp": 1.0}
        if field == "timestamp" and value == -1.0:
            return
        self.unchanged(device.name, "playback_state", body | {field: value}, {"INVALID_PAYLOAD"})

    @precondition(is_open)
    @rule(event=st.sampled_from(["playback_state", "request_sync", "pong", "hand_over", "dance"]))
    def stranger_speaks(self, event):
        self.unchanged("stranger", event, {}, {"WRONG_ORDER"})

    @precondition(has_client)
    @rule(data=st.data())
    def client_claims_to_be_host(self, data):
        name = self.pick(data, is_in=True).name
        self.unchanged(name, "hand_over", {"userId": name}, {"NOT_HOST"})
        self.unchanged(name, "join_session", {"role": "host"}, {"HOST_TAKEN", "NOT_HOST"})

    @precondition(has_client)
    @rule(data=st.data(), position=st.floats(0, 8e8), is_playing=st.booleans())
    def client_lies(self, data, position, is_playing):
        """Nobody else is told anything by a client's report, and the room stays where it is."""
        device, party = self.pick(data, is_in=True), self.party
        before = self.room.state(party.now_ms)["currentTrack"]
        body = device.state() | {"position": position, "isPlaying": is_playing}
        outs = party.tell(device.name, "playback_state", body | {"trackUri": "trk:1"})
        assert {who for who, event, _ in outs if event != "room_state"} <= {device.name}
        assert self.room.state(party.now_ms)["currentTrack"] == before

    @precondition(has_client)
    @rule(data=st.data(), n=st.sampled_from([50, 500]))
    def client_floods(self, data, n):
        device, party = self.pick(data, is_in=True), self.party
        for number in range(n):
            pong = {"id": number * 7919, "t0": 0.0, "monoRecv": 1.0, "monoSend": 2.0}
            assert party.tell(device.name, "pong", pong) == []
        for _ in range(n // 10):
            outs = party.tell(device.name, "request_sync", {})
            assert {who for who, event, _ in outs if event != "room_state"} <= {device.name}
            assert len(outs) <= 4 + len(party.devices)

    @rule(event=st.sampled_from(["playback_state", "join_session", "request_sync"]))
    def nobody_is_heard_after_the_end(self, event):
        if self.room.is_ended:
            for _ in range(2):
                outs = self.room.on_message(self.party.now_ms, "host", event, {"role": "host"})
                assert [(who, what) for who, what, _ in outs] == [("host", "error")]
                assert self.room.on_tick(self.party.now_ms) == []

    # -- what always holds -----------------------------------------------------------------------

    @invariant()
    def state_is_that_of_the_members(self):
        if not hasattr(self, "party") or self.room.is_ended:
            return
        party = self.party
        state = json.loads(json.dumps(self.room.state(party.now_ms), allow_nan=False))
        assert state["host"]["userId"] == party.host.name
        clients = sorted(client["userId"] for client in state["clients"])
        joined = {d.name for d in self.clients()}
        assert set(clients) <= joined
        track = state["currentTrack"]
        assert track is None or track["position"] >= 0

    def teardown(self):
        """After every fault, with a working network, everybody hears the same."""
        if not hasattr(self, "party") or self.room.is_ended:
            return
        party = self.party
        party.faults.clear()
        for device in party.devices.values():
            if device.caps == BASIC and device is not party.host:
                device.drop()  # who says nothing of itself can only be helped by coming anew
                party.tell(device.name, "remove", {})
            elif not device.is_in:
                device.drop()
            if not device.is_online:
                device.join()
        party.pass_time(2000.0)
        if party.host.player.track is None:
            party.host.choose("switch", track="trk:2")
        party.host.choose("play")
        party.pass_time(SETTLE_MS)
        assert not self.room.is_ended
        for device in self.clients():
            is_rough = BASIC in (device.caps, party.host.caps)
            limit = ROUGH_MS if is_rough else HEARD_MS
            is_new = device.caps == BASIC
            off_ms = party.error_ms(device) - (0.0 if is_new else device.offset_ms)
            assert abs(off_ms) < limit, f"{device.name} {device.caps} is {off_ms} ms off"
            assert device.player.is_playing


TestRoom = RoomMachine.TestCase
TestRoom.settings = PATIENT
