"""A sound output by PortAudio, which is loaded when one is first asked for."""

import contextlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.inputs.midi_library import quiet_stderr
from server.roomclient.clock import Clock
from server.roomclient.errors import PlayerError
from server.roomclient.output_clock import OutputClock
from server.roomclient.track_reader import CHANNELS

LATENCY_SEC = 0.05  # so much sound waits in the driver: a busy machine may be late by it
SERVER_LATENCY_SEC = 0.12  # through a sound server
SOUND_SERVERS = re.compile(r"^(default|sysdefault|pulse|pipewire)\b", re.IGNORECASE)
STALLED_MS = 3_000.0  # no driver pauses so long while it is there
OLDEST_SEC = 3.0  # a latency beyond this is a driver's mistake
NO_SOUND = "no sound can be played: {}; with --player silent the room is followed without sound"

Render = Callable[[NDArray[np.float32], int], None]


class Output:
    """One device that plays what is rendered for it.

    Parameters
    ----------
    clock : Clock
        What its times are told on.
    wanted : str, optional
        Its name, or a part of it; by default the system's own.

    Attributes
    ----------
    name : str
        What it is called.
    rate_hz : float
        Frames a second.
    timing : OutputClock
        When each frame is heard.
    frame : int
        The next one that will be rendered.
    n_gaps : int
        How often the machine was too late with sound.

    Raises
    ------
    PlayerError
        If there is none, or none that fits.
    """

    def __init__(self, clock: Clock, wanted: str | None = None) -> None:
        self._now_ms = clock.now_ms
        self._library = _library()
        self._device = self._choose(wanted)
        self.name: str = self._device["name"]
        self.rate_hz = float(self._device["default_samplerate"])
        self.timing = OutputClock(self.rate_hz)
        self.n_gaps = 0
        self.frame = 0
        self._seen_frame, self._seen_ms = 0, clock.now_ms()
        self._stream: Any = None

    def start(self, render: Render) -> None:
        """Open the device and let it play.

        Parameters
        ----------
        render : callable
            Fills a block, (n, 2) float32, that begins with a frame; on the driver's own thread.

        Raises
        ------
        PlayerError
            If the device refuses.
        """
        is_server = SOUND_SERVERS.match(self.name) is not None
        latency_sec = SERVER_LATENCY_SEC if is_server else LATENCY_SEC
        self._render = render
        try:
            with quiet_stderr():
                self._stream = self._library.RawOutputStream(
                    device=self._device["index"],
                    channels=CHANNELS,
                    samplerate=self.rate_hz,
                    dtype="float32",
                    latency=max(latency_sec, self._device["default_low_output_latency"]),
                    callback=self._play,
                )
                self._stream.start()
        except self._library.PortAudioError as error:
            self.close()
            raise PlayerError(f"{self.name} cannot be opened: {_reason(error)}") from error

    def is_there(self) -> bool:
        """Whether the driver still plays; asked again and again."""
        now_ms = self._now_ms()
        if self.frame != self._seen_frame:
            self._seen_frame, self._seen_ms = self.frame, now_ms
        is_active = self._stream is not None and bool(self._stream.active)
        return is_active and now_ms - self._seen_ms <= STALLED_MS

    def close(self) -> None:
        """Let go of it, whatever has become of it."""
        if self._stream is not None:
            with quiet_stderr(), contextlib.suppress(self._library.PortAudioError):
                self._stream.close()
            self._stream = None

    def _play(self, out: Any, n: int, time: Any, status: Any) -> None:
        """What the driver's thread calls."""
        stream = self._stream
        if status.output_underflow:
            self.n_gaps += 1
        self._render(np.frombuffer(out, np.float32).reshape(n, CHANNELS), self.frame)
        if stream is not None:
            self.timing.add(self.frame, self._heard_ms(stream, time.outputBufferDacTime))
        self.frame += n

    def _heard_ms(self, stream: Any, dac_sec: float) -> float:
        """When the block that is being made will be heard; the driver has a clock of its own."""
        left_sec = dac_sec - stream.time
        if not -OLDEST_SEC < left_sec < OLDEST_SEC or dac_sec == 0.0:
            left_sec = stream.latency
        return self._now_ms() + 1e3 * float(left_sec)

    def _choose(self, wanted: str | None) -> Any:
        """The device that is meant."""
        devices = [d for d in self._library.query_devices() if d["max_output_channels"] >= CHANNELS]
        if not devices:
            raise PlayerError(NO_SOUND.format("there is no output for it"))
        if wanted is None:
            default = self._library.default.device[1]
            return next((d for d in devices if d["index"] == default), devices[0])
        fitting = [d for d in devices if wanted.lower() in d["name"].lower()]
        exact = [d for d in fitting if wanted.lower() == d["name"].lower()]
        if len(fitting) == 1 or exact:
            return (exact or fitting)[0]
        names = ", ".join(d["name"] for d in devices)
        told = "no sound output fits" if not fitting else "more than one sound output fits"
        raise PlayerError(f"{told} {wanted!r}; there are: {names}")


def look_again() -> None:
    """Look anew for the outputs there are; no stream may be open meanwhile."""
    library = _library()
    try:
        with quiet_stderr():  # PortAudio looks only when it starts
            library._terminate()
            library._initialize()
    except library.PortAudioError as error:
        raise PlayerError(NO_SOUND.format(_reason(error))) from error


def _library() -> Any:
    try:
        with quiet_stderr():
            import sounddevice
    except (ImportError, OSError) as error:
        told = "PortAudio is not installed (Debian and Ubuntu: apt install libportaudio2)"
        raise PlayerError(NO_SOUND.format(told)) from error
    except Exception as error:  # sounddevice's own, which cannot be named before it is imported
        raise PlayerError(NO_SOUND.format(error)) from error
    return sounddevice


def _reason(error: Exception) -> str:
    """What PortAudio says without its number."""
    return re.sub(r" \[PaErrorCode -?\d+\]$", "", str(error.args[0] if error.args else error))
