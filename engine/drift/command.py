"""A command to a player, and what is learned of how the player obeys."""

from dataclasses import dataclass

from engine.drift.latency import Duration, StartDelay
from engine.drift.messages import Report
from engine.drift.playback import COARSE_MS, LAND_MS, Playback

LOST_MS = 1_500.0  # after which a command without an answer is taken to be lost
SLACK_MS = 10.0  # of clocks that cannot be pinged


class Learned:
    """A player's manners.

    Parameters
    ----------
    is_remote : bool
        The player is told what to do through somebody else's service.

    Attributes
    ----------
    seek, switch : Duration
        From when it begins to obey until it is ready.
    play, cue : StartDelay
        From when it was to be heard until it is: told to play where it stands, or at an instant
        for which it was prepared.
    jump, load : StartDelay
        From when it begins to obey until it is heard: a seek or another track, without a cue.
    """

    def __init__(self, is_remote: bool = False) -> None:
        self.seek = Duration(500.0 if is_remote else 220.0)
        self.switch = Duration(1_000.0 if is_remote else 400.0)
        self.play = StartDelay(150.0, 50.0) if is_remote else StartDelay(20.0, 8.0)
        self.cue = StartDelay(150.0, 60.0) if is_remote else StartDelay(12.0, 8.0)
        self.jump = StartDelay(500.0, 150.0) if is_remote else StartDelay(90.0, 25.0)
        self.load = StartDelay(1_000.0, 300.0) if is_remote else StartDelay(400.0, 100.0)


@dataclass(frozen=True, slots=True)
class Command:
    """A command under way. Times are of the server's clock, ms."""

    number: int
    action: str
    track: str | None
    kind: StartDelay | None  # how it starts; None: the player is not to run after it
    delay_ms: float  # how late that was taken to be
    was_running: bool
    position_ms: float  # where the player is to stand, or to start from
    begin_ms: float  # when it is expected to begin to obey
    due_ms: float  # when it is expected to be done, and heard

    @property
    def is_start(self) -> bool:
        """Whether the player is to run after it."""
        return self.kind is not None

    def is_lost(self, now_ms: float) -> bool:
        """Whether it should have been answered long ago."""
        return now_ms > self.due_ms + LOST_MS

    def is_before(self, report: Report, player: Playback, has_acks: bool, now_ms: float) -> bool:
        """Tell whether a report is of after this command took effect."""
        is_lost = self.is_lost(now_ms)
        if report.track != self.track:
            return is_lost
        if has_acks and report.ack != self.number:
            return is_lost
        if has_acks and player.has_events:
            # A poll between may be of a player that still loads: only its own event tells.
            return report.cause != "poll" or is_lost
        read_ms = player.clock.to_server(report.answered_ms)
        is_old = player.resolution_ms > COARSE_MS
        if is_old and (self.was_running or is_lost):
            return read_ms > self.due_ms + player.resolution_ms
        if is_lost:
            return True
        if report.is_playing != self.is_start or read_ms <= self.begin_ms:
            return False
        if self.action == "play" and not is_old:
            return True
        ran_ms = read_ms - self.begin_ms if self.is_start else 0.0
        least = LAND_MS if is_old and self.is_start else -LAND_MS - SLACK_MS
        return least <= report.position_ms - self.position_ms <= ran_ms + LAND_MS + SLACK_MS
