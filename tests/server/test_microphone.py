"""A real microphone on a virtual device: heard whole, on time, and taken up again."""

import numpy as np
import pytest
from microphones import NAME, RATE_HZ, wait_for, write_wav

from native.ring import clock_sec
from server.inputs.errors import MicrophoneError
from server.inputs.feed import Feed
from server.inputs.microphone import Microphone
from server.inputs.microphone_library import Stream, choose_device, list_devices
from server.inputs.midi import Change


class Ears:
    """Keeps what it hears, a list of samples for each stream."""

    def __init__(self, microphone):
        self.streams, self.clocks = [], []
        self.feed = Feed(microphone, self._begin)

    def _begin(self, clock):
        self.streams.append([])
        self.clocks.append(clock)
        return self.streams[-1].append

    def hear(self, n_streams=1):
        """Poll once and return what the stream of that number has heard so far."""
        self.feed.poll()
        if len(self.streams) < n_streams:
            return np.zeros(0, np.float32)
        return np.concatenate([np.zeros(0, np.float32), *self.streams[n_streams - 1]])


def tone(f0_hz, duration_sec):
    return 0.5 * np.sin(2 * np.pi * f0_hz * np.arange(int(duration_sec * RATE_HZ)) / RATE_HZ)


def main_hz(samples, rate_hz):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * rate_hz / len(samples)


@pytest.fixture
def microphone(virtual_mic):
    """The virtual microphone, connected."""
    microphone = Microphone("pulse")
    assert microphone.connect() == NAME
    yield microphone
    microphone.close()


def loud(samples):
    return samples[np.flatnonzero(np.abs(samples) > 0.1)[0] :] if samples.any() else samples


def hear_a_tone(ears, virtual_mic, path, n_streams=1):
    """Play a tone and return a second of it from the middle, as it was heard."""
    virtual_mic.play(path)
    wait_for(lambda: len(loud(ears.hear(n_streams))) > 1.5 * RATE_HZ, "the tone")
    return loud(ears.hear(n_streams))[RATE_HZ // 4 : RATE_HZ // 4 + RATE_HZ]


def test_microphones_are_listed_by_name_and_system(virtual_mic):
    found = list_devices()
    assert [device.name for device in found] == [NAME, "default (ALSA)"]
    assert [device.is_default for device in found] == [False, True]
    assert choose_device(found).name == "default (ALSA)"


def test_a_tone_is_heard_as_it_was_played(virtual_mic, microphone, tmp_path):
    ears = Ears(microphone)
    heard = hear_a_tone(ears, virtual_mic, write_wav(tmp_path / "a.wav", tone(440.0, 3.0)))
    rate_hz = ears.clocks[0].rate_hz
    assert 16_000 <= rate_hz <= 96_000
    assert main_hz(heard, rate_hz) == pytest.approx(440.0, abs=2.0)
    assert np.std(heard) == pytest.approx(0.5 / np.sqrt(2), abs=0.05)


def test_what_is_heard_stands_where_it_was_on_the_machine_s_clock(
    virtual_mic, microphone, tmp_path
):
    """The newest sample is young, however busy the machine, and not from the future."""
    ears = Ears(microphone)
    hear_a_tone(ears, virtual_mic, write_wav(tmp_path / "a.wav", tone(440.0, 4.0)))
    clock = ears.clocks[0]
    for _ in range(20):
        n_before = len(ears.hear())
        wait_for(lambda n=n_before: len(ears.hear()) > n, "more sound")
        age_sec = clock_sec() - clock.time_sec(len(ears.hear()) / clock.rate_hz)
        assert -0.02 < age_sec < 1.5


def test_a_microphone_that_goes_is_told_and_taken_up_again_when_it_returns(
    virtual_mic, microphone, tmp_path
):
    path = write_wav(tmp_path / "a.wav", tone(330.0, 4.0))
    ears = Ears(microphone)
    hear_a_tone(ears, virtual_mic, path)
    assert microphone.refresh() == []
    virtual_mic.unplug()
    assert wait_for(microphone.refresh, "the microphone to go") == [Change(NAME, False)]
    assert microphone.name is None
    assert microphone.refresh() == []
    virtual_mic.plug()
    assert wait_for(microphone.refresh, "the microphone to return") == [Change(NAME, True)]
    assert microphone.name == NAME
    heard = hear_a_tone(ears, virtual_mic, path, n_streams=2)
    assert len(ears.streams) == 2
    assert main_hz(heard, ears.clocks[1].rate_hz) == pytest.approx(330.0, abs=2.0)


def test_a_microphone_that_appears_later_is_taken_up(virtual_mic):
    virtual_mic.unplug()
    microphone = Microphone()
    with pytest.raises(MicrophoneError, match="no microphone found: connect one and see"):
        microphone.connect()
    assert microphone.refresh() == []
    virtual_mic.plug()
    assert wait_for(microphone.refresh, "it") == [Change("default (ALSA)", True)]
    microphone.close()
    assert microphone.name is None


def test_a_channel_that_is_not_there_is_refused(virtual_mic):
    device = list_devices()[0]._replace(n_channels=2)
    with pytest.raises(MicrophoneError) as caught:
        Stream(device, channel=2)
    assert str(caught.value) == f"{NAME} has 2 channels, not a channel 3"


def test_a_device_that_has_gone_cannot_be_opened(virtual_mic):
    device = list_devices()[0]
    virtual_mic.unplug()
    with pytest.raises(MicrophoneError, match=r"^the microphone pulse \(ALSA\) cannot be opened: "):
        Stream(device, None).start(lambda *_: None)
