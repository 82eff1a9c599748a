"""Early and late against the player's own beat: what stands out is told, and nothing else is."""

import importlib
import sys

import numpy as np
import pytest

from engine import Score
from engine.events import Event, Kind
from engine.judging import Verdict
from engine.judging.local_beat import Arrival, LocalBeat
from engine.performance import Performance

MOMENTS = 60
SLIPS = range(12, MOMENTS - 6, 9)
TEMPI_BPM = (60, 90, 120, 160)
RHYTHMS = {"quarters": (1.0,), "eighths": (0.5,), "mixed": (0.25, 0.5, 1.0, 1.5)}
SLIP_EVERY = 25  # notes, at least: each slip is by itself


def tune(rhythm, *, chord=(0,), seed=1):
    """A score of steps and leaps, each moment with these intervals above it."""
    rng = np.random.default_rng(seed)
    onset_beat = np.concatenate([[0], np.cumsum(rng.choice(RHYTHMS[rhythm], MOMENTS - 1))])
    pitch = 60 + np.cumsum(rng.choice([-3, -2, 2, 3], MOMENTS)) % 12
    rows = [(low + up, beat) for low, beat in zip(pitch, onset_beat, strict=True) for up in chord]
    return Score.from_notes(np.array(rows, [("pitch", "i4"), ("onset_beat", "f8")]))


def standing(score, onset_sec, ending_sec=5.0):
    """The verdict that stands on each score note when the take is over."""
    performance, last = Performance(score, "follow"), {}
    order = np.argsort(onset_sec, kind="stable")
    events = [
        Event(float(onset_sec[row]), Kind.NOTE_ON, int(score.notes["pitch"][row]), 64)
        for row in order
    ]
    for event in [*events, Event(events[-1].time_sec + ending_sec, Kind.END)]:
        for said in performance.process(event):
            if isinstance(said, Verdict) and said.played_index >= 0:
                last[int(order[said.played_index])] = said
    return last


def results(verdicts):
    return {row: verdict.result for row, verdict in verdicts.items()}


@pytest.mark.parametrize("bpm", TEMPI_BPM)
@pytest.mark.parametrize("rhythm", RHYTHMS)
@pytest.mark.parametrize("jitter_sec", [0.01, 0.02, 0.03])
def test_uneven_playing_is_neither_early_nor_late(rhythm, bpm, jitter_sec):
    score = tune(rhythm)
    rng = np.random.default_rng([bpm, int(1000 * jitter_sec)])
    onset_sec = score.notes["onset_beat"] * 60 / bpm
    onset_sec = onset_sec + rng.uniform(-jitter_sec, jitter_sec, len(onset_sec))
    assert set(results(standing(score, onset_sec)).values()) == {"correct"}


@pytest.mark.parametrize("bpm", TEMPI_BPM)
@pytest.mark.parametrize("slip_sec", [0.08, 0.12, 0.15, 0.2])
@pytest.mark.parametrize(("sign", "result"), [(-1, "early"), (1, "late")])
def test_one_note_off_an_even_beat_is_told_and_no_other(bpm, slip_sec, sign, result):
    score = tune("quarters")
    onset_sec = score.notes["onset_beat"] * 60 / bpm
    onset_sec[list(SLIPS)] += sign * slip_sec
    expected = dict.fromkeys(range(MOMENTS), "correct") | dict.fromkeys(SLIPS, result)
    assert results(standing(score, onset_sec)) == expected


@pytest.mark.parametrize(("sign", "result"), [(-1, "early"), (1, "late")])
def test_a_note_that_is_off_is_told_by_how_much(sign, result):
    score = tune("quarters")
    onset_sec = score.notes["onset_beat"] * 0.5
    onset_sec[30] += sign * 0.15
    verdict = standing(score, onset_sec)[30]
    assert verdict.result == result
    assert verdict.timing_sec == pytest.approx(sign * 0.15, abs=0.02)


def test_a_slip_of_150_ms_is_told_at_once():
    score = tune("quarters")
    performance = Performance(score, "follow")
    onset_sec = score.notes["onset_beat"] * 0.5
    onset_sec[30] += 0.15
    told = []
    for row in range(31):
        pitch = int(score.notes["pitch"][row])
        told += performance.process(Event(float(onset_sec[row]), Kind.NOTE_ON, pitch, 64))
    verdicts = [said for said in told if isinstance(said, Verdict)]
    assert [v.result for v in verdicts] == ["correct"] * 30 + ["late"]


@pytest.mark.parametrize(("sign", "result"), [(-1, "early"), (1, "late")])
@pytest.mark.parametrize("voice", [0, 1, 2])
def test_a_note_off_its_chord_is_told_and_the_chord_is_not(voice, sign, result):
    score = tune("quarters", chord=(0, 16, 28))
    onset_sec = score.notes["onset_beat"] * 0.5
    rows = [3 * place + voice for place in SLIPS]
    onset_sec[rows] += sign * 0.15
    expected = dict.fromkeys(range(len(onset_sec)), "correct") | dict.fromkeys(rows, result)
    assert results(standing(score, onset_sec)) == expected


