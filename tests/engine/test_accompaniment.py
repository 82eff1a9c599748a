"""The machine's hand: with the clock, with the player, and never ahead of what is owed."""

import random
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.accompaniment import LATE_SEC, LOOKAHEAD_SEC, REPEAT_SEC, Accompaniment, Cue
from engine.events import Event, Kind
from engine.performance import Performance
from engine.score import Score
from engine.score.hands import share_out

DTYPE = [("pitch", "i4"), ("onset_beat", "f8"), ("duration_beat", "f8"), ("staff", "i4")]
MELODY = [60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 79, 81, 83, 84, 86]
BEAT_SEC = 0.5  # 120 quarter notes a minute


def two_hands(**changes) -> Score:
    """Quarters on the right, and on the left eighths that begin with them."""
    rows = [(pitch, float(k), 1.0, 1) for k, pitch in enumerate(MELODY)]
    rows += [(36 + k % 12, k / 2, 0.5, 2) for k in range(2 * len(MELODY))]
    return Score.from_notes(np.array(rows, DTYPE), tempo_bpm=120.0)


def band(mode="follow", score=None, tempo_bpm=None) -> "Band":
    return Band(score or two_hands(), mode, tempo_bpm)


class Band:
    """A player and the machine; time is let pass as its deadlines ask for."""

    def __init__(self, score, mode, tempo_bpm):
        parts = share_out(score, "right", "machine")
        self.notes = parts.machine_notes
        self.performance = Performance(parts.score, mode, tempo_bpm)
        self.machine = Accompaniment(self.notes, self.performance)
        self.beat_of = dict(zip(self.notes["id"].tolist(), self.notes["onset_beat"], strict=True))
        self.cues: list[Cue] = []

    def wait(self, until_sec):
        while self.machine.deadline_sec < until_sec:
            self.cues += self.machine.advance(self.machine.deadline_sec)

    def play(self, pitch, time_sec, velocity=64, kind=Kind.NOTE_ON):
        if self.performance.notes_played:
            self.wait(time_sec)
        event = Event(time_sec, kind, pitch, velocity)
        new = self.machine.process(event, self.performance.process(event))
        self.cues += new
        return new

    def play_melody(self, places, beat_sec=BEAT_SEC, start_sec=0.0):
        for k, place in enumerate(places):
            self.play(MELODY[place], start_sec + k * beat_sec)
        return start_sec + (len(places) - 1) * beat_sec

    @property
    def told(self):
        """Beat and onset of each cue."""
        return [(self.beat_of[cue.note_id], round(cue.onset_sec, 3)) for cue in self.cues]


def test_by_the_clock_every_note_comes_at_its_time_and_shortly_before():
    machine = (made := band("tempo", tempo_bpm=60.0)).machine
    told_sec = []
    while machine.deadline_sec < inf:
        now_sec = machine.deadline_sec
        cues = machine.advance(now_sec)
        told_sec += [now_sec] * len(cues)
        made.cues += cues
    assert made.told == [(k / 2, k / 2) for k in range(2 * len(MELODY))]
    ahead = np.array([cue.onset_sec for cue in made.cues]) - told_sec
    assert ahead == pytest.approx([LOOKAHEAD_SEC] * len(ahead))
    assert {cue.duration_sec for cue in made.cues} == {0.5}


def test_by_the_clock_nothing_is_made_up_for_that_was_slept_through():
    made = band("tempo")
    cues = made.machine.advance(5.05)
    assert [cue.onset_sec for cue in cues] == [5.05]  # what was due at 5.0
    assert made.machine.deadline_sec == pytest.approx(5.25 - LOOKAHEAD_SEC)


def test_what_is_written_together_sounds_together():
    made = band()
    made.play_melody(range(8), beat_sec=0.63)
    together = [(beat, sec) for beat, sec in made.told if beat % 1 == 0]
    assert together == [(k, round(0.63 * k, 3)) for k in range(8)]


@pytest.mark.parametrize("beat_sec", [0.3, 0.5, 0.9])
def test_between_the_player_s_notes_the_machine_keeps_the_player_s_tempo(beat_sec):
    made = band()
    end_sec = made.play_melody(range(12), beat_sec)
    made.wait(end_sec + 10.0)
    between = [(beat, sec) for beat, sec in made.told if beat % 1 and beat > 6]
    assert [beat for beat, _ in between] == [6.5, 7.5, 8.5, 9.5, 10.5, 11.5]
    for beat, onset_sec in between:
        assert onset_sec == pytest.approx(beat * beat_sec, abs=0.02 * beat_sec)
    assert made.cues[-1].duration_sec == pytest.approx(beat_sec / 2, rel=0.05)


def test_a_player_who_stops_is_waited_for_and_taken_up_again():
    made = band()
    end_sec = made.play_melody(range(6))
    made.wait(end_sec + 60.0)
    assert made.told[-1][0] == 5.5  # up to the note the player owes
    assert made.machine.deadline_sec == inf
    made.play(MELODY[6], end_sec + 60.0)
    assert made.told[-1] == (6.0, end_sec + 60.0)


