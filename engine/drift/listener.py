"""One listener: what is known of the player, what it was told, and what it made of that."""

import math
from typing import Any

from engine.drift.command import Command, Learned
from engine.drift.messages import Report
from engine.drift.playback import COARSE_MS, LAND_MS, Phase, Playback

REACH_MS = 12.0  # more than the usual way to the client, so that commands come in time
RATE_PAUSE_MS = 400.0  # between two nudges
READY_SHARE = 0.7  # of loads that are ready when they are expected to be
LOADED_LATE_MS = 70.0  # a start that is later was not ready
STALLED_MS = 250.0  # and one that is later still tells nothing of the next
TOLD_MS = 40.0  # a start is looked at when the player is known that well
SEEN_MS = 800.0  # after it, at the soonest
UNSEEN_MS = 15_000.0  # and at the latest

SAME_COUNT, SAME_MS = 3, 15_000.0  # so often in so short a time is no use
HUSH_MS, HUSH_DOUBLINGS = 250.0, 5

Order = dict[str, Any]


class Listener:
    """One client's player, and how it is spoken to.

    Parameters
    ----------
    player : Playback
        What the client's player is doing.

    Attributes
    ----------
    caps : frozenset of str
        What the client can do beyond the basic events.
    learned : Learned
        The player's manners.
    offset_ms : float
        How far ahead of the host the listener wishes to be.
    command : Command or None
        Under way.
    """

    def __init__(self, player: Playback) -> None:
        self.player = player
        self.caps: frozenset[str] = frozenset()
        self.learned = Learned()
        self.offset_ms = 0.0
        self.last_number = 0
        self.command: Command | None = None
        self.rejoin()

    def rejoin(self) -> None:
        """Begin a connection; a command that was not answered may never have come.

        Who never told of itself may have come back with nothing to play.
        """
        if self.command is not None or self.player.told_track is None:
            self.player.track = self.player.told_track
            self.player.stand(Phase.UNKNOWN, self.player.still_ms)
        self.command = None
        self.rate_ms = -math.inf  # when it was nudged last
        self.started: Command | None = None  # a start that is yet to be looked at
        self.started_ms = 0.0
        self.nudged_ms = 0.0  # by all nudges until then
        self.n_reports = 0
        self.reported_ms = -math.inf
        self.told_ms = -math.inf
        self.told_action = ""
        self.n_same = 0  # times that was told again
        self.hush_ms = -math.inf  # until when nothing is told again

    @property
    def is_timed(self) -> bool:
        """Whether the client obeys at a given instant."""
        return "at" in self.caps

    # -- what is known ---------------------------------------------------------------------

    def target(self, host: Playback, at_ms: float) -> float:
        """Where this player should be, so that the same is heard."""
        ahead = self.player.output_ms - host.output_ms
        return host.position(at_ms) + ahead + self.offset_ms

    def drift(self, host: Playback, now_ms: float) -> float:
        """How far the player is from there, ahead positive; infinite on another track."""
        if self.player.track != host.track:
            return math.inf
        return self.player.position(now_ms) - self.target(host, now_ms)

    @property
    def is_awaited(self) -> bool:
        """Whether the client is back, and yet to tell what it does."""
        return bool(self.caps) and not self.n_reports and self.player.told_track is not None

    def is_settled(self, host: Playback) -> bool:
        """Whether there is nothing to wait for but the next report."""
        if self.command is not None or self.is_awaited or self.player.track != host.track:
            return False
        if host.is_running:
            return self.player.is_running
        return host.phase is Phase.STILL and self.player.phase is Phase.STILL

    def report(self, report: Report, now_ms: float) -> None:
        """Take in the client's report, unless it tells of before the last command."""
        self.n_reports += 1
        self.reported_ms = now_ms
        command, player = self.command, self.player
        player.told_track = report.track
        if command is None:
            player.report(report, now_ms)
            return
        has_acks = report.is_mono and self.is_timed
        if not command.is_before(report, player, has_acks, now_ms):
            return
        self._settle(command, report)
        player.report(report, now_ms)
        if command.is_start:
            self._narrow(command)

    def _settle(self, command: Command, report: Report) -> None:
        self.command = None
        player = self.player
        read_ms = player.clock.to_server(report.answered_ms)
        if command.is_start:
            self.started = command
            self.started_ms = read_ms
            self.nudged_ms = player.nudged(read_ms)
            if report.cause == "poll":
                player.phase = Phase.UNKNOWN
        elif report.cause == "paused" and command.action in ("seek", "switch_track"):
            learned = self.learned
            duration = learned.seek if command.action == "seek" else learned.switch
            duration.add(read_ms - command.begin_ms)

    def _narrow(self, command: Command) -> None:
        """A coarse report tells less than when the player was to start."""
        player, kind = self.player, command.kind
        if player.resolution_ms <= COARSE_MS or not player.is_running or kind is None:
            return
        line = player.timeline
        slack = LAND_MS + 3.0 * kind.spread_ms
        here = command.position_ms + player.clock.to_server(line.ref_ms) - command.due_ms
        line.narrow(here - slack, here + slack)

    def learn(self, now_ms: float, seen_ms: float = SEEN_MS) -> None:
        """See how late the last start was, once it can be told well."""
        start, player = self.started, self.player
        if start is None or start.kind is None or now_ms < self.started_ms + seen_ms:
            return
        if player.uncertainty(now_ms) > TOLD_MS:
            if now_ms > self.started_ms + UNSEEN_MS:
                self.started = None
            return
        self.started = None
        nudged_ms = player.nudged(now_ms) - self.nudged_ms
        ran_ms = player.position(now_ms) - start.position_ms - nudged_ms
        late_ms = now_ms - ran_ms - start.due_ms
        if start.kind is self.learned.cue and late_ms > LOADED_LATE_MS:
            self.learned.seek.add(start.due_ms - start.begin_ms - start.delay_ms + late_ms)
        if abs(late_ms) < STALLED_MS:
            start.kind.add(start.delay_ms + late_ms)

    def reach(self, now_ms: float) -> float:
        """The soonest that a command can be obeyed on time."""
        return now_ms + self.player.clock.down_ms + (REACH_MS if self.is_timed else 0.0)

    def affirm(self, host: Playback, now_ms: float) -> Order:
        """The host's state once more; a player that is in it already does nothing."""
        self.told_ms = now_ms
        is_playing = host.phase is not Phase.STILL
        return {
            "action": "play" if is_playing else "pause",
            "position": max(0.0, self.target(host, now_ms + self.player.clock.down_ms)),
            "isPlaying": is_playing,
        }

    def tell_rate(self, now_ms: float, rate: float) -> Order:
        """Make a nudge, or tell the one in force again."""
        player = self.player
        at_ms = self.reach(now_ms)
        if rate != player.rate:
            self.rate_ms = now_ms
            player.set_rate(at_ms, rate)
        return {
            "action": "set_rate",
            "position": max(0.0, player.position(at_ms)),
            "isPlaying": player.is_running,
            "rate": rate,
            "executeAt": player.clock.to_device(at_ms),
        }

    def tell(
        self,
        action: str,
        host: Playback,
        now_ms: float,
        is_start: bool = False,
        position_ms: float | None = None,
        start_ms: float | None = None,
    ) -> Order:
        """Make a command, and expect what it does."""
        player, learned = self.player, self.learned
        begin = now_ms + player.clock.down_ms
        kind = None
        if not is_start:
            done = begin
            if action != "pause":
                duration = learned.switch if action == "switch_track" else learned.seek
                done += duration.quantile(READY_SHARE)
        else:
            if action == "play":
                kind = learned.play
            elif start_ms is not None:
                kind = learned.cue
            else:
                kind = learned.jump if action == "seek" else learned.load
            done = max(begin, start_ms or 0.0) + kind.delay_ms
        if action == "play" and self.is_timed:
            position = player.still_ms
        elif position_ms is None:
            position = self.target(host, done if is_start else now_ms)
        else:
            position = position_ms
        position = max(0.0, position)
        self.last_number += 1
        self._count(action, now_ms)
        self.told_ms = now_ms
        self.command = Command(
            number=self.last_number,
            track=host.track,
            action=action,
            kind=kind,
            delay_ms=kind.delay_ms if kind else 0.0,
            was_running=player.is_running,
            position_ms=player.still_ms if action == "play" and self.n_reports else position,
            begin_ms=begin,
            due_ms=done,
        )
        self._expect(self.command, host)
        order: Order = {
            "action": action,
            "position": position,
            "isPlaying": is_start,
            "cmdId": self.last_number,
        }
        if start_ms is not None:
            order["executeAt"] = player.clock.to_device(start_ms)
            if action != "play":
                order["cue"] = True
        return order

    def _count(self, action: str, now_ms: float) -> None:
        """Tell who does not obey less and less often."""
        is_same = action == self.told_action and now_ms < self.told_ms + SAME_MS
        self.n_same = self.n_same + 1 if is_same else 0
        self.told_action = action
        if self.n_same >= SAME_COUNT:
            self.hush_ms = now_ms + HUSH_MS * 2 ** min(self.n_same - SAME_COUNT, HUSH_DOUBLINGS)

    def _expect(self, command: Command, host: Playback) -> None:
        """Take the player to do what it is told."""
        player = self.player
        player.track = host.track
        if command.action == "pause":
            player.stand(Phase.STILL, player.position(command.begin_ms))
        elif command.is_start:
            player.stand(Phase.LOADING, command.position_ms, command.due_ms)
        else:
            player.stand(Phase.STILL, command.position_ms)
