"""A sitting without a keyboard: events and time go in, the take and its end come out."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Event, Kind, note_ended
from engine.judging import Verdict
from engine.pitch_names import PITCH_NAMES
from engine.score import Score
from engine.score.arrays import blank_bars
from server.cli.playing.metronome import Metronome
from server.cli.playing.report import Report, beat_name
from server.cli.playing.session import GRACE_SEC, PlaySession
from server.takes.format import decode_log
from server.takes.take import Take

PITCHES = [60, 62, 64, 65, 67, 69, 71, 72]
START_SEC = 1000.0  # the clock of the events begins anywhere
NOTE_DTYPE = [("pitch", "i4"), ("onset_beat", "f8")]


def scale_score(tempo_bpm=120.0) -> Score:
    rows = [(pitch, float(k)) for k, pitch in enumerate(PITCHES)]
    return Score.from_notes(np.array(rows, NOTE_DTYPE), tempo_bpm=tempo_bpm)


def session_of(mode: str) -> PlaySession:
    return PlaySession(Take(scale_score(), mode=mode), START_SEC)


def on(pitch: int, time_sec: float) -> Event:
    return Event(time_sec, Kind.NOTE_ON, pitch, 64)


def play_scale(session: PlaySession, first_sec: float, pitches=PITCHES) -> list[Verdict]:
    """Play at 120 quarter notes a minute; each note arrives 5 ms after it was struck."""
    said = []
    for k, pitch in enumerate(pitches):
        time_sec = first_sec + 0.5 * k
        said += session.step([on(pitch, time_sec)], time_sec + 0.005)
    return [result for result in said if isinstance(result, Verdict)]


@pytest.mark.parametrize("mode", ["follow", "wait"])
def test_the_first_note_is_the_take_s_zero_where_the_player_leads(mode):
    session = session_of(mode)
    assert session.step([], START_SEC + 50.0) == []
    assert session.take_sec(START_SEC + 50.0) is None
    assert not session.is_over(START_SEC + 1e6)
    verdicts = play_scale(session, START_SEC + 60.0)
    assert session.zero_sec == START_SEC + 60.0
    assert [verdict[:3] for verdict in verdicts[:1]] == [("correct", 0, 0)]
    assert [verdict.score_index for verdict in verdicts] == list(range(len(PITCHES)))


def test_the_take_s_zero_is_one_bar_after_the_start_where_the_clock_leads():
    session = session_of("tempo")
    assert session.zero_sec == START_SEC + 2.0
    verdicts = play_scale(session, START_SEC + 2.0)
    assert [verdict.result for verdict in verdicts] == ["correct"] * len(PITCHES)
    assert [verdict.timing_sec for verdict in verdicts] == pytest.approx([0.0] * 8, abs=1e-9)


def test_a_pedal_before_the_first_note_belongs_to_the_take():
    session = session_of("follow")
    session.step([Event(START_SEC + 1.0, Kind.CONTROL, 64, 127)], START_SEC + 1.0)
    session.step([on(60, START_SEC + 1.5)], START_SEC + 1.5)
    events = [entry[0] for entry in decode_log([session.take.drain()])]
    assert events == [Event(-0.5, Kind.CONTROL, 64, 127), Event(0.0, Kind.NOTE_ON, 60, 64)]


@pytest.mark.parametrize("mode", ["tempo", "follow", "wait"])
def test_a_sitting_ends_a_grace_after_its_last_note(mode):
    session = session_of(mode)
    zero_sec = session.zero_sec or START_SEC
    play_scale(session, zero_sec, PITCHES[:-1])
    last_sec = zero_sec + 0.5 * 7
    assert not session.is_over(last_sec + 0.1)
    session.step([on(PITCHES[-1], last_sec)], last_sec)
    assert not session.is_over(last_sec + 0.9 * GRACE_SEC)
    assert session.is_over(last_sec + 0.5 + 1.1 * GRACE_SEC)
    session.finish(last_sec + 3.0)
    assert session.take.ended
    assert session.performance.progress == 100.0
    assert session.performance.summary().counts["missed"] == 0


def test_going_on_within_the_grace_keeps_the_sitting_open():
    session = session_of("follow")
    play_scale(session, START_SEC)
    session.step([on(60, START_SEC + 5.0)], START_SEC + 5.0)
    assert not session.is_over(START_SEC + 3.5 + 1.1 * GRACE_SEC)


def test_a_player_who_stops_half_way_is_waited_for():
    for mode in ("follow", "wait"):
        session = session_of(mode)
        play_scale(session, START_SEC, PITCHES[:4])
        assert not session.is_over(START_SEC + 3600.0)


def test_the_last_note_of_all_is_waited_for_too():
    session = session_of("wait")
    play_scale(session, START_SEC, PITCHES[:-1])
    assert not session.is_over(START_SEC + 3600.0)


def test_music_that_waits_is_not_over_when_the_last_note_was_wrong():
    session = session_of("wait")
    play_scale(session, START_SEC, [*PITCHES[:-1], PITCHES[-1] + 1])
    assert not session.is_over(START_SEC + 3600.0)
    session.step([on(PITCHES[-1], START_SEC + 3600.0)], START_SEC + 3600.0)
    assert session.is_over(START_SEC + 3600.0 + 1.1 * GRACE_SEC)


def test_music_that_waits_wants_every_note_of_its_last_chord():
    rows = np.array([(60, 0.0), (60, 1.0), (64, 1.0), (64, 1.0)], NOTE_DTYPE)
    session = PlaySession(Take(Score.from_notes(rows), mode="wait"), START_SEC)
    play_scale(session, START_SEC, [60, 61, 60])
    assert not session.is_over(START_SEC + 3600.0)
    session.step([on(64, START_SEC + 3600.0)], START_SEC + 3600.0)
    assert session.is_over(START_SEC + 3600.0 + 1.1 * GRACE_SEC)


def test_time_alone_tells_what_was_missed_where_the_clock_leads():
    session = session_of("tempo")
    said = session.step([], START_SEC + 60.0)
    missed = [result.score_index for result in said if isinstance(result, Verdict)]
    assert missed == list(range(8))
    assert session.is_over(START_SEC + 60.0)


@given(
    st.lists(st.tuples(st.sampled_from(PITCHES), st.floats(0.0, 1.5)), max_size=30),
    st.sampled_from(["tempo", "follow", "wait"]),
    st.integers(1, 5),
)
def test_how_often_is_polled_changes_no_verdict(notes, mode, batch):
    """Held against a sitting that is polled at every note."""
    times = np.cumsum([gap_sec for _, gap_sec in notes]) + START_SEC + 2.0
    events = [on(pitch, float(t)) for (pitch, _), t in zip(notes, times, strict=True)]
    one_by_one, in_batches = session_of(mode), session_of(mode)
    verdicts: list[list[Verdict]] = [[], []]
    for event in events:
        verdicts[0] += one_by_one.step([event], event.time_sec)
    for start in range(0, len(events), batch):
        part = events[start : start + batch]
        verdicts[1] += in_batches.step(part, part[-1].time_sec)
    end_sec = START_SEC + 100.0
    verdicts[0] += one_by_one.step([], end_sec) + one_by_one.finish(end_sec)
    verdicts[1] += in_batches.step([], end_sec) + in_batches.finish(end_sec)
    told = [{v[:4] for v in part if isinstance(v, Verdict)} for part in verdicts]
    assert told[0] == told[1]


def bars(count: int, unit: int, pickup_beat: float = 0.0) -> Score:
    """Two bars of one note each, after a pickup if there is one."""
    length = 4.0 * count / unit
    dtype = [*NOTE_DTYPE, ("measure", "i4"), ("beat", "f8")]
    rows = [(62, 0.0, 1, 0.0), (64, length, 2, 0.0)]
    if pickup_beat:
        rows.insert(0, (60, -pickup_beat, 0, 0.0))
    score = Score.from_notes(np.array(rows, dtype), tempo_bpm=60.0)
    made = [(k + 1, k * length, length, count, unit) for k in range(2)]
    if pickup_beat:
        made.insert(0, (0, -pickup_beat, pickup_beat, count, unit))
    bars = blank_bars(len(made))
    names = ("measure", "onset_beat", "duration_beat", "count", "unit")
    for name, column in zip(names, zip(*made, strict=True), strict=True):
        bars[name] = column
    return Score(score.notes, bars, score.tempi, score.title, score.composer)


def beats_of(score: Score) -> tuple[float, list[tuple[int, int]]]:
    """The count-in, and bar and number of each beat from its start on."""
    take = Take(score, mode="tempo")
    metronome = Metronome(score, take.performance.clock)
    step_sec = 4.0 / score.bars["unit"][0]
    start_sec, end_sec = -metronome.count_in_sec, float(take.performance.clock.seconds(4.0))
    times = np.arange(start_sec, end_sec, step_sec) + 1e-6
    return metronome.count_in_sec, [metronome.at(float(t))[:2] for t in times]


def test_four_four_is_counted_in_with_one_bar():
    count_in_sec, beats = beats_of(bars(4, 4))
    assert count_in_sec == 4.0
    assert beats[:6] == [(0, 1), (0, 2), (0, 3), (0, 4), (1, 1), (1, 2)]


def test_six_eight_is_counted_in_eighths():
    count_in_sec, beats = beats_of(bars(6, 8))
    assert count_in_sec == 3.0
    assert beats[:8] == [(0, k) for k in range(1, 7)] + [(1, 1), (1, 2)]


def test_a_pickup_is_counted_in_with_a_whole_bar_before_its_own():
    count_in_sec, beats = beats_of(bars(3, 4, pickup_beat=1.0))
    assert count_in_sec == 5.0
    assert beats[:7] == [(-1, 1), (-1, 2), (-1, 3), (-1, 1), (-1, 2), (0, 3), (1, 1)]


def test_the_metronome_never_jumps_but_at_the_bar():
    score = bars(3, 4)
    metronome = Metronome(score, Take(score, mode="tempo").performance.clock)
    seen = [metronome.at(t) for t in np.arange(-3.0, 6.0, 0.01) + 1e-6]
    assert all(0.0 <= beat.phase < 1.0 and 1 <= beat.number <= beat.n_beats for beat in seen)
    steps = {(a.number, b.number) for a, b in pairwise(seen) if a[:2] != b[:2]}
    assert steps == {(1, 2), (2, 3), (3, 1)}


def report_of(session: PlaySession, results) -> Report:
    report = Report(session.performance)
    report.add(results)
    return report


def test_a_report_counts_the_slips_of_each_bar():
    session = session_of("tempo")
    zero_sec = session.zero_sec
    said = session.step([on(60, zero_sec), on(61, zero_sec + 0.5)], zero_sec + 0.5)
    said += session.step([on(64, zero_sec + 1.17)], zero_sec + 1.17)
    said += session.step([], zero_sec + 2.0)
    said += session.step([], zero_sec + 60.0)
    report = report_of(session, said)
    slips = {bar: dict(counts) for bar, counts in report.mistakes.items()}
    assert slips == {1: {"wrong_note": 1, "late": 1, "missed": 1}, 2: {"missed": 4}}
    lines = [report.line(verdict) for verdict in report.latest.values()]
    assert lines[0] == "bar   1  beat 1   C4   ✓ correct     +0 ms"
    assert lines[1].startswith("bar   1  beat 2   D4   ✗ wrong      played C♯4")
    assert lines[2] == "bar   1  beat 3   E4   › late        +170 ms"
    assert lines[3] == "bar   1  beat 4   F4   ○ missed"
    assert "bar   2  4 missed" in report.summary_lines()


def test_the_summary_tells_how_in_tune_the_right_notes_were():
    session = session_of("wait")
    report = Report(session.performance)
    assert not any("intonation" in line for line in report.summary_lines())
    events = [on(60, 1.0), *note_ended(1.4, 60, 12.0), on(61, 1.5), *note_ended(1.9, 61, 44.0)]
    for event in events:
        report.hear(event)
    report.add(session.step(events, 2.0))
    assert (
        "intonation +12 cents, rather sharp, the middle half within 0 cents, "
        "0 of 1 notes more than 30 cents off"
    ) in report.summary_lines()


def test_a_revision_takes_the_place_of_what_was_said_before():
    session = session_of("tempo")
    report = Report(session.performance)
    report.add([Verdict("wrong_note", 0, 2, 61, float("nan"), 0)])
    report.add([Verdict("extra", 0, -1, 61, float("nan"), 0, True)])
    assert report.mistakes == {1: {"extra": 1}}
    assert report.latest == {}
    report.add([Verdict("correct", 0, 0, 60, 0.0, 10, True)])
    assert report.mistakes == {}
    assert report.line(report.latest[0]).endswith("+0 ms (seen better)")


def test_pitches_and_beats_are_named_as_musicians_count():
    assert [PITCH_NAMES[pitch] for pitch in (21, 60, 61, 127)] == ["A0", "C4", "C♯4", "G9"]
    assert [beat_name(beat) for beat in (0.0, 1.0, 1.125, 3.5)] == ["1", "2", "2+", "4+"]
