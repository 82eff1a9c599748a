"""What a report makes of what was said: revisions, extra notes, remarks."""

from datetime import UTC, datetime

import numpy as np

from engine.events import Event, Kind
from engine.judging import Verdict
from engine.judging.remarks import HESITATION, STOP, Remark
from engine.performance import Performance
from engine.report import Counts, make_report
from engine.score import Score

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAN = float("nan")


def make_score():
    """Eight bars of four quarters in each hand."""
    notes = np.zeros(64, [("pitch", "i4"), ("onset_beat", "f8"), ("staff", "i4")])
    notes["onset_beat"], notes["staff"] = np.repeat(np.arange(32), 2), np.tile([1, 2], 32)
    notes["pitch"] = np.where(notes["staff"] == 1, 72, 40) + notes["onset_beat"] * 5 % 13
    return Score.from_notes(notes)


SCORE = make_score()


def bar_of(report, measure):
    (bar,) = [bar for bar in report.bars if bar.measure == measure]
    return bar


def hand_of(bar, hand):
    (stats,) = [stats for stats in bar.hands if stats.hand == hand]
    return stats


def by_hand(*entries):
    """A report of what was said, put together by hand."""
    return make_report(Performance(SCORE), entries, AT)


def struck(sec, pitch, *said):
    return Event(sec, Kind.NOTE_ON, pitch, 64), said


def test_revision_replaces_what_was_said_before():
    extra = Verdict("extra", 0, -1, 72, NAN, 0)
    correct = Verdict("correct", 0, 1, 72, 0.0, 10, True)
    missed = Verdict("missed", -1, 0, -1, NAN, 0)
    report = by_hand(struck(0.0, 72, extra), struck(0.5, 90, correct, missed))
    assert report.totals.counts == Counts(correct=1, missed=1)
    assert hand_of(bar_of(report, 1), "right").counts == Counts(correct=1)
    assert hand_of(bar_of(report, 1), "left").counts == Counts(missed=1)


def test_notes_that_are_not_judged_are_not_counted():
    ignored = Verdict("ignored", 0, -1, 40, NAN, 0)
    assert by_hand(struck(0.0, 40, ignored)).totals.counts == Counts()


def test_extra_note_belongs_to_the_bar_before_and_the_nearest_hand():
    def right(note, measure):
        index = int(np.flatnonzero(SCORE.notes["measure"] == measure)[0])
        return Verdict("correct", note, index, int(SCORE.notes["pitch"][index]), 0.0, 10)

    before, anchor, after = right(0, 1), right(1, 3), right(4, 5)
    high, low = Verdict("extra", 2, -1, 100, NAN, 0), Verdict("extra", 3, -1, 21, NAN, 0)
    report = by_hand(
        struck(0.0, before.pitch, before),
        struck(4.0, anchor.pitch, anchor),
        struck(4.2, 100, high),
        struck(4.3, 21, low),
        struck(8.0, after.pitch, after),
    )
    assert hand_of(bar_of(report, 3), "right").counts.extra == 1
    assert hand_of(bar_of(report, 3), "left").counts.extra == 1


def test_remarks_are_incidents_and_cost_their_bar():
    performance = Performance(SCORE, "follow")
    hesitation = Remark(HESITATION, 3.0, 3.0, 1, 4.0, 2, 0.8, 100.0)
    stop = Remark(STOP, 9.0, 12.0, 4, 13.0, 4, 2.5, 100.0)
    entries = [(Event(9.0, Kind.TICK), [stop]), (Event(9.1, Kind.TICK), [hesitation])]
    report = make_report(performance, entries, AT)
    told = [(i.kind, i.measure, i.text) for i in report.incidents]
    assert told == [(HESITATION, 2, hesitation.message), (STOP, 4, stop.message)]
    assert bar_of(report, 2).cost == 5.0 and bar_of(report, 4).cost == 10.0
