"""A room's members as programs: devices with clocks of their own, players that take their time, and
a network that delays, loses, doubles and overtakes. No real time passes.
"""

import heapq
import json
import math
from itertools import count
from random import Random

from engine.drift import SyncRoom

EPOCH_MS = 1.7e12
FULL = ("ping", "mono", "at", "rate")
NO_RATE = ("ping", "mono", "at")
BASIC = ()
REPORT_MS = 1000.0
ACTIONS = {"play", "pause", "seek", "switch_track", "set_rate"}
QUALITIES = {"excellent", "good", "fair", "poor"}
MAX_NUDGE = 0.005


class Player:
    """Plays tracks; whatever it is told to do takes it some time, in which it stands."""

    def __init__(self, rng):
        self.rng = rng
        self.track, self.is_playing, self.rate = None, False, 1.0
        self._at, self._from = 0.0, 0.0  # it is there until then

    def position(self, t):
        if not self.is_playing or t <= self._from:
            return self._at
        return self._at + (t - self._from) * self.rate

    def hold(self, at, until):
        self._at, self._from = at, until

    def set_rate(self, t, rate):
        self.hold(self.position(t), max(t, self._from))
        self.rate = rate

    def pause(self, t):
        self.hold(self.position(t), t)
        self.is_playing = False
        return t

    def play(self, t):
        if not self.is_playing:
            self.hold(self._at, max(t, self._from) + self.rng.uniform(5, 40))
            self.is_playing = True
        return self._from

    def load(self, t, track, position, is_playing, start_ms):
        """Seek, in the same track or another; with ``start_ms`` it starts then, if it can."""
        takes_ms = self.rng.uniform(20, 120) if track == self.track else self.rng.uniform(80, 400)
        self.track, self.is_playing = track, is_playing
        until = t + takes_ms
        if start_ms is not None:
            until = max(until, start_ms) + self.rng.uniform(3, 15)
        self.hold(max(0.0, position), until)
        return until


class Device:
    """One member's program, its clocks and its player."""

    def __init__(self, party, name, role, caps):
        self.party, self.name, self.role, self.caps = party, name, role, caps
        self.rng = Random(f"{party.seed} {name}")
        self.skew = self.rng.gauss(0, 40e-6)
        self.op = 0  # of what the player was told last
        self.reload()
        self.wall_off_ms = self.rng.gauss(0, 50)
        self.way_ms = self.rng.uniform(2, 40)
        self.is_online = False
        self.is_in = False  # the room has heard it join, and not leave
        self.offset_ms = 0.0
        self.socket = 0  # counts connections: what an old one carried is gone

    def reload(self):
        """The program begins anew: nothing is on, and its clock starts somewhere else."""
        self.player = Player(self.rng)
        self.mono_start = self.rng.uniform(5e3, 5e7)
        self.seq, self.ack = 0, None
        self.op += 1

    @property
    def t(self):
        return self.party.t

    def mono(self):
        return self.mono_start + self.t * (1 + self.skew)

    def wall(self):
        return float(int(EPOCH_MS + self.t + self.wall_off_ms))

    def true_time(self, mono):
        return (mono - self.mono_start) / (1 + self.skew)

    # -- what the program does -------------------------------------------------------------------

    def join(self):
        was_known = self.socket > 0
        self.is_online = True
        self.socket += 1
        body = {"role": self.role, "userName": self.name.title(), "caps": list(self.caps)}
        if "mono" in self.caps:
            body |= {"mono": self.mono(), "resolutionMs": 1}
        self.send("join_session", body)
        self.report("poll")
        if not was_known:
            self.party.at(self.t + self.rng.uniform(0, REPORT_MS), self._poll)

    def _poll(self):
        if self.is_online:
            self.report("poll")
        self.party.at(self.t + REPORT_MS * self.rng.uniform(0.97, 1.03), self._poll)

    def state(self, cause="poll"):
        player = self.player
        self.seq += 1
        body = {
            "trackUri": player.track,
            "position": float(math.floor(player.position(self.t))),
            "isPlaying": player.is_playing,
            "timestamp": self.wall(),
        }
        if "mono" in self.caps:
            body |= {"mono": self.mono(), "monoReq": self.mono() - 0.5, "rate": player.rate}
            body |= {"seq": self.seq, "ack": self.ack, "cause": cause}
        return body

    def report(self, cause):
        if self.player.track is not None:
            self.send("playback_state", self.state(cause))

    def send(self, event, body):
        """Over the network to the room."""
        self.party.carry(self, True, lambda: self.party.tell(self.name, event, body))

    def receive(self, event, data):
        if event == "ping" and "ping" in self.caps:
            now = self.mono()
            self.send(
                "pong", {"id": data["id"], "t0": data["t0"], "monoRecv": now, "monoSend": now}
            )
        elif event == "request_state" and "ping" in self.caps:
            self.report("poll")
        elif event == "sync_command":
            start = data.get("executeAt") if "at" in self.caps else None
            start_ms = None if start is None else self.true_time(start)
            begin = self.t + self.rng.uniform(0, 4)
            if start_ms is not None and not data.get("cue"):
                begin = max(begin, start_ms)
            self.op += data["action"] != "set_rate"
            op = self.op
            self.party.at(begin, lambda: self._obey(data, start_ms, op))

    def _obey(self, data, start_ms, op):
        action, player = data["action"], self.player
        if action == "set_rate":
            player.set_rate(self.t, data["rate"])
            return
        if op != self.op:
            return  # overtaken by a newer command
        is_playing = data["isPlaying"]
        if action == "play":
            ready = player.play(self.t)
        elif action == "pause":
            ready = player.pause(self.t)
        else:
            track = data["trackUri"] if action == "switch_track" else player.track
            cue_ms = start_ms if data.get("cue") else None
            ready = player.load(self.t, track, data["position"], is_playing, cue_ms)
        self.ack = data.get("cmdId", self.ack)
        self._tell_when(ready, op)

    def _tell_when(self, ready, op):
        """The player's own event, when what it was told is done."""

        def tell():
            if op == self.op and self.is_online:
                self.report("playing" if self.player.is_playing else "paused")

        self.party.at(max(ready, self.t) + 2.0, tell)

    # -- what its user does ----------------------------------------------------------------------

    def choose(self, action, position=0.0, track=None):
        """Play, pause, seek or another track, by hand."""
        player = self.player
        self.op += 1
        if action == "play":
            ready = player.play(self.t)
        elif action == "pause":
            ready = player.pause(self.t)
        else:
            ready = player.load(self.t, track or player.track, position, player.is_playing, None)
            self.report("change")
        self._tell_when(ready, self.op)

    def vanish(self):
        """The connection breaks, and the room's server hears of it."""
        self.drop()
        self.party.tell(self.name, "leave", {})

    def drop(self):
        """The connection breaks."""
        self.is_online = self.is_in = False
        self.socket += 1


