"""Somebody in a listening room: player, clock and what is asked of them."""

from collections import deque
from typing import Any

from engine.drift.command import Learned
from engine.drift.messages import (
    CLOCK_MAX_MS,
    RESOLUTION_MAX_MS,
    Data,
    MessageError,
    Report,
    integer,
    number,
    read_caps,
    read_report,
    text,
)
from engine.drift.playback import COARSE_MS, Phase, Playback
from engine.drift.steering import Steering

ROLES = ("host", "client")
FIRST_PINGS, FIRST_PING_MS = 8, 60.0  # a clock that is new is asked often
EARLY_PINGS, EARLY_PING_MS = 20, 500.0
PING_MS = 1_000.0
PINGS_OPEN = 16  # that may still be answered
PROBES_MS = (90.0, 250.0, 450.0, 700.0)  # after a start, when reports are asked for
PROBE_PAUSE_MS = 100.0
PROBE_REST_MS = 3_000.0  # a coarse player that is known well is asked this often all the same
PROBE_READ_MS = 3.0  # from when a player is asked until it is read
FINE_MS = 8.0  # a coarse player that is known as well is not asked more
AIM_MS, AIM_SHARE = 12.0, 0.25  # how near to its next step it is asked
REMOTE_MS = 500.0  # positions that are older are told by somebody else's service

Asked = tuple[str, dict[str, Any]]


class Member:
    """One member.

    Parameters
    ----------
    user_id : str
        Unique in the room.

    Attributes
    ----------
    player : Playback
        What the member's player is doing.
    steering : Steering
        What it is told, while the member is no host.
    reported_ms : float or None
        When it told of itself last.
    """

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.name = user_id
        self.player = Playback()
        self.steering = Steering(self.player)
        self.is_online = True
        self.reported_ms: float | None = None
        self.told: dict[str, Any] = {"drift": None, "quality": None, "confidenceMs": None}
        self.status_ms = 0.0
        self._pings: dict[int, float] = {}
        self._ping_number = 0
        self._ping_ms = 0.0
        self._probes: deque[float] = deque()
        self._probed_ms = 0.0
        self._seq: int | None = None

    @property
    def caps(self) -> frozenset[str]:
        """What its client can do beyond the basic events."""
        return self.steering.caps

    def join(self, data: Data, now_ms: float) -> None:
        """Begin a connection.

        Raises
        ------
        MessageError
            If the message breaks a rule; nothing has changed then.
        """
        caps = read_caps(data)
        mono = number(data, "mono", -CLOCK_MAX_MS, CLOCK_MAX_MS, None)
        resolution = number(data, "resolutionMs", 0.0, RESOLUTION_MAX_MS, 1.0)
        self.name = text(data, "userName", self.name)
        steering, player = self.steering, self.player
        if not steering.caps and self.reported_ms is None:
            steering.learned = Learned(resolution >= REMOTE_MS and "rate" not in caps)
        steering.caps = caps
        steering.rejoin()
        player.resolution_ms = max(1.0, resolution)
        player.rejoin(mono, now_ms)
        self.is_online = True
        self._seq = None
        self._pings.clear()
        self._ping_ms = now_ms

    def snapshot(self, now_ms: float) -> dict[str, Any]:
        """Return what is worth keeping, for :meth:`restore`."""
        return {
            "userId": self.user_id,
            "userName": self.name,
            "offsetMs": self.steering.offset_ms,
            "player": self.player.snapshot(now_ms, self.steering.command is None),
        }

    @classmethod
    def restore(cls, kept: Data) -> "Member":
        """Return a member who is away, as they were kept."""
        member = cls(kept["userId"])
        member.name = kept["userName"]
        member.is_online = False
        member.steering.offset_ms = kept["offsetMs"]
        member.player.restore(kept["player"])
        return member

    def read(self, data: Data) -> Report | None:
        """Check a ``playback_state``; returns None where it is doubled or was overtaken.

        Raises
        ------
        MessageError
            If the message breaks a rule; nothing has changed then.
        """
        report = read_report(data)
        if report.seq is not None:
            if self._seq is not None and report.seq <= self._seq:
                return None
            self._seq = report.seq
        return report

    def report(self, report: Report, now_ms: float, is_host: bool) -> bool:
        """Take in what the player does; returns whether that is anything new."""
        self.reported_ms = now_ms
        player = self.player
        if not report.is_mono or not player.clock.is_known:
            player.clock.hear(report.answered_ms, now_ms)
        before = (player.track, player.phase)
        if is_host:
            has_changed = player.report(report, now_ms)
        else:
            self.steering.report(report, now_ms)
            has_changed = before != (player.track, player.phase)
        if player.is_running and before[1] is not Phase.RUNNING and "ping" in self.caps:
            self._probes = deque(now_ms + after for after in PROBES_MS)
        return has_changed

    def pong(self, data: Data, now_ms: float) -> None:
        """Take in the answer to a ping; one that was not sent, or is answered again, is nothing.

        Raises
        ------
        MessageError
            If the message breaks a rule.
        """
        received = number(data, "monoRecv", -CLOCK_MAX_MS, CLOCK_MAX_MS)
        sent = number(data, "monoSend", received, CLOCK_MAX_MS)
        number_ = integer(data, "id")
        if number_ is None:
            raise MessageError("INVALID_PAYLOAD", "id must be a whole number, got None")
        t0_ms = self._pings.pop(number_, None)
        if t0_ms is not None and sent - received <= now_ms - t0_ms:
            self.player.ping(t0_ms, received, sent, now_ms)

    def ask(self, now_ms: float) -> list[Asked]:
        """Tell what the member's client is asked now."""
        if "ping" not in self.caps:
            return []
        asked: list[Asked] = []
        if now_ms >= self._ping_ms:
            n = self.player.clock.n_pings
            early_ms = FIRST_PING_MS if n < FIRST_PINGS else EARLY_PING_MS
            self._ping_ms = now_ms + (early_ms if n < EARLY_PINGS else PING_MS)
            self._ping_number += 1
            self._pings[self._ping_number] = now_ms
            if len(self._pings) > PINGS_OPEN:
                del self._pings[next(iter(self._pings))]
            asked.append(("ping", {"id": self._ping_number, "t0": now_ms}))
        if self._should_probe(now_ms):
            self._probed_ms = now_ms
            asked.append(("request_state", {}))
        return asked

    @property
    def ask_ms(self) -> float:
        """When the member is to be asked next."""
        if "ping" not in self.caps:
            return float("inf")
        if self._probes:
            return min(self._ping_ms, self._probes[0])
        return 0.0 if self._is_coarse(self._ping_ms) else self._ping_ms

    def _is_coarse(self, now_ms: float) -> bool:
        player = self.player
        return (
            player.is_running
            and player.resolution_ms > COARSE_MS
            and (player.uncertainty(now_ms) > FINE_MS or now_ms > self._probed_ms + PROBE_REST_MS)
        )

    def _should_probe(self, now_ms: float) -> bool:
        """Whether a report would tell much now: after a start, or where the position steps."""
        player = self.player
        if self._probes and now_ms >= self._probes[0]:
            self._probes.popleft()
            return player.is_running
        if now_ms < self._probed_ms + PROBE_PAUSE_MS or not self._is_coarse(now_ms):
            return False
        read = player.position(now_ms + player.clock.down_ms + PROBE_READ_MS)
        phase = (read - player.read_ms) % player.resolution_ms
        away = min(phase, player.resolution_ms - phase)
        return away < max(AIM_MS, AIM_SHARE * player.uncertainty(now_ms))
