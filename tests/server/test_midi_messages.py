"""What MIDI messages mean, and which port a name means: no device needed."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Event, Kind
from native.ring import Message
from server.inputs import midi_library
from server.inputs.errors import MidiError
from server.inputs.midi import choose_port, decode, device_name, list_ports

PORTS = ["Midi Through:Midi Through Port-0 14:0", "Keystation 61:MIDI 1 20:0", "P-125:P-125 24:0"]


@pytest.mark.parametrize("channel", range(16))
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ((0x90, 60, 1), Event(2.5, Kind.NOTE_ON, 60, 1)),
        ((0x90, 60, 0), Event(2.5, Kind.NOTE_OFF, 60, 0)),
        ((0x80, 127, 64), Event(2.5, Kind.NOTE_OFF, 127, 64)),
        ((0xB0, 64, 127), Event(2.5, Kind.CONTROL, 64, 127)),
        ((0xA0, 60, 9), None),
        ((0xE0, 0, 64), None),
    ],
)
def test_a_message_tells_the_same_on_every_channel(channel, data, expected):
    status, number, value = data
    assert decode(Message(2.5, bytes([status | channel, number, value]))) == expected


@pytest.mark.parametrize("data", ["c005", "d040", "f8", "fe", "f100", "f20000", "9040", "90"])
def test_clocks_program_changes_and_short_messages_tell_nothing(data):
    assert decode(Message(0.0, bytes.fromhex(data))) is None


@given(st.floats(0, 1e6), st.binary(min_size=1, max_size=3))
def test_any_bytes_are_decoded_or_left_out(time_sec, data):
    event = decode(Message(time_sec, data))
    assert event is None or (event.time_sec == time_sec and event.number == data[1])


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (None, 1),
        ("P-125:P-125 24:0", 2),
        ("0", 0),
        ("2", 2),
        ("keystation", 1),
        ("THROUGH", 0),
        ("24:0", 2),
    ],
)
def test_a_port_is_found_by_name_part_of_it_or_index(wanted, index):
    assert choose_port(PORTS, wanted) == index


def test_an_exact_name_goes_before_an_index_and_a_part():
    assert choose_port(["Piano 2", "Piano", "1"], "Piano") == 1
    assert choose_port(["Piano 2", "Piano", "1"], "1") == 2


@pytest.mark.parametrize(
    ("names", "wanted", "message"),
    [
        (PORTS[:1], None, "no MIDI keyboard found: connect one and see `etude devices`"),
        (["A one", "A two"], "a", "more than one MIDI input fits 'a': A one, A two"),
        (["A one"], "7", "no MIDI input fits '7'; there are: A one"),
        ([], "Korg", "no MIDI input fits 'Korg'; there are: none"),
    ],
)
def test_a_port_that_is_not_clear_is_refused(names, wanted, message):
    with pytest.raises(MidiError) as caught:
        choose_port(names, wanted)
    assert str(caught.value) == message


def test_a_device_keeps_its_name_when_alsa_numbers_it_anew():
    assert device_name("Keystation 61:MIDI 1 20:0") == device_name("Keystation 61:MIDI 1 28:0")
    assert device_name("etude:in") == "etude:in"


def test_an_unknown_midi_service_is_refused(monkeypatch):
    monkeypatch.setenv("ETUDE_MIDI_API", "oss")
    with pytest.raises(MidiError) as caught:
        list_ports()
    expected = "the MIDI API must be one of alsa, jack, coremidi, winmm, got 'oss'"
    assert str(caught.value) == expected


def test_the_service_of_another_system_is_refused():
    with pytest.raises(MidiError):
        list_ports("winmm" if sys.platform != "win32" else "alsa")


def test_a_system_without_midi_is_told_what_to_do():
    reason = "MidiInAlsa::initialize: error creating ALSA sequencer client object."
    assert "modprobe snd-seq" in midi_library._advice(reason)
    assert "start one" in midi_library._advice("MidiInJack::initialize: JACK server not running?")
    assert midi_library._advice("odd") == "no MIDI on this machine: odd"


def test_what_c_code_prints_is_silenced_and_python_s_comes_back(capfd):
    import os

    with midi_library.quiet_stderr():
        os.write(2, b"ALSA lib: noise\n")
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"
