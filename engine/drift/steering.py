"""What one listener's player is told, so that it plays what the host plays.

The player is brought to stand where the host will be soon, silently, and started on time; while
it runs, its rate is nudged by what nobody hears. It is made to jump only where that would take too
long, and never while it loads or stalls.
"""

from dataclasses import dataclass
from typing import Any

from engine.drift.latency import Duration, StartDelay
from engine.drift.messages import Report
from engine.drift.playback import COARSE_MS, LAND_MS, MOVED_MS, Phase, Playback

MAX_NUDGE = 0.005  # of the rate: 9 cents, which nobody hears
NUDGE_SEC = 1.5  # in which a small drift is taken back
RATE_STEP = 2e-4  # smaller changes of the rate are not worth a message
RATE_PAUSE_MS = 400.0
REACH_MS = 12.0  # more than the usual way to the client, so that commands come in time
LATE_MS = 25.0  # a start that is late by less is made up for by the rate
WAIT_MAX_MS = 1_500.0  # a player that stands further ahead is moved
TICK_MS = 10.0  # half of the time between two looks at the clock
CUE_MARGIN_MS = 30.0
PLACE_MS = 14.0  # how far from where it should stand a silent player may be
PLACE_TRIES = 2
JUMP_MS = 55.0  # beyond, a jump is heard less than a long nudge
SPREADS = 1.5  # a jump has to promise better than the usual start
BARE_JUMP_MS = 25.0  # the same where the rate cannot be nudged
JUMP_PAUSE_MS = 2_500.0
TELLING_COUNT = 3  # reports of a client that tells of itself without end
TELLING_MS = 3_000.0
BRIEF_MS = 1_500.0
LOADED_LATE_MS = 70.0  # a start that is later was not ready
TOLD_MS = 40.0  # a start is looked at when the player is known that well
STALLED_MS = 250.0  # and one that is later still tells nothing of the next
LOST_MS = 1_500.0  # after which a command without an answer is taken to be lost
ASKED_JUMP_MS = 20.0  # who asks to be synchronised is moved for less


@dataclass(slots=True)
class Command:
    """A command under way."""

    number: int
    action: str
    is_start: bool  # the player runs after it
    kind: StartDelay | None  # how it starts
    was_running: bool
    delay_ms: float  # and how late that was taken to be
    position_ms: float
    sent_ms: float
    begin_ms: float  # when the player is expected to begin to obey
    due_ms: float  # when it is expected to be done


class Learned:
    """What is known of a player's manners.

    Parameters
    ----------
    is_remote : bool
        The player is told what to do through somebody else's service.
    """

    def __init__(self, is_remote: bool = False) -> None:
        self.seek = Duration(500.0 if is_remote else 220.0)
        self.switch = Duration(1_000.0 if is_remote else 400.0)
        self.play = StartDelay(150.0, 50.0) if is_remote else StartDelay(20.0, 8.0)
        self.cue = StartDelay(150.0, 60.0) if is_remote else StartDelay(12.0, 8.0)
        self.jump = StartDelay(500.0, 150.0) if is_remote else StartDelay(90.0, 25.0)  # no cue
        self.load = StartDelay(1_000.0, 300.0) if is_remote else StartDelay(400.0, 100.0)


