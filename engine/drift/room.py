"""A listening room: one host, any number of clients, and what they are told. No I/O."""

from datetime import UTC, datetime
from typing import Any

from engine.drift.messages import (
    CLOCK_MAX_MS,
    NUMBER_MAX,
    OFFSET_MAX_MS,
    RESOLUTION_MAX_MS,
    Data,
    MessageError,
    integer,
    number,
    read_caps,
    read_report,
    text,
)
from engine.drift.playback import COARSE_MS, Phase, Playback
from engine.drift.quality import quality_of
from engine.drift.steering import Learned, Steering

Out = tuple[str, str, dict[str, Any]]

FIRST_PINGS = 8
FIRST_PING_MS = 60.0
EARLY_PINGS = 20
EARLY_PING_MS = 500.0
PING_MS = 1_000.0
PINGS_OPEN = 16  # that may be answered
STATUS_MS = 1_000.0
BLIND_MS = 120_000.0  # between commands to a client that says nothing
PROBES = (90.0, 250.0, 450.0, 700.0)  # after a start, reports are asked for
PROBE_MS = 100.0
REMOTE_MS = 500.0  # positions that are older are told by somebody else's service
FINE_MS = 8.0
READ_MS = 3.0


class Member:
    """Somebody in the room."""

    def __init__(self, user_id: str, name: str) -> None:
        self.user_id = user_id
        self.name = name
        self.player = Playback()
        self.steering = Steering(self.player)
        self.is_online = True
        self.pings: dict[int, float] = {}
        self.ping_number = 0
        self.ping_ms = 0.0
        self.status_ms = 0.0
        self.told_quality: str | None = None
        self.drift_ms: float | None = None
        self.doubt_ms = 0.0
        self.seq: int | None = None
        self.probes: list[float] = []
        self.probed_ms = 0.0
        self.heard_ms = 0.0
        self.has_reported = False

    @property
    def caps(self) -> frozenset[str]:
        return self.steering.caps


