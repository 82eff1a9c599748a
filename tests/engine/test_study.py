"""What a score asks of who learns it: key, phrases, difficulty."""

import numpy as np
import pytest

from engine import Score
from engine.study.difficulty import demands_of
from engine.study.key import estimate_key
from engine.study.phrases import MAX_BARS, sections_of
from engine.tempo import ScoreClock

C_MAJOR = [60, 62, 64, 65, 67, 69, 71, 72]


def score_of(pitches, staff=1, beat=1.0, tempo_bpm=120.0):
    """A score of notes one after the other, in bars of four."""
    notes = np.zeros(len(pitches), [("pitch", "i4"), ("onset_beat", "f8"), ("staff", "i4")])
    notes["pitch"], notes["staff"] = pitches, staff
    notes["onset_beat"] = np.arange(len(pitches)) * beat
    return Score.from_notes(notes, tempo_bpm=tempo_bpm)


def demands(score):
    return demands_of(score.notes, ScoreClock(score.tempi))


def test_a_scale_is_in_its_key():
    assert estimate_key(score_of([*C_MAJOR, 60]).notes) == "C major"


@pytest.mark.parametrize(("shift", "key"), [(2, "D major"), (-2, "Bb major"), (6, "F# major")])
def test_a_higher_scale_is_in_a_higher_key(shift, key):
    assert estimate_key(score_of([pitch + shift for pitch in [*C_MAJOR, 60]]).notes) == key


def test_a_minor_scale_is_in_minor():
    assert estimate_key(score_of([57, 59, 60, 62, 64, 65, 68, 69, 57]).notes) == "A minor"


def test_all_pitches_alike_are_in_some_key():
    assert estimate_key(score_of(range(60, 72)).notes).endswith(("major", "minor"))


def test_twice_the_tempo_is_twice_the_onsets_a_second():
    slow, fast = (demands(score_of(C_MAJOR, tempo_bpm=tempo)) for tempo in (60, 120))
    assert slow.onsets_per_sec == pytest.approx(1.0)
    assert fast.onsets_per_sec == pytest.approx(2.0)
    assert fast.level > slow.level


def test_leaps_chords_and_a_second_hand_are_harder():
    plain = demands(score_of(C_MAJOR))
    leaping = demands(score_of([60, 72] * 4))
    assert (plain.leaps, leaping.leaps) == (0.0, 1.0)
    assert leaping.level > plain.level
    both = score_of([60, 48] * 4, staff=[1, 2] * 4)
    assert demands(both).is_two_handed and demands(both).apart == 1.0
    assert demands(both).level > demands(score_of([60] * 4, beat=2.0)).level


def test_notes_at_once_are_a_chord_and_one_onset():
    notes = np.zeros(6, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"], notes["onset_beat"] = [60, 64, 67, 62, 65, 69], [0, 0, 0, 1, 1, 1]
    found = demands(Score.from_notes(notes, tempo_bpm=60))
    assert found.chords == pytest.approx(2.0)
    assert found.onsets_per_sec == pytest.approx(1.0)


def test_nothing_asks_for_nothing():
    score = score_of(C_MAJOR)
    nothing = demands_of(score.notes[:0], ScoreClock(score.tempi))
    assert nothing == (0.0, 0.0, 0.0, 0.0, False)
    assert nothing.level == 1.0


def test_no_level_is_beyond_the_highest():
    assert demands(score_of([30, 90] * 50, beat=0.05, tempo_bpm=300)).level == 5.0


def test_a_piece_without_marks_is_taken_apart_in_fours():
    score = score_of([60] * 64)
    assert sections_of(score) == [(1, 4), (5, 8), (9, 12), (13, 16)]
    assert sections_of(score, 5, 12) == [(5, 8), (9, 12)]


@pytest.mark.parametrize("n_bars", range(1, 40))
def test_sections_have_all_bars_once_and_are_neither_short_nor_long(n_bars):
    sections = sections_of(score_of([60] * 4 * n_bars))
    bars = [bar for first, last in sections for bar in range(first, last + 1)]
    assert bars == list(range(1, n_bars + 1))
    sizes = [last - first + 1 for first, last in sections]
    assert max(sizes) <= MAX_BARS
    assert min(sizes) >= min(n_bars, 4)


ABC = "X:1\nM:4/4\nL:1/4\nK:C\n"


def test_a_section_ends_where_the_music_breathes():
    longer = "CDEF|GABc|cBAG|FEDC|DEFG|A4|CDEF|GABc|cBAG|FEDC|DEFG|A4|"
    assert sections_of(Score.from_bytes((ABC + longer).encode())) == [(1, 6), (7, 12)]


def test_a_section_ends_where_a_repeat_does():
    repeated = "CDEF|GABc|cBAG|FEDC|DEFG:|CDEF|GABc|cBAG|FEDC|DEFG|"
    assert sections_of(Score.from_bytes((ABC + repeated).encode())) == [(1, 5), (6, 10)]


def test_an_upbeat_is_no_bar_of_its_own():
    tune = "C|DEFG|ABcd|dcBA|GFED|CDEF|GABc|cBAG|FEDC|"
    assert sections_of(Score.from_bytes((ABC + tune).encode())) == [(0, 4), (5, 8)]
