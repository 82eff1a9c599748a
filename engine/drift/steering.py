"""What one listener's player is told, so that it plays what the host plays.

The player is brought to stand where the host will be soon, silently, and started on time; while
it runs, its rate is nudged by what nobody hears. It is made to jump only where that would take too
long, and never while it loads or stalls.
"""

from dataclasses import dataclass, field
from typing import Any

from engine.drift.latency import Duration, StartDelay
from engine.drift.playback import Phase, Playback

MAX_NUDGE = 0.005  # of the rate: 9 cents, which nobody hears
NUDGE_SEC = 1.5  # in which a small drift is taken back
RATE_STEP = 2e-4  # smaller changes of the rate are not worth a message
RATE_PAUSE_MS = 400.0
REACH_MS = 12.0  # more than the usual way to the client, so that commands come in time
LATE_MS = 25.0  # a start that is late by less is made up for by the rate
WAIT_MAX_MS = 1_500.0  # a player that stands further ahead is moved
CUE_MARGIN_MS = 30.0
PLACE_MS = 14.0  # how far from where it should stand a silent player may be
PLACE_TRIES = 2
JUMP_MS = 55.0  # beyond, a jump is heard less than a long nudge
SPREADS = 2.2  # a jump has to promise better than the usual start
JUMP_PAUSE_MS = 4_000.0
LOST_MS = 1_500.0  # after which a command without an answer is taken to be lost
ASKED_JUMP_MS = 20.0  # who asks to be synchronised is moved for less


@dataclass(slots=True)
class Command:
    """A command under way."""

    number: int
    action: str
    is_start: bool  # the player runs after it
    is_prepared: bool  # by a cue
    position_ms: float
    sent_ms: float
    begin_ms: float  # when the player is expected to begin to obey
    due_ms: float  # when it is expected to be done


