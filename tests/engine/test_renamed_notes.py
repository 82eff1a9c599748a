"""A note that a microphone tells better once it has sounded for a while is judged by that."""

import numpy as np
import pytest

from engine import Score
from engine.accompaniment import Accompaniment
from engine.events import Event, Kind, note_ended
from engine.judging import Verdict
from engine.performance import MODES, Performance
from engine.score.hands import share_out

SCALE = [60, 62, 64, 65, 67, 69, 71, 72]
BEAT_SEC = 0.5
EVERY_MODE = pytest.mark.parametrize("mode", MODES)


def performance_of(mode):
    rows = [(pitch, float(k)) for k, pitch in enumerate(SCALE)]
    return Performance(
        Score.from_notes(np.array(rows, [("pitch", "i4"), ("onset_beat", "f8")])), mode
    )


def sing(performance, first, better, n=8):
    """Play the scale; note k is told as ``first[k]`` and then renamed to ``better[k]``."""
    told = []
    for k in range(n):
        pitch = first.get(k, SCALE[k])
        told += performance.process(Event(k * BEAT_SEC, Kind.NOTE_ON, pitch, 80))
        if k in better:
            told += performance.process(Event(k * BEAT_SEC, Kind.RENAMED, better[k], pitch))
    return [said for said in told if isinstance(said, Verdict)]


def standing(verdicts):
    """What was said last of each note."""
    return {said.played_index: said for said in verdicts if said.played_index >= 0}


@EVERY_MODE
@pytest.mark.parametrize("k", [0, 1, 4, 7])
def test_a_note_scooped_up_to_is_right_in_the_end(mode, k):
    performance = performance_of(mode)
    said = sing(performance, {k: SCALE[k] - 1}, {k: SCALE[k]})
    assert [one.result for one in standing(said).values()] == ["correct"] * len(SCALE)
    (revised,) = [one for one in said if one.is_revision and one.played_index == k]
    assert (revised.pitch, revised.score_index) == (SCALE[k], k)
    performance.process(Event(9.0, Kind.END))
    summary = performance.summary()
    assert (summary.overall_score, summary.accuracy, summary.counts["correct"]) == (100, 100, 8)
    assert performance.progress == 100.0


@EVERY_MODE
def test_every_note_may_be_scooped_up_to(mode):
    performance = performance_of(mode)
    sing(performance, {k: pitch - 1 for k, pitch in enumerate(SCALE)}, dict(enumerate(SCALE)))
    performance.process(Event(9.0, Kind.END))
    assert performance.summary().counts == performance_after(mode).summary().counts


def performance_after(mode):
    """The scale as keys play it, ended."""
    performance = performance_of(mode)
    sing(performance, {}, {})
    performance.process(Event(9.0, Kind.END))
    return performance


@pytest.mark.parametrize("mode", ["tempo", "follow"])
def test_a_note_that_settles_on_a_wrong_pitch_is_wrong(mode):
    performance = performance_of(mode)
    said = standing(sing(performance, {}, {3: SCALE[3] + 1}))
    assert [said[k].result for k in (2, 3, 4)] == ["correct", "wrong_note", "correct"]
    assert (said[3].pitch, said[3].score_index) == (SCALE[3] + 1, 3)
    performance.process(Event(9.0, Kind.END))
    counts = performance.summary().counts
    assert (counts["correct"], counts["wrong_note"], counts["missed"]) == (7, 1, 0)


def test_what_the_music_went_on_from_stays_right():
    performance = performance_of("wait")
    said = standing(sing(performance, {}, {3: SCALE[3] + 1}))
    assert [one.result for one in said.values()] == ["correct"] * len(SCALE)


def test_the_music_goes_on_once_the_right_pitch_is_heard():
    performance = performance_of("wait")
    performance.process(Event(0.0, Kind.NOTE_ON, 59, 80))
    assert performance.position.beat == 0.0
    performance.process(Event(0.0, Kind.RENAMED, 60, 59))
    assert performance.position.beat == 1.0


