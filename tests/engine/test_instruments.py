import pytest

from engine.errors import RuleError
from engine.instruments import ANY, INSTRUMENTS, instrument_named


def test_every_range_lies_within_a_piano_and_is_an_octave_at_least():
    for name, instrument in INSTRUMENTS.items():
        assert instrument.name == name
        assert ANY.low_pitch <= instrument.low_pitch <= instrument.high_pitch - 12
        assert instrument.high_pitch <= ANY.high_pitch
        assert instrument.kind in ("melody", "chords")


@pytest.mark.parametrize("name", ["violin", " Violin", "VIOLIN "])
def test_names_are_found_in_any_case(name):
    assert instrument_named(name) is INSTRUMENTS["violin"]


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(RuleError) as raised:
        instrument_named("kazoo")
    listed = ", ".join(sorted(INSTRUMENTS))
    assert str(raised.value) == f"instrument must be one of {listed}, got 'kazoo'"