def test_a_player_who_goes_back_gets_the_same_notes_again():
    made = band()
    end_sec = made.play_melody([*range(10), *range(2, 9)])
    again = [beat for beat, sec in made.told if sec > end_sec - 5 * BEAT_SEC]
    assert again == [3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0][-len(again) :]
    assert len(again) >= 8
    assert made.told[-1] == (8.0, end_sec)


def test_a_player_in_haste_does_not_set_off_a_rattle():
    for seed in range(100):
        made, chance, now_sec = band(), random.Random(seed), 0.0
        for _ in range(40):
            now_sec += chance.choice([0.05, 0.1, 0.2])
            made.play(chance.choice(MELODY[:8]), now_sec)
        last_sec: dict[str, float] = {}
        for cue in made.cues:
            assert cue.onset_sec - last_sec.get(cue.note_id, -inf) >= REPEAT_SEC
            last_sec[cue.note_id] = cue.onset_sec


def test_what_a_player_skips_does_not_come_as_a_burst():
    made = band()
    made.play_melody([0, 1, 2, 3, *range(9, 15)])
    beats = [beat for beat, _ in made.told]
    assert beats == sorted(beats)
    assert not set(np.arange(5.0, 9.0, 0.5)) & set(beats)
    assert {11.0, 11.5, 12.0} <= set(beats)


def test_notes_overtaken_by_the_player_are_left_out_but_those_just_due():
    score = two_hands()
    made = band("wait", score)
    made.play(MELODY[0], 0.0)
    made.play(MELODY[1], 0.1)  # 0.15 s before the eighth between is due
    assert made.told == [(0.0, 0.0), (1.0, 0.1)]
    made = band("wait", score)
    made.play(MELODY[0], 0.0)
    made.play(MELODY[1], 0.05)
    assert [beat for beat, _ in made.told] == [0.0, 1.0]


def test_music_that_waits_goes_on_with_the_right_note_only():
    made = band("wait")
    made.play(MELODY[0], 0.0)
    made.wait(100.0)
    assert made.told == [(0.0, 0.0), (0.5, 0.25)]  # the clock's tempo between
    assert made.play(MELODY[1] + 1, 100.0) == []
    made.wait(200.0)
    made.play(MELODY[1], 200.0)
    assert made.told[2:] == [(1.0, 200.0)]
    made.wait(300.0)
    assert made.told[3:] == [(1.5, 200.25)]


@pytest.mark.parametrize("mode", ["tempo", "follow", "wait"])
def test_what_is_due_is_told_by_who_leads(mode):
    made = band(mode, tempo_bpm=120.0)
    is_led = mode == "follow"
    assert np.isnan(made.performance.due_sec(4.0)) == is_led
    made.play_melody(range(8), beat_sec=0.75)
    expected_sec = 0.75 * 9 if is_led else 0.5 * 9
    assert made.performance.due_sec(9.0) == pytest.approx(expected_sec, abs=0.02)


def test_after_the_player_s_last_note_the_machine_ends_alone():
    rows = [(60, 0.0, 1.0, 1), (62, 1.0, 1.0, 1), *((40 + k, 1.0 * k, 1.0, 2) for k in range(5))]
    for mode in ("follow", "wait"):
        made = band(mode, Score.from_notes(np.array(rows, DTYPE), tempo_bpm=120.0))
        made.play(60, 0.0)
        made.play(62, 0.5)
        made.wait(inf)
        assert made.told == [(0, 0.0), (1, 0.5), (2, 1.0), (3, 1.5), (4, 2.0)]


def test_a_wrong_note_in_the_place_of_the_one_that_is_due_is_a_beat_too():
    made = band()
    end_sec = made.play_melody(range(6))
    made.play(MELODY[6] + 2, end_sec + BEAT_SEC)
    assert made.told[-1] == (6.0, end_sec + BEAT_SEC)
    made.play(MELODY[6], end_sec + BEAT_SEC + 0.2)  # put right: nothing sounds twice
    made.play(MELODY[7], end_sec + 2 * BEAT_SEC)
    beats = [beat for beat, _ in made.told]
    assert len(beats) == len(set(beats))
    assert made.told[-1] == (7.0, end_sec + 2 * BEAT_SEC)


def lead_in() -> Score:
    rows = [(40 + k, 1.0 * k, 1.0, 2) for k in range(8)]
    rows += [(70 + k, 1.0 * k, 1.0, 1) for k in range(4, 8)]
    return Score.from_notes(np.array(rows, DTYPE), tempo_bpm=120.0)


@pytest.mark.parametrize("mode", ["follow", "wait"])
def test_what_comes_before_the_player_s_first_note_is_played_by_the_clock(mode):
    made = band(mode, lead_in())
    assert made.machine.leads_in
    made.wait(60.0)
    assert made.told == [(0, 0.0), (1, 0.5), (2, 1.0), (3, 1.5)]
    made.play(74, 60.0)
    assert made.told[4:] == [(4, 60.0)]


