"""A device is let go of at the end, whatever became of looking after it."""

import asyncio

import pytest

from server.cli.playing.runner import watched


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
