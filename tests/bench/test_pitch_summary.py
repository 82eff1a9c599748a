"""What pitch measurements come to, and how they are told."""

import numpy as np
import pytest

from bench.pitch.chord_engines import BUDGETS_SEC, Chord, Decoy, asked, chords
from bench.pitch.chord_summary import (
    best_threshold,
    best_thresholds,
    candidates,
    decoys_rejected,
    f1_at,
    query_ms,
    verified,
)
from bench.pitch.hop_cost import HopCost
from bench.pitch.material import Item, Truth
from bench.pitch.metrics import OnsetScore
from bench.pitch.native_hops import Instructions
from bench.pitch.results import Chords, Results, calibration, group_of, mean
from bench.pitch.runner import Standing
from bench.pitch.summary import Frames, binned, calibration_error, heard, of
from bench.pitch.tables import About, line, page

ABOUT = About("2030-01-01", "python -m bench pitch", "a machine", "results.svg")
GRID = 0.005 * np.arange(200)
HOP = HopCost("in C, pitch and notes", 12.0, 11.0, 20.0, 30.0, 500.0, 90.0, 10)


def recording(right, kind="exact", condition="clean", confidence=0.9, true_hz=440.0):
    """One second of 440 Hz of which a share is heard right and the rest an octave too high."""
    f0_hz = np.where(np.arange(200) < 200 * right, true_hz, 2 * true_hz)
    raw = {
        "time_sec": GRID,
        "f0_hz": f0_hz,
        "confidence": np.broadcast_to(confidence, 200),
        "is_voiced": np.ones(200, bool),
        "told_sec": GRID,
        "cpu_sec": np.array(0.002),
    }
    truth = Truth(GRID, np.full(200, true_hz), np.array([[0.0, 1.0, 69.0, true_hz]]))
    return heard(Item(f"{kind} {condition}", kind, condition, "x"), truth, raw)


def test_rates_are_of_all_instants_of_the_items_asked_for():
    frames = Frames([recording(1.0), recording(0.5), recording(0.0, "real")], True)
    assert frames.rate("within_50", of("exact")) == 75
    assert frames.rate("octave", of("real")) == 100
    assert frames.rate("within_50", of("voice")) is None
    assert frames.of_register("C4-B4", of("exact")) == 75
    assert frames.of_register("C5-B5", of("exact")) is None


def test_the_time_of_a_hop_is_told_of_clean_recordings():
    frames = Frames([recording(1.0), recording(1.0, "exact", "snr0")], True)
    assert frames.microseconds() == pytest.approx(2000 / (GRID[-1] * 44_100 / 256))


def test_voicing_is_the_engines_own_or_the_best_for_a_peer():
    rising = np.linspace(0, 1, 200)
    sounds = recording(1.0, confidence=rising)
    truth = sounds.truth._replace(f0_hz=np.where(rising > 0.6, 440.0, 0.0))
    sounds = sounds._replace(truth=truth)
    own, best = Frames([sounds], True), Frames([sounds], False)
    assert own.rate("false_alarm", of("exact")) == 100
    assert best.rate("false_alarm", of("exact")) < 5
    assert best.threshold == pytest.approx(0.6, abs=0.02)


def test_confidence_is_held_against_what_was_right():
    sure = np.array([0.95, 0.91, 0.93, 0.97, 0.2])
    right = np.array([True, True, True, False, False])
    bins = binned(sure, right, 10)
    assert [(b.frames, b.right) for b in bins] == [(1, 0.0), (4, 75.0)]
    assert bins[1].said == pytest.approx(94)
    assert calibration_error(bins) == pytest.approx((20 + 4 * 19) / 5)


def test_a_line_is_bold_where_it_falls_short():
    peers = [(80.0, "a"), (70.0, "b")]
    assert line("x", (90, 85), 89.94, peers, True) == ["x", ">= 90 (>= 85)", "**89.9**", "80.0 (a)"]
    assert line("x", (90, 85), 90.0, [], True) == ["x", ">= 90 (>= 85)", "90.0", "-"]
    assert line("x", (4, 5), 5.0, peers, False) == ["x", "<= 4 (<= 5)", "**5.0**", "70.0 (b)"]
    assert line("x", (0.2, 0.2), 0.1234, [], False)[2] == "0.123"


def results(**given):
    empty = Results({}, {}, {}, [], [], [Standing("frames", "etude", "1")], {})
    return empty._replace(**given)


def test_the_page_tells_each_part_that_was_measured():
    frames = {"etude": Frames([recording(0.5)], True), "swift-f0": Frames([recording(1.0)], False)}
    onsets = {"Etude": {"real": OnsetScore(93.0, 92.0, 94.0, 30.0)}, "librosa": {}}
    told = page(results(frames=frames, onsets=onsets, hops=[HOP]), ABOUT)
    assert "| live RPA50, clean | >= 98.5 (>= 96.5) | **50.0** | 100.0 (swift-f0) |" in told
    assert "| onset F1 within 50 ms, instruments | >= 92 (>= 90) | 93.0 | - |" in told
    assert "| us per hop of 256 samples, in C, worst | <= 100 (<= 100) | 90.0 | - |" in told
    assert "| Etude | 93.0 (92, 94), 30 ms |" in told
    assert "## Chords" not in told
    assert "| etude | frames | 1 | none |" in told


def test_what_was_not_measured_is_told_with_its_reason_and_breaks_no_table():
    lacking = Standing("frames", "swift-f0", missing="not installed (a|b)")
    failed = Standing("frames", "etude", "1", "", {"x": "Bad: 1", "y": "Bad: 1"})
    told = page(results(standings=[lacking, failed]), ABOUT)
    assert "| swift-f0 | frames | - | not installed (a\\|b) |" in told
    assert "| etude | frames | 1 | Bad: 1: 2 |" in told
    assert "## Targets" not in told