def test_a_player_who_begins_at_once_passes_over_the_beginning():
    made = band("follow", lead_in())
    made.play(74, 0.0)
    made.wait(60.0)
    assert made.told == [(4, 0.0)]
    assert not band().machine.leads_in


def test_the_player_s_own_keys_and_grace_notes_are_not_the_machine_s():
    dtype = [*DTYPE, ("is_grace", "?")]
    rows = [(60, 0.0, 1.0, 1, 0), (60, 0.0, 2.0, 2, 0), (48, 0.0, 1.0, 2, 0), (48, 0.0, 2.0, 2, 0)]
    rows += [(50, 0.0, 0.0, 2, 1)]
    made = band("follow", Score.from_notes(np.array(rows, dtype)))
    assert [(cue.pitch, cue.duration_sec) for cue in made.play(60, 0.0)] == [(48, 1.0)]


@pytest.mark.parametrize("mode", ["follow", "wait"])
def test_a_grace_note_of_the_player_is_not_yet_the_beat(mode):
    dtype = [*DTYPE, ("is_grace", "?")]
    rows = [(60 + k, float(k), 1.0, 1, 0) for k in range(4)]
    rows += [(80, 2.0, 0.0, 1, 1), (40, 2.0, 1.0, 2, 0)]
    made = band(mode, Score.from_notes(np.array(rows, dtype), tempo_bpm=120.0))
    made.play(60, 0.0)
    made.play(61, 0.5)
    assert made.play(80, 0.9) == []
    assert [cue.onset_sec for cue in made.play(62, 1.02)] == [1.02]


def test_the_machine_stays_under_the_player():
    for velocity in (30, 64, 110):
        made = band()
        for k in range(12):
            made.play(MELODY[k], k * BEAT_SEC, velocity)
        assert velocity - 20 < made.cues[-1].velocity < velocity
    quiet = band()
    for k in range(16):
        quiet.play(MELODY[k], k * BEAT_SEC, 1)
    assert min(cue.velocity for cue in quiet.cues) >= 20


def test_a_key_that_goes_up_plays_nothing_and_an_ended_take_neither():
    made = band()
    made.play(MELODY[0], 0.0)
    assert made.play(MELODY[0], 0.01, 0) == []
    assert made.play(64, 0.02, 127, Kind.CONTROL) == []
    made.play(0, 0.1, 0, Kind.END)
    assert made.machine.deadline_sec == inf
    assert made.machine.advance(100.0) == []


def test_nothing_to_play_is_no_error():
    rows = [(pitch, float(k), 1.0, 1) for k, pitch in enumerate(MELODY)]
    made = band(score=Score.from_notes(np.array(rows, DTYPE), tempo_bpm=120.0))
    assert len(made.notes) == 0
    made.play_melody(range(4))
    assert (made.cues, made.machine.deadline_sec) == ([], inf)


pitches = st.one_of(st.sampled_from(MELODY), st.integers(0, 127))
playing = st.lists(st.tuples(pitches, st.floats(0.0, 1.5)), max_size=60)


@settings(deadline=None)
@given(playing, st.sampled_from(["tempo", "follow", "wait"]))
def test_whatever_is_played_no_note_is_doubled_early_or_ahead_of_what_is_owed(notes, mode):
    made, now_sec = band(mode), 0.0
    last_sec: dict[str, float] = {}
    n_seen = 0
    for pitch, gap_sec in notes:
        now_sec += gap_sec
        made.play(pitch, now_sec)
        machine = made.machine
        owed_beat = inf if mode == "tempo" else machine._owed_beat()
        for cue in made.cues[n_seen:]:
            assert cue.onset_sec - last_sec.get(cue.note_id, -inf) >= REPEAT_SEC
            last_sec[cue.note_id] = cue.onset_sec
            assert cue.duration_sec > 0.0
            assert now_sec - gap_sec - 1e-9 <= cue.onset_sec <= now_sec + LOOKAHEAD_SEC + 1e-9
            assert made.beat_of[cue.note_id] < owed_beat or mode == "follow"
        n_seen = len(made.cues)
        burst = [cue for cue in made.cues if cue.onset_sec == now_sec]
        assert len(burst) <= 2 + LATE_SEC / (BEAT_SEC / 2 / 5)
    beats = [made.beat_of[cue.note_id] for cue in made.cues]
    if mode != "follow":
        assert beats == sorted(beats)


@settings(deadline=None)
@given(playing, st.lists(st.floats(0.0, 60.0), max_size=40), st.sampled_from(["follow", "wait"]))
def test_how_often_time_is_let_pass_changes_no_cue(notes, glances, mode):
    quiet, busy = band(mode), band(mode)
    now_sec = 0.0
    looks = sorted(glances)
    for pitch, gap_sec in notes:
        now_sec += gap_sec
        while looks and looks[0] < now_sec:
            look_sec = looks.pop(0)
            busy.wait(look_sec)
            busy.cues += busy.machine.advance(look_sec)
        quiet.play(pitch, now_sec)
        busy.play(pitch, now_sec)
    assert quiet.cues == busy.cues
