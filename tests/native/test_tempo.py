"""The native tempo model against its reference, bit for bit, and what it believes of players."""

import math
import re
import tracemalloc
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import reference_tempo
from engine.reference_tempo import Place
from engine.reference_tempo import Tempo as Reference
from native.errors import RangeError
from native.tempo import Tempo

SOURCES = Path(__file__).resolve().parents[2] / "native" / "src"

VERBS = st.sampled_from(["next"] * 12 + ["again"] * 4 + ["earlier", "jump"])
WAITS = st.sampled_from([0.25, 0.5, 0.5, 0.5, 1.0]) | st.floats(-0.1, 5.0)
STEPS = st.tuples(VERBS, WAITS, st.sampled_from([0.25, 0.5, 1.0, 1.0, 7.0]), st.booleans())


def noisy(beats, spb=0.5, spread_sec=0.0, seed=0):
    """Onsets at a steady tempo, each by itself a little off."""
    return np.asarray(beats) * spb + np.random.default_rng(seed).normal(0, spread_sec, len(beats))


def listen(beats, onsets, bar_beats=0.0):
    """A model that heard it all, and what it had each moment due."""
    tempo, predicted = Tempo(), []
    for beat, onset in zip(beats, onsets, strict=True):
        predicted.append(tempo.predict(beat))
        in_bar = beat % bar_beats if bar_beats else 0.0
        tempo.observe(beat, onset, in_bar, bar_beats)
    return tempo, predicted


def rows_of(steps, bar_beats=4.0):
    """Verb and arguments of each step, with its place in its bar."""
    beat = clock = 0.0
    for verb, wait, length, is_held in steps:
        clock += wait
        beat += {"next": length, "again": 0.0, "earlier": -1e-3, "jump": -10.0}[verb]
        yield verb, (beat, clock, beat % bar_beats, bar_beats), is_held and wait > 4.0


def told(tempo, ahead):
    return [tuple(t) for t in (tempo.predict(ahead), tempo.due(), tempo.beat())]


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=60), st.sampled_from([0.0, 3.0, 4.0]))
def test_native_and_reference_agree_to_the_last_bit(steps, bar_beats):
    native, reference = Tempo(), Reference()
    for verb, row, is_held in rows_of(steps, bar_beats or 4.0):
        beat, onset_sec, in_bar, length = row if bar_beats else (*row[:2], 0.0, 0.0)
        name = "jump" if verb == "jump" else "observe"
        getattr(native, name)(beat, onset_sec, in_bar, length, is_held=is_held)
        getattr(reference, name)(Place(beat, in_bar, length, is_held), onset_sec)
        assert repr(told(native, beat + 1.5)) == repr(told(reference, beat + 1.5))


def test_native_and_reference_believe_the_same_numbers():
    numbers = {}
    for name in ("tempo_model.h", "tempo.h"):
        text = (SOURCES / name).read_text()
        found = re.findall(r"(?:#define )?\b([A-Z_]{3,})(?: = | )([0-9.e-]+)(?=\s|,|$)", text)
        numbers |= {key: float(value) for key, value in found}
    assert len(numbers) > 25
    for name in numbers:
        assert numbers[name] == getattr(reference_tempo, name), name


@settings(max_examples=50, deadline=None)
@given(st.lists(STEPS, max_size=60), st.integers(-(2**20), 2**20))
def test_playing_later_shifts_every_time_by_as_much(steps, later_sec):
    first, second = Tempo(), Tempo()
    for verb, (beat, onset_sec, *bar), is_held in rows_of(steps):
        name = "jump" if verb == "jump" else "observe"
        getattr(first, name)(beat, onset_sec, *bar, is_held=is_held)
        getattr(second, name)(beat, onset_sec + later_sec, *bar, is_held=is_held)
        early, late = first.predict(beat + 1), second.predict(beat + 1)
        assert late.time_sec - later_sec == pytest.approx(early.time_sec, abs=1e-4, nan_ok=True)
        assert late.sigma_sec == pytest.approx(early.sigma_sec, rel=1e-3, nan_ok=True)