@EVERY_MODE
def test_only_the_last_note_is_judged_again(mode):
    performance = performance_of(mode)
    sing(performance, {0: 61}, {}, n=2)
    assert performance.process(Event(0.0, Kind.RENAMED, 60, 61)) == []
    assert performance.process(Event(BEAT_SEC, Kind.RENAMED, 60, 61)) == []
    assert performance.process(Event(BEAT_SEC - 0.2, Kind.RENAMED, 60, SCALE[1])) == []


@EVERY_MODE
def test_a_note_may_be_renamed_twice(mode):
    performance = performance_of(mode)
    performance.process(Event(0.0, Kind.NOTE_ON, 58, 80))
    for before, after in ((58, 59), (59, 60)):
        said = performance.process(Event(0.0, Kind.RENAMED, after, before))
    assert next(one for one in said if isinstance(one, Verdict)).result == "correct"


@EVERY_MODE
def test_cents_change_no_verdict(mode):
    performance = performance_of(mode)
    performance.process(Event(0.0, Kind.NOTE_ON, 60, 80))
    assert performance.process(Event(0.4, Kind.CENTS, 60, 90)) == []


@pytest.mark.parametrize("cents, value", [(0.2, 64), (-31.6, 32), (49.9, 114), (-70.0, 14)])
def test_cents_are_kept_as_whole_ones(cents, value):
    kept, off = note_ended(1.5, 60, cents)
    assert kept == Event(1.5, Kind.CENTS, 60, value)
    assert off == Event(1.5, Kind.NOTE_OFF, 60)
    assert note_ended(1.5, 60, float("nan")) == [off]


def test_a_wrong_note_whose_time_went_by_may_still_be_the_right_one():
    performance = performance_of("tempo")
    performance.process(Event(0.0, Kind.NOTE_ON, 59, 80))
    performance.process(Event(1.2, Kind.TICK))  # the second note is missed, the first was wrong
    (said,) = performance.process(Event(0.0, Kind.RENAMED, 60, 59))
    assert (said.result, said.score_index, said.is_revision) == ("correct", 0, True)
    performance.process(Event(9.0, Kind.END))
    assert performance.summary().counts["missed"] == len(SCALE) - 1


@EVERY_MODE
def test_one_hand_is_judged_by_the_better_pitch(mode):
    rows = [(pitch, float(k), 1.0, 1) for k, pitch in enumerate(SCALE)] + [(40, 0.0, 8.0, 2)]
    dtype = [("pitch", "i4"), ("onset_beat", "f8"), ("duration_beat", "f8"), ("staff", "i4")]
    score = Score.from_notes(np.array(sorted(rows, key=lambda row: row[1]), dtype))
    performance = Performance(share_out(score, "right", "ignored").score, mode)
    said = performance.process(Event(0.0, Kind.NOTE_ON, 40, 80))
    assert performance.process(Event(0.0, Kind.RENAMED, 41, 40)) == []
    said = sing(performance, {1: 61}, {1: 62}, n=3)
    assert [standing(said)[k].result for k in (1, 2, 3)] == ["correct"] * 3


def test_the_machine_goes_on_with_a_player_whose_note_is_told_better():
    rows = [(pitch, float(k), 1.0, 1) for k, pitch in enumerate(SCALE)]
    rows += [(40, k + 0.5, 0.5, 2) for k in range(8)]
    dtype = [("pitch", "i4"), ("onset_beat", "f8"), ("duration_beat", "f8"), ("staff", "i4")]
    score = Score.from_notes(np.array(sorted(rows, key=lambda row: row[1]), dtype))
    parts = share_out(score, "right", "machine")
    performance = Performance(parts.score, "wait")
    machine = Accompaniment(parts.machine_notes, performance)
    events = Event(0.0, Kind.NOTE_ON, 59, 80), Event(0.0, Kind.RENAMED, 60, 59)
    cues = [machine.process(event, performance.process(event)) for event in events]
    assert cues[0] == []
    assert [cue.pitch for cue in machine.advance(0.3)] == [40]
