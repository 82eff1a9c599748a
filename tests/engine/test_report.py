"""The report of a take, against takes whose figures are known by construction."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.events import Event, Kind, note_ended
from engine.judging import RESULTS
from engine.judging.remarks import HESITATION, STOP
from engine.performance import MODES, Performance
from engine.report import Counts, make_report
from engine.score import Score

BARS = 8
BEATS = 4
NOTE = [("pitch", "i4"), ("onset_beat", "f8"), ("staff", "i4"), ("duration_beat", "f8")]
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_score(n_bars=BARS):
    """Four quarters a bar in each hand; no bar has a pitch of its neighbours."""
    rows = []
    for beat in range(n_bars * BEATS):
        rows.append((72 + (beat * 5) % 17, beat, 1, 1.0))
        rows.append((36 + (beat * 7) % 19, beat, 2, 1.0))
    return Score.from_notes(np.array(rows, NOTE), tempo_bpm=120.0)


def notes_on(score, seconds, alter=lambda note: {}):
    """Every note of a score as (time, pitch, velocity, held), changed as ``alter`` says."""
    for note in score.notes:
        played = {"sec": seconds(float(note["onset_beat"])), "pitch": int(note["pitch"])}
        played |= {"velocity": 64, "held_sec": 0.25} | alter(note)
        if not played.get("is_left_out"):
            yield played


def events_of(played, end=True):
    events = []
    for note in played:
        events.append(Event(note["sec"], Kind.NOTE_ON, note["pitch"], note["velocity"]))
        events.append(Event(note["sec"] + note["held_sec"], Kind.NOTE_OFF, note["pitch"]))
    events.sort(key=lambda event: (event.time_sec, event.kind != Kind.NOTE_OFF))
    return [*events, Event(events[-1].time_sec + 1.0, Kind.END)] if end else events


def report_of(score, events, mode="tempo", earlier=(), at=AT):
    performance = Performance(score, mode)
    entries = [(event, performance.process(event)) for event in events]
    return make_report(performance, entries, at, earlier)


def steady(beat):
    return beat / 2.0  # 120 quarter notes a minute


def bar_of(report, measure):
    (bar,) = [bar for bar in report.bars if bar.measure == measure]
    return bar


def hand_of(bar, hand):
    (stats,) = [stats for stats in bar.hands if stats.hand == hand]
    return stats


def test_flawless_take_has_nothing_to_practise():
    report = report_of(make_score(), events_of(notes_on(make_score(), steady)))
    assert report.totals.counts == Counts(correct=2 * BARS * BEATS)
    assert report.totals.score_percent == 100.0
    assert [bar.passes for bar in report.bars] == [1] * BARS
    assert report.practise == () and report.incidents == ()
    assert report.totals.timing.median_ms == pytest.approx(0.0, abs=0.01)


def test_wrong_notes_are_counted_in_their_bar_and_hand():
    def alter(note):
        is_slip = note["measure"] == 5 and note["staff"] == 2 and note["beat"] < 3
        return {"pitch": int(note["pitch"]) + 1} if is_slip else {}

    report = report_of(make_score(), events_of(notes_on(make_score(), steady, alter)))
    wrong = {
        (bar.measure, stats.hand): stats.counts.wrong_note
        for bar in report.bars
        for stats in bar.hands
        if stats.counts.mistakes
    }
    assert wrong == {(5, "left"): 3}
    assert bar_of(report, 5).cost == 30.0
    (exercise,) = report.practise
    assert (exercise.from_measure, exercise.to_measure, exercise.hands) == (5, 5, "left")
    assert exercise.reasons == ("3 wrong notes",)
    assert exercise.mode == "wait" and exercise.tempo_bpm is None


def test_late_bar_has_its_lateness_as_median_timing():
    def alter(note):
        return {"sec": steady(note["onset_beat"]) + 0.04} if note["measure"] == 2 else {}

    report = report_of(make_score(), events_of(notes_on(make_score(), steady, alter)))
    for hand in ("right", "left"):
        stats = hand_of(bar_of(report, 2), hand)
        assert stats.timing.median_ms == pytest.approx(40.0, abs=0.01)
        assert stats.timing.iqr_ms == pytest.approx(0.0, abs=0.01)
        assert hand_of(bar_of(report, 3), hand).timing.median_ms == pytest.approx(0.0, abs=0.01)


def test_spread_is_the_interquartile_range():
    offsets = [0.0, 0.01, 0.02, 0.03]

    def alter(note):
        return {"sec": steady(note["onset_beat"]) + offsets[int(note["beat"])]}

    report = report_of(make_score(), events_of(notes_on(make_score(), steady, alter)))
    stats = hand_of(bar_of(report, 1), "right")
    assert stats.timing.median_ms == pytest.approx(15.0, abs=0.01)
    assert stats.timing.iqr_ms == pytest.approx(15.0, abs=0.01)


@pytest.mark.parametrize("mode", ["follow", "wait"])
def test_tempo_is_told_bar_by_bar(mode):
    half = BARS * BEATS / 2

    def slowing(beat):
        return beat * 60 / 90 if beat < half else half * 60 / 90 + (beat - half) * 60 / 72

    report = report_of(make_score(), events_of(notes_on(make_score(), slowing)), mode)
    assert [bar.tempo_bpm for bar in report.bars] == pytest.approx(
        [90.0] * 4 + [72.0] * 4, abs=0.01
    )
    assert {bar.asked_bpm for bar in report.bars} == {120.0}
    assert report.totals.tempo_bpm == pytest.approx(81.0, abs=0.01)
    curve = report.tempo_curve
    assert curve[0].tempo_bpm == pytest.approx(90.0, abs=0.01)
    assert curve[-1].tempo_bpm == pytest.approx(72.0, abs=0.01)
    assert [point.time_sec for point in curve] == sorted(point.time_sec for point in curve)


def test_one_slip_does_not_bend_the_tempo():
    def alter(note):
        is_slip = note["measure"] == 3 and note["beat"] == 0
        return {"sec": steady(note["onset_beat"]) - 0.09} if is_slip else {}

    report = report_of(make_score(), events_of(notes_on(make_score(), steady, alter)), "tempo")
    assert bar_of(report, 2).tempo_bpm == pytest.approx(120.0, rel=0.03)
    assert bar_of(report, 3).tempo_bpm == pytest.approx(120.0, rel=0.03)


def test_where_music_waits_a_pause_is_an_incident_and_no_tempo():
    def pausing(beat):
        return steady(beat) + (3.0 if beat >= 18 else 0.0) + (1.0 if beat >= 26 else 0.0)

    report = report_of(make_score(), events_of(notes_on(make_score(), pausing)), "wait")
    assert [bar.tempo_bpm for bar in report.bars] == pytest.approx([120.0] * BARS, abs=0.01)
    assert [(i.kind, i.measure) for i in report.incidents] == [(STOP, 5), (HESITATION, 7)]
    assert report.incidents[0].text == "stopped for 3.0 s in bar 5"
    assert bar_of(report, 5).cost == 10.0 and bar_of(report, 7).cost == 5.0
    assert report.practise[0].reasons == ("stopped once",)


def test_fermata_is_no_hesitation():
    score = make_score()
    notes = score.notes.copy()
    notes["has_fermata"] = notes["onset_beat"] == 17
    held = replace(score, notes=notes)

    def pausing(beat):
        return steady(beat) + (3.0 if beat >= 18 else 0.0)

    assert report_of(held, events_of(notes_on(held, pausing)), "wait").incidents == ()


def test_loudness_is_told_by_hand():
    def alter(note):
        return {"velocity": (80 if note["staff"] == 1 else 50) + int(note["beat"])}

    report = report_of(make_score(), events_of(notes_on(make_score(), steady, alter)))
    right, left = report.hands
    assert (right.velocity.mean, right.velocity.lowest, right.velocity.highest) == (81.5, 80, 83)
    assert (left.velocity.mean, left.velocity.lowest, left.velocity.highest) == (51.5, 50, 53)
    assert report.totals.hands_balance == 30.0
    assert {point.velocity for point in report.loudness if point.hand == "left"} == {51.5}
    assert len(report.loudness) == 2 * BARS


def test_length_and_pedal_are_told():
    def alter(note):
        return {"held_sec": 0.4 if note["staff"] == 1 else 0.2}

    events = events_of(notes_on(make_score(), steady, alter))
    half_sec = events[-1].time_sec / 2
    pedal = [Event(half_sec, Kind.CONTROL, 64, 127)]
    report = report_of(make_score(), sorted([*events, *pedal], key=lambda e: e.time_sec))
    right, left = report.hands
    assert right.length_ratio == pytest.approx(0.8) and left.length_ratio == pytest.approx(0.4)
    released = [e for e in events if e.kind == Kind.NOTE_OFF]
    after = sum(e.time_sec >= half_sec for e in released)
    assert report.totals.pedalled_percent == round(100 * after / len(released), 1)


def test_length_is_measured_at_the_tempo_played_and_not_of_grace_notes():
    score = make_score()
    notes = score.notes.copy()
    notes["is_grace"] = (notes["onset_beat"] > 4) & (notes["onset_beat"] < 8)
    graced = replace(score, notes=notes)

    def alter(note):
        return {"held_sec": 0.9 if note["is_grace"] else 0.5}

    played = notes_on(graced, lambda beat: beat, alter)  # half as fast as is asked for
    report = report_of(graced, events_of(played), "wait")
    ratios = [stats.length_ratio for bar in report.bars for stats in bar.hands]
    assert ratios == pytest.approx([0.5] * 2 * BARS)


def test_key_struck_again_was_held_until_then():
    events = [Event(0.5 * k, Kind.NOTE_ON, 60, 64) for k in range(4)]
    notes = np.array([(60, beat, 1, 1.0) for beat in range(4)], NOTE)
    report = report_of(Score.from_notes(notes, tempo_bpm=120.0), events)
    assert report.totals.counts == Counts(correct=4)
    assert report.hands[0].length_ratio == 1.0
    assert np.isfinite(report.notes["held_sec"]).tolist() == [True, True, True, False]


def test_going_back_makes_another_pass():
    score = make_score()
    first = [note for note in notes_on(score, steady) if note["sec"] < 8.0]  # bars 1 to 4
    again = list(notes_on(score, lambda beat: steady(beat) - 4.0 + 9.0))
    again = [note for note in again if note["sec"] >= 9.0]  # from bar 3 to the end
    report = report_of(score, events_of([*first, *again]), "follow")
    assert [bar.passes for bar in report.bars] == [1, 1, 2, 2, 1, 1, 1, 1]
    assert {point.stretch for point in report.tempo_curve} == {0, 1}


def test_bar_of_nothing_but_wrong_notes_was_played():
    def alter(note):
        return {"pitch": int(note["pitch"]) + 1} if note["measure"] == 4 else {}

    report = report_of(make_score(), events_of(notes_on(make_score(), steady, alter)))
    assert bar_of(report, 4).passes == 1
    assert not any(stats.counts.correct for stats in bar_of(report, 4).hands)


def test_unfolded_repeat_is_another_pass_of_the_same_bar():
    score = make_score(2)
    notes = np.concatenate([score.notes, score.notes])
    notes["onset_beat"][len(score.notes) :] += 2 * BEATS
    twice = Score.from_notes(notes, tempo_bpm=120.0)

    def alter(note):
        return {"pitch": int(note["pitch"]) + 1} if note["onset_beat"] == 2 else {}

    report = report_of(twice, events_of(notes_on(twice, steady, alter)))
    assert [(bar.measure, bar.passes) for bar in report.bars] == [(1, 2), (2, 2)]
    assert report.totals.counts == Counts(correct=4 * 2 * BEATS - 2, wrong_note=2)
    assert [bar.cost for bar in report.bars] == [10.0, 0.0]  # of one pass


def test_bar_that_is_repeated_by_itself_has_a_pass_each_time():
    notes = np.zeros(8, [*NOTE, ("measure", "i4"), ("beat", "f8")])
    notes["pitch"], notes["onset_beat"] = 60 + np.arange(8) % 4, np.arange(8)
    notes["measure"], notes["beat"], notes["staff"] = 7, np.arange(8) % 4, 1
    score = Score.from_notes(notes, tempo_bpm=120.0)
    report = report_of(score, events_of(notes_on(score, steady)))
    assert [(bar.measure, bar.passes) for bar in report.bars] == [(7, 2)]


pitches = st.integers(30, 95)
performances = st.lists(st.tuples(st.floats(0.0, 20.0), pitches), max_size=60)


@settings(max_examples=40, deadline=None)
@given(performances, st.sampled_from(MODES), st.booleans(), st.booleans())
def test_bars_hands_and_totals_add_up(played, mode, plays_score, ends):
    notes = [{"sec": sec, "pitch": p, "velocity": 64, "held_sec": 0.1} for sec, p in played]
    if plays_score:
        notes += list(notes_on(make_score(), steady))
    events = events_of(notes, end=ends) if notes else [Event(1.0, Kind.END)]
    performance = Performance(make_score(), mode)
    entries = [(event, performance.process(event)) for event in events]
    report = make_report(performance, entries, AT)
    totals = asdict(report.totals.counts)
    assert totals == performance.summary().counts
    for parts in ([s for bar in report.bars for s in bar.hands], report.hands):
        assert totals == {k: sum(getattr(s.counts, k) for s in parts) for k in RESULTS}
    assert report.totals.score_percent == performance.summary().overall_score


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "events",
    [
        [],
        [Event(1.0, Kind.END)],
        [Event(0.0, Kind.NOTE_ON, 72, 64)],
        [Event(0.0, Kind.NOTE_ON, 1, 1), Event(0.0, Kind.NOTE_OFF, 1)],
        [Event(-2.0, Kind.NOTE_ON, 72, 64), Event(1e6, Kind.END)],
        [Event(5.0, Kind.NOTE_ON, pitch, 64) for pitch in range(128)],
    ],
    ids=["nothing", "end", "one note", "one wrong note", "far apart", "all at once"],
)
def test_takes_with_next_to_nothing_have_a_report(mode, events):
    report = report_of(make_score(), events, mode)
    played = sum(event.kind == Kind.NOTE_ON for event in events)
    assert report.totals.notes_played == played
    assert len(report.bars) == BARS
    assert all(np.isfinite(point.tempo_bpm) for point in report.tempo_curve)


def test_section_is_reported_by_its_written_bars():
    score = make_score().section(5, 6, "left")
    report = report_of(score, events_of(notes_on(score, lambda beat: steady(beat - 16))))
    assert [bar.measure for bar in report.bars] == [5, 6]
    assert (report.take.from_measure, report.take.to_measure, report.take.hands) == (5, 6, "left")
    assert [stats.hand for stats in report.hands] == ["left"]


def test_same_events_give_the_same_report():
    events = events_of(notes_on(make_score(), lambda beat: steady(beat) * 1.1))
    one, other = (report_of(make_score(), events, "follow") for _ in range(2))
    assert one.bars == other.bars and one.tempo_curve == other.tempo_curve
    assert one.totals == other.totals and one.notes.tobytes() == other.notes.tobytes()


def slipping(measures):
    def alter(note):
        is_slip = note["measure"] in measures and note["staff"] == 1
        return {"pitch": int(note["pitch"]) + 1} if is_slip else {}

    return events_of(notes_on(make_score(), steady, alter))


def test_progress_is_told_against_the_latest_earlier_take_whatever_their_order():
    earlier = [
        report_of(make_score(), slipping(measures), at=AT + timedelta(days=day))
        for day, measures in enumerate([{2, 3, 4}, {2, 6}, {2}])
    ]
    events, at = slipping({3}), AT + timedelta(days=9)
    report = report_of(make_score(), events, earlier=earlier, at=at)
    assert report.progress == report_of(make_score(), events, earlier=earlier[::-1], at=at).progress
    days = [(take.started_at - AT).days for take in report.progress.takes]
    assert days == [0, 1, 2, 9] and report.progress.takes[-1] == report.take
    (better,), (worse,) = report.progress.better, report.progress.worse
    assert (better.measure, better.hand, better.before, better.now) == (2, "right", 4.0, 0.0)
    assert (worse.measure, worse.hand, worse.before, worse.now) == (3, "right", 0.0, 4.0)


def test_take_without_earlier_ones_has_no_change():
    progress = report_of(make_score(), slipping({3})).progress
    assert len(progress.takes) == 1 and not progress.better and not progress.worse


# ---- in tune


def sung(cents, slips=(), renamed=()):
    """Events of a tune sung by a microphone: how far off each note was heard, None: not known."""
    score = make_score(len(cents) // BEATS)
    rows = score.notes[score.notes["staff"] == 1]
    events = []
    for k, (note, off) in enumerate(zip(rows, cents, strict=True)):
        onset_sec, pitch = steady(note["onset_beat"]), int(note["pitch"]) + (k in slips)
        first = pitch - (k in renamed)
        events.append(Event(onset_sec, Kind.NOTE_ON, first, 64))
        if first != pitch:
            events.append(Event(onset_sec, Kind.RENAMED, pitch, first))
        events += note_ended(onset_sec + 0.4, pitch, np.nan if off is None else off)
    return score.section(hands="right"), [*events, Event(60.0, Kind.END)]


def intonation_of(*arguments, **options):
    score, events = sung(*arguments, **options)
    return report_of(score, events).totals.intonation


def test_how_in_tune_the_right_notes_were_is_summed_up():
    told = intonation_of([10, 12, 8, 40, 11, 9, 10, -35])
    assert asdict(told) == {
        "notes": 8,
        "mean_cents": 8.1,
        "off_cents": 16.9,
        "iqr_cents": 2.5,
        "notes_off": 2,
        "tendency": "sharp",
    }


@pytest.mark.parametrize("mean, tendency", [(-20, "flat"), (-4, "neither"), (0, "neither")])
def test_a_tendency_is_a_habit(mean, tendency):
    told = intonation_of([mean] * 8)
    assert (told.tendency, told.mean_cents, told.iqr_cents) == (tendency, mean, 0)


def test_wrong_notes_and_unknown_ones_are_not_out_of_tune():
    told = intonation_of([10, 45, None, 10, 10, 10, 10, 10], slips=(1,))
    assert (told.notes, told.notes_off, told.mean_cents) == (6, 0, 10)


def test_a_note_that_was_renamed_keeps_its_cents():
    told = intonation_of([10, -20, 10, 10, 10, 10, 10, 10], renamed=(1,))
    assert (told.notes, told.mean_cents) == (8, 6.2)


def test_of_keys_nothing_is_said_of_being_in_tune():
    score = make_score()
    assert report_of(score, events_of(notes_on(score, steady))).totals.intonation is None
