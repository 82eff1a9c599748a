"""What the follower makes of what the score only hints at: ornaments, rolls, fermatas, repeats."""

import math

import numpy as np
import pytest

from engine.matching import ScoreFollower

NOTE = [
    ("pitch", "i4"),
    ("onset_beat", "f8"),
    ("duration_beat", "f8"),
    ("measure", "i4"),
    ("beat", "f8"),
    ("ornament", "U8"),
    ("ornament_upper", "i2"),
    ("ornament_lower", "i2"),
    ("has_fermata", "?"),
]
SCALE = [60, 62, 64, 65, 67, 69, 71, 72]
BARS = {1: [60, 64, 67, 72], 2: [71, 69, 67, 65], 3: [64, 65, 67, 62], 4: [60, 55, 52, 48]}
ENDING = {5: [61, 63, 66, 68], 6: [70, 73, 75, 78]}


def melody(pitches, spb=1.0):
    """One note a beat, bars of four."""
    rows = [
        (p, b * spb, spb, 1 + b // 4, float(b % 4), "", -1, -1, False)
        for b, p in enumerate(pitches)
    ]
    return np.array(rows, NOTE)


def unfolded(bars):
    """Bars of four beats in the order the score has them."""
    music = BARS | ENDING
    rows = [
        (pitch, 4.0 * k + beat, 1.0, bar, float(beat), "", -1, -1, False)
        for k, bar in enumerate(bars)
        for beat, pitch in enumerate(music[bar])
    ]
    return np.array(rows, NOTE)


def play_bars(bars, spb=0.5):
    music = BARS | ENDING
    pitches = [pitch for bar in bars for pitch in music[bar]]
    return [(pitch, spb * i) for i, pitch in enumerate(pitches)]


def play(notes, rows):
    follower = ScoreFollower(notes)
    return [follower.note_on(*row) for row in rows]


def with_ornament(at, ornament, upper=-1, lower=-1, beats=2.0):
    """A scale of which one note is ornamented and lasts longer."""
    notes = melody(SCALE)
    notes["onset_beat"][at + 1 :] += beats - 1
    notes["duration_beat"][at] = beats
    for field, value in (
        ("ornament", ornament),
        ("ornament_upper", upper),
        ("ornament_lower", lower),
    ):
        notes[field][at] = value
    return notes


def play_ornamented(at, strokes, gap_sec, beats=2.0, spb=0.5):
    """The scale in time with these strokes in place of one note."""
    rows, clock = [], 0.0
    for i, pitch in enumerate(SCALE):
        if i == at:
            rows += [(stroke, clock + gap_sec * k) for k, stroke in enumerate(strokes)]
            clock += spb * beats
        else:
            rows.append((pitch, clock))
            clock += spb
    return rows


@pytest.mark.parametrize(
    ("ornament", "upper", "lower", "strokes", "gap_sec"),
    [
        ("trill", 69, 65, [67, 69, 67, 69, 67, 69, 67, 65, 67], 0.1),
        ("trill", 69, 65, [69, 67] * 5, 0.09),
        ("mordent", -1, 65, [67, 65, 67], 0.06),
        ("mordent", 69, -1, [67, 69, 67], 0.06),
        ("turn", 69, 65, [69, 67, 65, 67], 0.12),
        ("tremolo", -1, -1, [67] * 9, 0.11),
        ("tremolo", 79, -1, [67, 79] * 4, 0.1),
    ],
)
def test_every_stroke_of_an_ornament_belongs_to_its_note(ornament, upper, lower, strokes, gap_sec):
    at = 4
    told = play(with_ornament(at, ornament, upper, lower), play_ornamented(at, strokes, gap_sec))
    assert [m.index for m in told[:at]] == list(range(at))
    inside = told[at : at + len(strokes)]
    assert [m.index for m in inside].count(at) == 1
    assert all(m.index == at or (m.index, m.ornament_of) == (-1, at) for m in inside)
    after = told[at + len(strokes) :]
    assert [m.index for m in after] == list(range(at + 1, len(SCALE)))
    assert not any(m.jump or m.missed for m in told)


def test_without_the_sign_the_same_strokes_are_no_ornament():
    at, strokes = 4, [67, 69, 67, 69, 67, 69, 67, 65, 67]
    plain = with_ornament(at, "")
    told = play(plain, play_ornamented(at, strokes, 0.1))
    assert all(match.ornament_of == -1 for match in told)


def test_the_other_hand_goes_on_under_a_long_trill():
    bass = [48, 50, 52, 53, 55, 53, 52, 50]
    notes = np.concatenate([melody(bass), melody([84])])
    notes["duration_beat"][-1] = 8.0
    notes["ornament"][-1], notes["ornament_upper"][-1] = "trill", 86
    trill = [(84 + 2 * (k % 2), 0.1 * k) for k in range(40)]
    rows = sorted(trill + [(p, 0.5 * b + 0.01) for b, p in enumerate(bass)], key=lambda r: r[1])
    told = play(notes, rows)
    low = [match.index for match, (pitch, _) in zip(told, rows, strict=True) if pitch < 60]
    high = [match for match, (pitch, _) in zip(told, rows, strict=True) if pitch > 60]
    assert low == list(range(8))
    assert all(match.index == 8 or match.ornament_of == 8 for match in high)


def test_a_rolled_chord_is_one_moment_where_the_score_says_so():
    chord = [48, 55, 60, 64, 67, 72]
    notes = np.concatenate([melody(chord), melody([74, 76, 77])])
    notes["onset_beat"][:6], notes["onset_beat"][6:] = 0.0, [2.0, 3.0, 4.0]
    notes["measure"] = 1
    notes["beat"] = notes["onset_beat"]
    notes["ornament"][:6] = "arpeggio"
    rows = [(pitch, 0.09 * k) for k, pitch in enumerate(chord)]
    rows += [(74, 1.0), (76, 1.5), (77, 2.0)]
    told = play(notes, rows)
    assert [match.index for match in told] == list(range(9))
    notes["ornament"] = ""
    unsaid = play(notes, rows)
    assert all(a.confidence > b.confidence for a, b in zip(told[1:6], unsaid[1:6], strict=True))


def test_a_fermata_is_no_slower_tempo():
    pitches = [*SCALE, 74, 76, 77, 79]
    notes = melody(pitches)
    notes["has_fermata"][5] = True
    rows = [(p, 0.5 * b + (1.2 if b > 5 else 0.0)) for b, p in enumerate(pitches)]
    told = play(notes, rows)
    assert [match.index for match in told] == list(range(len(pitches)))
    assert all(match.tempo_bpm == pytest.approx(120, abs=1) for match in told[2:])
    assert math.isnan(told[6].expected_sec)
    assert told[7].expected_sec == pytest.approx(rows[7][1], abs=0.01)


def test_a_repeat_not_taken_is_followed_from_its_first_note():
    told = play(unfolded([1, 2, 3, 4, 1, 2, 3, 4, 5, 6]), play_bars([1, 2, 3, 4, 5, 6]))
    assert [match.index for match in told] == [*range(16), *range(32, 40)]
    assert [match.jump for match in told] == [""] * 16 + ["repeat"] + [""] * 7
    assert not any(match.missed for match in told)
    assert told[16].expected_sec == pytest.approx(8.0, abs=0.01)


def test_a_repeat_taken_once_more_is_followed():
    told = play(unfolded([1, 2, 3, 4, 5, 6]), play_bars([1, 2, 3, 4, 5, 6]))
    assert not any(match.jump for match in told)
    order = [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6]
    told = play(unfolded([1, 2, 3, 4, 1, 2, 3, 4, 5, 6]), play_bars(order))
    assert [match.jump for match in told].count("repeat") == 1
    assert [match.index for match in told][-24:] == [*range(16, 40)]


def test_the_second_ending_may_be_taken_at_once():
    told = play(unfolded([1, 2, 3, 4, 1, 2, 3, 5, 6]), play_bars([1, 2, 3, 5, 6]))
    assert [match.index for match in told] == [*range(12), *range(28, 36)]
    assert told[12].jump == "repeat"


def test_a_leap_to_another_bar_is_no_repeat():
    told = play(unfolded([1, 2, 3, 4, 1, 2, 3, 4, 5, 6]), play_bars([1, 2, 6, 6]))
    assert {match.jump for match in told} <= {"", "on", "back"}
    assert told[-1].index == 39


def test_what_cannot_be_told_apart_is_told_with_doubt():
    notes = melody([60, 62, 64, 60, 62, 64, 67, 60, 62, 64, 72])
    follower = ScoreFollower(notes)
    first = follower.note_on(60, 0.0)
    assert first.index == 0
    rows = [(72, 0.5), (60, 4.0), (62, 4.5)]
    told = [follower.note_on(*row) for row in rows]
    assert told[-1].confidence < 0.9
    assert all(0 <= share <= 1 for match in told for _, share in match.alternatives)
    for match in [first, *told]:
        total = match.confidence + sum(share for _, share in match.alternatives)
        assert total <= 1 + 1e-9
        assert match.index not in dict(match.alternatives)


def test_a_clear_note_leaves_no_doubt():
    told = play(melody(SCALE), [(p, 0.5 * b) for b, p in enumerate(SCALE)])
    assert all(match.confidence > 0.99 for match in told[1:])
