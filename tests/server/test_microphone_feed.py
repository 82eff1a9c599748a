"""What a microphone has heard on its way to the ear: clocks, gaps, streams, and which device."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native.audio_ring import AudioRing
from server.inputs import microphone as microphone_module
from server.inputs.errors import MicrophoneError
from server.inputs.feed import LONGEST_GAP_SEC, Feed
from server.inputs.microphone import STALLED_SEC, Microphone, Opened, _Callback
from server.inputs.microphone_library import (
    NOT_INSTALLED,
    SERVER_LATENCY_SEC,
    Device,
    _latency_sec,
    choose_device,
    list_devices,
)
from server.inputs.sample_clock import SampleClock

RATE_HZ = 1000.0


def device(name, number=0, is_default=False, latency_sec=0.005):
    return Device(number, name, 2, 48_000.0, latency_sec, is_default)


# ---- which device


DEVICES = [device("Webcam (ALSA)"), device("USB A (ALSA)", 4), device("USB B (ALSA)", 7, True)]


@pytest.mark.parametrize(
    ("wanted", "number"),
    [(None, 7), ("1", 4), ("web", 0), ("usb a", 4), ("USB B (ALSA)", 7)],
)
def test_a_microphone_is_chosen_by_name_part_or_place_else_the_system_s(wanted, number):
    assert choose_device(DEVICES, wanted).number == number


def test_without_a_default_the_first_one_is_meant():
    assert choose_device(DEVICES[:2]).number == 0


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("usb", "more than one microphone fits 'usb': USB A (ALSA), USB B (ALSA)"),
        (
            "x",
            "no microphone fits 'x'; there are: Webcam (ALSA), USB A (ALSA), USB B (ALSA)",
        ),
        (
            "3",
            "no microphone fits '3'; there are: Webcam (ALSA), USB A (ALSA), USB B (ALSA)",
        ),
    ],
)
def test_a_microphone_that_is_not_clear_is_refused(wanted, message):
    with pytest.raises(MicrophoneError) as caught:
        choose_device(DEVICES, wanted)
    assert str(caught.value) == message


def test_without_any_microphone_that_is_said():
    with pytest.raises(MicrophoneError) as caught:
        choose_device([], "usb")
    assert str(caught.value) == "no microphone found: connect one and see `etude devices`"


def test_where_portaudio_is_missing_it_is_said_what_to_install(monkeypatch, tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    with pytest.raises(MicrophoneError) as caught:
        list_devices()
    assert str(caught.value) == NOT_INSTALLED
    for advice in ("apt install libportaudio2", "brew install portaudio"):
        assert advice in NOT_INSTALLED


def test_where_sounddevice_is_missing_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(MicrophoneError) as caught:
        list_devices()
    assert str(caught.value) == "no microphone can be used: pip install sounddevice"


def test_sound_servers_are_given_time_and_devices_a_little():
    assert _latency_sec(device("pulse (ALSA)")) == SERVER_LATENCY_SEC
    assert _latency_sec(device("default (ALSA)")) == SERVER_LATENCY_SEC
    assert _latency_sec(device("USB A (ALSA)", latency_sec=0.003)) == 0.01
    assert _latency_sec(device("MacBook (Core Audio)", latency_sec=0.02)) == 0.02


# ---- clocks


def test_a_sample_was_taken_when_the_earliest_block_says_less_the_least_age():
    """Blocks of 10 ms that come up to 30 ms late and are said to be 5 to 8 ms old."""
    clock = SampleClock(RATE_HZ, latency_sec=0.02)
    assert not clock.is_known
    assert np.isnan(clock.time_sec(1.0))
    assert np.isnan(clock.stream_sec(1.0))
    for k in range(100):
        late_sec, age_sec = 0.03 * (k % 4) / 3, 0.005 + 0.003 * (k % 2)
        came_sec = 500.0 + 0.01 * (k + 1) + 0.005 + late_sec
        clock.add(10 * k, 10 * k + 10, came_sec, 0.01 + age_sec + late_sec)
    assert clock.is_known
    assert clock.time_sec(0.25) == pytest.approx(500.25)
    assert clock.stream_sec(501.0) == pytest.approx(1.0)


def test_an_age_that_cannot_be_is_not_believed():
    """A sound server that says half a second too much for a second, then tells the truth."""
    clock = SampleClock(RATE_HZ, latency_sec=0.05)
    for k in range(400):
        too_much_sec = 0.5 if k < 100 else 0.0
        clock.add(10 * k, 10 * k + 10, 500.0 + 0.01 * (k + 1), 0.01 + 0.002 + too_much_sec)
        assert clock.time_sec(0.0) == pytest.approx(500.0, abs=0.003)
    assert clock.time_sec(0.0) == pytest.approx(499.998)


@pytest.mark.parametrize("age_sec", [0.0, -3.0, float("nan"), float("inf")])
def test_a_driver_that_knows_no_age_is_believed_by_when_blocks_come(age_sec):
    clock = SampleClock(RATE_HZ, latency_sec=0.05)
    for k in range(10):
        clock.add(10 * k, 10 * k + 10, 500.0 + 0.01 * (k + 1), age_sec)
    assert clock.time_sec(0.0) == pytest.approx(500.0)


def test_the_clock_of_the_samples_follows_a_drift():
    """A sound card 100 ppm too slow, as bad as they are, for ten minutes."""
    clock, worst_sec = SampleClock(48_000.0), 0.0
    for k in range(60_000):
        true_sec = 0.01 * k
        start = round(true_sec * 48_000 * (1 - 1e-4))
        clock.add(start, start + 480, true_sec + 0.01, 0.01)
        if k % 100 == 0:
            worst_sec = max(worst_sec, abs(clock.time_sec(start / 48_000) - true_sec))
    assert worst_sec < 3e-4


def test_the_clock_of_the_samples_forgets_a_pause_of_the_machine():
    clock = SampleClock(RATE_HZ)
    for k in range(600):
        paused_sec = 3.0 if k >= 300 else 0.0
        clock.add(10 * k, 10 * k + 10, 0.01 * (k + 1) + paused_sec, 0.01)
    assert clock.time_sec(0.0) == pytest.approx(3.0)


# ---- the feed


class Ears:
    """Keeps what it hears, a list of blocks for each stream."""

    def __init__(self):
        self.streams, self.clocks = [], []

    def begin(self, clock):
        self.clocks.append(clock)
        self.streams.append([])
        return self.streams[-1].append

    def heard(self, number=0):
        return np.concatenate(self.streams[number]).tolist()


def ramp(start, n):
    return np.arange(start, start + n, dtype=np.float32)


def opened(capacity=64):
    return Opened(AudioRing(capacity), RATE_HZ, 0.01)


def test_lost_sound_is_silence_so_that_what_follows_keeps_its_time():
    stream, ears = opened(), Ears()
    feed = Feed(SimpleNamespace(opened=stream), ears.begin)
    stream.ring.push(ramp(1, 60))
    stream.ring.push(ramp(61, 60))  # finds the ring full
    feed.poll()
    stream.ring.push(ramp(121, 10))
    feed.poll()
    assert ears.heard() == [*range(1, 61), *[0] * 60, *range(121, 131)]
    assert len(ears.streams) == 1


def test_a_gap_that_is_longer_than_a_worker_sleeps_begins_a_stream():
    stream, ears = opened(), Ears()
    feed = Feed(SimpleNamespace(opened=stream), ears.begin)
    stream.ring.push(ramp(0, 64))
    feed.poll()
    stream.ring.push(ramp(0, 64))
    for _ in range(int(LONGEST_GAP_SEC * RATE_HZ / 64) + 1):
        stream.ring.push(ramp(0, 64))
    stream.ring.reset()
    stream.ring.push(ramp(7, 5))
    feed.poll()
    assert [len(ears.heard(k)) for k in range(2)] == [64, 5]
    assert ears.clocks[1].time_sec(0.0) > ears.clocks[0].time_sec(0.0)


def test_a_microphone_that_returns_is_heard_to_its_last_sample_and_begins_a_stream():
    first, second, ears = opened(), opened(), Ears()
    microphone = SimpleNamespace(opened=None)
    feed = Feed(microphone, ears.begin)
    feed.poll()
    microphone.opened = first
    feed.poll()
    assert ears.streams == []
    first.ring.push(ramp(0, 5))
    feed.poll()
    first.ring.push(ramp(5, 5))
    second.ring.push(ramp(100, 5))
    microphone.opened = second
    feed.poll()
    assert [ears.heard(k) for k in range(2)] == [list(range(10)), list(range(100, 105))]
    assert feed.clock is ears.clocks[1]


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=60))
def test_every_sample_stands_at_its_place(blocks):
    """Pushed and polled in any order, what is heard is the stream, with zeros where it was lost."""
    stream, ears, position = opened(), Ears(), 1
    feed = Feed(SimpleNamespace(opened=stream), ears.begin)
    for n, is_polled in blocks:
        stream.ring.push(ramp(position, n))
        position += n
        if is_polled:
            feed.poll()
    feed.poll()
    heard = ears.heard()
    assert all(value in (0.0, k + 1.0) for k, value in enumerate(heard))
    assert sum(value == 0.0 for value in heard) <= stream.ring.dropped
    assert sum(value != 0.0 for value in heard) == position - 1 - stream.ring.dropped


# ---- the driver's callback


def call(callback, samples, age_sec, overflow=False):
    time = SimpleNamespace(currentTime=100.0, inputBufferAdcTime=100.0 - age_sec)
    callback(samples, len(samples), time, SimpleNamespace(input_overflow=overflow))


def test_a_block_is_as_old_as_the_driver_says_unless_that_cannot_be():
    ring = AudioRing(1024)
    callback = _Callback(ring, latency_sec=0.03)
    for age_sec in (0.25, -1.0, 0.0, 100.0, float("nan")):
        call(callback, ramp(0, 1), age_sec)
    ages_sec = [block.age_sec for block in ring.pop()]
    assert ages_sec == pytest.approx([0.25, 0.03, 0.03, 0.03, 0.03])


def test_what_the_driver_or_the_ring_has_lost_is_counted():
    callback = _Callback(AudioRing(64), 0.01)
    call(callback, ramp(0, 40), 0.01)
    assert callback.n_gaps == 0
    call(callback, ramp(0, 4), 0.01, overflow=True)
    assert callback.n_gaps == 1
    call(callback, ramp(0, 40), 0.01)
    assert callback.n_gaps == 2
    assert callback.n_blocks == 3


class SilentStream:
    """A stream of a driver that calls when it likes."""

    is_active = True
    is_closed = False

    def close(self):
        self.is_closed = True


def test_a_driver_that_stops_calling_has_lost_its_microphone(monkeypatch):
    now_sec = [0.0]
    monkeypatch.setattr(microphone_module, "clock_sec", lambda: now_sec[0])
    monkeypatch.setattr(microphone_module, "list_devices", list)
    microphone, stream = Microphone(), SilentStream()
    callback = _Callback(AudioRing(64), 0.01)
    microphone._stream, microphone._callback, microphone.name = stream, callback, "Webcam"
    now_sec[0] = 100.0
    assert microphone.refresh() == []  # nothing has come yet: the device may be asleep
    call(callback, ramp(0, 1), 0.01)
    assert microphone.refresh() == []
    now_sec[0] += STALLED_SEC - 0.1
    assert microphone.refresh() == []
    now_sec[0] += 0.2
    assert microphone.refresh() == [("Webcam", False)]
    assert stream.is_closed
    assert microphone.refresh() == []
