"""What is made of the chances of notes at an attack."""

import numpy as np
import pytest

from engine.instruments import instrument_named
from engine.listening.chord_judgement import Struck, judge

SOON, LATER, LATE = 0.06, 0.16, 0.3


def nobody(_pitch, _onset_sec):
    return False


def told(chances, waited_sec, wanted=(60, 64, 67), instrument="piano", explains=nobody, **given):
    """What is told of an attack where all other pitches have no chance."""
    held = {pitch: given.get("since_sec", 0.5) for pitch in given.get("held", ())}
    told_before = given.get("told", {})
    struck = Struck(1.0, frozenset(wanted), instrument_named(instrument), held, told_before)
    asked = [chances.get(pitch, 0.0) for pitch in struck.candidates(waited_sec).tolist()]
    found = judge(struck, waited_sec, np.array(asked), given.get("is_last", False), explains)
    return [pitch for pitch, _ in found]


@pytest.mark.parametrize(
    ("waited_sec", "sure"), [(0.06, 0.95), (0.1, 0.85), (0.16, 0.7), (0.3, 0.65)]
)
def test_an_expected_note_is_told_when_it_is_sure_enough(waited_sec, sure):
    assert told({60: sure + 0.01}, waited_sec) == [60]
    assert told({60: sure - 0.01}, waited_sec) == []


def test_with_the_next_attack_less_will_do():
    assert told({60: 0.68}, SOON) == []
    assert told({60: 0.68}, SOON, is_last=True) == [60]


def test_a_note_is_told_once():
    assert told({60: 0.99, 64: 0.99}, LATE, told={60: 0.9}) == [64]


def test_a_note_that_still_sounds_must_be_surer_to_have_been_struck_again():
    assert told({60: 0.85, 64: 0.85}, LATE, held=(60,)) == [64]
    assert told({60: 0.91}, LATE, held=(60,)) == [60]
    assert told({70: 0.99}, LATE, wanted=(61,), held=(70,)) == []


def test_an_unexpected_note_is_told_late_and_only_beyond_doubt():
    assert told({70: 0.99}, SOON) == []
    assert told({70: 0.96}, LATE) == []
    assert told({70: 0.99}, LATER) == [70]


@pytest.mark.parametrize("shadow", [72, 79, 84, 48, 59, 61])
def test_a_shadow_of_an_expected_note_that_may_sound_is_not_told(shadow):
    assert told({60: 0.3, shadow: 0.99}, LATE) == []
    assert told({60: 0.01, shadow: 0.99}, LATE, wanted=(60,)) == [shadow]


def test_more_than_two_wrong_notes_are_rather_a_noise():
    assert told({50: 0.99, 54: 0.98, 57: 0.995}, LATE) == [50, 57]


def test_what_the_machine_sounds_is_not_the_players():
    assert told({70: 0.99, 60: 0.99}, LATE) == [60, 70]
    assert told({70: 0.99, 60: 0.99}, LATE, explains=machine_sounds(70)) == [60]


def machine_sounds(*pitches):
    return lambda pitch, _onset_sec: pitch in pitches


def test_what_both_are_to_play_is_told_only_with_something_else_of_the_players():
    assert told({60: 0.99}, LATE, explains=machine_sounds(60)) == []
    assert told({60: 0.99, 67: 0.99}, LATE, explains=machine_sounds(60)) == [60, 67]
    assert told({60: 0.99}, LATE, explains=machine_sounds(60), told={67: 0.9}) == [60]
    assert told({60: 0.99}, LATE, wanted=(60,), explains=machine_sounds(60)) == [60]


def test_a_note_told_just_before_was_not_struck_again():
    assert told({60: 0.99}, LATE, held=(60,), since_sec=0.9) == []
    assert told({60: 0.99}, LATE, held=(60,), since_sec=0.8) == [60]


def test_where_nothing_is_expected_all_that_is_likely_is_told():
    assert told({50: 0.85, 54: 0.9, 57: 0.95, 62: 0.7}, LATE, wanted=()) == [50, 54, 57]


def test_a_guitar_string_that_doubles_a_lower_one_needs_less():
    chances = {48: 0.9, 60: 0.4, 64: 0.4}
    wanted = (48, 60, 64)
    assert told(chances, LATE, wanted, "guitar") == [48, 60]
    assert told(chances, LATE, wanted, "piano") == [48]
    assert told({48: 0.4, 60: 0.9}, LATE, wanted, "guitar") == [60]
    assert told(chances, SOON, wanted, "guitar") == []


def test_expected_notes_that_no_piano_has_are_not_asked_about():
    struck = Struck(0.0, frozenset({12, 60, 120}), instrument_named("guitar"))
    assert struck.candidates(SOON).tolist() == [60]
    assert 60 in struck.candidates(LATE).tolist()
    assert struck.candidates(LATE).min() == 38


def test_what_was_expected_once_is_no_wrong_note():
    struck = Struck(1.0, frozenset({60, 64}), instrument_named("piano"))
    struck.want(frozenset({65}))
    asked = np.array([{64: 0.99, 65: 0.9}.get(p, 0.0) for p in struck.candidates(LATE).tolist()])
    assert [pitch for pitch, _ in judge(struck, LATE, asked, True, nobody)] == [65]
