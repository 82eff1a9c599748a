"""A virtual microphone on a PulseAudio server of our own: it can be played into and unplugged."""

import os
import signal
import sys
import time
import wave
from contextlib import contextmanager

import numpy as np
import pytest

RATE_HZ = 48_000
WAIT_SEC = 60.0
NAME = "pulse (ALSA)"


def wait_for(happens, what, timeout_sec=WAIT_SEC):
    """Ask again and again until it is so."""
    end_sec = time.monotonic() + timeout_sec
    while not (answer := happens()):
        assert time.monotonic() < end_sec, f"waited in vain for {what}"
        time.sleep(0.01)
    return answer


def write_wav(path, samples, rate_hz=RATE_HZ):
    """Keep float samples as 16-bit WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


class VirtualMicrophone:
    """What is played into the sink is what programs hear from the device ``pulse``."""

    def __init__(self, devices):
        self._devices = devices
        self._players = []

    def play(self, path):
        """Play a WAV file into it; returns the player, which ends with the file."""
        self._players.append(self._devices.play(path, latency_ms=200))
        return self._players[-1]

    def quiet(self):
        """Stop all players."""
        for player in self._players:
            if player.poll() is None:
                player.terminate()
            player.wait(WAIT_SEC)
        self._players.clear()

    def unplug(self):
        """Let the server end: every program that listens loses its microphone."""
        for pid, process in self._devices._popen.items():
            if process.poll() is None:
                os.kill(pid, signal.SIGTERM)
            process.wait(WAIT_SEC)
        (self._devices.dir / "pulse.sock").unlink(missing_ok=True)

    def plug(self):
        """Start the server if it does not run."""
        if all(process.poll() is not None for process in self._devices._popen.values()):
            self._devices._popen.clear()
            self._devices.processes.clear()
            self._devices._start_pulse()


@contextmanager
def running_microphone(shared, folder):
    """A virtual microphone; its environment is this process's while it runs."""
    sys.path.insert(0, str(shared / "virtual_devices"))
    try:
        from virtual_devices import VirtualDevices, missing
    finally:
        sys.path.pop(0)
    gone = missing(jack=False, pulse=True)
    if gone:
        pytest.skip(f"no virtual microphone without the Debian packages {' '.join(gone)}")
    with VirtualDevices(jack=False, directory=folder) as devices:
        devices.apply()
        microphone = VirtualMicrophone(devices)
        yield microphone
        microphone.quiet()
    for process in devices._popen.values():
        process.wait(WAIT_SEC)
