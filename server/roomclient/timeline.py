"""Where music is by the clock: it stands, goes on, and has moves before it."""

from typing import NamedTuple


class Line(NamedTuple):
    """Music that stands at a position until an instant and goes on from there.

    Attributes
    ----------
    track_uri : str or None
        What is played; None for nothing.
    position_ms : float
        Where it is until ``from_ms``.
    from_ms : float
        When it goes on.
    is_playing : bool
        Whether it goes on at all.
    rate : float
        How fast.
    """

    track_uri: str | None = None
    position_ms: float = 0.0
    from_ms: float = 0.0
    is_playing: bool = False
    rate: float = 1.0

    def position_at(self, now_ms: float, speed: float = 1.0) -> float:
        """Where the music is; ``speed`` is how fast the player's own clock runs."""
        if not self.is_playing or now_ms <= self.from_ms:
            return self.position_ms
        return self.position_ms + (now_ms - self.from_ms) * self.rate * speed


class Timeline:
    """One line now, and maybe another that follows it.

    Parameters
    ----------
    speed : float
        How fast the player's own clock runs against the clock of the times given here.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._line = Line()
        self._next: tuple[float, Line] | None = None  # since when, and what

    @property
    def next_ms(self) -> float | None:
        """Since when another line follows, or followed."""
        return None if self._next is None else self._next[0]

    def line(self, at_ms: float) -> Line:
        """What is played at an instant, not before the last change."""
        if self._next is not None and self._next[0] <= at_ms:
            return self._next[1]
        return self._line

    def position_at(self, at_ms: float) -> float:
        """Where it is at an instant, not before the last change."""
        return self.line(at_ms).position_at(at_ms, self._speed)

    def is_sounding(self, at_ms: float) -> bool:
        """Whether music goes on at an instant."""
        line = self.line(at_ms)
        return line.is_playing and at_ms >= line.from_ms

    def go(self, line: Line, now_ms: float, since_ms: float | None = None) -> None:
        """Take a line now, or since an instant; forgets what was to come."""
        self._line, self._next = self.line(now_ms), None
        if since_ms is None or since_ms <= now_ms:
            self._line = line
        else:
            self._next = (since_ms, line)

    def set_rate(self, rate: float, now_ms: float) -> None:
        """Change how fast music goes on, now and in what is to come."""
        line, position_ms = self.line(now_ms), self.position_at(now_ms)
        coming = self._next if line is self._line else None
        since_ms = max(now_ms, line.from_ms)
        self._line = line._replace(position_ms=position_ms, from_ms=since_ms, rate=rate)
        self._next = None if coming is None else (coming[0], coming[1]._replace(rate=rate))

    def reaches_ms(self, position_ms: float, now_ms: float) -> float | None:
        """When the music of now comes to a position; None if it stands."""
        line = self.line(now_ms)
        if not line.is_playing:
            return None
        return line.from_ms + (position_ms - line.position_ms) / (line.rate * self._speed)