def test_a_chord_as_far_apart_as_hands_are_is_correct():
    score = tune("quarters", chord=(0, 16, 28))
    rng = np.random.default_rng(1)
    onset_sec = score.notes["onset_beat"] * 0.5
    onset_sec = onset_sec + rng.uniform(-0.025, 0.025, len(onset_sec))
    assert set(results(standing(score, onset_sec)).values()) == {"correct"}


@pytest.mark.parametrize("longer_sec", [0.15, 0.4, 1.0])
def test_no_note_after_a_hesitation_is_late(longer_sec):
    score = tune("quarters")
    onset_sec = score.notes["onset_beat"] * 0.5
    onset_sec[30:] += longer_sec
    assert set(results(standing(score, onset_sec)).values()) == {"correct"}


@pytest.mark.parametrize("bpm_after", [84, 140])
def test_a_tempo_that_changes_makes_no_note_early_or_late(bpm_after):
    score = tune("quarters")
    bpm = np.interp(np.arange(MOMENTS), [20, 36], [110, bpm_after])
    onset_sec = np.concatenate([[0], np.cumsum(60 / bpm[:-1])])
    assert set(results(standing(score, onset_sec)).values()) == {"correct"}


def test_a_closing_ritardando_is_not_late():
    score = tune("quarters")
    gap_sec = np.interp(np.arange(MOMENTS - 1), [MOMENTS - 9, MOMENTS - 2], [0.5, 0.9])
    onset_sec = np.concatenate([[0], np.cumsum(gap_sec)])
    assert set(results(standing(score, onset_sec)).values()) == {"correct"}


def test_a_last_note_that_drags_is_late():
    score = tune("quarters")
    onset_sec = score.notes["onset_beat"] * 0.5
    onset_sec[-1] += 0.18
    assert results(standing(score, onset_sec))[MOMENTS - 1] == "late"


def with_mark(score, field, value, rows):
    notes = np.array(score.notes)
    notes[field][rows] = value
    return Score.from_notes(notes)


def test_a_rolled_chord_may_take_its_time_where_the_score_has_an_arpeggio():
    plain = tune("quarters", chord=(0, 16, 19, 28))
    rows = np.arange(4 * 30, 4 * 31)
    onset_sec = plain.notes["onset_beat"] * 0.6
    onset_sec[rows] += [-0.24, -0.08, 0.08, 0.24]
    rolled = with_mark(plain, "ornament", "arpeggio", rows)
    assert "early" in results(standing(plain, onset_sec)).values()
    assert set(results(standing(rolled, onset_sec)).values()) == {"correct"}


def test_a_rolled_chord_that_is_late_as_a_whole_is_late():
    score = with_mark(
        tune("quarters", chord=(0, 16, 28)), "ornament", "arpeggio", np.arange(90, 93)
    )
    onset_sec = score.notes["onset_beat"] * 0.6
    onset_sec[90:93] += [0.2, 0.25, 0.3]
    assert {results(standing(score, onset_sec))[row] for row in (90, 91, 92)} == {"late"}


@pytest.mark.parametrize("held_sec", [0.2, 1.5, 6.0])
def test_a_fermata_is_held_as_long_as_the_player_likes(held_sec):
    score = with_mark(tune("quarters"), "has_fermata", True, [29])
    performance, told = Performance(score, "follow"), []
    onset_sec = score.notes["onset_beat"] * 0.5
    onset_sec[30:] += held_sec
    for onset, pitch in zip(onset_sec.tolist(), score.notes["pitch"].tolist(), strict=True):
        told += performance.process(Event(onset, Kind.NOTE_ON, pitch, 64))
    assert performance.summary().counts["correct"] == MOMENTS
    assert [type(said).__name__ for said in told if type(said).__name__ == "Remark"] == []


@pytest.fixture(scope="module")
def expressive(shared):
    """Real performances by professionals: score, pitches, onsets, which note each one is."""
    folder = shared / "matching_lab"
    sys.path.insert(0, str(folder))
    try:
        corpus = importlib.import_module("corpus")
        folders = sorted((shared / "data/matching/dev").iterdir())
        return [corpus.Item.load(str(path)).excerpt(400) for path in folders]
    finally:
        sys.path.remove(str(folder))


