"""Players of a listening room whose true position is known, on clocks that run askew."""

import asyncio
import math
import random
import time

from server.roomclient import Clock, Move, Reading, SilentPlayer, Track
from server.roomclient.timeline import Line

# (least, median, most) ms, as the laboratory's ``html`` player has them.
PLAY_MS = (4.0, 18.0, 60.0)
SEEK_MS = (20.0, 70.0, 400.0)
SWITCH_MS = (80.0, 300.0, 2_500.0)
SPREAD = 0.35  # of the logarithm
CUED_MS = (3.0, 15.0)  # from the instant of a cue to the sound
OBEY_MS = (0.0, 4.0)
READ_MS = (0.0, 6.0)
LANDING_MS = 10.0  # how far from its target a seek may land
STANDS_MS = 1.0  # nearer than this there is nothing to seek


class SkewedClock(Clock):
    """A device's clocks against the one of this process.

    Parameters
    ----------
    skew_ppm : float
        How much too fast they are, in millionths.
    offset_ms, wall_offset_ms : float
        By how much they are ahead at the beginning.
    """

    def __init__(self, skew_ppm: float, offset_ms: float, wall_offset_ms: float) -> None:
        self._rate = 1 + skew_ppm * 1e-6
        self._offset_ms = offset_ms
        self._wall_offset_ms = wall_offset_ms
        self._began_ms = true_ms()

    def at(self, process_ms: float) -> float:
        """What it shows at an instant of this process."""
        return self._offset_ms + (process_ms - self._began_ms) * self._rate

    def now_ms(self) -> float:
        """What it shows."""
        return self.at(true_ms())

    def wall_ms(self) -> float:
        """What the wall clock shows."""
        return float(round(super().wall_ms() + self._wall_offset_ms))


def true_ms() -> float:
    """The one clock that all is measured by."""
    return time.monotonic_ns() / 1e6


class HtmlLikePlayer(SilentPlayer):
    """A silent player with the slowness and the inexactness of a browser's.

    Attributes
    ----------
    jumps_ms : list of float
        When, by :func:`true_ms`, it was made to jump while it played.
    rates : list of (float, float)
        When it was told to play how fast.
    """

    def __init__(self, clock: SkewedClock, chance: random.Random, speed: float) -> None:
        super().__init__(clock, speed=speed)
        self.jumps_ms: list[float] = []
        self.rates: list[tuple[float, float]] = []
        self._device = clock
        self._chance = chance

    async def read(self) -> Reading | None:
        """Take a while to answer, and read the position somewhere between."""
        asked_ms = self._device.now_ms()
        takes_ms, share = self._chance.uniform(*READ_MS), self._chance.uniform(0.3, 0.7)
        await asyncio.sleep(takes_ms * share / 1e3)
        reading = await super().read()
        await asyncio.sleep(takes_ms * (1 - share) / 1e3)
        if reading is None:
            return None
        position_ms = math.floor(reading.position_ms)
        return reading._replace(
            position_ms=position_ms, asked_ms=asked_ms, answered_ms=self._device.now_ms()
        )

    async def move(self, move: Move) -> None:
        """Load, seek and start as slowly and as inexactly as browsers do."""
        now_ms = self._device.now_ms() + self._chance.uniform(*OBEY_MS)
        at_ms = now_ms if move.at_ms is None or move.is_cued else max(now_ms, move.at_ms)
        before, stands_ms = self.timeline.line(at_ms), self.timeline.position_at(at_ms)
        position_ms = stands_ms if move.position_ms is None else move.position_ms
        if self._is_jump(move, before, now_ms):
            self.jumps_ms.append(true_ms())
        from_ms = at_ms
        if move.track_uri != before.track_uri or abs(position_ms - stands_ms) >= STANDS_MS:
            is_same = move.track_uri == before.track_uri
            from_ms += self._draw(SEEK_MS if is_same else SWITCH_MS)
            lands_ms = position_ms + self._chance.uniform(-LANDING_MS, LANDING_MS)
            position_ms = max(0.0, lands_ms) if position_ms else 0.0
        elif move.is_playing:
            position_ms = stands_ms
            from_ms += self._draw(PLAY_MS)
        if move.is_cued and move.at_ms is not None:
            from_ms = max(from_ms, move.at_ms) + self._chance.uniform(*CUED_MS)
        self.track = Track(move.track_uri)
        line = Line(move.track_uri, position_ms, from_ms, move.is_playing, before.rate)
        self.timeline.go(line, self._device.now_ms(), at_ms)
        await self._device.sleep_until(from_ms)

    def set_rate(self, rate: float) -> None:
        """Go on so fast."""
        self.rates.append((true_ms(), rate))
        super().set_rate(rate)

    def _is_jump(self, move: Move, before: Line, now_ms: float) -> bool:
        """Whether it is to play on from somewhere else."""
        is_same = before.track_uri == move.track_uri
        return is_same and move.is_playing and self.timeline.is_sounding(now_ms)

    def _draw(self, of_ms: tuple[float, float, float]) -> float:
        least_ms, median_ms, most_ms = of_ms
        drawn_ms = median_ms * math.exp(self._chance.gauss(0.0, SPREAD))
        return min(max(drawn_ms, least_ms), most_ms)