@dataclass(slots=True)
class Learned:
    """What is known of a player's manners."""

    seek: Duration = field(default_factory=lambda: Duration(120.0))
    switch: Duration = field(default_factory=lambda: Duration(400.0))
    play: StartDelay = field(default_factory=lambda: StartDelay(20.0, 8.0))
    cue: StartDelay = field(default_factory=lambda: StartDelay(10.0, 8.0))


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
        self.rate_ms = -1e18
        self.jump_ms = -1e18
        self.n_jumps = 0
        self.start_kind: StartDelay | None = None  # of the start that is being looked at
        self.started_ms = 0.0
        self.nudged_ms = 0.0
        self.due_ms = 0.0

    # -- what is known ---------------------------------------------------------------------

    def target(self, host: Playback, at_ms: float) -> float:
        """Where this player should be, so that the same is heard."""
        ahead = self.player.output_ms - host.output_ms if host.is_running else 0.0
        return host.position(at_ms) + ahead + self.offset_ms

    def drift(self, host: Playback, now_ms: float) -> float:
        """How far the player is from there, ahead positive."""
        return self.player.position(now_ms) - self.target(host, now_ms)

    def reported(self, report: Any, now_ms: float) -> bool:
        """Take in the client's report; returns False where it tells of before the last command."""
        command = self.command
        if command is None:
            return True
        has_acks = report.is_mono and "at" in self.caps
        if has_acks:
            if report.ack != command.number:
                if now_ms > command.begin_ms + LOST_MS:
                    self.command = None  # lost: begin anew from what is reported
                    return True
                return False
            if report.cause == "poll" and report.is_playing and command.is_start:
                # May stand or run: only the player's own event tells.
                if now_ms < command.due_ms + LOST_MS and self.player.has_events:
                    return False
            if (
                report.cause == "poll"
                and not command.is_start
                and now_ms < command.due_ms
                and (self.player.has_events and command.action != "pause")
            ):
                return False
            self._settle(command, report, now_ms)
            return True
        if now_ms < command.due_ms and report.is_playing != command.is_start:
            return False
        if now_ms < command.begin_ms:
            return False
        self._settle(command, report, now_ms)
        return True

    def _settle(self, command: Command, report: Any, now_ms: float) -> None:
        self.command = None
        player = self.player
        read_ms = player.clock.to_server(report.answered_ms)
        if not command.is_start and report.cause == "paused":
            took = read_ms - command.begin_ms - 2.0
            if command.action == "switch_track":
                self.learned.switch.add(took)
            elif command.action == "seek":
                self.learned.seek.add(took)
        if command.is_start:
            self.start_kind = self.learned.cue if command.is_prepared else self.learned.play
            self.started_ms = read_ms
            self.nudged_ms = 0.0

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

    def _reach(self, now_ms: float) -> float:
        """The soonest that a command can be obeyed on time."""
        return now_ms + self.player.clock.down_ms + REACH_MS

    def lead(self, host: Playback) -> float:
        """How far ahead a player should stand, to start as soon as the host is known to run."""
        return host.clock.up_ms + self.player.clock.down_ms + REACH_MS + self.learned.play.delay_ms

    def _switch(self, host: Playback, now_ms: float) -> list[dict[str, Any]]:
        """Load the track, silently, where the host will be then."""
        self.wanted_track = host.track
        self.tries = 0
        if "at" not in self.caps:
            return [
                self._tell(
                    "switch_track", host, now_ms, host.is_running or host.phase is Phase.LOADING
                )
            ]
        if host.is_running:
            ready = self._reach(now_ms) + self.learned.switch.quantile(0.7)
            position = self.target(host, ready) + self.learned.play.delay_ms
        else:
            position = self.target(host, now_ms) + self.lead(host)
        return [self._tell("switch_track", host, now_ms, False, position)]

    def _place(self, host: Playback, now_ms: float) -> list[dict[str, Any]]:
        """Let a silent player stand where it can start from at once."""
        if "at" not in self.caps or self.tries >= PLACE_TRIES:
            return []
        position = self.target(host, now_ms) + self.lead(host)
        if abs(self.player.still_ms - position) <= PLACE_MS:
            return []
        self.tries += 1
        return [self._tell("seek", host, now_ms, False, position)]

    def _start(self, host: Playback, now_ms: float) -> list[dict[str, Any]]:
        """Start a standing player so that it meets the host."""
        self.tries = 0
        learned = self.learned
        if "at" not in self.caps:
            return [self._tell("play", host, now_ms, True)]
        soonest = self._reach(now_ms)
        behind = self.target(host, now_ms) - self.player.still_ms
        start = now_ms - behind - learned.play.delay_ms
        if "rate" in self.caps and soonest - LATE_MS < start < now_ms + WAIT_MAX_MS:
            return [self._tell("play", host, now_ms, True, None, max(start, soonest))]
        return self._cue(host, now_ms)

    def _cue(self, host: Playback, now_ms: float) -> list[dict[str, Any]]:
        """Seek, and start there on time."""
        begin = now_ms + self.player.clock.down_ms
        start = begin + self.learned.seek.quantile(0.8) + CUE_MARGIN_MS
        delay = self.learned.cue.delay_ms
        return [self._tell("seek", host, now_ms, True, self.target(host, start + delay), start)]

    def _hold(self, host: Playback, now_ms: float) -> list[dict[str, Any]]:
        """Keep a running player with the host."""
        drift = self.drift(host, now_ms)
        doubt = self.player.uncertainty(now_ms) + host.uncertainty(now_ms)
        self._learn(drift, doubt, now_ms)
        out = self._nudge(drift, now_ms)
        spread = max(self.learned.play.spread_ms, self.learned.cue.spread_ms)
        limit = max(JUMP_MS, SPREADS * spread) * (1 + min(self.n_jumps, 4))
        if abs(drift) - doubt > limit and now_ms > self.jump_ms + JUMP_PAUSE_MS:
            self.jump_ms = now_ms
            self.n_jumps += 1
            self.start_kind = None
            if "at" in self.caps:
                return out + self._cue(host, now_ms)
            return [*out, self._tell("seek", host, now_ms, True)]
        if abs(drift) < 0.5 * limit and now_ms > self.jump_ms + 2 * JUMP_PAUSE_MS:
            self.n_jumps = 0
        return out

    def _learn(self, drift: float, doubt: float, now_ms: float) -> None:
        """Look at a start once it can be told well."""
        kind = self.start_kind
        if kind is None or now_ms < self.started_ms + 800.0:
            return
        if doubt > 60.0 and now_ms < self.started_ms + 15_000.0:
            return
        self.start_kind = None
        if doubt <= 60.0:
            kind.add(drift - self.nudged_ms)

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
        clock = self.player.clock
        begin = now_ms + clock.down_ms
        learned = self.learned
        takes = {
            "switch_track": learned.switch.quantile(0.7),
            "seek": learned.seek.quantile(0.7),
            "play": learned.play.delay_ms,
        }.get(action, 0.0)
        done = max(begin + takes, start_ms or 0.0)
        player = self.player
        if action == "play" and position_ms is None:
            position = player.still_ms if "at" in self.caps else self.target(host, done)
        elif position_ms is None:
            position = self.target(host, done if is_start else now_ms)
        else:
            position = position_ms
        position = max(0.0, position)
        self.last_number += 1
        self.command = Command(
            self.last_number,
            action,
            is_start,
            start_ms is not None and action != "play",
            position,
            now_ms,
            begin,
            done,
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
            player.stand(Phase.LOADING, player.still_ms if action == "play" else position)
