"""Virtual MIDI instruments on a JACK server without sound hardware, and ``etude`` beside them."""

import os
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from engine.events import Kind
from server.store import TakeStore
from server.takes.format import decode_log

WAIT_SEC = 60.0
CLIENT = "Test Piano"
NAME = f"{CLIENT}:keys"


@contextmanager
def running_jack(shared):
    """A JACK server of our own; its environment is this process's while it runs."""
    sys.path.insert(0, str(shared / "virtual_devices"))
    try:
        from virtual_devices import VirtualDevices, missing
    finally:
        sys.path.pop(0)
    gone = missing(jack=True, pulse=False)
    if gone:
        pytest.skip(f"no virtual MIDI without the Debian packages {' '.join(gone)}")
    with VirtualDevices(pulse=False) as devices:
        devices.apply()
        os.environ["ETUDE_MIDI_API"] = "jack"
        yield devices
        del os.environ["ETUDE_MIDI_API"]
    for process in devices._popen.values():  # ended, but not always waited for
        process.wait(WAIT_SEC)


class Keyboard:
    """A virtual keyboard that can be plugged in and out."""

    def plug(self):
        if find_spec("rtmidi"):
            import rtmidi

            self._out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=CLIENT)
        else:
            import rtmidi2

            self._out = rtmidi2.MidiOut(CLIENT, api=rtmidi2.API_UNIX_JACK)
        self._out.open_virtual_port("keys")

    def unplug(self):
        if self._out is not None:
            self._out.close_port()
            if hasattr(self._out, "delete"):
                self._out.delete()
            self._out = None

    def send(self, *message):
        if hasattr(self._out, "delete"):
            self._out.send_message(message)
        elif message[0] == 0xF0:
            self._out.send_sysex(*message[1:-1])
        else:
            self._out.send_raw(*message)


class Synth:
    """A virtual instrument that remembers what it is sent, and may send it back."""

    def plug(self):
        self.heard, self.echo = [], None
        if find_spec("rtmidi"):
            import rtmidi

            self._in = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="Test Synth")
            self._in.set_callback(lambda event, _: self._hear(event[0]))
        else:
            import rtmidi2

            self._in = rtmidi2.MidiIn("Test Synth", api=rtmidi2.API_UNIX_JACK)
            self._in.callback = lambda message, _: self._hear(message)
        self._in.open_virtual_port("sound")

    def unplug(self):
        if self._in is not None:
            self._in.close_port()
            if hasattr(self._in, "delete"):
                self._in.delete()
            self._in = None

    def _hear(self, message):
        self.heard.append((time.monotonic(), *message))
        if self.echo is not None:
            self.echo.send(*message)

    @property
    def struck(self):
        return [pitch for _, status, pitch, velocity in self.heard if status == 0x90 and velocity]

    @property
    def sounding(self):
        """The keys that are down."""
        down = set()
        for _, status, pitch, velocity in self.heard:
            (down.add if status == 0x90 and velocity else down.discard)(pitch)
        return down


def wait_for(condition, what):
    """Ask again and again until something is true."""
    end_sec = time.monotonic() + WAIT_SEC
    while not (found := condition()):
        assert time.monotonic() < end_sec, f"waited in vain for {what}"
        time.sleep(0.005)
    return found


class Program:
    """``etude`` with arguments, its lines collected as they come."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_for_line(self, pattern):
        """Wait until a line matches, and return how many there are."""

        def found():
            if self.process.poll() is not None and not self._reader.is_alive():
                pytest.fail(f"ended without {pattern!r}: {self.lines} {self.process.stderr.read()}")
            return any(re.search(pattern, line) for line in self.lines)

        wait_for(found, f"{pattern!r} in {self.lines}")

    def end(self, signal_number=None):
        """End it, and return its exit status and what it said on stderr."""
        if signal_number is not None:
            self.process.send_signal(signal_number)
        status = self.process.wait(WAIT_SEC)
        self._reader.join(WAIT_SEC)
        with self.process.stdout, self.process.stderr:
            return status, self.process.stderr.read()


async def stored_events():
    """The events of the last take in the store of this test."""
    store = await TakeStore.open(f"sqlite:///{os.environ['ETUDE_DATA_DIR']}/etude.db")
    take = await store.load(await store.find("last"))
    await store.close()
    return take, [entry[0] for entry in decode_log(take.chunks) if entry[0].kind != Kind.TICK]