@settings(max_examples=50, deadline=None)
@given(st.lists(STEPS, max_size=60), st.sampled_from([1 / 4, 512.0]))
def test_the_unit_of_beats_changes_nothing(steps, unit):
    plain, scaled = Tempo(), Tempo()
    for verb, (beat, onset_sec, *bar), is_held in rows_of(steps):
        name = "jump" if verb == "jump" else "observe"
        getattr(plain, name)(beat, onset_sec, *bar, is_held=is_held)
        bar = [unit * value for value in bar]
        getattr(scaled, name)(unit * beat, onset_sec, *bar, is_held=is_held)
        assert repr(plain.predict(beat + 1)) == repr(scaled.predict(unit * (beat + 1)))


@settings(max_examples=50, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_reading_between_notes_changes_nothing(steps):
    plain, watched = Tempo(), Tempo()
    for verb, row, is_held in rows_of(steps):
        name = "jump" if verb == "jump" else "observe"
        getattr(plain, name)(*row, is_held=is_held)
        told(watched, row[0] + 3.0)
        getattr(watched, name)(*row, is_held=is_held)
    assert repr(told(plain, 99.0)) == repr(told(watched, 99.0))


def test_after_reset_the_same_onsets_give_the_same_answers():
    beats = np.arange(0, 40, 0.5)
    tempo, _ = listen(beats, noisy(beats, 0.7, 0.05), 4.0)
    tempo.reset()
    assert repr(told(tempo, 1.0)) == repr(told(Tempo(), 1.0))
    fresh = Tempo()
    for beat, onset in zip(beats, noisy(beats), strict=True):
        tempo.observe(beat, onset, beat % 4, 4.0)
        fresh.observe(beat, onset, beat % 4, 4.0)
    assert repr(told(tempo, 50.0)) == repr(told(fresh, 50.0))


def test_nothing_is_known_before_the_second_moment():
    tempo = Tempo()
    assert all(math.isnan(value) for prediction in told(tempo, 1.0) for value in prediction)
    tempo.observe(0.0, 10.0)
    tempo.observe(0.0, 10.01)
    assert all(math.isnan(value) for prediction in told(tempo, 1.0) for value in prediction)
    tempo.observe(1.0, 10.5)
    assert tempo.predict(2.0).time_sec == pytest.approx(11.0, abs=0.02)
    assert math.isnan(tempo.due().time_sec)


@pytest.mark.parametrize("spb", [0.15, 0.3, 0.6, 1.2])
def test_intervals_are_as_long_as_the_player_makes_them(spb):
    tempo, _ = listen(range(20), noisy(range(20), spb))
    assert tempo.beat().time_sec == pytest.approx(spb, rel=1e-6)
    assert tempo.predict(24.0).time_sec == pytest.approx(24 * spb, rel=1e-6)


def test_farther_ahead_is_less_sure():
    tempo, _ = listen(range(20), noisy(range(20), 0.5, 0.01))
    sigmas = [tempo.predict(19.0 + ahead).sigma_sec for ahead in (0.5, 1.0, 2.0, 8.0)]
    assert sigmas == sorted(sigmas)
    assert sigmas[-1] > 4 * sigmas[0]


def test_a_chord_is_where_the_mean_of_its_notes_is():
    spread, mean = Tempo(), Tempo()
    for beat in range(12):
        for late in (0.0, 0.02, 0.06, 0.04):
            spread.observe(beat, 0.5 * beat + late)
        mean.observe(beat, 0.5 * beat + 0.03)
    assert spread.predict(12.0).time_sec == pytest.approx(mean.predict(12.0).time_sec, abs=1e-3)


def test_a_note_of_an_earlier_moment_changes_nothing():
    tempo, _ = listen(range(12), noisy(range(12)))
    before = told(tempo, 12.0)
    tempo.observe(10.5, 5.6)
    assert told(tempo, 12.0) == before


@pytest.mark.parametrize("slip_sec", [-0.15, -0.08, 0.08, 0.15])
def test_one_slip_does_not_drag_the_tempo(slip_sec):
    onsets = noisy(range(24), 0.5, 0.005)
    onsets[20] += slip_sec
    tempo, _ = listen(range(22), onsets[:22])
    assert tempo.beat().time_sec == pytest.approx(0.5, rel=0.03)
    assert tempo.predict(22.0).time_sec == pytest.approx(11.0, abs=0.025)


@pytest.mark.parametrize("factor", [1.4, 0.7])
def test_a_gradual_change_of_tempo_is_followed(factor):
    spb = 0.5 * factor ** np.clip((np.arange(40) - 16) / 16, 0, 1)
    onsets = [0.0, *accumulate(spb[:-1])]
    _, predicted = listen(range(40), onsets)
    errors = [abs(p.time_sec - t) for p, t in zip(predicted, onsets, strict=True)]
    assert np.mean(errors[18:32]) < 0.05
    assert np.mean(errors[36:]) < 0.02


@pytest.mark.parametrize("spb", [0.3, 0.8])
def test_a_sudden_change_of_tempo_is_believed_within_five_beats(spb):
    onsets = [*np.arange(20) * 0.5, *(9.5 + spb * np.arange(1, 7))]
    tempo, _ = listen(range(25), onsets[:25])
    assert tempo.beat().time_sec == pytest.approx(spb, rel=0.08)


@pytest.mark.parametrize("pause_sec", [1.5, 3.0, 60.0])
def test_a_stop_tells_nothing_of_the_tempo(pause_sec):
    onsets = noisy(range(24), 0.5, 0.005)
    onsets[16:] += pause_sec
    tempo, _ = listen(range(17), onsets[:17])
    assert math.isnan(tempo.due().time_sec)
    assert tempo.beat().time_sec == pytest.approx(0.5, rel=0.02)
    assert tempo.predict(17.0).time_sec == pytest.approx(onsets[17], abs=0.025)


def test_what_follows_a_fermata_comes_when_it_comes():
    tempo, _ = listen(range(16), noisy(range(16), 0.5, 0.005))
    tempo.observe(16.0, 8.0, is_held=True)
    assert tempo.predict(17.0).sigma_sec > 0.5
    tempo.observe(17.0, 9.1)
    assert math.isnan(tempo.due().time_sec)
    assert tempo.beat().time_sec == pytest.approx(0.5, rel=0.03)


def test_a_jump_begins_the_beat_anew_and_keeps_the_tempo():
    tempo, _ = listen(range(16), noisy(range(16), 0.6, 0.005))
    tempo.jump(4.0, 20.0)
    assert math.isnan(tempo.due().time_sec)
    assert tempo.predict(5.0).time_sec == pytest.approx(20.6, abs=0.02)
    assert tempo.predict(5.0).sigma_sec > 0.05


def test_a_shift_of_the_beats_changes_nothing_else():
    times = noisy(range(16), 0.6, 0.005)
    plain, _ = listen(range(16), times)
    shifted, _ = listen(range(16), times)
    shifted.shift(-12.0)
    assert shifted.predict(4.0) == plain.predict(16.0)
    shifted.observe(4.0, 9.7)
    plain.observe(16.0, 9.7)
    assert (shifted.due(), shifted.beat()) == (plain.due(), plain.beat())
    with pytest.raises(RangeError, match="beats must be finite, got inf"):
        shifted.shift(math.inf)


def test_a_tempo_wrong_from_the_first_interval_is_put_right():
    onsets = [0.0, *(4.0 + 0.4 * np.arange(12))]
    tempo, _ = listen(range(13), onsets)
    assert tempo.beat().time_sec == pytest.approx(0.4, rel=0.05)


def mean_error(predicted, onsets, first):
    times = np.array([p.time_sec for p in predicted])
    return np.mean(np.abs(times - onsets)[first:])


def test_what_a_player_does_in_every_bar_is_learned_as_a_habit():
    beats = np.arange(96)
    late = np.where(beats % 4 == 3, 0.08, 0.0)  # the last beat of the bar is always late
    onsets = noisy(beats, 0.5, 0.004) + late
    knowing = mean_error(listen(beats, onsets, 4.0)[1], onsets, 64)
    plain = mean_error(listen(beats, onsets)[1], onsets, 64)
    assert knowing < 0.5 * plain


def test_habits_are_no_reason_to_be_late():
    beats = np.arange(96)
    onsets = noisy(beats) + np.where(beats % 4 == 3, 0.08, 0.0)
    tempo, _ = listen(beats, onsets, 4.0)
    assert onsets[95] - tempo.due().time_sec > 0.06


@pytest.mark.parametrize("spread", [0.04, 0.07, 0.12])
def test_sigma_is_about_how_far_off_predictions_are(spread):
    rng = np.random.default_rng(3)
    onsets = [0.0, *accumulate(0.5 * np.exp(rng.normal(0, spread, 600)))]
    _, predicted = listen(range(601), onsets)
    ratio = [(t - p.time_sec) / p.sigma_sec for p, t in zip(predicted, onsets, strict=True)]
    assert 0.55 < np.mean(np.abs(ratio[20:]) < 1.0) < 0.85  # of a normal distribution 0.68
    assert np.mean(np.abs(ratio[20:]) < 2.0) > 0.9


@pytest.mark.parametrize(
    "row",
    [
        (math.nan, 0.0, 0.0, 0.0),
        (math.inf, 0.0, 0.0, 0.0),
        (2e9, 0.0, 0.0, 0.0),
        (8.0, math.nan, 0.0, 0.0),
        (8.0, -math.inf, 0.0, 0.0),
        (8.0, 2e12, 0.0, 0.0),
        (8.0, 4.0, -0.5, 4.0),
        (8.0, 4.0, 5.0, 4.0),
        (8.0, 4.0, 1.0, math.nan),
        (8.0, 4.0, math.nan, 4.0),
    ],
)
def test_an_onset_out_of_range_is_refused_and_changes_nothing(row):
    tempo, _ = listen(range(8), noisy(range(8)))
    before = told(tempo, 8.0)
    with pytest.raises(RangeError, match="beat and onset_sec must be finite, beat_in_bar 0"):
        tempo.observe(*row)
    with pytest.raises(RangeError, match="beat and onset_sec must be finite, beat_in_bar 0"):
        tempo.jump(*row)
    assert told(tempo, 8.0) == before


def test_a_beat_that_is_no_number_is_refused():
    with pytest.raises(RangeError, match="beat must be finite, got nan"):
        Tempo().predict(math.nan)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-1e9, 1e9), st.floats(-1e12, 1e12), st.booleans(), st.booleans()),
        max_size=60,
    )
)
def test_nonsense_leaves_numbers(rows):
    tempo = Tempo()
    for beat, onset_sec, is_jump, is_held in rows:
        (tempo.jump if is_jump else tempo.observe)(beat, onset_sec, 0.0, 1e-9, is_held=is_held)
    prediction, beat = tempo.predict(1e9), tempo.beat()
    assert math.isnan(beat.time_sec) or (beat.time_sec > 0 and math.isfinite(beat.sigma_sec))
    assert math.isnan(beat.time_sec) or all(math.isfinite(value) for value in prediction)


def test_a_million_onsets_take_no_more_memory_and_lose_no_precision():
    tempo = Tempo()
    tracemalloc.start()
    try:
        for beat in range(1_000_000):
            tempo.observe(float(beat), 0.03 * beat, float(beat % 4), 4.0)
            if beat == 1000:
                settled = tracemalloc.get_traced_memory()[0]
        assert tracemalloc.get_traced_memory()[0] < settled + 10_000
    finally:
        tracemalloc.stop()
    assert tempo.beat().time_sec == pytest.approx(0.03, rel=1e-6)
    assert tempo.predict(1e6).time_sec == pytest.approx(3e4, abs=1e-4)
