"""What a sound card is given: one track, from frame to frame of the device."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.roomclient.interpolation import F32, interpolate
from server.roomclient.track_reader import Window

FADE_SEC = 0.003  # so that nothing clicks where the sound jumps
PATIENCE_SEC = 0.05  # of sound that must be there before a stalled voice goes on


class Target(NamedTuple):
    """Where a voice shall be.

    Attributes
    ----------
    number : int
        Which one this is; a newer one overtakes an older one.
    place : float or None
        Frame of the track; None for wherever it is then.
    is_playing : bool
        Whether it plays from there.
    at_frame : float or None
        When, in frames of the device; what comes too late goes on as if it had been in time.
    is_cued : bool
        Whether it is silent until then.
    window : Window or None
        Sound around the place; None for what is there already.
    table : (PHASES + 1, TAPS) float32 or None
        The filter for it.
    """

    number: int
    place: float | None
    is_playing: bool
    at_frame: float | None = None
    is_cued: bool = False
    window: Window | None = None
    table: F32 | None = None


class Segment(NamedTuple):
    """From a frame of the device on, the track is here and goes on so fast.

    Attributes
    ----------
    number : int
        The target that it follows.
    frame : float
        Of the device.
    place : float
        Frame of the track.
    step : float
        Frames of the track for each frame of the device; 0 where it stands.
    rate_hz : int
        Frames of the track a second.
    state : str
        ``stands``, ``plays``, ``cued``, ``stalls`` or ``ended``.
    """

    number: int
    frame: float
    place: float
    step: float
    rate_hz: int
    state: str


class Tail(NamedTuple):
    """Sound that is left, and fades out over what follows it."""

    frame: float
    place: float
    step: float
    window: Window
    table: F32


NOTHING = Segment(0, 0.0, 0.0, 0.0, 1, "stands")


class Voice:
    """Renders a track; :meth:`render` on the driver's thread, all else on another.

    What passes between the two is single references, so that neither waits for the other.

    Parameters
    ----------
    rate_hz : float
        Frames a second of the device.
    """

    def __init__(self, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        self.segments: tuple[Segment, ...] = (NOTHING,)  # the last few, the newest last
        self.window: Window | None = None
        self.rate = 1.0
        self.target: Target | None = None
        self.offer: tuple[Window, Window] | None = None  # instead of the first, the second
        self.n_late = 0  # targets that came after their frame
        self._seen: Target | None = None
        self._table: F32 | None = None
        self._tail: Tail | None = None
        self._fade = max(1, round(FADE_SEC * rate_hz))
        self._ramp = np.linspace(0.0, 1.0, self._fade, dtype=np.float32)[:, None]

    @property
    def now(self) -> Segment:
        """What was rendered last."""
        return self.segments[-1]

    def segment_at(self, frame: float) -> Segment:
        """What a frame of the device belongs to."""
        segments = self.segments
        return next((s for s in reversed(segments) if s.frame <= frame), segments[0])

    def place_at(self, frame: float) -> float:
        """Where in the track a frame of the device is."""
        segment = self.segment_at(frame)
        return segment.place + max(0.0, frame - segment.frame) * segment.step

    def render(self, out: NDArray[np.float32], first: int) -> None:
        """Fill a block of the device.

        Parameters
        ----------
        out : (n, 2) float32
            The block.
        first : int
            Which frame of the device it begins with.
        """
        offer = self.offer
        if offer is not None and offer[0] is self.window:
            self.window = offer[1]
        end = first + len(out)
        position = first
        while position < end:
            until = self._turn(position, end)
            self._fill(out[position - first : until - first], position)
            position = until

    def _turn(self, frame: int, end: int) -> int:
        """Begin what is due at a frame; return until when it lasts."""
        target, now = self.target, self.now
        if target is not None and target is not self._seen:
            if target.is_cued and now.number != target.number:
                self._cue(target, frame)
            due = frame if target.at_frame is None else max(frame, int(np.ceil(target.at_frame)))
            if due == frame:
                self._begin(target, frame)
            else:
                return min(end, due)
        now = self.now
        if now.state == "plays" and now.step != self._step(now):
            self._change(
                now._replace(frame=frame, place=self.place_at(frame), step=self._step(now))
            )
        return end

    def _step(self, segment: Segment) -> float:
        return self.rate * segment.rate_hz / self.rate_hz

    def _cue(self, target: Target, frame: int) -> None:
        """Fall silent at the place from which it will start."""
        place = self.place_at(frame) if target.place is None else target.place
        self._take_sound(target, frame)
        state = "cued" if target.is_playing else "stands"
        self._change(Segment(target.number, frame, place, 0.0, self._track_hz(), state))

    def _begin(self, target: Target, frame: int) -> None:
        self._seen = target
        place = self.place_at(frame) if target.place is None else target.place
        if not target.is_cued or self.now.number != target.number:
            self._take_sound(target, frame)
        step = self.rate * self._track_hz() / self.rate_hz
        if target.at_frame is not None and target.is_playing and target.place is not None:
            self.n_late += frame - target.at_frame > 1.0
            place += (frame - target.at_frame) * step
        if step == 1.0:
            place = float(round(place))  # so that samples go through as they are
        state, step = ("plays", step) if target.is_playing else ("stands", 0.0)
        self._change(Segment(target.number, frame, place, step, self._track_hz(), state))

    def _take_sound(self, target: Target, frame: int) -> None:
        now, window, table = self.now, self.window, self._table
        if now.state == "plays" and window is not None and table is not None:
            self._tail = Tail(frame, self.place_at(frame), now.step, window, table)
        if target.window is not None:
            self.window, self._table = target.window, target.table

    def _track_hz(self) -> int:
        return 1 if self.window is None else self.window.rate_hz

    def _change(self, segment: Segment) -> None:
        self.segments = (*self.segments[-7:], segment)

    def _fill(self, out: NDArray[np.float32], frame: int) -> None:
        """Render one stretch in which nothing is due."""
        out[:] = 0.0
        if self.now.state == "stalls":
            self._recover(self.now, frame)
        if self.now.state == "plays":
            self._play(out, frame)
        if self._tail is not None:
            self._fade_out(out, frame, self._tail)

    def _play(self, out: NDArray[np.float32], frame: int) -> None:
        now, window, table = self.now, self.window, self._table
        assert window is not None and table is not None
        place = self.place_at(frame)
        n = min(len(out), max(0, int(np.ceil((window.n_track - place) / now.step))))
        if n and not window.covers(place, place + now.step * n):
            self._change(now._replace(frame=frame, place=place, step=0.0, state="stalls"))
            return
        read_sound(out[:n], window, table, place, now.step)
        self._fade_in(out[:n], frame - now.frame)
        if n < len(out):
            ended = now._replace(frame=frame + n, place=window.n_track, step=0.0, state="ended")
            self._change(ended)

    def _recover(self, now: Segment, frame: int) -> None:
        """Go on once there is enough sound."""
        window, step = self.window, self._step(now)
        soon = now.place + PATIENCE_SEC * now.rate_hz
        if window is not None and window.covers(now.place, min(soon, window.n_track)):
            self._change(now._replace(frame=frame, step=step, state="plays"))

    def _fade_in(self, out: NDArray[np.float32], age: float) -> None:
        """Let a stretch that has just begun fade in, unless it only changed its rate."""
        before = self.segments[-2] if len(self.segments) > 1 else NOTHING
        is_unbroken = before.state == self.now.state and before.number == self.now.number
        if age >= self._fade or is_unbroken:
            return
        n = min(len(out), self._fade - int(age))
        out[:n] *= self._ramp[int(age) : int(age) + n]

    def _fade_out(self, out: NDArray[np.float32], frame: int, tail: Tail) -> None:
        """Let what was left fade out over what follows."""
        age = int(frame - tail.frame)
        n = min(len(out), self._fade - age)
        place = tail.place + age * tail.step
        if n <= 0 or not tail.window.covers(place, place + n * tail.step):
            self._tail = None
            return
        rest = np.zeros((n, out.shape[1]), np.float32)
        read_sound(rest, tail.window, tail.table, place, tail.step)
        out[:n] += rest * (1.0 - self._ramp[age : age + n])


def read_sound(
    out: NDArray[np.float32], window: Window, table: F32, place: float, step: float
) -> None:
    """Read a window from a place on into ``out``, a frame every ``step``."""
    n = len(out)
    if step == 1.0 and place.is_integer():
        begin = int(place) - window.start
        out[:] = window.frames[begin : begin + n]
    else:
        places = (place - window.start) + step * np.arange(n, dtype=np.float64)
        out[:] = interpolate(window.frames, places, table)
