"""Cues on their way to an instrument, and a sitting whose other hand the machine plays."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.accompaniment import Accompaniment, Cue
from engine.events import Event, Kind
from engine.score import Score
from engine.score.hands import share_out
from server.cli.playing.accompanist import ECHO_SEC, Accompanist
from server.cli.playing.report import Report
from server.cli.playing.session import GRACE_SEC, PlaySession
from server.inputs.errors import MidiError
from server.inputs.midi_output import choose_output
from server.takes.take import Take

DTYPE = [("pitch", "i4"), ("onset_beat", "f8"), ("staff", "i4")]
START_SEC = 1000.0


class Keys:
    """Writes down what goes down and up."""

    def __init__(self):
        self.done, self.down = [], set()

    def note_on(self, pitch, velocity):
        self.done.append((pitch, velocity))
        self.down.add(pitch)

    def note_off(self, pitch):
        self.done.append((pitch, 0))
        self.down.discard(pitch)

    def silence(self):
        self.down.clear()


def cue(pitch, onset_sec, duration_sec=0.5, velocity=60):
    return Cue(pitch, velocity, onset_sec, duration_sec, "n")


def test_keys_go_down_and_up_at_their_times():
    accompanist = Accompanist(keys := Keys())
    assert accompanist.deadline_sec == inf
    accompanist.take([cue(62, 2.0), cue(60, 1.0)], zero_sec=100.0)
    seen = []
    while accompanist.deadline_sec < inf:
        now_sec = accompanist.deadline_sec
        accompanist.play(now_sec - 1e-6)  # too soon
        before = len(keys.done)
        accompanist.play(now_sec)
        seen += [(now_sec, *one) for one in keys.done[before:]]
    assert seen == [(101.0, 60, 60), (101.5, 60, 0), (102.0, 62, 60), (102.5, 62, 0)]


def test_a_key_struck_again_stays_down_for_its_new_time():
    accompanist = Accompanist(keys := Keys())
    accompanist.take([cue(60, 0.0, 0.5), cue(60, 0.4, 0.5)], 0.0)
    for now_sec in (0.0, 0.4, 0.5, 0.6):
        accompanist.play(now_sec)
    assert keys.down == {60}
    accompanist.play(0.9)
    assert keys.down == set()


def test_silence_is_silence():
    accompanist = Accompanist(keys := Keys())
    accompanist.take([cue(60, 0.0), cue(62, 1.0)], 0.0)
    accompanist.play(0.0)
    accompanist.silence()
    accompanist.play(10.0)
    assert (keys.done, keys.down) == ([(60, 60)], set())


def test_what_comes_back_at_once_and_just_as_loud_is_an_echo():
    accompanist = Accompanist(Keys())
    accompanist.take([cue(60, 1.0)], 0.0)
    accompanist.play(1.0)
    accompanist.play(1.5)
    assert not accompanist.is_echo(Event(1.01, Kind.NOTE_ON, 62, 60))  # another key
    assert not accompanist.is_echo(Event(1.01, Kind.NOTE_ON, 60, 61))  # another hand
    assert not accompanist.is_echo(Event(0.99, Kind.NOTE_ON, 60, 60))  # before
    assert not accompanist.is_echo(Event(1.01 + ECHO_SEC, Kind.NOTE_ON, 60, 60))
    assert accompanist.is_echo(Event(1.01, Kind.NOTE_ON, 60, 60))
    assert not accompanist.is_echo(Event(1.02, Kind.NOTE_ON, 60, 60))  # each comes once
    assert accompanist.is_echo(Event(1.51, Kind.NOTE_OFF, 60, 64))


@given(
    st.lists(
        st.tuples(st.integers(60, 63), st.floats(0.0, 5.0), st.floats(0.03, 3.0)), max_size=40
    ),
    st.floats(0.005, 0.5),
)
def test_whatever_is_to_be_played_no_key_stays_down(notes, step_sec):
    accompanist = Accompanist(keys := Keys())
    accompanist.take([cue(*note) for note in notes], 0.0)
    for now_sec in np.arange(0.0, 8.0 + 2 * step_sec, step_sec).tolist():
        accompanist.play(now_sec)
    assert keys.down == set()
    assert sum(velocity > 0 for _, velocity in keys.done) == len(notes)
    assert accompanist.deadline_sec == inf


def sitting(mode, left_from=0.0, left_to=8.0):
    """The right hand plays a scale, the machine a note with each and some around."""
    rows = [(60 + k, float(k), 1) for k in range(8)]
    rows += [(40, float(beat), 2) for beat in np.arange(left_from, left_to)]
    parts = share_out(Score.from_notes(np.array(rows, DTYPE)), "right", "machine")
    take = Take(parts.score, mode=mode)
    return PlaySession(take, START_SEC, Accompaniment(parts.machine_notes, take.performance))


def test_cues_of_a_sitting_are_given_once_and_in_time_of_the_take():
    session = sitting("follow")
    assert session.cues() == []
    session.step([Event(START_SEC + 5.0, Kind.NOTE_ON, 60, 64)], START_SEC + 5.001)
    assert [cue.onset_sec for cue in session.cues()] == [0.0]
    assert session.cues() == []


def test_where_the_machine_leads_in_a_sitting_counts_in():
    session = sitting("follow", left_from=-4.0)
    assert session.zero_sec == START_SEC + session.metronome.count_in_sec
    session.step([], START_SEC + 60.0)
    assert session.cues() == []  # slept through: the player is waited for
    session = sitting("wait", left_from=-4.0)
    for k in range(100):
        session.step([], START_SEC + 0.1 * k)
    assert [round(cue.onset_sec, 6) for cue in session.cues()] == [0.0, 0.5, 1.0, 1.5]


@pytest.mark.parametrize("mode", ["tempo", "follow", "wait"])
def test_a_sitting_is_not_over_before_the_machine_is(mode):
    session = sitting(mode, left_to=20.0)
    zero_sec = session.zero_sec or START_SEC
    for k in range(8):
        session.step([Event(zero_sec + 0.5 * k, Kind.NOTE_ON, 60 + k, 64)], zero_sec + 0.5 * k)
    last_sec = zero_sec + 0.5 * 19
    session.step([], zero_sec + 0.5 * 9 + GRACE_SEC)
    assert not session.is_over(zero_sec + 0.5 * 9 + GRACE_SEC)
    session.step([], last_sec)
    assert session.is_over(last_sec + 0.1)


def test_notes_of_an_ignored_hand_are_in_no_report():
    rows = [(60, 0.0, 1), (62, 1.0, 1), (40, 0.0, 2)]
    score = share_out(Score.from_notes(np.array(rows, DTYPE)), "right", "ignored").score
    session = PlaySession(Take(score, mode="follow"), START_SEC)
    report = Report(session.performance)
    results = session.step([Event(START_SEC, Kind.NOTE_ON, 40, 64)], START_SEC)
    assert [said.result for said in results if hasattr(said, "result")] == ["ignored"]
    assert report.add(results) == []
    assert (report.latest, report.mistakes, report.last_played) == ({}, {}, None)
    assert "·" in report.line(results[0])


OUTPUTS = ["Midi Through:Midi Through Port-0 14:0", "USB Piano:USB Piano MIDI 1 24:0", "Synth:in"]


@pytest.mark.parametrize(
    ("wanted", "input_name", "index"),
    [
        (None, "USB Piano:USB Piano MIDI 1 20:0", 1),
        (None, "Synth:out", 2),
        ("piano", None, 1),
        ("2", "USB Piano:USB Piano MIDI 1 20:0", 2),
    ],
)
def test_the_machine_plays_on_the_wanted_instrument_or_the_keyboard_itself(
    wanted, input_name, index
):
    assert choose_output(OUTPUTS, wanted, input_name) == index


@pytest.mark.parametrize(
    ("names", "wanted", "input_name", "message"),
    [
        ([], None, "Synth:out", "no MIDI output found: connect an instrument that can play"),
        (["Synth:in"], None, None, "no MIDI output is chosen: choose one with --midi-out; .*"),
        (["Synth:in"], None, "Keys:out", "no MIDI outputs belong to Keys:out: choose one .*"),
        (["Keys:a", "Keys:b"], None, "Keys:out", "2 MIDI outputs belong to Keys:out: .*Keys:b"),
        (["Synth:in"], "Organ", None, "no MIDI output fits 'Organ'; there are: Synth:in"),
    ],
)
def test_an_output_that_is_not_clear_is_asked_for(names, wanted, input_name, message):
    with pytest.raises(MidiError, match=f"^{message}$"):
        choose_output(names, wanted, input_name)
