"""Performance.expected_pitches: what a microphone is to listen for."""

import numpy as np
import pytest

from engine.events import Event, Kind
from engine.performance import Performance
from engine.score import Score

PITCHES = [[60, 64], [62], [64, 67, 72], [65], [67], [69], [71], [72]]


@pytest.fixture
def score():
    """A chord or a note every beat."""
    rows = [(pitch, float(k), 1.0) for k, pitches in enumerate(PITCHES) for pitch in pitches]
    fields = [("pitch", "i4"), ("onset_beat", "f8"), ("duration_beat", "f8")]
    return Score.from_notes(np.array(rows, fields))


def of(*moments):
    return frozenset(pitch for k in moments for pitch in PITCHES[k])


def strike(performance, *moments, gap_sec=0.5):
    for k in moments:
        for pitch in PITCHES[k]:
            performance.process(Event(k * gap_sec, Kind.NOTE_ON, pitch, 80))


@pytest.mark.parametrize(
    ("time_sec", "moments"),
    [(-5.0, ()), (-0.4, (0,)), (0.0, (0, 1)), (1.1, (2, 3)), (3.5, (6, 7)), (9.0, ())],
)
def test_by_the_clock_what_is_due_within_reach(score, time_sec, moments):
    performance = Performance(score, "tempo", 120.0)
    assert performance.expected_pitches(time_sec) == of(*moments)


def test_where_the_music_waits_what_is_waited_for_and_the_next(score):
    performance = Performance(score, "wait", 120.0)
    assert performance.expected_pitches(100.0) == of(0, 1)
    strike(performance, 0)
    assert performance.expected_pitches(0.0) == of(1, 2)
    performance.process(Event(1.0, Kind.NOTE_ON, 62, 80))
    performance.process(Event(1.0, Kind.NOTE_ON, 67, 80))
    assert performance.expected_pitches(0.0) == {64, 72, 65}
    strike(performance, *range(2, 8))
    assert performance.expected_pitches(0.0) == frozenset()


def test_where_the_player_leads_what_stands_around_the_player(score):
    performance = Performance(score, "follow", 120.0)
    assert performance.expected_pitches(0.0) == of(0, 1, 2, 3)
    strike(performance, 0, 1, 2)
    assert performance.expected_pitches(1.0) == of(1, 2, 3, 4, 5)


def test_where_the_player_leads_it_reaches_on_to_where_the_player_must_be(score):
    performance = Performance(score, "follow", 120.0)
    strike(performance, 0, 1, 2)
    assert performance.expected_pitches(3.1) >= of(6)
    assert performance.expected_pitches(2.4) == of(1, 2, 3, 4, 5)


def test_where_the_music_waits_a_note_it_has_had_is_not_expected_again():
    rows = [(60, 0.0, 1.0), (64, 0.0, 1.0), (60, 1.0, 1.0), (65, 1.0, 1.0)]
    fields = [("pitch", "i4"), ("onset_beat", "f8"), ("duration_beat", "f8")]
    performance = Performance(Score.from_notes(np.array(rows, fields)), "wait", 120.0)
    performance.process(Event(0.0, Kind.NOTE_ON, 60, 80))
    assert performance.expected_pitches(0.1) == {64, 65}
    performance.process(Event(0.1, Kind.NOTE_ON, 64, 80))
    assert performance.expected_pitches(0.2) == {60, 65}