class SyncRoom:
    """A room."""

    tick_ms = 20.0

    def __init__(self, *, host_grace_ms: float = 60_000.0) -> None:
        self.host_grace_ms = host_grace_ms
        self.members: dict[str, Member] = {}
        self.host_id: str | None = None
        self.host_left_ms: float | None = None
        self.is_ended = False
        self.due_ms = 0.0
        self.sync_ms: float | None = None
        self.track: dict[str, Any] = {}
        self.state_ms = 0.0

    # -- in and out --------------------------------------------------------------------------

    def on_message(self, now_ms: float, sender: str, event: str, data: Data) -> list[Out]:
        """Take in one event of a member."""
        try:
            out = self._take(now_ms, sender, event, data)
        except MessageError as error:
            return [(sender, "error", {"code": error.code, "message": str(error), "event": event})]
        self.due_ms = 0.0
        return out

    def on_tick(self, now_ms: float) -> list[Out]:
        """Let time pass."""
        out: list[Out] = []
        host = self.host
        if host is not None and host.player.assume(now_ms):
            out += self._steer_all(now_ms)
        for member in self.members.values():
            if not member.is_online:
                continue
            out += self._ping(member, now_ms)
            out += self._probe(member, now_ms)
            if member is host:
                continue
            if member.player.assume(now_ms) or True:
                out += self._steer(member, now_ms)
            out += self._status(member, now_ms)
        if now_ms >= self.state_ms + STATUS_MS:
            out += self._room_state(now_ms)
        return out

    @property
    def host(self) -> Member | None:
        return self.members.get(self.host_id) if self.host_id is not None else None

    def _take(self, now_ms: float, sender: str, event: str, data: Data) -> list[Out]:
        if event == "join_session":
            return self._join(now_ms, sender, data)
        member = self.members.get(sender)
        if member is None:
            raise MessageError("WRONG_ORDER", "send join_session first")
        member.heard_ms = now_ms
        if event == "playback_state":
            return self._report(now_ms, member, data)
        if event == "pong":
            return self._pong(now_ms, member, data)
        if event == "request_sync":
            return self._request(now_ms, member)
        if event == "set_offset":
            member.steering.offset_ms = number(data, "offsetMs", -OFFSET_MAX_MS, OFFSET_MAX_MS)
            return self._steer(member, now_ms) + self._room_state(now_ms)
        if event == "leave":
            member.is_online = False
            return self._room_state(now_ms)
        raise MessageError("WRONG_ORDER", f"a room knows no {event}")

    def _join(self, now_ms: float, sender: str, data: Data) -> list[Out]:
        role = data.get("role")
        if role not in ("host", "client"):
            raise MessageError("INVALID_PAYLOAD", f"role must be host or client, got {role!r}")
        caps = read_caps(data)
        mono = number(data, "mono", -CLOCK_MAX_MS, CLOCK_MAX_MS, None)
        resolution = number(data, "resolutionMs", 0.0, RESOLUTION_MAX_MS, 1.0)
        name = text(data, "userName", sender)
        if role == "host" and self.host_id not in (None, sender):
            raise MessageError("HOST_TAKEN", "this room has a host")
        member = self.members.get(sender)
        if member is None:
            member = self.members[sender] = Member(sender, name)
            member.steering.learned = Learned(resolution >= REMOTE_MS and "rate" not in caps)
        member.name = name
        member.is_online = True
        member.seq = None
        member.heard_ms = now_ms
        member.steering.caps = caps
        member.player.resolution_ms = max(1.0, resolution)
        member.player.has_events = False
        member.pings.clear()
        member.ping_ms = now_ms
        member.told_quality = None
        if mono is not None:
            member.player.clock.hear(mono, now_ms)
        if role == "host":
            self.host_id = sender
        out = self._ping(member, now_ms)
        if role == "client":
            out += self._steer(member, now_ms) + self._status(member, now_ms)
        return out + self._room_state(now_ms)

    def _report(self, now_ms: float, member: Member, data: Data) -> list[Out]:
        report = read_report(data)
        if report.seq is not None:
            if member.seq is not None and report.seq <= member.seq:
                return []
            member.seq = report.seq
        player = member.player
        if not report.is_mono:
            player.clock.hear(report.answered_ms, now_ms)
        elif not player.clock.is_known:
            player.clock.hear(report.answered_ms, now_ms)
        is_host = member.user_id == self.host_id
        if not is_host:
            member.has_reported = True
        before = player.phase
        if is_host:
            has_changed = player.report(report, now_ms)
        elif not member.steering.report(report, now_ms):
            return []
        if player.is_running and before is not Phase.RUNNING:
            member.probes = [now_ms + after for after in PROBES] if "ping" in member.caps else []
        if is_host:
            self.sync_ms = now_ms
            return self._steer_all(now_ms) if has_changed else []
        return self._steer(member, now_ms) + self._status(member, now_ms)

    def _pong(self, now_ms: float, member: Member, data: Data) -> list[Out]:
        recv = number(data, "monoRecv", -CLOCK_MAX_MS, CLOCK_MAX_MS)
        send = number(data, "monoSend", recv, CLOCK_MAX_MS)
        ident = integer(data, "id")
        t0 = member.pings.pop(ident, None) if ident is not None else None
        if t0 is not None and send - recv <= now_ms - t0:
            member.player.clock.ping(t0, recv, send, now_ms)
        return []

    def _request(self, now_ms: float, member: Member) -> list[Out]:
        return self._steer(member, now_ms) + self._status(member, now_ms, True)

    # -- steering ------------------------------------------------------------------------------

    def _steer_all(self, now_ms: float) -> list[Out]:
        out = []
        for member in self.members.values():
            if member.user_id != self.host_id and member.is_online:
                out += self._steer(member, now_ms)
                out += self._status(member, now_ms)
        return out

    def _steer(self, member: Member, now_ms: float) -> list[Out]:
        host = self.host
        if host is None or member is host:
            return []
        commands = member.steering.steer(host.player, now_ms)
        for command in commands:
            command["trackUri"] = host.player.track
            command["timestamp"] = now_ms
        return [(member.user_id, "sync_command", command) for command in commands]

    def _ping(self, member: Member, now_ms: float) -> list[Out]:
        if "ping" not in member.caps or now_ms < member.ping_ms:
            return []
        member.ping_number += 1
        n = member.player.clock.n_pings
        gap = FIRST_PING_MS if n < FIRST_PINGS else EARLY_PING_MS if n < EARLY_PINGS else PING_MS
        member.ping_ms = now_ms + gap
        member.pings[member.ping_number] = now_ms
        while len(member.pings) > PINGS_OPEN:
            del member.pings[next(iter(member.pings))]
        return [(member.user_id, "ping", {"id": member.ping_number, "t0": now_ms})]

    def _probe(self, member: Member, now_ms: float) -> list[Out]:
        """Ask for a report where one tells much."""
        if "ping" not in member.caps or not member.player.is_running:
            return []
        if member.probes and now_ms >= member.probes[0]:
            member.probes.pop(0)
            return [(member.user_id, "request_state", {})]
        player = member.player
        if player.resolution_ms <= COARSE_MS or now_ms < member.probed_ms + PROBE_MS:
            return []
        if player.uncertainty(now_ms) > FINE_MS:
            read = player.position(now_ms + player.clock.down_ms + READ_MS)
            phase = (read - player.read_ms) % player.resolution_ms
            gap = min(phase, player.resolution_ms - phase)
            if gap < max(12.0, 0.25 * player.uncertainty(now_ms)):
                member.probed_ms = now_ms
                return [(member.user_id, "request_state", {})]
        return []

    # -- telling -------------------------------------------------------------------------------

    def _status(self, member: Member, now_ms: float, is_asked: bool = False) -> list[Out]:
        host = self.host
        if host is None or host.player.track is None:
            return []
        player, steering = member.player, member.steering
        if player.track != host.player.track:
            drift = 5_000.0
        else:
            drift = steering.drift(host.player, now_ms)
        quality = quality_of(drift)
        is_due = now_ms >= member.status_ms + STATUS_MS
        if quality == member.told_quality and not is_due and not is_asked:
            return []
        member.told_quality = quality
        member.status_ms = now_ms
        member.drift_ms = drift
        member.doubt_ms = player.uncertainty(now_ms) + host.player.uncertainty(now_ms)
        for clock in (player.clock, host.player.clock):
            member.doubt_ms += 0.5 * min(clock.rtt_ms, 2_000.0)
        return [
            (
                member.user_id,
                "sync_status",
                {
                    "drift": round(drift, 2),
                    "lastSync": _iso(self.sync_ms or now_ms),
                    "quality": quality,
                    "confidenceMs": round(member.doubt_ms, 1),
                },
            )
        ]

    def _room_state(self, now_ms: float) -> list[Out]:
        self.state_ms = now_ms
        members = [
            {
                "userId": m.user_id,
                "userName": m.name,
                "role": "host" if m.user_id == self.host_id else "client",
                "drift": None if m.drift_ms is None else round(m.drift_ms, 2),
                "quality": m.told_quality,
                "offsetMs": m.steering.offset_ms,
            }
            for m in self.members.values()
        ]
        return [
            (m.user_id, "room_state", {"members": members})
            for m in self.members.values()
            if m.is_online
        ]


def _iso(epoch_ms: float) -> str:
    return datetime.fromtimestamp(epoch_ms / 1e3, UTC).isoformat(timespec="milliseconds")
