"""What a room's client asks of a player."""

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

Cause = Literal["poll", "change", "playing", "waiting", "paused"]
Happening = Literal["playing", "waiting", "paused", "ended"]
"""What a player tells of its own accord; ``ended`` is the end of the track."""


class Track(NamedTuple):
    """A piece of music.

    Attributes
    ----------
    uri : str
        What it is for everybody: ``sha256:`` and the hash of the file, a path on the server, or a
        name of a music service.
    name, artist : str
        In words; may be empty.
    duration_ms : float or None
        How long it is, where that is known.
    """

    uri: str
    name: str = ""
    artist: str = ""
    duration_ms: float | None = None


class Reading(NamedTuple):
    """Where a player is.

    Attributes
    ----------
    track : Track
        What it plays.
    position_ms : float
        Where in the track; of what is heard, as far as the player knows that.
    is_playing : bool
        Whether it plays or, while it loads, is about to.
    rate : float
        How fast, 1 is as recorded.
    asked_ms, answered_ms : float
        When it was asked and when it had answered, on the client's clock: the position was read
        at some moment between.
    """

    track: Track
    position_ms: float
    is_playing: bool
    rate: float
    asked_ms: float
    answered_ms: float


class Move(NamedTuple):
    """Where a player shall be.

    Attributes
    ----------
    track_uri : str
        The track.
    position_ms : float or None
        Where in it; None for wherever it is then.
    is_playing : bool
        Whether it shall play from there.
    at_ms : float or None
        When it shall be there, on the client's clock; None for as soon as can be.
    is_cued : bool
        Whether it shall fall silent at once and be ready at the position until ``at_ms``; otherwise
        it goes on as it did until then.
    """

    track_uri: str
    position_ms: float | None
    is_playing: bool
    at_ms: float | None = None
    is_cued: bool = False


class Player(Protocol):
    """Plays music; every time is in ms on the client's clock.

    Attributes
    ----------
    has_rate : bool
        Whether its speed can be changed by parts of a per cent.
    has_events : bool
        Whether it knows the moment at which sound begins; otherwise positions alone tell.
    resolution_ms : float
        How old or how coarse a position may be.
    output_latency_ms : float
        How much later than its positions say sound is heard.
    track : Track or None
        What it plays, as far as it knows without asking anybody.
    is_playing : bool
        Whether it plays, likewise.
    on_happening : callable
        Called, on the event loop, when it stalls, goes on, was stopped by somebody, or the track
        is over; not for what :meth:`move` was asked for.
    """

    has_rate: bool
    has_events: bool
    resolution_ms: float
    output_latency_ms: float
    on_happening: Callable[[Happening], None]

    @property
    def track(self) -> Track | None: ...

    @property
    def is_playing(self) -> bool: ...

    async def open(self) -> None:
        """Make ready to play; raises PlayerError where that cannot be."""

    async def read(self) -> Reading | None:
        """Ask where it is; None while nothing was played."""

    async def move(self, move: Move) -> None:
        """Go there; returns when the sound begins, or stands still. Cancelled by a newer move.

        Raises
        ------
        MissingTrackError
            If it cannot get the track.
        PlayerError
            If it cannot play it.
        """

    def set_rate(self, rate: float) -> None:
        """Play so fast from now on."""

    async def close(self) -> None:
        """Fall silent and let go of everything."""
