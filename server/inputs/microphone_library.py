"""The system's microphones by PortAudio, which is loaded when one is first asked for."""

import contextlib
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from server.inputs.errors import MicrophoneError
from server.inputs.midi import named_port
from server.inputs.midi_library import quiet_stderr

LOWEST_HZ, HIGHEST_HZ = 16_000, 96_000  # what the ear takes
USUAL_RATES_HZ = (48_000, 44_100, 32_000, 16_000, 96_000, 88_200)
MAX_CHANNELS = 2  # heard together where no channel is chosen: a stereo microphone's
LOWEST_LATENCY_SEC = 0.01
SERVER_LATENCY_SEC = 0.05  # through a sound server: with less, whole blocks were lost
SOUND_SERVERS = re.compile(r"^(default|sysdefault|pulse|pipewire)\b", re.IGNORECASE)
NOT_INSTALLED = (
    "no microphone can be used: PortAudio is not installed"
    " (Debian and Ubuntu: apt install libportaudio2; Fedora: dnf install portaudio;"
    " macOS: brew install portaudio; Windows: pip install --force-reinstall sounddevice)"
)

Receive = Callable[[Any, int, Any, Any], None]


class Device(NamedTuple):
    """A microphone, or whatever else sound comes from.

    Attributes
    ----------
    number : int
        PortAudio's; another one after each :func:`list_devices`.
    name : str
        What the player sees: the device and, in brackets, the system that serves it.
    n_channels : int
        How many it has.
    rate_hz : float
        What it likes best.
    latency_sec : float
        The least it promises.
    is_default : bool
        Whether the system's settings mean this one.
    """

    number: int
    name: str
    n_channels: int
    rate_hz: float
    latency_sec: float
    is_default: bool


def _library() -> Any:
    try:
        with quiet_stderr():
            import sounddevice
    except ImportError as error:
        raise MicrophoneError("no microphone can be used: pip install sounddevice") from error
    except OSError as error:  # "PortAudio library not found", or of another kind of processor
        raise MicrophoneError(NOT_INSTALLED) from error
    except Exception as error:  # sounddevice's own, which cannot be named before it is imported
        raise MicrophoneError(f"no microphone can be used: {error}") from error
    return sounddevice


def list_devices() -> list[Device]:
    """Look for all microphones there are now; no stream may be open meanwhile.

    Raises
    ------
    MicrophoneError
        If this machine has no PortAudio.
    """
    sounddevice = _library()
    try:
        with quiet_stderr():  # PortAudio looks only when it starts
            sounddevice._terminate()
            sounddevice._initialize()
            return _devices(sounddevice)
    except sounddevice.PortAudioError as error:
        raise MicrophoneError(f"no microphone can be used: {_reason(error)}") from error


def _devices(sounddevice: Any) -> list[Device]:
    apis = sounddevice.query_hostapis()
    default = sounddevice.default.device[0]
    return [
        Device(
            number=found["index"],
            name=f"{found['name']} ({apis[found['hostapi']]['name']})",
            n_channels=found["max_input_channels"],
            rate_hz=found["default_samplerate"],
            latency_sec=found["default_low_input_latency"],
            is_default=found["index"] == default,
        )
        for found in sounddevice.query_devices()
        if found["max_input_channels"] > 0
    ]


def choose_device(devices: Sequence[Device], wanted: str | None = None) -> Device:
    """Find the microphone that is meant.

    Parameters
    ----------
    devices : sequence of Device
        All there are.
    wanted : str, optional
        A name, a place in the list, or a part of one name only; case does not matter. By default
        the system's default, or the first one where it has none.

    Raises
    ------
    MicrophoneError
        If there is none, or more than one fits.
    """
    if not devices:
        raise MicrophoneError("no microphone found: connect one and see `etude devices`")
    if wanted is None:
        return next((device for device in devices if device.is_default), devices[0])
    names = [device.name for device in devices]
    return devices[named_port(names, wanted, "microphone", MicrophoneError)]


class Stream:
    """A microphone that is being listened to.

    Parameters
    ----------
    device : Device
        Of the last :func:`list_devices`.
    channel : int or None
        Which channel must be there, from 0; None for any.

    Attributes
    ----------
    rate_hz, n_channels : float, int
        What the device gives.
    latency_sec : float
        How old a sample usually is when it comes.

    Raises
    ------
    MicrophoneError
        If it has no such channel, or none of its rates and channels can be had.
    """

    def __init__(self, device: Device, channel: int | None) -> None:
        self._sounddevice = _library()
        self._device = device
        self._stream: Any = None
        if channel is not None and channel >= device.n_channels:
            told = f"{device.n_channels} channel" + ("s" if device.n_channels > 1 else "")
            raise MicrophoneError(f"{device.name} has {told}, not a channel {channel + 1}")
        self.n_channels, self.rate_hz = self._format(channel)
        self.latency_sec = _latency_sec(device)

    def start(self, receive: Receive) -> None:
        """Open the device and let sound come.

        Parameters
        ----------
        receive : callable
            Gets each block on the driver's own thread, as sounddevice's raw streams give it.

        Raises
        ------
        MicrophoneError
            If the device refuses.
        """
        try:
            with quiet_stderr():
                self._stream = self._sounddevice.RawInputStream(
                    device=self._device.number,
                    channels=self.n_channels,
                    samplerate=self.rate_hz,
                    dtype="float32",
                    latency=self.latency_sec,
                    callback=receive,
                )
                self.latency_sec = float(self._stream.latency)
                self._stream.start()
        except self._sounddevice.PortAudioError as error:
            self.close()
            raise MicrophoneError(_refusal(self._device, error)) from error

    @property
    def is_active(self) -> bool:
        """Whether the driver still serves it."""
        return bool(self._stream.active)

    def close(self) -> None:
        """Let go of it, whatever has become of it."""
        if self._stream is not None:
            with quiet_stderr(), contextlib.suppress(self._sounddevice.PortAudioError):
                self._stream.close()

    def _format(self, channel: int | None) -> tuple[int, float]:
        """The first number of channels and rate that the device takes."""
        device = self._device
        if channel is None:
            counts = sorted({min(device.n_channels, MAX_CHANNELS), 1}, reverse=True)
        else:
            counts = sorted({channel + 1, device.n_channels})
        rates = [r for r in (device.rate_hz, *USUAL_RATES_HZ) if LOWEST_HZ <= r <= HIGHEST_HZ]
        reason = Exception("it has no rate between 16 and 96 kHz")
        for count in counts:
            for rate_hz in dict.fromkeys(rates):
                try:
                    with quiet_stderr():
                        self._sounddevice.check_input_settings(
                            device.number, count, "float32", samplerate=rate_hz
                        )
                except self._sounddevice.PortAudioError as error:
                    reason = error
                else:
                    return count, rate_hz
        raise MicrophoneError(_refusal(device, reason))


def _latency_sec(device: Device) -> float:
    if SOUND_SERVERS.match(device.name):
        return SERVER_LATENCY_SEC
    return max(device.latency_sec, LOWEST_LATENCY_SEC)


def _refusal(device: Device, error: Exception) -> str:
    return f"the microphone {device.name} cannot be opened: {_reason(error)}"


def _reason(error: Exception) -> str:
    """What PortAudio says without its number."""
    return re.sub(r" \[PaErrorCode -?\d+\]$", "", str(error.args[0] if error.args else error))
