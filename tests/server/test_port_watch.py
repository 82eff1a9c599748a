"""A device is let go of at the end, whatever became of looking after it."""

import asyncio
from types import SimpleNamespace

import pytest

from server.cli.playing.runner import _tell_losses, watched
from server.inputs.microphone import Microphone


class LostPort:
    """A port of a MIDI service that has broken down."""

    def __init__(self):
        self.is_asked = asyncio.Event()
        self.is_closed = False
        self._loop = asyncio.get_running_loop()

    def refresh(self):
        self._loop.call_soon_threadsafe(self.is_asked.set)
        raise OSError("the MIDI service has gone")

    def close(self):
        self.is_closed = True


async def test_a_port_is_closed_though_the_midi_service_broke_down():
    port = LostPort()
    with pytest.raises(OSError, match="the MIDI service has gone"):
        async with watched(port, view=None):
            await asyncio.wait_for(port.is_asked.wait(), 20)
    assert port.is_closed


class Notices(list):
    """A view that keeps what it is told."""

    notice = list.append


def test_lost_sound_is_told_again_when_it_has_become_twice_as_bad():
    microphone, view, told = Microphone(), Notices(), 0
    assert _tell_losses(microphone, told, view) == 0  # not connected: nothing is lost
    for n_gaps in (0, 1, 1, 2, 3, 4, 7, 9, 0, 0, 1):
        microphone._callback = SimpleNamespace(n_gaps=n_gaps)
        told = _tell_losses(microphone, told, view)
    times = ["once", "2 times", "4 times", "9 times", "once"]
    assert view == [f"sound was lost {n}: the machine is too busy to listen" for n in times]
