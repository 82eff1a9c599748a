"""The machine's hand on a real MIDI output, through virtual ports."""

import re
import signal
import time

import pytest
from midi_ports import NAME, stored_events, wait_for

from engine.events import Kind
from server.inputs.midi import Change, MidiInput
from server.inputs.midi_output import MidiOutput
from server.pieces import catalogue

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


def test_keys_that_were_down_when_the_output_went_are_lifted_when_it_returns(synth):
    output = MidiOutput("test synth")
    reach(output, synth)
    for pitch in (60, 64, 67):
        output.note_on(pitch, 50)
    wait_for(lambda: len(synth.struck) == 3, "the chord")
    synth.unplug()
    wait_for(output.refresh, "the synth to go")
    output.note_off(60)
    output.note_off(64)
    output.note_on(64, 70)  # down again, as far as the machine knows
    synth.heard.clear()
    synth.plug()
    wait_for(output.refresh, "the synth to return")
    wait_for(lambda: output.refresh() or synth.heard, "what was not heard")
    assert [message[1:] for message in synth.heard] == [(0x80, 60, 0)]
    output.close()
    wait_for(lambda: len(synth.heard) == 3, "the others to go up")
    assert [message[1:] for message in synth.heard[1:]] == [(0x80, 64, 0), (0x80, 67, 0)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_machine_plays_the_other_hand_and_lifts_its_keys_at_the_end(
    keyboard, synth, start_etude, number
):
    right, left = both_hands()
    program = start_etude("play", PIECE, *MACHINE, "--mode", "wait", "--tempo", "20")
    program.wait_for_line("the other hand is played on Test Synth")
    play_right_hand(keyboard, synth, right[:5])
    assert synth.struck == left[:5]
    assert synth.sounding  # a quarter lasts three seconds
    assert program.end(number)[0] == 128 + number
    wait_for(lambda: not synth.sounding, "all keys to go up")
    events = (await stored_events())[1]
    assert [e.number for e in events if e.kind == Kind.NOTE_ON] == right[:5]


async def test_what_an_instrument_sends_back_is_not_the_player_s(keyboard, synth, start_etude):
    right, left = both_hands()
    synth.echo = keyboard
    program = start_etude("play", PIECE, *MACHINE, "--mode", "follow")
    program.wait_for_line("the other hand is played on Test Synth")
    play_right_hand(keyboard, synth, right[:6])
    assert synth.struck == left[:6]
    assert program.end(signal.SIGINT)[0] == 130
    events = (await stored_events())[1]
    assert [e.number for e in events if e.kind == Kind.NOTE_ON] == right[:6]


def test_a_synth_that_goes_while_playing_is_told_and_the_take_goes_on(keyboard, synth, start_etude):
    right, _ = both_hands()
    program = start_etude("play", PIECE, *MACHINE, "--mode", "wait")
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


def test_where_there_is_nothing_to_play_on_one_line_says_so(keyboard, synth, start_etude, etude):
    synth.unplug()
    assert start_etude("play", PIECE, *MACHINE).end() == (
        1,
        "etude: no MIDI output found: connect an instrument that can play\n",
    )
    synth.plug()
    assert etude("play", PIECE, *MACHINE[:-1], "organ") == (
        1,
        "",
        "etude: no MIDI output fits 'organ'; there are: Test Synth:sound\n",
    )
    status, _, errors = etude("play", PIECE, *MACHINE[:-2])
    assert status == 1
    assert re.match(rf"etude: no MIDI outputs belong to {NAME}: choose one with --midi-out", errors)


def test_a_keyboard_is_let_go_of_where_nothing_can_be_played(keyboard, etude, monkeypatch):
    """A client that ends without a word holds JACK, and so all other programs, up for seconds."""
    closed = []
    close = MidiInput.close
    monkeypatch.setattr(MidiInput, "close", lambda midi: closed.append(midi.name) or close(midi))
    assert etude("play", PIECE, *MACHINE)[0] == 1
    assert closed == [NAME]
    assert etude("play", PIECE, "--midi", "Korg")[0] == 1
    assert closed == [NAME, None]
