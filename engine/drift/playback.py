"""What a member's player is doing, told from its reports."""

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

from engine.drift.messages import Report
from native.sync_clock import SyncClock
from native.sync_timeline import Timeline

AWAY_MS = 2_000.0  # a clock that is off by more is another one
COAST_DOUBT_MS = 100.0  # of a player that no report has told of lately
LAG_SHARE = 0.1
FRESH_MS = 800.0  # that a player may still have been loading when its position was kept
MOVED_MS = 40.0  # beyond a standing position: the player runs
COARSE_MS = 50.0  # positions that are rounded to more, or older, are narrowed down by probing
LAND_MS = 15.0  # how far from its target a seek may land
SETTLED_MS = 40.0  # what may have been played when a player tells that it plays
UNTOLD_MS = 80.0  # a player that has not told by then that it began has not begun
DOUBT_MS = 60.0  # a jump by less is of the clocks
ASSUMED_MS = 1_200.0  # silence after a jump until the player is taken to run


class Phase(Enum):
    """What a player is doing."""

    UNKNOWN = "unknown"
    STILL = "still"  # paused
    LOADING = "loading"  # told to play, but standing: loads, seeks or stalls
    RUNNING = "running"


class Playback:
    """Where one player is.

    Attributes
    ----------
    clock : SyncClock
        The device's clock.
    track : str or None
        What is on.
    phase : Phase
        What the player is doing.
    still_ms : float
        Where it stands, unless it runs.
    output_ms : float
        How much later than played the sound is heard.
    """

    def __init__(self) -> None:
        self.clock = SyncClock()
        self.timeline = Timeline()
        self.resolution_ms = 1.0
        self._coast = (0.0, 0.0)  # server time and position of a line that no report bounds
        self._nudged_ms = 0.0  # by commands, until the rate last changed
        self._rated_ms = 0.0

        self.lag_ms = 0.0  # from asking the player until it answers, typically
        self.has_events = False
        self.track: str | None = None
        self.told_track: str | None = None  # of the last report
        self.duration_ms = math.inf  # of the track
        self.phase = Phase.UNKNOWN
        self.still_ms = 0.0
        self.output_ms = 0.0
        self.read_ms = 0.0  # the last position told
        self.read_at_ms = 0.0  # and when, by the server's clock
        self.starts_ms = math.inf
        self.now_ms = 0.0
        self.stood_ms = 0.0  # since when it is in its phase, unless it runs
        self.is_assumed = False  # LOADING only for want of a second report
        self.is_fresh = False  # RUNNING, but no second position has borne it out
        self.next_rate: tuple[float, float] | None = None  # from a device's instant on

    def rejoin(self, mono_ms: float | None, now_ms: float) -> None:
        """Begin a connection; the device may have been started anew, and its clock with it."""
        self.has_events = False
        self.now_ms = now_ms
        clock = self.clock
        if clock.is_known and (mono_ms is None or abs(clock.to_server(mono_ms) - now_ms) > AWAY_MS):
            self.lose_clock(now_ms)
        if mono_ms is not None:
            clock.hear(mono_ms, now_ms)

    def lose_clock(self, now_ms: float) -> None:
        """The device's clock is another one now: go on by the server's until the next report."""
        if self.is_running:
            self.coast(now_ms, self.position(now_ms))
        self.clock.reset()

    def ping(self, t0_ms: float, received_ms: float, sent_ms: float, now_ms: float) -> None:
        """Take in an answered ping; sent and received are of the device's clock."""
        clock = self.clock
        if clock.n_pings:
            early_ms = t0_ms - clock.to_server(received_ms)
            if max(early_ms, clock.to_server(sent_ms) - now_ms) > AWAY_MS:
                self.lose_clock(now_ms)
        clock.ping(t0_ms, received_ms, sent_ms, now_ms)

    def coast(self, server_ms: float, position_ms: float) -> None:
        """Run from here on; no report has told so."""
        self.phase = Phase.RUNNING
        self.is_assumed = False
        self._coast = (server_ms, position_ms)
        self.timeline.forget()
        self.next_rate = None

    @property
    def is_told_late(self) -> bool:
        """Whether what the player does is known only after a while: positions that are old."""
        return self.resolution_ms > COARSE_MS and not self.has_events

    @property
    def is_running(self) -> bool:
        """Whether the music moves."""
        return self.phase is Phase.RUNNING

    def position(self, server_ms: float) -> float:
        """Where the player is."""
        if self.phase is not Phase.RUNNING:
            ran = server_ms - self.starts_ms
            if ran <= 0.0 or (self.has_events and ran > self.clock.up_ms + UNTOLD_MS):
                return self.still_ms
            return self.still_ms + ran
        if not self.timeline.n_reports:
            return self._coast[1] + server_ms - self._coast[0]
        device_ms = self.clock.to_device(server_ms)
        position = self.timeline.at(device_ms)
        if self.next_rate is not None and device_ms > self.next_rate[0]:
            position += (self.next_rate[1] - self.timeline.rate) * (device_ms - self.next_rate[0])
        return position

    def heard(self, server_ms: float) -> float:
        """What of the track is heard."""
        return self.position(server_ms) - (self.output_ms if self.is_running else 0.0)

    def uncertainty(self, server_ms: float) -> float:
        """How far off the position may be, ms; but for the clocks."""
        if self.phase is not Phase.RUNNING:
            return 0.5
        line = self.timeline
        if not line.n_reports:
            return COAST_DOUBT_MS
        ahead = self.clock.to_device(server_ms) - line.ref_ms
        return line.uncertainty_ms + abs(ahead) * 0.5 * (line.skew_hi - line.skew_lo)

    @property
    def rate(self) -> float:
        """The rate it was told to run at."""
        return self.timeline.rate if self.next_rate is None else self.next_rate[1]

    def set_rate(self, server_ms: float, rate: float) -> None:
        """The player runs at another rate from an instant on."""
        self._nudged_ms = self.nudged(server_ms)
        self._rated_ms = server_ms
        self._turn(self.clock.to_device(server_ms))
        self.next_rate = (self.clock.to_device(server_ms), rate)

    def nudged(self, server_ms: float) -> float:
        """How far all nudges that were commanded have moved it, ms."""
        return self._nudged_ms + (self.rate - 1.0) * (server_ms - self._rated_ms)

    def _turn(self, device_ms: float) -> None:
        """Let a rate that was to come by now count."""
        if self.next_rate is not None and device_ms >= self.next_rate[0]:
            self.timeline.set_rate(*self.next_rate)
            self.next_rate = None

    def stand(self, phase: Phase, position_ms: float, starts_ms: float = math.inf) -> None:
        """The player stands, until an instant of the server's clock if that is known."""
        if self.phase is not phase:
            self.stood_ms = self.now_ms
        self.starts_ms = starts_ms
        self.phase = phase
        self.still_ms = position_ms
        self.is_assumed = False

    def assume(self, now_ms: float) -> bool:
        """No second report came after a jump: take the player to run since then."""
        if not self.is_assumed or now_ms < self.read_at_ms + ASSUMED_MS:
            return False
        self.coast(self.read_at_ms, self.still_ms)
        return True

    def snapshot(self, now_ms: float, is_settled: bool) -> dict[str, Any]:
        """Return what is worth keeping, for :meth:`restore`; a command may never have come."""
        return {
            "track": self.track if is_settled else self.told_track,
            "phase": (self.phase if is_settled else Phase.UNKNOWN).value,
            "atMs": now_ms,
            "position": self.position(now_ms),
            "outputMs": self.output_ms,
            "resolutionMs": self.resolution_ms,
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Go on from what was kept, by the server's clock."""
        self.track = self.told_track = kept["track"]
        self.output_ms = kept["outputMs"]
        self.resolution_ms = kept["resolutionMs"]
        phase = Phase(kept["phase"])
        if phase is Phase.RUNNING:
            self.coast(kept["atMs"], kept["position"])
        else:
            self.stand(phase, kept["position"])

    def report(self, report: Report, now_ms: float) -> bool:
        """Take in a report; returns whether the player does anything else than it was to do."""
        self.now_ms = now_ms
        self.lag_ms += LAG_SHARE * (report.answered_ms - report.asked_ms - self.lag_ms)
        if report.cause != "poll":
            self.has_events = True
        before = (self.track, self.phase)
        is_new = report.track != self.track
        self.track = self.told_track = report.track
        self.output_ms = report.output_ms
        if is_new:
            self.duration_ms = math.inf
        if report.duration_ms:
            self.duration_ms = report.duration_ms
        jump = 0.0
        if not report.is_playing:
            jump = self._stop(report, is_new)
        elif self.has_events and report.is_mono:
            jump = self._follow_events(report, is_new)
        else:
            jump = self._follow_positions(report, is_new)
        self.read_ms = report.position_ms
        self.read_at_ms = self.clock.to_server(report.answered_ms)
        return before != (self.track, self.phase) or abs(jump) > LAND_MS

    def _stop(self, report: Report, is_new: bool) -> float:
        before = self.position(self.clock.to_server(report.answered_ms))
        position = report.position_ms
        if self.has_events and self.phase is not Phase.UNKNOWN and not is_new:
            # Rounded down; where it ran to is known better.
            position = min(max(before, position), position + self.resolution_ms)
        self.stand(Phase.STILL, position)
        return 0.0 if is_new else position - before

    def _follow_events(self, report: Report, is_new: bool) -> float:
        """The player tells when it begins and when it stands."""
        if report.cause in ("change", "waiting"):
            return self._stall(report, is_new)
        if report.cause == "playing":
            return self._start(report, is_new)
        if is_new or self.phase is Phase.UNKNOWN:
            self._restart(report)
            return 0.0
        if self.phase is not Phase.RUNNING:
            if report.position_ms > self.still_ms + MOVED_MS:
                self._restart(report)
            else:
                self.stand(Phase.LOADING, self.still_ms)
            return 0.0
        jump = self._read(report)
        if jump < 0 and report.position_ms == self.read_ms:
            self.stand(Phase.LOADING, report.position_ms)
        return jump

    def _stall(self, report: Report, is_new: bool) -> float:
        position = report.position_ms
        before = self.position(self.clock.to_server(report.answered_ms))
        if report.cause == "waiting" and not is_new:
            position = min(max(before, position), position + self.resolution_ms)
        self.stand(Phase.LOADING, position)
        return position - before

    def _start(self, report: Report, is_new: bool) -> float:
        was, before = self.phase, self.position(self.clock.to_server(report.answered_ms))
        stood = None if was is Phase.RUNNING or is_new else self.still_ms
        self._restart(report)
        line = self.timeline
        if self.resolution_ms > COARSE_MS and stood is not None:
            slack = report.answered_ms - report.asked_ms + SETTLED_MS
            line.narrow(stood - LAND_MS, stood + LAND_MS + slack)
        return self.position(self.clock.to_server(report.answered_ms)) - before

    def _follow_positions(self, report: Report, is_new: bool) -> float:
        """The player tells positions only: it stands where they do not move."""
        position = report.position_ms
        is_old = self.is_told_late  # it has run on since, most likely
        if self.phase is Phase.RUNNING and not is_new:
            if self.is_fresh and position != self.read_ms:
                self._restart(report)  # it moves: from now on its reports bound the line
                return 0.0
            jump = self._read(report)
            if is_old and jump and position != self.read_ms:
                self._begin_fresh(report)
            if jump and (position == self.read_ms or (not is_old and abs(jump) > DOUBT_MS)):
                self._doubt(position)
            return jump
        if is_new or self.phase is Phase.STILL:
            has_moved = position > (0.0 if is_new else self.still_ms) + MOVED_MS
            if has_moved or self.phase is Phase.UNKNOWN:
                self._restart(report)
            elif is_old and not is_new:
                self._begin_fresh(report)
            else:
                self._doubt(position)
        elif self.phase is Phase.UNKNOWN or position > self.read_ms:
            self._restart(report)
        else:
            self.stand(Phase.LOADING, position)
        return 0.0

    def _begin_fresh(self, report: Report) -> None:
        """Take an old position to be of a player that runs by now, or soon will."""
        self._restart(report)
        self.timeline.loosen(FRESH_MS)
        self.is_fresh = True

    def _doubt(self, position_ms: float) -> None:
        """Take the player to stand until a second report tells."""
        self.stand(Phase.LOADING, position_ms)
        self.is_assumed = True

    def _read(self, report: Report) -> float:
        self._turn(report.asked_ms)
        if report.rate not in (None, self.timeline.rate) and self.next_rate is None:
            self.timeline.set_rate(report.answered_ms, report.rate)  # the command was lost
        return self.timeline.report(
            report.asked_ms, report.answered_ms, report.position_ms, self.resolution_ms
        )

    def _restart(self, report: Report) -> None:
        self.phase = Phase.RUNNING
        self.is_assumed = self.is_fresh = False
        self._turn(report.asked_ms)
        if report.rate is not None and self.next_rate is None:
            self.timeline.rate = report.rate
        self.timeline.restart(
            report.asked_ms, report.answered_ms, report.position_ms, self.resolution_ms
        )