def judged_live(item, played=None):
    """First and standing verdicts of a real performance, by played index."""
    performance = Performance(Score.from_notes(item.score), "follow")
    first, last = {}, {}
    for row in item.perf if played is None else played:
        event = Event(float(row["onset_sec"]), Kind.NOTE_ON, int(row["pitch"]), 64)
        for said in performance.process(event):
            if isinstance(said, Verdict) and said.played_index >= 0:
                first.setdefault(said.played_index, said.result)
                last[said.played_index] = said.result
    return first, last


def test_expressive_playing_is_hardly_ever_called_early_or_late(expressive):
    n_right, at_once, standing_off = 0, 0, 0
    for item in expressive:
        first, last = judged_live(item)
        right = np.flatnonzero(item.truth >= 0).tolist()
        n_right += len(right)
        at_once += sum(first[n] in ("early", "late") for n in right)
        standing_off += sum(last[n] in ("early", "late") for n in right)
    assert at_once / n_right < 0.025
    assert standing_off / n_right < 0.015


def with_slips(item, seed, off_sec=0.15):
    """Some notes of a performance, far from each other, moved so much; by row, which way."""
    rng = np.random.default_rng(seed)
    onset_sec, slips, last = item.perf["onset_sec"].copy(), {}, -SLIP_EVERY
    is_match = item.truth >= 0
    beat = np.where(is_match, item.score["onset_beat"][item.truth], np.nan)
    for row in range(20, len(beat) - 15):
        before, after = onset_sec[beat < beat[row]], onset_sec[beat > beat[row]]
        is_free = is_match[row] and not item.score["is_grace"][item.truth[row]]
        if not is_free or row - last < SLIP_EVERY or not len(before) or not len(after):
            continue
        sign = int(rng.choice([-1, 1]))
        room_sec = after.min() - onset_sec[row] if sign > 0 else onset_sec[row] - before.max()
        if room_sec > 1.35 * off_sec:
            onset_sec[row] += sign * off_sec
            slips[row], last = sign, row
    return onset_sec, slips


def test_slips_of_150_ms_are_found_in_expressive_playing(expressive):
    n_slips = n_found = 0
    for item in expressive:
        onset_sec, slips = with_slips(item, seed=1)
        order = np.argsort(onset_sec, kind="stable")
        played = item.perf[order]
        played["onset_sec"] = onset_sec[order]
        _, last = judged_live(item, played)
        said = {int(row): last[n] for n, row in enumerate(order)}
        n_slips += len(slips)
        n_found += sum(said[row] == ("late" if s > 0 else "early") for row, s in slips.items())
    assert n_slips > 50
    assert n_found / n_slips > 0.65


@pytest.mark.parametrize("gaps_sec", [[0.0], [0.0, 0.0, 0.01], [1e-9, 1.0], [1e5, 0.0]])
def test_no_playing_is_too_wild_to_be_judged(gaps_sec):
    rng = np.random.default_rng(1)
    for seed in range(20):
        score = tune("mixed", seed=seed)
        onset_sec = np.cumsum(rng.choice(gaps_sec, len(score.notes)))
        assert len(standing(score, onset_sec)) == len(score.notes)


def settled_on(onset_sec):
    """How each moment of an even tune in quarters stands in the beat around it."""
    local_beat, settled = LocalBeat(), {}
    for place, onset in enumerate(onset_sec):
        arrival = Arrival(place, float(place), 1.0)
        arrival.add(place, float(onset))
        one = local_beat.reach(arrival)
        if one is not None:
            settled[one.arrival.moment] = one
    return settled


def test_a_slip_does_not_bend_the_beat_for_the_notes_after_it():
    onset_sec = 0.5 * np.arange(30)
    onset_sec[12] += 0.2
    settled = settled_on(onset_sec)
    assert settled[12].off_beat_sec(onset_sec[12]) == pytest.approx(0.2, abs=0.01)
    for place in range(14, 26):
        assert settled[place].offsets_sec[0] == pytest.approx(0.0, abs=1e-9)


def test_a_hesitation_does_not_bend_the_beat_for_the_notes_after_it():
    onset_sec = 0.5 * np.arange(30)
    onset_sec[12:] += 0.4
    settled = settled_on(onset_sec)
    assert settled[12].hesitated_sec == pytest.approx(0.4)
    for place in range(13, 26):
        assert settled[place].offsets_sec[0] == pytest.approx(0.0, abs=1e-9)


def test_a_note_after_a_wait_is_not_late_even_at_first():
    score = tune("quarters")
    performance, told = Performance(score, "follow"), []
    onset_sec = score.notes["onset_beat"] * 0.5
    onset_sec[30] += 0.4
    for onset, pitch in list(zip(onset_sec.tolist(), score.notes["pitch"].tolist(), strict=True))[
        :31
    ]:
        told += performance.process(Event(onset, Kind.NOTE_ON, pitch, 64))
    last = [said for said in told if isinstance(said, Verdict)][-1]
    assert last.result == "correct"
    assert np.isnan(last.timing_sec)
