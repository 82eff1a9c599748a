"""Real MIDI through virtual ports: a JACK server without sound hardware."""

import json
import signal
import time
from contextlib import closing

import mido
import pytest
from midi_ports import CLIENT, NAME, stored_events, wait_for

from engine.events import Event, Kind
from server.inputs.midi import Change, MidiInput, list_ports
from server.takes.format import decode_log


@pytest.fixture
def midi(keyboard):
    """The keyboard as an input, connected."""
    midi = MidiInput(CLIENT)
    assert midi.connect() == NAME
    reach(keyboard, midi)
    yield midi
    midi.close()


def reach(keyboard, midi):
    """Knock until the input hears it: JACK connects in the background."""
    first, last = (0xB0, 1, 1), (0xB0, 2, 2)
    wait_for(lambda: keyboard.send(*first) or midi.poll(0.0), "the connection")
    keyboard.send(*last)
    wait_for(lambda: any(event.number == last[1] for event in midi.poll(0.0)), "the last knock")


def hear(midi, count):
    """Poll until so many events are there."""
    events: list[Event] = []
    wait_for(lambda: len(events.extend(midi.poll(0.0)) or events) >= count, f"{count} events")
    return events


def test_ports_are_listed_by_name(keyboard):
    assert list_ports() == [NAME]
    keyboard.unplug()
    wait_for(lambda: list_ports() == [], "the port to go")


