"""A player that makes no sound: for machines without a sound card, and for tests."""

import asyncio
from collections.abc import Awaitable, Callable

from server.roomclient.clock import Clock
from server.roomclient.player import Happening, Move, Reading, Track
from server.roomclient.timeline import Line, Timeline

Find = Callable[[str], Awaitable[Track]]


async def any_track(track_uri: str) -> Track:
    """Take every track for one that is at hand, of unknown length."""
    return Track(track_uri)


class SilentPlayer:
    """Plays by the clock alone.

    Parameters
    ----------
    clock : Clock
        Its own.
    find : callable
        Gives the track of a uri, or raises MissingTrackError.
    speed : float
        How fast it plays what it should play at 1: a sound card's clock is some millionths off.
    """

    has_rate = True
    has_events = True
    resolution_ms = 0.0
    output_latency_ms = 0.0

    def __init__(self, clock: Clock, find: Find = any_track, speed: float = 1.0) -> None:
        self.on_happening: Callable[[Happening], None] = lambda happening: None
        self._clock = clock
        self._find = find
        self._timeline = Timeline(speed)
        self.track: Track | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def is_playing(self) -> bool:
        """Whether it plays or is about to."""
        return self._timeline.line(self._clock.now_ms()).is_playing

    @property
    def timeline(self) -> Timeline:
        """What it plays, on its clock."""
        return self._timeline

    async def open(self) -> None:
        """Nothing is needed."""

    async def read(self) -> Reading | None:
        """Tell where it is."""
        now_ms = self._clock.now_ms()
        if self.track is None:
            return None
        line = self._timeline.line(now_ms)
        position_ms = self._timeline.position_at(now_ms)
        return Reading(self.track, position_ms, line.is_playing, line.rate, now_ms, now_ms)

    async def move(self, move: Move) -> None:
        """Go there: at the very instant, or as if it had been."""
        if self.track is None or self.track.uri != move.track_uri:
            self.track = await self._find(move.track_uri)
        since_ms, line = self._lay_out(move, self._clock.now_ms())
        length_ms = self.track.duration_ms
        if length_ms is not None and line.position_ms >= length_ms:
            line = line._replace(position_ms=length_ms, is_playing=False)
        self._timeline.go(line, self._clock.now_ms(), since_ms)
        self._watch_end(self.track)
        await self._clock.sleep_until(line.from_ms)

    def set_rate(self, rate: float) -> None:
        """Go on so fast."""
        self._timeline.set_rate(rate, self._clock.now_ms())
        if self.track is not None:
            self._watch_end(self.track)

    async def close(self) -> None:
        """Stand still."""
        now_ms = self._clock.now_ms()
        line = self._timeline.line(now_ms)
        still = line._replace(position_ms=self._timeline.position_at(now_ms), is_playing=False)
        self._timeline.go(still, now_ms)
        if self._ending is not None:
            self._ending.cancel()

    def _lay_out(self, move: Move, now_ms: float) -> tuple[float | None, Line]:
        """What to play, and since when; what comes too late goes on as if it had been in time."""
        at_ms = now_ms if move.at_ms is None else move.at_ms
        position_ms = move.position_ms
        if position_ms is None:
            at_ms = max(at_ms, now_ms)
            position_ms = self._timeline.position_at(at_ms)
        rate = self._timeline.line(now_ms).rate
        line = Line(move.track_uri, position_ms, at_ms, move.is_playing, rate)
        return (None if move.is_cued else at_ms), line

    def _watch_end(self, track: Track) -> None:
        if self._ending is not None:
            self._ending.cancel()
        if track.duration_ms is not None:
            self._ending = asyncio.create_task(self._end(track.duration_ms))

    async def _end(self, duration_ms: float) -> None:
        """Stand still at the end of the track, whenever that comes."""
        if (since_ms := self._timeline.next_ms) is not None:
            await self._clock.sleep_until(since_ms)
        end_ms = self._timeline.reaches_ms(duration_ms, self._clock.now_ms())
        if end_ms is None:
            return
        await self._clock.sleep_until(end_ms)
        now_ms = self._clock.now_ms()
        line = self._timeline.line(now_ms)
        still = line._replace(position_ms=duration_ms, from_ms=now_ms, is_playing=False)
        self._timeline.go(still, now_ms)
        self.on_happening("ended")
