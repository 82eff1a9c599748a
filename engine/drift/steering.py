"""What one listener's player is told, so that it plays what the host plays.

The player is brought to stand where the host will be soon, silently, and started on time; while
it runs, its rate is nudged by what nobody hears. It is made to jump only where that would take too
long, and never while it loads or stalls.
"""

import math

from engine.drift.command import LOST_MS
from engine.drift.listener import RATE_PAUSE_MS, READY_SHARE, Listener, Order
from engine.drift.playback import MOVED_MS, Phase, Playback
from engine.drift.quality import EXCELLENT_MS

MAX_NUDGE = 0.005  # of the rate: 9 cents, which nobody hears
NUDGE_SEC = 1.5  # in which a small drift is taken back
RATE_STEP = 2e-4  # smaller changes of the rate are not worth a message
LATE_MS = 40.0  # a start that is late by less is made up for by the rate
BARE_LATE_MS = 25.0  # and one by less than this is as good as any other
WAIT_MAX_MS = 1_500.0  # a player that stands further ahead is moved
TICK_MS = 10.0  # half of the time between two looks at the clock
CUE_MARGIN_MS = 15.0
CUE_SHARE = 0.65  # of seeks that are ready by a cue
PLACE_MS = 14.0  # how far from where it should stand a silent player may be
PLACE_TRIES = 2
JUMP_MS = 55.0  # beyond, a jump is heard less than a long nudge
BARE_JUMP_MS = 22.0  # the same where the rate cannot be nudged
JUMP_SPREADS = 1.2  # a jump has to promise better than the usual start
DOUBT_SHARE = 0.35  # the middle of an interval is seldom off by half its width
JUMP_PAUSE_MS = 2_500.0  # between jumps; doubled with each that did not help
SWITCH_PAUSE_MS = 1_000.0  # between orders to load the same track; doubled likewise
DOUBLINGS = 4  # at most
SURE_MS = 60.0
FAR_MS, FAR_PAUSE_MS = 1_000.0, 1_000.0
TELLING_COUNT = 3  # reports of a client that tells of itself without end
TELLING_MS = 3_000.0
BRIEF_MS = 1_500.0  # a host that stands for less stops no client that cannot be started on time
LATE_BRIEF_MS = 4_000.0  # nor one of which too little is known in time
BACK_MS = 3_000.0  # after which who is back and says nothing has nothing to play
END_MS = 1_000.0  # the last of a track, in which nobody is moved
BLIND_MS = 120_000.0  # between commands to a client that speaks the basic events only


