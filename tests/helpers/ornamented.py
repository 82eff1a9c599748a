"""Scores with ornaments, hands that play them, and what is said of that."""

import math

import numpy as np

from engine import Score
from engine.events import Event, Kind
from engine.judging import Verdict

BEAT_SEC = 0.5  # 120 quarter notes a minute
FIELDS = [
    ("pitch", "i4"),
    ("onset_beat", "f8"),
    ("duration_beat", "f8"),
    ("ornament", "U8"),
    ("ornament_upper", "i2"),
    ("ornament_lower", "i2"),
    ("is_grace", "?"),
]
C, D, E, F, G = 60, 62, 64, 65, 67
TRILL = (D, 1.0, 2.0, "trill", E, C)  # one second from 0.5 s on
REPEATED = (D, 1.0, 2.0, "tremolo", -1, -1)


def score_of(*notes):
    """A score of such notes, the last fields left out where they say nothing."""
    plain = (1.0, "", -1, -1, False)
    rows = [(*note, *plain[len(note) - 2 :]) for note in notes]
    return Score.from_notes(np.array(rows, FIELDS))


def play(performance, *notes, end_sec=None):
    """Play (pitch, seconds) pairs, maybe to the end; the verdicts, in order."""
    events = [Event(onset_sec, Kind.NOTE_ON, pitch, 80) for pitch, onset_sec in notes]
    if end_sec is not None:
        events.append(Event(end_sec, Kind.END))
    return [v for event in events for v in performance.process(event) if isinstance(v, Verdict)]


def strokes(pitches, start_sec, gap_sec=0.1):
    """Notes one after the other."""
    return [(pitch, start_sec + k * gap_sec) for k, pitch in enumerate(pitches)]


def standing(verdicts):
    """What stands in the end: results by played note, and the score notes that were missed."""
    stand = {v.played_index: v for v in verdicts if v.played_index >= 0}
    return stand, [v.score_index for v in verdicts if v.result == "missed"]


def assert_ornaments(verdicts, played_indices, score_index):
    """These notes are of the ornament of that score note: right, and no more than that."""
    stand, _ = standing(verdicts)
    for played_index in played_indices:
        verdict = stand[played_index]
        assert (verdict.result, verdict.score_index) == ("correct", score_index), verdict
        assert verdict.points == 0
        assert math.isnan(verdict.timing_sec)
        assert verdict.is_ornament


def summed_up(performance):
    """Overall score, and how many of each result."""
    summary = performance.summary()
    return summary.overall_score, {k: n for k, n in summary.counts.items() if n}
