"""A basic client as API.md has it, and a host who reports every two minutes.

It has no ``caps``: it plays, then seeks, on ``play``; it starts a ``switch_track`` at 0 and needs a
seek after it; it may never report its own state.
"""

import pytest
from room_peers import NearLink, SetClock

from server.keys import HUB

MINUTE_MS = 60_000.0
LOAD_MS = 350.0  # until a track that is switched to sounds
SEEK_MS = 120.0
WAY_MS = 30.0  # of a message
TOGETHER_MS = 300.0  # blind, over a way and with a player that nobody knows


class Player:
    """A player with the manners of a basic client."""

    def __init__(self, clock):
        self.clock = clock
        self.track = None
        self.is_playing = False
        self._position = 0.0
        self._from_ms = clock.now_ms()

    @property
    def position(self):
        """Where it is; what loads or seeks stands still."""
        if not self.is_playing:
            return self._position
        return self._position + max(self.clock.now_ms() - self._from_ms, 0.0)

    def set(self, position, is_playing, after_ms=0.0):
        self._position, self.is_playing = position, is_playing
        self._from_ms = self.clock.now_ms() + after_ms

    def obey(self, command):
        action = command["action"]
        if action == "switch_track":
            self.track = command["trackUri"]
            self.set(0.0, True, LOAD_MS)
        elif action == "play":
            self.set(command["position"], True, SEEK_MS)
        elif action == "seek":
            self.set(command["position"], self.is_playing, SEEK_MS)
        else:
            assert action == "pause"
            self.set(self.position, False)


class BasicClient(NearLink):
    """Obeys a little later, as messages take their way."""

    def __init__(self, hub, clock, reports):
        super().__init__(hub)
        self.clock = clock
        self.player = Player(clock)
        self.told_ms = []
        self.reports = reports

    def write(self, replies):
        known = len(self.heard)
        super().write(replies)
        for event, data in self.heard[known:]:
            if event == "sync_command":
                assert {"action", "trackUri", "position", "isPlaying", "timestamp"} <= set(data)
                assert not {"executeAt", "cue", "rate"} & {k for k in data if data[k] is not None}
                self.told_ms.append(self.clock.now_ms())
                self.clock.call_at(
                    self.clock.now_ms() + WAY_MS, lambda data=data: self.player.obey(data)
                )

    def live(self):
        """Report every two minutes, where it does at all."""
        if self.reports and self.player.track is not None:
            player = self.player
            self.report(player.position, player.is_playing, player.track)
        self.clock.call_at(self.clock.now_ms() + 2 * MINUTE_MS, self.live)


class Host(NearLink):
    """Plays, and reports on every change and every two minutes."""

    def __init__(self, hub, clock):
        super().__init__(hub)
        self.clock = clock
        self.player = Player(clock)

    def change(self, position, is_playing=True, track="spotify:track:1"):
        self.player.track = track
        self.player.set(position, is_playing)
        self.say()

    def say(self):
        self.report(self.player.position, self.player.is_playing, self.player.track)

    def live(self):
        self.clock.call_at(self.clock.now_ms() + 2 * MINUTE_MS, self.live)
        self.say()


@pytest.fixture(params=[False, True], ids=["silent", "reports"])
async def room(start_server, request):
    """A host who has played for a while, and a basic client that has come."""
    clock = SetClock()
    hub = (await start_server(clock)).app[HUB]
    made, _ = hub.rooms.create("guest", "", "host", "Ada", None)
    host, client = Host(hub, clock), BasicClient(hub, clock, request.param)
    host.join(made.code, "host", "host")
    host.change(30_000)
    host.live()
    clock.advance(2.5 * MINUTE_MS)
    client.join(made.code, "c")
    client.live()
    clock.advance(5000)
    return host, client, clock


def apart(host, client):
    assert client.player.track == host.player.track
    assert client.player.is_playing == host.player.is_playing
    return abs(client.player.position - host.player.position)


async def test_who_comes_is_brought_to_where_the_host_is(room):
    host, client, _ = room
    assert apart(host, client) < TOGETHER_MS
    assert host.take("error") == client.take("error") == []


async def test_pause_resume_seek_and_another_track_are_followed(room):
    host, client, clock = room
    position = host.player.position
    for change in (
        lambda: host.change(position, is_playing=False),
        lambda: host.change(position),
        lambda: host.change(100_000),
        lambda: host.change(7_000),
        lambda: host.change(0, track="spotify:track:2"),
        lambda: host.change(50_000, track="spotify:track:3"),
    ):
        change()
        clock.advance(5000)
        assert apart(host, client) < TOGETHER_MS


async def test_who_asks_is_told_at_once(room):
    host, client, clock = room
    client.player.set(client.player.position + 3000, True)  # somebody touched it
    client.told_ms.clear()
    client.tell("request_sync")
    assert client.told_ms == [clock.now_ms()]
    clock.advance(5000)
    assert apart(host, client) < TOGETHER_MS


async def test_a_command_comes_every_two_minutes_and_no_more(room):
    host, client, clock = room
    client.told_ms.clear()
    for _ in range(10):
        clock.advance(2 * MINUTE_MS)
        assert apart(host, client) < TOGETHER_MS
    n_told = len(client.told_ms)
    assert n_told >= 9 or client.reports  # who reports is known to be right
    assert n_told <= 11
    client.player.set(client.player.position + 4000, True)  # it slipped, and does not know
    clock.advance(4.1 * MINUTE_MS)
    assert apart(host, client) < TOGETHER_MS
