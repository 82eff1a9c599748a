"""A microphone: found by name, heard through a ring, taken up again when it returns."""

from typing import Any, NamedTuple

from native.audio_ring import AudioRing
from native.ring import clock_sec
from server.inputs.errors import MicrophoneError
from server.inputs.microphone_library import Device, Stream, choose_device, list_devices
from server.inputs.midi import Change

STALLED_SEC = 3.0  # no driver pauses so long while it is there; one that says nothing has gone
OLDEST_SEC = 5.0  # an age beyond this is a driver's mistake


class Opened(NamedTuple):
    """A stream that was opened; another object each time a microphone is taken up.

    Attributes
    ----------
    ring : AudioRing
        Its sound.
    rate_hz : float
        Samples a second.
    latency_sec : float
        How old a sample usually is when it comes.
    """

    ring: AudioRing
    rate_hz: float
    latency_sec: float


class _Callback:
    """What the driver's thread calls: one native call, and counts for those who look after it."""

    def __init__(self, ring: AudioRing, latency_sec: float) -> None:
        self._push = ring.push
        self._usual_sec = latency_sec
        self.n_blocks = self.n_gaps = 0

    def __call__(self, frames: Any, n: int, time: Any, status: Any) -> None:
        age_sec = time.currentTime - time.inputBufferAdcTime
        is_stored = self._push(frames, age_sec if 0.0 < age_sec < OLDEST_SEC else self._usual_sec)
        self.n_blocks += 1
        if status.input_overflow or not is_stored:
            self.n_gaps += 1


class Microphone:
    """One microphone, heard for as long as it is there.

    Parameters
    ----------
    wanted : str, optional
        Which, as :func:`server.inputs.microphone_library.choose_device` takes it.
    channel : int, optional
        Which of its channels, from 0; by default the mean of the first two.

    Attributes
    ----------
    name : str or None
        Which one is heard now.
    opened : Opened or None
        Its stream; what it has heard may be taken out though it has gone.

    Notes
    -----
    The sound in ``opened`` is for one thread to take, :meth:`connect`, :meth:`refresh` and
    :meth:`close` for one thread to call; the two may differ, as looking for devices takes a while.
    PortAudio sees the same devices all over a process until it starts anew, which ends all streams:
    in one process one microphone can be looked after.
    """

    def __init__(self, wanted: str | None = None, channel: int | None = None) -> None:
        self.name: str | None = None
        self.opened: Opened | None = None
        self._wanted = wanted
        self._channel = channel
        self._stream: Stream | None = None
        self._callback: _Callback | None = None
        self._n_seen, self._seen_sec = 0, 0.0

    def connect(self) -> str:
        """Listen to the wanted microphone now and return its name.

        Raises
        ------
        MicrophoneError
            If it is not there or cannot be opened.
        """
        return self._open(choose_device(list_devices(), self._wanted))

    def refresh(self) -> list[Change]:
        """Notice a microphone that was unplugged, and take it up again when it is back.

        Returns
        -------
        list of Change
            What changed since the last call.
        """
        changes: list[Change] = []
        if self.name is not None:
            if self._is_there():
                return []
            changes.append(Change(self.name, False))
            self._lose()
        try:
            changes.append(Change(self.connect(), True))
        except MicrophoneError:
            return changes  # not there yet, or gone again
        return changes

    @property
    def n_gaps(self) -> int:
        """How often sound was lost since the stream was opened, by the driver or by us."""
        return 0 if self._callback is None else self._callback.n_gaps

    def close(self) -> None:
        """Listen no more; only what has come already may still be taken."""
        if self.name is not None:
            self._lose()

    def _open(self, device: Device) -> str:
        stream = Stream(device, self._channel)
        ring = AudioRing(n_channels=stream.n_channels, channel=self._channel)
        self._callback = _Callback(ring, stream.latency_sec)
        stream.start(self._callback)
        self._stream, self.name, self._n_seen = stream, device.name, 0
        self.opened = Opened(ring, stream.rate_hz, stream.latency_sec)
        if self._wanted is not None:
            self._wanted = device.name  # whatever the number was: from now on this one is meant
        return device.name

    def _is_there(self) -> bool:
        """Whether the driver serves it and, once sound has come, goes on to call."""
        assert self._stream is not None and self._callback is not None
        if self._callback.n_blocks != self._n_seen or not self._n_seen:
            self._n_seen, self._seen_sec = self._callback.n_blocks, clock_sec()
        return self._stream.is_active and clock_sec() - self._seen_sec <= STALLED_SEC

    def _lose(self) -> None:
        assert self._stream is not None
        self._stream.close()
        self._stream, self.name = None, None
