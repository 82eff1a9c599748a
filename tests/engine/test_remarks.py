"""What is remarked of the way of playing: once, and not of what was only thought for a moment."""

import numpy as np
import pytest

from engine import Score
from engine.events import Event, Kind
from engine.judging import Remark, Tally, Verdict
from engine.judging.leaps import Leaps
from engine.judging.moments import Moments
from engine.judging.places import Places
from engine.judging.remarks import KINDS
from engine.performance import Performance
from engine.score.arrays import BAR_DTYPE, TEMPO_DTYPE

BEATS = 64
QUARTER_SEC = 0.5


def tune(n=BEATS, seed=1):
    """A tune in quarter notes, four to the bar, that hardly ever repeats itself."""
    rng = np.random.default_rng(seed)
    notes = np.zeros(n, [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"] = rng.permutation(np.arange(n) % 37 + 48)
    notes["onset_beat"] = np.arange(n)
    return Score.from_notes(notes)


def play(score, rows, onsets_sec, mode="follow"):
    """Play these notes of a score; everything that is remarked, and the performance."""
    performance, remarks = Performance(score, mode), []
    pitch = score.notes["pitch"]
    events = [
        Event(float(onset), Kind.NOTE_ON, int(pitch[row]), 64)
        for row, onset in zip(rows, onsets_sec, strict=True)
    ]
    for event in [*events, Event(events[-1].time_sec + 5, Kind.END)]:
        remarks += [said for said in performance.process(event) if isinstance(said, Remark)]
    return remarks, performance


def evenly(*spans, pause_sec=1.0):
    """Rows of the spans one after the other, and when they are played."""
    rows = [row for span in spans for row in span]
    starts = np.cumsum([len(span) for span in spans])[:-1]
    onset_sec = QUARTER_SEC * np.arange(len(rows), dtype=float)
    for start in starts:
        onset_sec[start:] += pause_sec - QUARTER_SEC
    return rows, onset_sec


def test_even_playing_is_not_remarked():
    remarks, _ = play(tune(), *evenly(range(BEATS)))
    assert remarks == []


@pytest.mark.parametrize("longer_sec", [0.3, 0.6, 0.9])
def test_one_longer_gap_is_one_hesitation(longer_sec):
    rows, onset_sec = evenly(range(BEATS))
    onset_sec[30:] += longer_sec
    (remark,), performance = play(tune(), rows, onset_sec)
    assert (remark.kind, remark.beat, remark.to_beat) == ("hesitation", 29, 30)
    assert remark.time_sec == pytest.approx(15 + longer_sec)
    assert remark.amount == pytest.approx(longer_sec, abs=0.01)
    assert remark.message == f"hesitated {longer_sec:.1f} s in bar 8"
    assert performance.summary().counts["correct"] == BEATS


def test_each_hesitation_is_remarked_once():
    rows, onset_sec = evenly(range(BEATS))
    for row in (20, 30, 40):
        onset_sec[row:] += 0.4
    remarks, _ = play(tune(), rows, onset_sec)
    assert [(remark.kind, remark.to_beat) for remark in remarks] == [
        ("hesitation", beat) for beat in (20, 30, 40)
    ]


def test_a_single_late_note_is_no_hesitation():
    rows, onset_sec = evenly(range(BEATS))
    onset_sec[30] += 0.2
    remarks, performance = play(tune(), rows, onset_sec)
    assert remarks == []
    assert performance.summary().counts["late"] == 1


@pytest.mark.parametrize("pause_sec", [2.0, 5.0, 600.0])
def test_a_pause_is_one_stop(pause_sec):
    rows, onset_sec = evenly(range(BEATS))
    onset_sec[30:] += pause_sec
    (remark,), performance = play(tune(), rows, onset_sec)
    assert (remark.kind, remark.beat, remark.to_beat) == ("stop", 29, 30)
    assert remark.amount == pytest.approx(pause_sec, abs=0.05)
    assert remark.message == f"stopped for {remark.amount:.1f} s in bar 8"
    assert performance.summary().counts["correct"] == BEATS


def test_before_there_is_a_tempo_nothing_is_a_stop():
    remarks, _ = play(tune(8), range(8), 3.0 * np.arange(8))
    assert remarks == []


def test_a_long_note_is_no_stop():
    notes = np.array(tune().notes[:20])
    notes["onset_beat"][10:] += 12
    rows = range(20)
    remarks, _ = play(Score.from_notes(notes), rows, notes["onset_beat"] * QUARTER_SEC)
    assert remarks == []


@pytest.mark.parametrize(
    ("spans", "kind", "beats", "bars"),
    [
        ((range(32), range(16, BEATS)), "jump_back", (31, 16), (8, 5)),
        ((range(20), range(40, BEATS)), "jump_on", (19, 40), (5, 11)),
        ((range(32), range(BEATS)), "restart", (31, 0), (8, 1)),
    ],
)
def test_a_leap_is_told_once_with_where_from_and_where_to(spans, kind, beats, bars):
    (remark,), _ = play(tune(), *evenly(*spans))
    assert (remark.kind, (remark.beat, remark.to_beat)) == (kind, beats)
    assert (remark.measure, remark.to_measure) == bars
    assert remark.amount == beats[1] - beats[0]
    assert remark.time_sec == pytest.approx(QUARTER_SEC * (len(spans[0]) - 1) + 1.0)


def test_a_leap_is_told_within_three_further_notes():
    score = tune()
    rows, onset_sec = evenly(range(32), range(16, BEATS))
    performance, told_at = Performance(score, "follow"), []
    for n, (row, onset) in enumerate(zip(rows, onset_sec.tolist(), strict=True)):
        pitch = int(score.notes["pitch"][row])
        for said in performance.process(Event(onset, Kind.NOTE_ON, pitch, 64)):
            told_at += [n] if isinstance(said, Remark) else []
    assert len(told_at) == 1
    assert 32 < told_at[0] <= 32 + 4


@pytest.mark.parametrize("seed", range(8))
def test_wrong_notes_and_left_out_notes_are_no_leaps(seed):
    rng = np.random.default_rng(seed)
    score = tune(seed=seed)
    onset_sec = score.notes["onset_beat"] * QUARTER_SEC
    pitch = np.array(score.notes["pitch"])
    pitch[rng.choice(BEATS, 6, replace=False)] += rng.choice([-1, 1], 6)
    kept = np.setdiff1d(np.arange(BEATS), rng.choice(np.arange(2, BEATS), 5, replace=False))
    performance, remarks = Performance(score, "follow"), []
    for row in kept.tolist():
        event = Event(float(onset_sec[row]), Kind.NOTE_ON, int(pitch[row]), 64)
        remarks += [said for said in performance.process(event) if isinstance(said, Remark)]
    assert remarks == []


def test_a_drift_of_tempo_is_one_remark():
    bpm = np.interp(np.arange(BEATS), [16, 30], [96, 80])
    onset_sec = np.concatenate([[0], np.cumsum(60 / bpm[:-1])])
    (remark,), performance = play(tune(), range(BEATS), onset_sec)
    assert remark.kind == "tempo_drift"
    assert remark.tempo_bpm - remark.amount == pytest.approx(96, abs=1)
    assert remark.tempo_bpm == pytest.approx(80, abs=3)
    assert 5 <= remark.measure <= 6
    assert 8 <= remark.to_measure <= 10
    assert remark.message.startswith("tempo fell from 96 to 8")
    assert performance.summary().counts["correct"] == BEATS


def test_a_tempo_that_is_taken_up_again_at_once_is_no_drift():
    gap_sec = np.full(BEATS - 1, QUARTER_SEC)
    gap_sec[28:32] = 0.6  # one broad bar
    remarks, _ = play(tune(), range(BEATS), np.concatenate([[0], np.cumsum(gap_sec)]))
    assert remarks == []


def test_a_closing_ritardando_is_not_remarked():
    gap_sec = np.interp(np.arange(BEATS - 1), [BEATS - 9, BEATS - 2], [0.5, 0.9])
    remarks, _ = play(tune(), range(BEATS), np.concatenate([[0], np.cumsum(gap_sec)]))
    assert remarks == []


def test_a_change_of_tempo_that_is_written_is_no_drift():
    plain = tune()
    tempi = np.array([(0.0, 120.0), (32.0, 90.0)], TEMPO_DTYPE)
    score = Score(plain.notes, plain.bars, tempi)
    gap_sec = np.where(np.arange(BEATS - 1) < 32, 0.5, 60 / 90)
    onset_sec = np.concatenate([[0], np.cumsum(gap_sec)])
    assert [remark.kind for remark in play(plain, range(BEATS), onset_sec)[0]] == ["tempo_drift"]
    assert play(score, range(BEATS), onset_sec)[0] == []


def with_repeat(order=(1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8), first_ending=()):
    """Bars 1 to 4 twice, then 5 to 8."""
    once = tune(32).notes
    parts = []
    for place, measure in enumerate(order):
        bar = np.array(once[4 * (measure - 1) : 4 * measure])
        bar["onset_beat"] = 4 * place + np.arange(4)
        bar["measure"] = measure
        parts.append(bar)
    bars = np.zeros(len(order), BAR_DTYPE)
    bars["measure"], bars["written"] = order, np.array(order) - 1
    bars["onset_beat"] = 4 * np.arange(len(order))
    bars["duration_beat"], bars["count"], bars["unit"] = 4, 4, 4
    bars["is_unrepeated"] = [
        measure not in (*first_ending, *order[place + 1 :]) for place, measure in enumerate(order)
    ]
    return Score(np.concatenate(parts), bars, tune(4).tempi)


def test_a_repeat_that_is_taken_is_not_remarked():
    remarks, performance = play(with_repeat(), *evenly(range(48)))
    assert remarks == []
    assert performance.progress == 100


def test_a_repeat_that_is_passed_over_is_not_missing():
    (remark,), performance = play(
        with_repeat(), *evenly(range(16), range(32, 48), pause_sec=QUARTER_SEC)
    )
    assert (remark.kind, remark.measure, remark.to_measure) == ("repeat_skipped", 4, 5)
    assert performance.progress == 100
    assert performance.summary().overall_score == 100
    assert performance.summary().message == "32 of 32 notes right: flawless."


def test_who_leaves_out_the_last_repeat_has_played_the_piece():
    (remark,), performance = play(with_repeat((1, 2, 3, 1, 2, 3)), *evenly(range(12)))
    assert (remark.kind, remark.measure, remark.to_beat) == ("repeat_skipped", 3, 24)
    assert remark.time_sec == 11 * QUARTER_SEC  # with the last note
    assert remark.message == "passed over the repeat after bar 3"
    assert performance.progress == 100
    assert performance.summary().message == "12 of 12 notes right: flawless."


def test_a_first_ending_stands_for_the_last_one_left_out():
    score = with_repeat((1, 2, 3, 1, 2, 4), first_ending=(3,))
    (remark,), performance = play(score, *evenly(range(12)))
    assert remark.message == "passed over the repeat after bar 3"
    assert performance.summary().message == "12 of 12 notes right: flawless."
    longer = with_repeat((1, 2, 3, 1, 2, 4, 5), first_ending=(3,))
    remarks, performance = play(longer, *evenly(range(12)))
    assert remarks == []
    assert performance.progress < 50


@pytest.mark.parametrize(
    ("order", "n_played"),
    [
        ((1, 2, 3, 1, 2, 3), 18),  # amid the repeat
        ((1, 2, 3, 1, 2, 4), 12),  # two parts, no endings
        ((1, 2, 3, 1, 2), 12),  # what is to be played again ends elsewhere
        ((1, 2, 3, 3, 4), 8),  # before a repeat
        ((1, 2, 3, 2, 4, 3), 12),  # a bar is new
    ],
)
def test_who_stops_anywhere_else_has_not_played_the_piece(order, n_played):
    remarks, performance = play(with_repeat(order), *evenly(range(n_played)))
    assert remarks == []
    assert performance.progress == pytest.approx(100 * n_played / (4 * len(order)))


def test_a_repeat_is_left_from_the_last_note_before_it():
    score = with_repeat()
    pitch = score.notes["pitch"]
    pitch[32], pitch[33] = pitch[16], pitch[48 - 1]  # at first, what comes could be the repeat
    (remark,), performance = play(score, *evenly(range(16), range(32, 48), pause_sec=QUARTER_SEC))
    assert (remark.kind, remark.measure, remark.to_measure) == ("repeat_skipped", 4, 5)
    assert performance.summary().message == "32 of 32 notes right: flawless."


def test_a_note_that_is_excused_and_played_after_all_counts():
    tally = Tally(4)
    tally.excuse([1, 2])
    assert tally.n_excused == 2
    tally.add(Verdict("correct", 0, 1, 60, 0.0, 10))
    tally.excuse([1])
    assert (tally.n_excused, tally.n_reached) == (1, 1)


def test_a_note_that_was_another_is_not_reached_by_it():
    tally = Tally(4)
    tally.add(Verdict("correct", 0, 1, 60, 0.0, 10))
    assert tally.add(Verdict("correct", 0, 3, 60, 0.0, 10, is_revision=True))
    assert (tally.n_reached, tally.points, tally.notes_correct) == (1, 10, 1)
    tally.excuse([1])
    assert tally.n_excused == 1
    assert not tally.add(Verdict("correct", 0, 3, 60, 0.0, 10, is_revision=True))


def test_two_passes_that_are_mixed_up_are_not_missed():
    rows, onset_sec = evenly(range(16), range(32, 40), range(16, 48), pause_sec=QUARTER_SEC)
    _, performance = play(with_repeat(), rows, onset_sec)
    assert performance.summary().counts["missed"] == 0


def test_a_repeat_that_is_taken_once_more_is_called_that():
    (remark,), _ = play(with_repeat(), *evenly(range(32), range(16, 48), pause_sec=QUARTER_SEC))
    assert (remark.kind, remark.measure, remark.to_measure) == ("repeat_taken", 4, 1)


@pytest.mark.parametrize("mode", ["tempo", "wait"])
def test_nothing_is_remarked_where_the_player_does_not_lead(mode):
    rows, onset_sec = evenly(range(32), range(16, BEATS), pause_sec=6.0)
    assert play(tune(), rows, onset_sec, mode)[0] == []


@pytest.mark.parametrize(
    ("order", "bar", "to_bar", "is_repeat"),
    [
        ([1, 2, 1, 2, 3], 1, 4, True),  # not taken
        ([1, 2, 3, 1, 2, 4], 1, 5, True),  # on to the second ending at once
        ([1, 2, 3, 1, 2, 4], 2, 5, True),  # through the first ending, and on
        ([1, 2, 1, 2, 3], 3, 2, True),  # once more
        ([1, 2, 3, 4, 5], 1, 3, False),
        ([1, 2, 1, 2, 3, 4], 1, 5, False),
        ([1, 2, 3, 1, 2, 3], 0, 4, False),  # on, in the other pass
        ([1, 2, 1, 2, 3], 4, 0, False),
    ],
)
def test_a_leap_that_repeats_allow_is_told_from_others(order, bar, to_bar, is_repeat):
    notes = np.zeros(len(order), [("pitch", "i4"), ("onset_beat", "f8"), ("measure", "i4")])
    notes["pitch"], notes["onset_beat"] = 60, 4 * np.arange(len(order))
    notes["measure"] = order
    plain = Score.from_notes(notes)
    bars = np.array(plain.bars)
    bars["measure"] = order
    score = Score(plain.notes, bars, plain.tempi)
    assert Places(score, Moments(score.notes)).is_repeat(bar, to_bar) is is_repeat


def leaps_of(score):
    return Leaps(Places(score, Moments(score.notes)))


def test_a_leap_that_is_taken_back_within_three_notes_is_not_told():
    leaps = leaps_of(tune())
    leaps.leap(10, 9, 40, 5.0)
    told = leaps.go_on(10, 40, 5.0, 120.0) + leaps.go_on(11, 41, 5.5, 120.0)
    leaps.leap(12, 41, 12, 6.0)  # on from where the player was
    for n in range(12, 20):
        told += leaps.go_on(n, n, n / 2, 120.0)
    assert told == []


@pytest.mark.parametrize(
    ("moment", "to_moment", "kinds"),
    [
        (9, 24, []),  # from and to the third bar: nobody leapt
        (11, 28, []),  # on into the next
        (25, 9, []),
        (9, 20, ["jump_on"]),
        (25, 4, ["jump_back"]),
        (15, 32, ["repeat_skipped"]),
    ],
)
def test_one_pass_taken_for_another_is_no_leap(moment, to_moment, kinds):
    leaps, told = leaps_of(with_repeat()), []
    leaps.leap(50, moment, to_moment, 5.0)
    for n in range(50, 55):
        told += leaps.go_on(n, to_moment + n - 50, n / 10, 120.0)
    assert [remark.kind for remark in told] == kinds


def test_a_leap_that_proves_to_lead_elsewhere_is_told_from_where_it_began():
    leaps = leaps_of(tune())
    leaps.leap(10, 9, 40, 5.0)
    told = leaps.go_on(10, 40, 5.0, 120.0)
    leaps.leap(11, 40, 21, 5.5)
    leaps.revise(10, 20, 5.0)
    for n in range(11, 20):
        told += leaps.go_on(n, n + 10, n / 2, 120.0)
    ((kind, time_sec, beat, _, to_beat, *_),) = told
    assert (kind, time_sec, beat, to_beat) == ("jump_on", 5.0, 9.0, 20.0)


@pytest.mark.parametrize(
    ("kind", "measure", "to_measure", "message"),
    [
        ("jump_back", 8, 6, "went back from bar 8 to bar 6"),
        ("jump_back", 8, 8, "went back within bar 8"),
        ("jump_on", 8, 9, "went on from bar 8 to bar 9"),
        ("tempo_drift", 3, 3, "tempo rose from 82 to 90 in bar 3"),
        ("tempo_drift", 3, 5, "tempo rose from 82 to 90 over bars 3 to 5"),
        ("tempo_drift", 7, 2, "tempo rose from 82 to 90 over bars 7 to 2 of the repeat"),
    ],
)
def test_a_message_says_where(kind, measure, to_measure, message):
    assert Remark(kind, 9.0, 4.0, measure, 12.0, to_measure, 8.0, 90.0).message == message


def test_every_kind_has_a_message_of_its_own():
    messages = {Remark(kind, 9.0, 4.0, 2, 12.0, 4, 8.0, 90.0).message for kind in KINDS}
    assert len(messages) == len(KINDS)