class Steering:
    """Decides for one client.

    Parameters
    ----------
    player : Playback
        The client's.
    """

    def __init__(self, player: Playback) -> None:
        self.player = player
        self.caps: frozenset[str] = frozenset()
        self.learned = Learned()
        self.offset_ms = 0.0
        self.command: Command | None = None  # under way
        self.last_number = 0
        self.acknowledged: int | None = None
        self.rejoin(0.0)

    def rejoin(self, now_ms: float) -> None:
        """Begin a connection."""
        self.command = None
        self.wanted_track: str | None = None
        self.is_told_to_play = False
        self.tries = 0
        self.placed_ms = 0.0
        self.rate_ms = -1e18
        self.jump_ms = -1e18
        self.n_jumps = 0
        self.start: Command | None = None  # that is being looked at
        self.started_ms = 0.0
        self.nudged_ms = 0.0
        self.n_reports = 0
        self.reported_ms = 0.0

    # -- what is known ---------------------------------------------------------------------

    def target(self, host: Playback, at_ms: float) -> float:
        """Where this player should be, so that the same is heard."""
        ahead = self.player.output_ms - host.output_ms if host.is_running else 0.0
        return host.position(at_ms) + ahead + self.offset_ms

    def drift(self, host: Playback, now_ms: float) -> float:
        """How far the player is from there, ahead positive."""
        return self.player.position(now_ms) - self.target(host, now_ms)

    def report(self, report: Report, now_ms: float) -> bool:
        """Take in the client's report; returns False where it tells of before the last command."""
        self.n_reports += 1
        self.reported_ms = now_ms
        command = self.command
        if command is not None:
            if not self._is_after(command, report, now_ms):
                return False
            self._settle(command, report)
        self.player.report(report, now_ms)
        if command is not None and command.is_start:
            self._narrow(command)
        return True

    def _is_after(self, command: Command, report: Report, now_ms: float) -> bool:
        """Tell whether a report is of after the command."""
        player = self.player
        if "at" in self.caps and report.is_mono and report.ack != command.number:
            return now_ms > command.due_ms + LOST_MS  # lost: begin anew from what is reported
        is_late = now_ms > command.due_ms + LOST_MS
        if player.has_events and report.is_mono:
            # A poll between may be of a player that still loads: only its own event tells.
            return report.cause != "poll" or is_late
        read_ms = player.clock.to_server(report.answered_ms)
        is_old = player.resolution_ms > COARSE_MS
        if is_old and (command.was_running or is_late):
            return read_ms > command.due_ms + player.resolution_ms
        if is_late:
            return True
        if command.action == "play" and not is_old:
            return report.is_playing and read_ms > command.begin_ms
        ran = max(0.0, read_ms - command.begin_ms) if command.is_start else 0.0
        behind = report.position_ms - command.position_ms
        least = LAND_MS if is_old and command.is_start else -LAND_MS - 10.0
        return (
            report.is_playing == command.is_start
            and read_ms > command.begin_ms
            and least <= behind <= ran + LAND_MS + 10.0
        )

    def _settle(self, command: Command, report: Report) -> None:
        self.command = None
        player = self.player
        read_ms = player.clock.to_server(report.answered_ms)
        if not command.is_start:
            if report.cause == "paused":
                took = read_ms - command.begin_ms - 2.0
                if command.action == "switch_track":
                    self.learned.switch.add(took)
                elif command.action == "seek":
                    self.learned.seek.add(took)
            return
        self.started_ms = read_ms
        self.start = command
        self.nudged_ms = 0.0
        if report.cause == "poll":
            player.phase = Phase.UNKNOWN

    def _narrow(self, command: Command) -> None:
        """A coarse report tells less than when the player was to start."""
        player = self.player
        if player.resolution_ms <= COARSE_MS or not player.is_running or command.kind is None:
            return
        line = player.timeline
        slack = LAND_MS + 3.0 * command.kind.spread_ms
        here = command.position_ms + player.clock.to_server(line.ref_ms) - command.due_ms
        lo, hi = max(line.lo, here - slack), min(line.hi, here + slack)
        if lo < hi:
            line.lo, line.hi = lo, hi

    # -- what to do --------------------------------------------------------------------------

    def steer(self, host: Playback, now_ms: float) -> list[dict[str, Any]]:
        """Decide what the player is told now."""
        if host.track is None or host.phase is Phase.UNKNOWN:
            return []
        player = self.player
        track = self.wanted_track if self.command or player.track is None else player.track
        if track != host.track:
            return self._switch(host, now_ms)
        if self.command is not None and now_ms > self.command.due_ms + 3 * LOST_MS:
            self.command = None
        command = self.command
        if not host.is_running:
            if not self._can_wait(now_ms) and self._is_brief(host, now_ms):
                return []
            if "at" not in self.caps and player.phase is Phase.RUNNING and self._is_brief(host, now_ms):
                return []
            if command.is_start if command else player.phase in (Phase.RUNNING, Phase.LOADING):
                return [self._tell("pause", host, now_ms, False)]
            if command is None and player.phase is Phase.STILL:
                return self._place(host, now_ms)
            return []
        if command is not None:
            return []
        if player.phase is Phase.STILL:
            return self._start(host, now_ms)
        if player.phase is Phase.RUNNING:
            return self._hold(host, now_ms)
        return []

    def _can_wait(self, now_ms: float) -> bool:
        """Whether the client can be placed silently: it is told, or tells of itself, when."""
        return "at" in self.caps or (
            self.n_reports >= TELLING_COUNT and now_ms < self.reported_ms + TELLING_MS
        )

    @staticmethod
    def _is_brief(host: Playback, now_ms: float) -> bool:
        """The host stands, but means to go on: not worth a stop that cannot be timed."""
        return host.phase is Phase.LOADING and now_ms < host.stood_ms + BRIEF_MS

    def _reach(self, now_ms: float) -> float:
        """The soonest that a command can be obeyed on time."""
        return now_ms + self.player.clock.down_ms + REACH_MS

    def lead(self, host: Playback) -> float:
        """How far ahead a player should stand, to start as soon as the host is known to run."""
        ways = host.clock.up_ms + self.player.clock.down_ms
        return ways + self.learned.play.delay_ms + (REACH_MS if "at" in self.caps else 0.0)

    def _switch(self, host: Playback, now_ms: float) -> list[dict[str, Any]]:
        """Load the track, silently, where the host will be then."""
        self.wanted_track = host.track
        self.tries = 0
        if not self._can_wait(now_ms):
            return [self._tell("switch_track", host, now_ms, host.is_running or host.phase is Phase.LOADING)]
        if host.is_running:
            ready = self._reach(now_ms) + self.learned.switch.quantile(0.7)
            position = self.target(host, ready) + self.learned.play.delay_ms
        else:
            position = self.target(host, now_ms) + self.lead(host)
        return [self._tell("switch_track", host, now_ms, False, position)]

    def _place(self, host: Playback, now_ms: float) -> list[dict[str, Any]]:
        """Let a silent player stand where it can start from at once."""
        if not self._can_wait(now_ms):
            return []
        position = self.target(host, now_ms) + self.lead(host)
        if abs(position - self.placed_ms) > MOVED_MS:
            self.tries = 0
        if self.tries >= PLACE_TRIES or abs(self.player.still_ms - position) <= PLACE_MS:
            return []
        self.placed_ms = position
        self.tries += 1
        return [self._tell("seek", host, now_ms, False, position)]

    def _start(self, host: Playback, now_ms: float) -> list[dict[str, Any]]:
        """Start a standing player so that it meets the host."""
        self.tries = 0
        if not self._can_wait(now_ms):
            return [self._tell("play", host, now_ms, True)]
        is_timed = "at" in self.caps
        soonest = self._reach(now_ms) if is_timed else now_ms + self.player.clock.down_ms
        behind = self.target(host, now_ms) - self.player.still_ms
        start = now_ms - behind - self.learned.play.delay_ms
        if not soonest - LATE_MS < start < now_ms + WAIT_MAX_MS:
            return self._cue(host, now_ms)
        if is_timed:
            return [self._tell("play", host, now_ms, True, None, max(start, soonest))]
        if start > soonest + TICK_MS:
            return []
        return [self._tell("play", host, now_ms, True)]

    def _cue(self, host: Playback, now_ms: float) -> list[dict[str, Any]]:
        """Seek, and start there on time."""
        begin = now_ms + self.player.clock.down_ms
        start = begin + self.learned.seek.quantile(0.8) + CUE_MARGIN_MS
        if "at" not in self.caps:
            start += self.player.clock.up_ms + self.lead(host)
            return [self._tell("seek", host, now_ms, False, self.target(host, start))]
        delay = self.learned.cue.delay_ms
        return [self._tell("seek", host, now_ms, True, self.target(host, start + delay), start)]

    def _hold(self, host: Playback, now_ms: float) -> list[dict[str, Any]]:
        """Keep a running player with the host."""
        drift = self.drift(host, now_ms)
        doubt = self.player.uncertainty(now_ms) + host.uncertainty(now_ms)
        self._learn(now_ms)
        out = self._nudge(drift, now_ms)
        limit = self._limit()
        if abs(drift) - doubt > limit and now_ms > self.jump_ms + JUMP_PAUSE_MS * 2 ** min(self.n_jumps, 3):
            self.jump_ms = now_ms
            self.n_jumps += 1
            self.start = None
            if "at" in self.caps:
                return out + self._cue(host, now_ms)
            return [*out, self._tell("seek", host, now_ms, True)]
        if abs(drift) < limit and now_ms > self.jump_ms + 2 * JUMP_PAUSE_MS:
            self.n_jumps = 0
        return out

    def _limit(self) -> float:
        """How far off a player has to be for a jump to be worth it."""
        learned = self.learned
        spread = (learned.cue if "at" in self.caps else learned.jump).spread_ms
        least = JUMP_MS if "rate" in self.caps else BARE_JUMP_MS
        return max(least, SPREADS * spread)

    def _learn(self, now_ms: float) -> None:
        """See how late the last start was, once it can be told well."""
        start = self.start
        if start is None or start.kind is None or now_ms < self.started_ms + 800.0:
            return
        player = self.player
        if player.uncertainty(now_ms) > TOLD_MS:
            if now_ms > self.started_ms + 15_000.0:
                self.start = None
            return
        self.start = None
        ran_ms = player.position(now_ms) - start.position_ms - self.nudged_ms
        late_ms = now_ms - ran_ms - start.due_ms
        if start.kind is self.learned.cue and late_ms > LOADED_LATE_MS:
            self.learned.seek.add(start.due_ms - start.begin_ms - start.delay_ms + late_ms)
        if abs(late_ms) < STALLED_MS:
            start.kind.add(start.delay_ms + late_ms)

    def _nudge(self, drift: float, now_ms: float) -> list[dict[str, Any]]:
        if "rate" not in self.caps or now_ms < self.rate_ms + RATE_PAUSE_MS:
            return []
        rate = 1.0 - max(-MAX_NUDGE, min(MAX_NUDGE, drift / (1e3 * NUDGE_SEC)))
        current = self.player.rate
        if abs(rate - current) < RATE_STEP:
            return []
        rate = round(rate, 6)
        at_ms = self._reach(now_ms)
        self.rate_ms = now_ms
        self.nudged_ms += (rate - 1.0) * 1e3 * 0.8
        self.player.set_rate(at_ms, rate)
        return [
            {
                "action": "set_rate",
                "rate": rate,
                "position": self.player.position(at_ms),
                "isPlaying": True,
                "executeAt": self.player.clock.to_device(at_ms),
            }
        ]

    def _tell(
        self,
        action: str,
        host: Playback,
        now_ms: float,
        is_start: bool,
        position_ms: float | None = None,
        start_ms: float | None = None,
    ) -> dict[str, Any]:
        """Make a command, and expect what it does."""
        player, learned = self.player, self.learned
        clock = player.clock
        begin = now_ms + clock.down_ms
        kind = None
        if is_start:
            if action == "play":
                kind = learned.play
            elif start_ms is not None:
                kind = learned.cue
            else:
                kind = learned.jump if action == "seek" else learned.load
            done = max(begin, start_ms or 0.0) + kind.delay_ms
        elif action == "pause":
            done = begin
        else:
            duration = learned.switch if action == "switch_track" else learned.seek
            done = begin + duration.quantile(0.7)
        if action == "play" and "at" in self.caps:
            position = player.still_ms
        elif position_ms is None:
            position = self.target(host, done if is_start else now_ms)
        else:
            position = position_ms
        position = max(0.0, position)
        self.last_number += 1
        begins_at = player.still_ms if action == "play" else position
        self.command = Command(
            self.last_number, action, is_start, kind, player.is_running,
            kind.delay_ms if kind else 0.0, begins_at,
            now_ms, begin, done,
        )
        self.is_told_to_play = is_start
        if action == "switch_track":
            player.track = host.track
        self._expect(action, position, begin, done, is_start)
        out = {
            "action": action,
            "position": position,
            "isPlaying": is_start,
            "cmdId": self.last_number,
        }
        if start_ms is not None:
            out["executeAt"] = clock.to_device(start_ms)
            if action != "play":
                out["cue"] = True
        return out

    def _expect(
        self, action: str, position: float, begin: float, done: float, is_start: bool
    ) -> None:
        player = self.player
        if action == "pause":
            player.stand(Phase.STILL, player.position(begin))
        elif not is_start:
            player.stand(Phase.STILL, position)
        else:
            player.stand(Phase.LOADING, player.still_ms if action == "play" else position, done)
