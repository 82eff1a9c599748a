"""How a sound output is chosen and opened, and what is said if none can be.

sounddevice is stood in for: no virtual device refuses what these do.
"""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from set_clock import NOW, SetClock

from server.roomclient import Clock, PlayerError
from server.roomclient.output import (
    LATENCY_SEC,
    SERVER_LATENCY_SEC,
    STALLED_MS,
    Output,
)

SILENT_HINT = "; with --player silent the room is followed without sound"
NOW_SEC = 1.0  # of the driver's own clock
LEFT_SEC = 0.25  # until the block that is being made is heard


class PortAudioError(Exception):
    """As sounddevice has it."""


class Driver:
    """A sounddevice with these outputs."""

    PortAudioError = PortAudioError

    def __init__(self, outputs=("Speakers", "pulse", "USB Speakers"), default=1, fails=False):
        self.names, self.fails, self.opened = ["Webcam", *outputs], fails, []
        self.default = SimpleNamespace(device=[0, default])
        self.dac_sec = NOW_SEC + LEFT_SEC

    def query_devices(self):
        return [
            {
                "index": k,
                "name": name,
                "max_output_channels": 0 if k == 0 else 2,
                "default_samplerate": 48_000.0,
                "default_low_output_latency": 0.01,
            }
            for k, name in enumerate(self.names)
        ]

    def RawOutputStream(self, **wanted):  # noqa: N802
        if self.fails:
            raise PortAudioError("Device unavailable [PaErrorCode -9985]")
        self.opened.append(wanted)
        return SimpleNamespace(
            active=True,
            time=NOW_SEC,
            latency=0.07,
            close=lambda: None,
            start=lambda: None,
        )

    def ask_for(self, n, has_gap=False):
        """Let the driver ask for a block; returns it."""
        block = bytearray(n * 8)
        time = SimpleNamespace(outputBufferDacTime=self.dac_sec)
        status = SimpleNamespace(output_underflow=has_gap)
        self.opened[-1]["callback"](block, n, time, status)
        return np.frombuffer(block, np.float32).reshape(n, 2)


@pytest.fixture
def install(monkeypatch):
    """Put a driver in the place of sounddevice."""

    def put(**how):
        driver = Driver(**how)
        monkeypatch.setitem(sys.modules, "sounddevice", driver)
        return driver

    return put


@pytest.mark.parametrize(
    ("wanted", "name"),
    [(None, "Speakers"), ("pulse", "pulse"), ("usb", "USB Speakers"), ("speakers", "Speakers")],
)
def test_the_output_that_is_meant_is_taken(install, wanted, name):
    install()
    assert Output(Clock(), wanted).name == name


def test_without_a_default_the_first_is_taken(install):
    install(default=-1)
    assert Output(Clock()).name == "Speakers"


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("studio", "no sound output fits 'studio'; there are: Speakers, pulse, USB Speakers"),
        ("s", "more than one sound output fits 's'; there are: Speakers, pulse, USB Speakers"),
    ],
)
def test_a_name_that_does_not_say_which_is_told(install, wanted, told):
    install()
    with pytest.raises(PlayerError) as caught:
        Output(Clock(), wanted)
    assert str(caught.value) == told


def test_without_an_output_the_silent_player_is_named(install, etude):
    install(outputs=())
    status, _, errors = etude("room", "join", "ABC234")
    told = "etude: no sound can be played: there is no output for it" + SILENT_HINT
    assert (status, errors) == (1, told + "\n")


def test_without_portaudio_it_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(PlayerError) as caught:
        Output(Clock())
    assert str(caught.value) == (
        "no sound can be played: PortAudio is not installed (Debian and Ubuntu: apt install "
        "libportaudio2)" + SILENT_HINT
    )


def test_a_device_that_is_in_use_is_told(install):
    install(fails=True)
    with pytest.raises(PlayerError, match=r"^Speakers cannot be opened: Device unavailable$"):
        Output(Clock()).start(lambda out, frame: None)


@pytest.mark.parametrize(
    ("wanted", "latency_sec"), [("Speakers", LATENCY_SEC), ("pulse", SERVER_LATENCY_SEC)]
)
def test_a_sound_server_is_given_more_time(install, wanted, latency_sec):
    driver = install()
    Output(Clock(), wanted).start(lambda out, frame: None)
    assert driver.opened[0]["latency"] == latency_sec
    assert driver.opened[0]["samplerate"] == 48_000.0


async def test_blocks_are_rendered_one_after_the_other_and_timed(install):
    driver, clock = install(), SetClock()
    output = Output(clock)

    def render(out, frame):
        out[:] = frame

    output.start(render)
    assert driver.ask_for(480).max() == 0.0
    assert output.timing.heard_ms(0) == NOW + 1e3 * LEFT_SEC
    await clock.set(NOW + 10.0)
    assert (driver.ask_for(480) == 480.0).all()
    assert output.timing.heard_ms(480) == NOW + 10.0 + 1e3 * LEFT_SEC
    assert output.frame == 960
    assert output.is_there() and output.n_gaps == 0
    driver.ask_for(10, has_gap=True)
    assert output.n_gaps == 1
    output.close()
    assert not output.is_there()


async def test_a_driver_that_calls_no_more_has_gone(install):
    driver, clock = install(), SetClock()
    output = Output(clock)
    output.start(lambda out, frame: None)
    driver.ask_for(480)
    assert output.is_there()
    await clock.set(NOW + STALLED_MS)
    assert output.is_there()
    await clock.set(NOW + STALLED_MS + 1.0)
    assert not output.is_there()
    driver.ask_for(480)
    assert output.is_there()


@pytest.mark.parametrize("dac_sec", [0.0, 60.0])
def test_a_driver_that_tells_no_time_is_taken_at_its_latency(install, dac_sec):
    driver, clock = install(), SetClock()
    driver.dac_sec = dac_sec
    output = Output(clock)
    output.start(lambda out, frame: None)
    driver.ask_for(480)
    assert output.timing.heard_ms(0) == NOW + 70.0