class Steering(Listener):
    """Decides for one client."""

    def rejoin(self) -> None:
        """Begin a connection."""
        super().rejoin()
        self.placed_ms = 0.0  # where it was to stand, and how often it was told
        self.n_placed = 0
        self.n_cued = 0  # since it ran last
        self.wanted_track: str | None = None
        self.switch_ms = -math.inf  # when it was to change the track
        self.n_switches = 0  # to this one
        self.jump_ms = -math.inf
        self.n_jumps = 0  # that did not help

    def steer(self, host: Playback, now_ms: float) -> list[Order]:
        """Decide what the player is told now."""
        if host.track is None or host.phase is Phase.UNKNOWN or now_ms < self.hush_ms:
            return []
        if self.is_awaited:
            if now_ms < self.player.now_ms + BACK_MS:
                return []
            self.player.track = self.player.told_track = None  # has nothing to tell of
        if self.player.track != host.track:
            return self._switch(host, now_ms)
        self._give_up(now_ms)
        orders = self._follow(host, now_ms) if host.is_running else self._await(host, now_ms)
        if not orders and not self.caps and now_ms > self.told_ms + BLIND_MS:
            return [self.affirm(host, now_ms)]
        return orders

    def insist(self, host: Playback, now_ms: float, least_ms: float) -> list[Order]:
        """Tell the player what it should be doing, and move it if it is off by more."""
        if host.track is None or host.phase is Phase.UNKNOWN:
            return []
        orders = self.steer(host, now_ms)
        if orders:
            return orders
        if self.command is None and self.player.is_running and host.is_running:
            drift = self.drift(host, now_ms)
            if abs(drift) - self._doubt(host, now_ms) > least_ms:
                return self._jump(host, now_ms)
        if "rate" in self.caps:
            return [self.tell_rate(now_ms, self.player.rate)]
        return [self.affirm(host, now_ms)]

    def let_go(self, now_ms: float) -> list[Order]:
        """The player leads from now on: at its own rate."""
        if self.player.rate == 1.0:
            return []
        return [self.tell_rate(now_ms, 1.0)]

    def _give_up(self, now_ms: float) -> None:
        """Wait no longer for the answer to a command."""
        command, player = self.command, self.player
        if command is None:
            return
        if self.n_reports or self.caps:
            if now_ms > command.due_ms + 3.0 * LOST_MS:
                self.command = None
                player.track = player.told_track
        elif now_ms > command.due_ms:  # says nothing of itself: taken to obey as basic clients do
            self.command = None
            if command.is_start:
                at_start = command.action == "switch_track"
                player.coast(command.due_ms, 0.0 if at_start else command.position_ms)

    def _follow(self, host: Playback, now_ms: float) -> list[Order]:
        """The host runs."""
        if self.command is not None or self._is_at_end(host, now_ms):
            return []
        if self.player.phase is Phase.STILL:
            return self._start(host, now_ms)
        if self.player.phase is Phase.RUNNING:
            return self._hold(host, now_ms)
        return []

    def _await(self, host: Playback, now_ms: float) -> list[Order]:
        """The host stands."""
        command, phase = self.command, self.player.phase
        if self._is_brief(host, now_ms):
            return []
        if command.is_start if command else phase in (Phase.RUNNING, Phase.LOADING):
            return [self.tell("pause", host, now_ms)]
        if command is None and phase is Phase.STILL and self._can_wait(now_ms):
            return self._place(host, now_ms)
        return []

    def _is_brief(self, host: Playback, now_ms: float) -> bool:
        """Whether the host goes on before this player could be stopped and started on time."""
        stands_ms = now_ms - host.stood_ms if host.phase is Phase.LOADING else math.inf
        if self.player.is_told_late:
            return stands_ms < LATE_BRIEF_MS
        must_run = self.player.phase is not Phase.STILL or not self._can_wait(now_ms)
        return must_run and not self.is_timed and stands_ms < BRIEF_MS

    def _can_wait(self, now_ms: float) -> bool:
        """Whether the client can be placed silently: it is told, or tells of itself, when."""
        is_telling = self.n_reports >= TELLING_COUNT and now_ms < self.reported_ms + TELLING_MS
        return self.is_timed or is_telling

    def _is_at_end(self, host: Playback, now_ms: float) -> bool:
        """Whether the track is all but over: a player that has ended would begin it again."""
        end_ms = min(host.duration_ms, self.player.duration_ms)
        return self.target(host, now_ms) > end_ms - END_MS

    def _lead(self, host: Playback) -> float:
        """How far ahead a player should stand, to start as soon as the host is known to run."""
        told_ms = host.lag_ms + host.clock.up_ms
        return told_ms + self.reach(0.0) + self.learned.play.delay_ms

    def _switch(self, host: Playback, now_ms: float) -> list[Order]:
        """Load the track, silently where that can be, where the host will be then."""
        if host.track != self.wanted_track:
            self.wanted_track, self.n_switches = host.track, 0
        elif now_ms < self.switch_ms + SWITCH_PAUSE_MS * 2 ** min(self.n_switches, DOUBLINGS):
            return []  # it may not have that track
        self.switch_ms = now_ms
        self.n_switches += 1
        self.n_placed = 0
        if not self._can_wait(now_ms):
            is_start = host.phase is not Phase.STILL
            return [self.tell("switch_track", host, now_ms, is_start)]
        if self.player.is_told_late and host.phase is not Phase.STILL:
            start = None
            if host.is_running:
                start = self.reach(now_ms) + self.learned.switch.quantile(CUE_SHARE)
            return [self.tell("switch_track", host, now_ms, True, None, start)]
        if host.is_running:
            ready = self.reach(now_ms) + self.learned.switch.quantile(READY_SHARE)
            position = self.target(host, ready) + self.learned.play.delay_ms
        else:
            slack = self.learned.switch.spread if "rate" in self.caps else 0.0
            position = self.target(host, now_ms) + self._lead(host) + slack
        return [self.tell("switch_track", host, now_ms, False, position)]

    def _place(self, host: Playback, now_ms: float) -> list[Order]:
        """Let a silent player stand where it can start from at once."""
        if self._is_at_end(host, now_ms):
            return []
        position = self.target(host, now_ms) + self._lead(host)
        if host.phase is Phase.LOADING:  # may run before the player is ready
            clock = self.player.clock
            position += clock.down_ms + clock.up_ms
            if "rate" in self.caps:
                position += self.learned.seek.spread
        if abs(position - self.placed_ms) > MOVED_MS:
            self.n_placed = 0
        if self.n_placed >= PLACE_TRIES or abs(self.player.still_ms - position) <= PLACE_MS:
            return []
        self.placed_ms = position
        self.n_placed += 1
        return [self.tell("seek", host, now_ms, False, position)]

    def _start(self, host: Playback, now_ms: float) -> list[Order]:
        """Start a standing player so that it meets the host."""
        if not self._can_wait(now_ms):
            return [self.tell("play", host, now_ms, True)]
        soonest = self.reach(now_ms)
        behind = self.target(host, now_ms) - self.player.still_ms
        start = now_ms - behind - self.learned.play.delay_ms
        late_ms = LATE_MS if "rate" in self.caps else BARE_LATE_MS
        if not soonest - late_ms < start < now_ms + WAIT_MAX_MS:
            if not self.is_timed and self.n_cued:  # tells of itself too late to be cued
                return [self.tell("play", host, now_ms, True)]
            self.n_cued += 1
            return self._cue(host, now_ms)
        if self.is_timed:
            return [self.tell("play", host, now_ms, True, None, max(start, soonest))]
        return [] if start > soonest + TICK_MS else [self.tell("play", host, now_ms, True)]

    def _cue(self, host: Playback, now_ms: float) -> list[Order]:
        """Seek, and start there on time."""
        begin = now_ms + self.player.clock.down_ms
        start = begin + self.learned.seek.quantile(CUE_SHARE) + CUE_MARGIN_MS
        if self.is_timed:
            position = self.target(host, start + self.learned.cue.delay_ms)
            return [self.tell("seek", host, now_ms, True, position, start)]
        start += self.player.clock.up_ms + self._lead(host)
        return [self.tell("seek", host, now_ms, False, self.target(host, start))]

    def _hold(self, host: Playback, now_ms: float) -> list[Order]:
        """Keep a running player with the host."""
        self.n_cued = 0
        self.learn(now_ms)
        drift, doubt = self.drift(host, now_ms), self._doubt(host, now_ms)
        limit = self.band()
        pause_ms = JUMP_PAUSE_MS
        if abs(drift) < FAR_MS:
            pause_ms *= 2 ** min(self.n_jumps, DOUBLINGS)
        elif not self.player.is_told_late:  # no doubt of ours: somebody has moved
            pause_ms = FAR_PAUSE_MS
        ready_ms = self.jump_ms + pause_ms
        if abs(drift) < EXCELLENT_MS:  # no hurry: let it be seen well
            ready_ms = max(ready_ms, self.started_ms + JUMP_PAUSE_MS)
        if abs(drift) - doubt > limit and now_ms > ready_ms:
            if doubt < SURE_MS:  # else the next one will know better
                self.n_jumps += 1
            return self._jump(host, now_ms)
        if abs(drift) < limit and now_ms > self.jump_ms + 2 * JUMP_PAUSE_MS:
            self.n_jumps = 0
        if "rate" in self.caps and now_ms > self.rate_ms + RATE_PAUSE_MS:
            rate = 1.0 - max(-MAX_NUDGE, min(MAX_NUDGE, drift / (1e3 * NUDGE_SEC)))
            if abs(rate - self.player.rate) >= RATE_STEP:
                return [self.tell_rate(now_ms, round(rate, 6))]
        return []

    def _jump(self, host: Playback, now_ms: float) -> list[Order]:
        if self.started is not None and self.started.kind is self.learned.play:
            self.learn(now_ms, 0.0)  # the others may have been late for want of a load
        self.jump_ms = now_ms
        self.started = None
        if self.is_timed:
            return self._cue(host, now_ms)
        return [self.tell("seek", host, now_ms, True)]

    def band(self) -> float:
        """How far off a player has to be for a jump to be worth it, ms."""
        kind = self.learned.cue if self.is_timed else self.learned.jump
        least = JUMP_MS if "rate" in self.caps else BARE_JUMP_MS
        return max(least, JUMP_SPREADS * kind.spread_ms)

    def _doubt(self, host: Playback, now_ms: float) -> float:
        """How far off the drift may be, but for lopsided ways."""
        doubt = 0.0
        for player in (self.player, host):
            doubt += DOUBT_SHARE * player.uncertainty(now_ms) + player.clock.doubt_ms
        return doubt