class Party:
    """One room, its members and the network between them; ``t`` is the true time in ms.

    ``heard`` is called with every message of the room before it is sent, and sees to its form.
    """

    def __init__(self, seed=1, **settings):
        self.seed, self.t = seed, 0.0
        self.room = SyncRoom(**settings)
        self.devices = {}
        self.faults = []  # what happens to the next messages: "lose", "double" or a delay in ms
        self._queue, self._number, self._last = [], count(), {}

    @property
    def now_ms(self):
        return EPOCH_MS + self.t

    @property
    def host(self):
        return next((d for d in self.devices.values() if d.role == "host"), None)

    def at(self, t, do):
        heapq.heappush(self._queue, (max(t, self.t), next(self._number), do))

    def invite(self, name, role="client", caps=FULL):
        device = self.devices[name] = Device(self, name, role, caps)
        device.join()
        return device

    def pass_time(self, ms):
        """Let everything happen that is due."""
        end = self.t + ms
        while True:
            due = min(self._queue[0][0] if self._queue else math.inf, self._next_tick())
            if due > end:
                break
            self.t = max(self.t, due)
            if self._queue and self._queue[0][0] <= self.t:
                heapq.heappop(self._queue)[2]()
            else:
                self._spread(self.room.on_tick(self.now_ms), None)
        self.t = end

    def _next_tick(self):
        """When the room wishes to be ticked, as a server's timer would have it."""
        if self.room.is_ended:
            return math.inf
        return max(self.room.due_ms - EPOCH_MS, self.t + 1.0)

    def tell(self, sender, event, data):
        """A message reaches the room."""
        if self.room.is_ended:
            return []
        outs = self.room.on_message(self.now_ms, sender, event, data)
        if event == "join_session" and not any(what == "error" for _, what, _ in outs):
            self.devices[sender].is_in = True
        self._spread(outs, sender)
        return outs

    def _spread(self, outs, sender):
        for recipient, event, data in outs:
            check(event, data)
            if event == "error":
                assert recipient == sender
                continue
            device = self.devices.get(recipient)
            assert device is not None, f"{event} to {recipient}, who is no member"
            assert device.is_in, f"{event} to {recipient}, who is not there"
            sent = json.loads(json.dumps(data, allow_nan=False))
            self.carry(device, False, lambda d=device, e=event, s=sent: d.receive(e, s))

    def carry(self, device, is_up, deliver):
        """Over the network, in order, for as long as the connection stands.

        The next fault may lose or double the message, or let others overtake it.
        """
        fault = self.faults.pop(0) if self.faults else 0.0
        if fault == "lose":
            return
        socket, key = device.socket, (device.name, is_up)

        def arrive():
            if device.socket == socket:
                deliver()

        for _ in range(2 if fault == "double" else 1):
            at = self.t + device.way_ms + device.rng.expovariate(1 / 3.0)
            at = self._last[key] = max(at, self._last.get(key, 0.0))
            self.at(at + (fault if isinstance(fault, float) else 0.0), arrive)

    def error_ms(self, device):
        """How far a client is from the host; infinite on another track."""
        host, player = self.host.player, device.player
        if player.track != host.track:
            return math.inf
        return player.position(self.t) - host.position(self.t)


def is_number(value):
    """Whether it is one, and finite."""
    return type(value) in (int, float) and math.isfinite(value)


def check(event, data):
    """See that a message of the room has the form that was promised."""
    if event == "sync_command":
        assert {"action", "trackUri", "position", "isPlaying", "timestamp"} <= data.keys()
        assert data["action"] in ACTIONS
        assert isinstance(data["trackUri"], str)
        assert isinstance(data["isPlaying"], bool)
        assert data["position"] >= 0
        for field in ("position", "timestamp", "executeAt", "rate"):
            assert is_number(data.get(field, 0.0)), (field, data)
        if data["action"] == "set_rate":
            assert abs(data["rate"] - 1) <= MAX_NUDGE + 1e-9
    elif event == "sync_status":
        assert data["quality"] in QUALITIES
        assert is_number(data["drift"])
        assert data["confidenceMs"] is None or is_number(data["confidenceMs"])
        assert isinstance(data["lastSync"], str)
    elif event == "room_state":
        for member in data["members"]:
            assert {"userId", "userName", "role", "drift", "quality", "offsetMs"} <= member.keys()
        assert sum(member["role"] == "host" for member in data["members"]) <= 1
    elif event == "error":
        assert {"code", "message", "event"} <= data.keys()
    elif event == "session_ended":
        assert data["kind"] == "sync"
    else:
        assert event in ("ping", "request_state"), event
