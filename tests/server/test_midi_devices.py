"""Real MIDI through virtual ports: a JACK server without sound hardware."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from importlib.util import find_spec

import mido
import pytest

from engine.events import Event, Kind
from server.inputs.midi import Change, MidiInput, list_ports
from server.inputs.midi_output import MidiOutput
from server.pieces import catalogue
from server.store import TakeStore
from server.takes.format import decode_log

WAIT_SEC = 20.0
CLIENT = "Test Piano"
NAME = f"{CLIENT}:keys"


@pytest.fixture(scope="module")
def jack(shared):
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


@pytest.fixture
def keyboard(jack):
    """A keyboard, plugged in."""
    list_ports()  # with rtmidi2, this chooses the JACK library that serves
    keyboard = Keyboard()
    keyboard.plug()
    yield keyboard
    keyboard.unplug()


@pytest.fixture
def midi(keyboard):
    """The keyboard as an input, connected."""
    midi = MidiInput(CLIENT)
    assert midi.connect() == NAME
    yield midi
    midi.close()


def wait_for(condition, what):
    """Ask again and again until something is true."""
    end_sec = time.monotonic() + WAIT_SEC
    while not (found := condition()):
        assert time.monotonic() < end_sec, f"waited in vain for {what}"
        time.sleep(0.005)
    return found


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
    keyboard.send(0x90, 60, 64)
    assert hear(midi, 1)[0][1:] == (Kind.NOTE_ON, 60, 64)


def test_a_keyboard_that_appears_later_is_taken_up(jack):
    midi = MidiInput()
    assert midi.refresh() == []
    keyboard = Keyboard()
    keyboard.plug()
    assert wait_for(midi.refresh, "the keyboard") == [Change(NAME, True)]
    keyboard.send(0x90, 62, 1)
    assert hear(midi, 1)[0].number == 62
    midi.close()
    keyboard.unplug()


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


@pytest.fixture
def etude():
    """Starts ``etude``; whatever still runs at the end is ended."""
    programs = []

    def start(*arguments):
        programs.append(Program(*arguments))
        return programs[-1]

    yield start
    for program in programs:
        if program.process.poll() is None:
            program.process.kill()
            program.end()


def test_devices_lists_and_watches(keyboard, etude):
    listed = etude("devices")
    assert listed.end()[0] == 0
    assert listed.lines == [f"0  {NAME}"]
    watching = etude("devices", "--json", "--watch")
    watching.wait_for_line("index")
    keyboard.unplug()
    watching.wait_for_line("false")
    keyboard.plug()
    watching.wait_for_line("true")
    assert watching.end(signal.SIGINT)[0] == 130
    assert [json.loads(line) for line in watching.lines] == [
        [{"index": 0, "name": NAME}],
        {"name": NAME, "is_there": False},
        {"name": NAME, "is_there": True},
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


async def stored_events():
    """The events of the last take in the store of this test."""
    store = await TakeStore.open(f"sqlite:///{os.environ['ETUDE_DATA_DIR']}/etude.db")
    take = await store.load(await store.find("last"))
    await store.close()
    return take, [entry[0] for entry in decode_log(take.chunks) if entry[0].kind != Kind.TICK]


async def test_a_real_performance_is_judged_note_by_note_and_kept(shared, keyboard, etude):
    score, timed = performance_of(shared, 240)
    program = etude("play", str(score), "--to-bar", "9")
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
    assert etude("replay", "last").end()[0] == 0


async def test_a_keyboard_that_goes_and_returns_while_playing_goes_on_with_the_take(
    shared, keyboard, etude
):
    score, _ = performance_of(shared, 0)
    program = etude("play", str(score), "--midi", "test piano", "--mode", "wait")
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


def test_a_port_that_is_not_there_is_one_line_and_status_1(keyboard, etude, shared):
    score, _ = performance_of(shared, 0)
    status, errors = etude("play", str(score), "--midi", "Korg").end()
    assert status == 1
    assert errors == f"etude: no MIDI input fits 'Korg'; there are: {NAME}\n"
    keyboard.unplug()
    status, errors = etude("play", str(score)).end()
    assert status == 1
    assert errors == "etude: no MIDI keyboard found: connect one and see `etude devices`\n"


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


@pytest.fixture
def synth(keyboard):
    """An instrument beside the keyboard, plugged in."""
    synth = Synth()
    synth.plug()
    yield synth
    synth.unplug()


PIECE = "five-finger-both"
MACHINE = ("--hands", "right", "--other-hand", "machine", "--midi-out", "synth")


def both_hands():
    """The pitches of each hand; they go together, one by one."""
    notes = catalogue.find(PIECE).score().notes
    return notes["pitch"][notes["staff"] == 1].tolist(), notes["pitch"][notes["staff"] > 1].tolist()


def play_right_hand(keyboard, synth, pitches, start=0):
    """Strike keys; the machine answers each with one of its own."""
    for k, pitch in enumerate(pitches, start):
        time.sleep(0.25)
        keyboard.send(0x90, pitch, 80)
        wait_for(lambda k=k: len(synth.struck) == k + 1, "the machine's note")
        keyboard.send(0x80, pitch, 0)


def reach(output, synth):
    """Knock until the synth hears it: JACK connects in the background."""
    wait_for(lambda: output.note_on(20, 1) or synth.heard, "the connection")
    output.silence()
    wait_for(lambda: not synth.sounding, "silence")
    synth.heard.clear()


def test_an_output_strikes_keys_and_leaves_none_down(synth):
    output = MidiOutput("test synth")
    reach(output, synth)
    output.note_on(60, 50)
    output.note_on(60, 70)
    output.note_on(64, 70)
    output.note_off(61)
    output.close()
    wait_for(lambda: len(synth.heard) == 6, "all messages")
    assert [message[1:] for message in synth.heard] == [
        (0x90, 60, 50),
        (0x80, 60, 0),
        (0x90, 60, 70),
        (0x90, 64, 70),
        (0x80, 60, 0),
        (0x80, 64, 0),
    ]


def test_an_output_that_goes_and_returns_is_taken_up_again(synth):
    output = MidiOutput("test synth")
    assert output.refresh() == []
    name = output.name
    synth.unplug()
    assert wait_for(output.refresh, "the synth to go") == [Change(name, False)]
    output.note_on(60, 50)  # lost
    synth.plug()
    assert wait_for(output.refresh, "the synth to return") == [Change(name, True)]
    reach(output, synth)
    output.note_on(64, 50)
    wait_for(lambda: synth.sounding == {64}, "a note")
    output.close()
    wait_for(lambda: not synth.sounding, "the key to go up")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_machine_plays_the_other_hand_and_lifts_its_keys_at_the_end(
    keyboard, synth, etude, number
):
    right, left = both_hands()
    program = etude("play", PIECE, *MACHINE, "--mode", "wait", "--tempo", "20")
    program.wait_for_line("the other hand is played on Test Synth")
    play_right_hand(keyboard, synth, right[:5])
    assert synth.struck == left[:5]
    assert synth.sounding  # a quarter lasts three seconds
    assert program.end(number)[0] == 128 + number
    wait_for(lambda: not synth.sounding, "all keys to go up")
    events = (await stored_events())[1]
    assert [e.number for e in events if e.kind == Kind.NOTE_ON] == right[:5]


async def test_what_an_instrument_sends_back_is_not_the_player_s(keyboard, synth, etude):
    right, left = both_hands()
    synth.echo = keyboard
    program = etude("play", PIECE, *MACHINE, "--mode", "follow")
    program.wait_for_line("the other hand is played on Test Synth")
    play_right_hand(keyboard, synth, right[:6])
    assert synth.struck == left[:6]
    assert program.end(signal.SIGINT)[0] == 130
    events = (await stored_events())[1]
    assert [e.number for e in events if e.kind == Kind.NOTE_ON] == right[:6]


def test_a_synth_that_goes_while_playing_is_told_and_the_take_goes_on(keyboard, synth, etude):
    right, _ = both_hands()
    program = etude("play", PIECE, *MACHINE, "--mode", "wait")
    program.wait_for_line("the other hand is played on Test Synth")
    play_right_hand(keyboard, synth, right[:1])
    synth.unplug()
    program.wait_for_line("Test Synth:sound has gone")
    keyboard.send(0x90, right[1], 80)
    program.wait_for_line(r"beat 2 .*correct")
    synth.plug()
    program.wait_for_line("Test Synth:sound is connected")
    play_right_hand(keyboard, synth, right[2:3])
    assert program.end(signal.SIGINT)[0] == 130


def test_where_there_is_nothing_to_play_on_one_line_says_so(keyboard, etude):
    listening = etude("play", PIECE, *MACHINE)
    assert listening.end() == (
        1,
        "etude: no MIDI output found: connect an instrument that can play\n",
    )
    synth = Synth()
    synth.plug()
    status, errors = etude("play", PIECE, *MACHINE[:-1], "organ").end()
    assert (status, errors) == (
        1,
        "etude: no MIDI output fits 'organ'; there are: Test Synth:sound\n",
    )
    status, errors = etude("play", PIECE, *MACHINE[:-2]).end()
    assert status == 1
    assert re.match(rf"etude: no MIDI outputs belong to {NAME}: choose one with --midi-out", errors)
    synth.unplug()