def test_means_of_onsets_leave_delays_out_that_nobody_knows():
    scores = [OnsetScore(100, 100, 100), OnsetScore(50, 60, 40, 20.0)]
    assert mean(scores) == OnsetScore(75, 80, 70, 20.0)


NOTES = np.array([[1.0, 1.5, 60, 80], [1.02, 1.5, 64, 80], [3.0, 3.5, 107, 80]])


def test_decoys_are_never_what_sounds():
    first, second = chords(NOTES)
    assert (first.first_sec, first.last_sec, first.written) == (1.0, 1.02, (60, 64))
    assert [d.pitch for d in first.decoys] == [48, 59, 61, 72, 52, 63, 65, 76]
    assert second.decoys == (Decoy(95, 107, -12), Decoy(106, 107, -1), Decoy(108, 107, 1))


class Oracle:
    """Knows what is written, and notes in which order it is asked."""

    def begin(self, sound):
        self.asked = []

    def scores(self, chord, budget_sec):
        self.asked.append(chord.last_sec + budget_sec)
        return [0.9] * len(chord.written) + [0.1 + budget_sec] * len(chord.decoys), 0.001


def test_questions_come_in_the_order_of_their_time_and_answers_in_that_of_chords():
    close = [*chords(NOTES), *chords(NOTES + np.array([0.1, 0.1, 0, 0]))]
    oracle = Oracle()
    found = asked(oracle, close, None)
    assert oracle.asked == sorted(oracle.asked)
    assert found["query"] == [0.001] * 16
    expected = [0.9 if w else 0.16 for w in candidates(close).is_written]
    assert found["0.06"] == pytest.approx(expected)


def test_an_oracle_is_perfect():
    found = chords(NOTES)
    raw = {name: np.array(values) for name, values in asked(Oracle(), found, None).items()}
    asked_for = [candidates(found)]
    for thresholds in ([0.5] * 4, best_thresholds([raw], asked_for)):
        rows = verified([raw], asked_for, thresholds)
        assert [row.budget_sec for row in rows] == list(BUDGETS_SEC)
        assert all((row.f1, row.precision, row.recall) == (100, 100, 100) for row in rows)
        assert decoys_rejected(rows[0]) == {"semitone": 100, "octave": 100}
    assert query_ms([raw]) == (1.0, 1.0)


def test_the_best_threshold_parts_best():
    scores = np.array([0.2, 0.3, 0.35, 0.6, 0.7])
    is_written = np.array([False, False, True, True, True])
    threshold = best_threshold(scores, is_written)
    assert 0.3 < threshold <= 0.35
    assert f1_at(scores, is_written, threshold) == 1
    assert f1_at(scores, is_written, 0.65) == 0.5
    assert f1_at(scores, is_written, 0.9) == 0


def test_chords_are_told_at_both_thresholds():
    chord = [Chord(1.0, 1.0, (60,), (Decoy(61, 60, 1), Decoy(72, 60, 12)))]
    raw = {f"{b:g}": np.array([0.9, 0.2, 0.6]) for b in BUDGETS_SEC}
    asked_for = [candidates(chord)]
    thresholds = ([0.5] * 4, best_thresholds([raw], asked_for))
    rows = [verified([raw], asked_for, levels) for levels in thresholds]
    found = Chords(*rows, {"hall": rows[0]}, (0.1, 0.15))
    told = page(results(chords={"Etude": found}), ABOUT)
    assert "| hall | Etude | 66.7 | 66.7 | 66.7 | 66.7 | 100.0 | 0.0 |" in told
    assert "| chord notes, F1 after 60 ms | >= 88 (>= 86) | 100.0 | - |" in told
    assert "| Etude | 60 ms | 0.5 | 66.7 | 50.0 | 100.0 | 100.0 | 0.0 | 0.100 / 0.150 |" in told
    assert "| ms of a chord query | <= 0.2 (<= 0.2) | 0.100 | - |" in told


def test_instructions_stand_beside_the_times_of_their_part():
    hops = [HOP._replace(part="in C, pitch"), HOP._replace(part="pitch and notes", mean=31.0)]
    told = page(results(hops=hops, instructions=[Instructions("pitch", 100.0, 200.0, 300)]), ABOUT)
    assert (
        "| in C, pitch | 12.0 | 11.0 | 20.0 | 30.0 | 500.0 | 90.0 | 10 | 100 | 200 | 300 |" in told
    )
    assert "| us per hop of 256 samples, from Python, mean | <= 30 (<= 30) | **31.0** | - |" in told
    assert "| pitch and notes | 31.0 | 11.0 | 20.0 | 30.0 | 500.0 | 90.0 | 10 | - | - | - |" in told


def test_confidence_is_told_of_recordings_and_of_models_apart():
    curves = calibration(Frames([recording(0.75), recording(0.5, "model", "model")], True))
    assert {what: [(b.said, b.right, b.frames) for b in bins] for what, bins in curves.items()} == {
        "recordings": [(pytest.approx(90), 75.0, 200)],
        "models": [(pytest.approx(90), 50.0, 200)],
    }
    told = page(results(calibration=curves), ABOUT)
    assert "lie 15.0 % on recordings and 40.0 % on models apart" in told
    assert "| models | 90.0 | 50.0 | 200 |" in told


def test_onsets_are_grouped_by_kind_and_by_what_is_not_plain():
    told = [
        ("real", "clean"),
        ("real", "small room"),
        ("model", "model"),
        ("model", "model in noise"),
    ]
    assert [group_of(Item("x", kind, condition, "x")) for kind, condition in told] == [
        "real",
        "real, small room",
        "model",
        "model in noise",
    ]
