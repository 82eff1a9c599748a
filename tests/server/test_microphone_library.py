"""How a device is opened: the rates and channels that it takes, and what is said if it takes none.

sounddevice is stood in for: no virtual device refuses what these do.
"""

import sys
from types import SimpleNamespace

import pytest

from server.inputs.errors import MicrophoneError
from server.inputs.microphone_library import Device, Stream, list_devices


class PortAudioError(Exception):
    """As sounddevice has it."""


class Driver:
    """A sounddevice with one device, which takes what it is told to take."""

    PortAudioError = PortAudioError

    def __init__(self, takes=(), fails=""):
        self.takes, self.fails, self.opened = set(takes), fails, []
        self.default = SimpleNamespace(device=[1, -1])

    def _terminate(self):
        pass

    def _initialize(self):
        if self.fails == "initialize":
            raise PortAudioError("Unanticipated host error [PaErrorCode -9999]")

    def query_hostapis(self):
        return [{"name": "ALSA"}, {"name": "JACK"}]

    def query_devices(self):
        rows = [("Speakers", 0, 0), ("Webcam", 1, 0), ("system", 8, 1)]
        return [
            {
                "index": k,
                "name": name,
                "hostapi": api,
                "max_input_channels": n_channels,
                "default_samplerate": 44_100.0,
                "default_low_input_latency": 0.005,
            }
            for k, (name, n_channels, api) in enumerate(rows)
        ]

    def check_input_settings(self, device, channels, dtype, samplerate):
        if (channels, samplerate) not in self.takes:
            raise PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    def RawInputStream(self, **wanted):  # noqa: N802
        self.opened.append(wanted)
        if self.fails == "open":
            raise PortAudioError("Device unavailable [PaErrorCode -9985]")
        return SimpleNamespace(
            latency=0.012,
            active=True,
            start=self._start,
            close=lambda: self.opened.append("closed"),
        )

    def _start(self):
        if self.fails == "start":
            raise PortAudioError("Device unavailable [PaErrorCode -9985]")


@pytest.fixture
def install(monkeypatch):
    """Put a driver in the place of sounddevice."""

    def put(**how):
        driver = Driver(**how)
        monkeypatch.setitem(sys.modules, "sounddevice", driver)
        return driver

    return put


def device(n_channels=2, rate_hz=44_100.0):
    return Device(7, "Webcam (ALSA)", n_channels, rate_hz, 0.005, True)


def test_what_sound_comes_from_is_listed_with_its_system(install):
    install()
    assert list_devices() == [
        Device(1, "Webcam (ALSA)", 1, 44_100.0, 0.005, True),
        Device(2, "system (JACK)", 8, 44_100.0, 0.005, False),
    ]


def test_a_sound_system_that_is_broken_says_so(install):
    install(fails="initialize")
    with pytest.raises(MicrophoneError) as caught:
        list_devices()
    assert str(caught.value) == "no microphone can be used: Unanticipated host error"


@pytest.mark.parametrize(
    ("n_channels", "rate_hz", "channel", "takes", "got"),
    [
        (2, 44_100.0, None, [(2, 44_100.0), (1, 44_100.0), (2, 48_000)], (2, 44_100.0)),
        (32, 44_100.0, None, [(2, 44_100.0)], (2, 44_100.0)),
        (2, 44_100.0, None, [(1, 44_100.0)], (1, 44_100.0)),
        (1, 8_000.0, None, [(1, 8_000.0), (1, 16_000)], (1, 16_000)),
        (2, 192_000.0, None, [(2, 192_000.0), (2, 96_000)], (2, 96_000)),
        (8, 44_100.0, 3, [(4, 44_100.0), (8, 44_100.0)], (4, 44_100.0)),
        (8, 44_100.0, 3, [(8, 48_000)], (8, 48_000)),
    ],
)
def test_the_first_format_that_the_device_takes_is_taken(
    install, n_channels, rate_hz, channel, takes, got
):
    install(takes=takes)
    stream = Stream(device(n_channels, rate_hz), channel)
    assert (stream.n_channels, stream.rate_hz) == got


def test_a_device_that_takes_nothing_is_refused_with_its_reason(install):
    install()
    with pytest.raises(MicrophoneError) as caught:
        Stream(device(), None)
    told = "the microphone Webcam (ALSA) cannot be opened: Invalid sample rate"
    assert str(caught.value) == told


@pytest.mark.parametrize(("fails", "after"), [("open", []), ("start", ["closed"])])
def test_a_device_that_is_in_use_is_refused_and_let_go_of(install, fails, after):
    driver = install(takes=[(2, 44_100.0)], fails=fails)
    with pytest.raises(MicrophoneError) as caught:
        Stream(device(), None).start(print)
    told = "the microphone Webcam (ALSA) cannot be opened: Device unavailable"
    assert str(caught.value) == told
    assert driver.opened[1:] == after


def test_a_device_is_opened_as_it_likes_and_tells_its_latency(install):
    driver = install(takes=[(2, 44_100.0)])
    stream = Stream(device(), None)
    stream.start(print)
    assert driver.opened == [
        {
            "device": 7,
            "channels": 2,
            "samplerate": 44_100.0,
            "dtype": "float32",
            "latency": 0.01,
            "callback": print,
        }
    ]
    assert stream.latency_sec == 0.012
    assert stream.is_active
    stream.close()
    assert driver.opened[1:] == ["closed"]
