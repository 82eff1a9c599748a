"""Frequencies and names of the pitches in each tuning."""

from fractions import Fraction
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import RuleError
from engine.tuning import SWARAS, TEMPERAMENTS, Tuning, pitch_class

A4_HZ = st.floats(415.0, 466.0)
TUNINGS = st.builds(
    Tuning, A4_HZ, st.sampled_from(TEMPERAMENTS), st.sampled_from(["C", "F#", "B♭", None])
)


def test_equal_temperament_counts_from_a4():
    tuning = Tuning()
    assert tuning.f0_hz(69) == 440.0
    assert tuning.f0_hz(60) == pytest.approx(261.6255653)
    assert Tuning(415.0).f0_hz(81) == pytest.approx(830.0)


@given(TUNINGS, st.integers(0, 127), st.floats(-35.0, 35.0))
def test_a_pitch_played_off_is_told_with_its_cents(tuning, pitch, cents):
    told, off = tuning.nearest(tuning.f0_hz(pitch) * 2 ** (cents / 1200))
    assert (told, off) == (pitch, pytest.approx(cents, abs=1e-6))


@given(TUNINGS, st.floats(10.0, 10000.0))
def test_no_other_pitch_is_nearer(tuning, f0_hz):
    pitch, cents = tuning.nearest(f0_hz)
    others = [abs(1200 * log2(f0_hz / tuning.f0_hz(other))) for other in range(128)]
    assert abs(cents) == pytest.approx(min(others), abs=1e-6)
    assert abs(1200 * log2(f0_hz / tuning.f0_hz(pitch))) == pytest.approx(min(others), abs=1e-6)


@given(TUNINGS, st.integers(0, 115))
def test_an_octave_doubles_the_frequency(tuning, pitch):
    assert tuning.f0_hz(pitch + 12) == pytest.approx(2 * tuning.f0_hz(pitch))


@pytest.mark.parametrize("step, ratio", [(4, "5/4"), (7, "3/2"), (9, "5/3"), (3, "6/5")])
def test_just_intonation_has_pure_intervals_over_its_tonic(step, ratio):
    tuning = Tuning(temperament="just", tonic="D")
    assert tuning.f0_hz(62) == pytest.approx(Tuning().f0_hz(62))
    assert tuning.f0_hz(62 + step) / tuning.f0_hz(62) == pytest.approx(float(Fraction(ratio)))


def test_a_just_third_is_in_tune_where_the_equal_one_is_sharp():
    just = Tuning(temperament="just", tonic="C")
    assert just.nearest(Tuning().f0_hz(64)) == (64, pytest.approx(13.686, abs=1e-3))


def test_sargam_counts_its_swaras_from_sa():
    tuning = Tuning(temperament="sargam", tonic="C#")
    names = [tuning.name(61 + step) for step in range(13)]
    assert names == [*SWARAS, "Sa"]
    assert tuning.f0_hz(61 + 9) / tuning.f0_hz(61) == pytest.approx(5 / 3)
    assert tuning.f0_hz(61 + 6) / tuning.f0_hz(61) == pytest.approx(45 / 32)


def test_western_tunings_name_pitches_with_their_octave():
    assert Tuning().name(60) == "C4"
    assert Tuning(temperament="just", tonic="G").name(70) == "B♭4"


@pytest.mark.parametrize(
    "name, number", [("C", 0), ("c", 0), ("F#", 6), ("G♭", 6), ("Cb", 11), ("B♯", 0), ("a", 9)]
)
def test_pitch_classes_have_names(name, number):
    assert pitch_class(name) == number


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"a4_hz": 414.9}, "a4_hz must be 415 to 466, got 414.9"),
        ({"a4_hz": float("nan")}, "a4_hz must be 415 to 466, got nan"),
        (
            {"temperament": "mean"},
            "temperament must be one of equal, just, sargam, got 'mean'",
        ),
        ({"tonic": "H"}, "tonic must be a letter A to G, with # or b, got 'H'"),
        ({"tonic": ""}, "tonic must be a letter A to G, with # or b, got ''"),
        ({"tonic": "C##"}, "tonic must be a letter A to G, with # or b, got 'C##'"),
    ],
)
def test_what_breaks_a_rule_is_named(arguments, message):
    with pytest.raises(RuleError) as error:
        Tuning(**arguments)
    assert str(error.value) == message


@pytest.mark.parametrize("f0_hz", [0.0, -1.0, float("nan"), float("inf")])
def test_no_frequency_has_no_pitch(f0_hz):
    with pytest.raises(RuleError) as error:
        Tuning().nearest(f0_hz)
    assert str(error.value) == f"f0_hz must be above 0 and finite, got {f0_hz:g}"


@pytest.mark.parametrize("pitch", [-1, 128])
def test_only_midi_pitches_have_a_frequency_and_a_name(pitch):
    for ask in (Tuning().f0_hz, Tuning().name, Tuning(temperament="sargam").name):
        with pytest.raises(RuleError) as error:
            ask(pitch)
        assert str(error.value) == f"pitch must be 0 to 127, got {pitch}"