def test_messages_arrive_whole_in_order_and_timed(keyboard, midi):
    before_sec = time.monotonic()
    sent = [(0x90 | k % 16, 1 + k // 127, 1 + k % 127) for k in range(1000)]
    for message in sent:
        keyboard.send(*message)
    events = hear(midi, 1000)
    assert [event[1:] for event in events] == [(Kind.NOTE_ON, m[1], m[2]) for m in sent]
    times = [event.time_sec for event in events]
    assert times == sorted(times)
    assert before_sec <= times[0] <= times[-1] <= time.monotonic()
    assert midi.dropped == 0


def test_releases_and_pedals_arrive_and_the_rest_is_ignored(keyboard, midi):
    sysex = (0xF0, 0x7E, 0x7F, 0x06, 0x01, 0xF7)
    for message in [(0xF8,), (0x90, 60, 5), sysex, (0xFE,), (0xB0, 64, 127), (0xC0, 3)]:
        keyboard.send(*message)
    for message in [(0x90, 60, 0), (0x80, 61, 9)]:
        keyboard.send(*message)
    heard = [(event.kind, event.number) for event in hear(midi, 4)]
    assert heard == [
        (Kind.NOTE_ON, 60),
        (Kind.CONTROL, 64),
        (Kind.NOTE_OFF, 60),
        (Kind.NOTE_OFF, 61),
    ]


def test_what_nobody_polls_is_counted_as_lost_and_the_oldest_is_kept(keyboard, midi):
    wanted = 4096 + 300
    for k in range(wanted):
        keyboard.send(0x90, k % 128, 1)
        if k % 200 == 199:  # JACK's own buffers are small
            time.sleep(0.02)
    wait_for(lambda: midi.dropped == 300, "300 lost messages")
    assert [event.number for event in midi.poll(0.0)] == [k % 128 for k in range(4096)]


def test_a_keyboard_that_goes_is_told_and_taken_up_again_when_it_returns(keyboard, midi):
    assert midi.refresh() == []
    keyboard.unplug()
    assert wait_for(midi.refresh, "the keyboard to go") == [Change(NAME, False)]
    assert midi.name is None
    keyboard.plug()
    assert wait_for(midi.refresh, "the keyboard to return") == [Change(NAME, True)]
    assert midi.name == NAME
    reach(keyboard, midi)
    keyboard.send(0x90, 60, 64)
    assert hear(midi, 1)[0][1:] == (Kind.NOTE_ON, 60, 64)


def test_a_keyboard_that_appears_later_is_taken_up(keyboard):
    keyboard.unplug()
    wait_for(lambda: list_ports() == [], "the port to go")
    with closing(MidiInput()) as midi:
        assert midi.refresh() == []
        keyboard.plug()
        assert wait_for(midi.refresh, "the keyboard") == [Change(NAME, True)]
        reach(keyboard, midi)
        keyboard.send(0x90, 62, 1)
        assert hear(midi, 1)[0].number == 62


def test_devices_lists_and_watches(keyboard, start_etude):
    listed = start_etude("devices")
    assert listed.end()[0] == 0
    assert listed.lines[:2] == ["MIDI inputs", f"  0  {NAME}"]
    watching = start_etude("devices", "--json", "--watch")
    watching.wait_for_line("index")
    keyboard.unplug()
    watching.wait_for_line("false")
    keyboard.plug()
    watching.wait_for_line("true")
    assert watching.end(signal.SIGINT)[0] == 130
    listed, *changes = [json.loads(line) for line in watching.lines]
    assert [row for row in listed if row["kind"] == "midi"] == [
        {"kind": "midi", "index": 0, "name": NAME}
    ]
    assert [change for change in changes if change["kind"] == "midi"] == [
        {"kind": "midi", "name": NAME, "is_there": False},
        {"kind": "midi", "name": NAME, "is_there": True},
    ]


def performance_of(shared, count):
    """The first notes of a real performance and the score they are of, and what was sent."""
    name = "asap_Bach_Prelude_bwv_846"
    path = shared / f"data/matching/dev/{name}_Shi05M/performance.mid"
    timed, now_sec = [], 0.0
    for message in mido.MidiFile(path):
        now_sec += message.time
        if not message.is_meta:
            timed.append((now_sec, message.bytes()))
    return shared / f"data/scores/{name}.musicxml", timed[:count]


def send_performance(keyboard, timed, speed):
    start_sec = time.monotonic()
    for at_sec, message in timed:
        time.sleep(max(0.0, start_sec + at_sec / speed - time.monotonic()))
        keyboard.send(*message)


async def test_a_real_performance_is_judged_note_by_note_and_kept(shared, keyboard, start_etude):
    score, timed = performance_of(shared, 240)
    program = start_etude("play", str(score), "--to-bar", "9")
    program.wait_for_line(f"listening to {NAME}")
    send_performance(keyboard, timed, speed=8.0)
    notes = [m for _, m in timed if m[0] & 0xF0 == 0x90 and m[2] > 0]
    wait_for(lambda: sum("bar" in line for line in program.lines) >= len(notes), "all verdicts")
    status, errors = program.end(signal.SIGINT)
    assert (status, errors) == (130, "")
    take, events = await stored_events()
    heard = [event.number for event in events if event.kind == Kind.NOTE_ON]
    assert heard == [message[1] for message in notes]
    judged = {verdict.played_index for entry in decode_log(take.chunks) for verdict in entry[1]}
    assert judged - {-1} == set(range(len(notes)))
    assert take.status == "interrupted"
    assert any("is kept" in line for line in program.lines)
    assert start_etude("replay", "last").end()[0] == 0


async def test_a_keyboard_that_goes_and_returns_while_playing_goes_on_with_the_take(
    shared, keyboard, start_etude
):
    score, _ = performance_of(shared, 0)
    program = start_etude("play", str(score), "--midi", "test piano", "--mode", "wait")
    program.wait_for_line(f"listening to {NAME}")
    keyboard.send(0x90, 60, 64)
    program.wait_for_line("C4   ✓ correct")
    keyboard.unplug()
    program.wait_for_line(f"{NAME} has gone")
    keyboard.plug()
    program.wait_for_line(f"{NAME} is connected")
    keyboard.send(0x90, 64, 64)
    program.wait_for_line("E4   ✓ correct")
    assert program.end(signal.SIGTERM)[0] == 128 + signal.SIGTERM
    events = (await stored_events())[1]
    assert [event.number for event in events if event.kind == Kind.NOTE_ON] == [60, 64]


def test_a_port_that_is_not_there_is_one_line_and_status_1(keyboard, start_etude, shared):
    score, _ = performance_of(shared, 0)
    status, errors = start_etude("play", str(score), "--midi", "Korg").end()
    assert status == 1
    assert errors == f"etude: no MIDI input fits 'Korg'; there are: {NAME}\n"
    keyboard.unplug()
    status, errors = start_etude("play", str(score)).end()
    assert status == 1
    assert errors == "etude: no MIDI keyboard found: connect one and see `etude devices`\n"
