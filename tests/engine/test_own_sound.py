"""What the machine itself sounds, remembered for as long as it may be heard."""

import pytest

from engine.listening.own_sound import KEPT, OwnSound


def test_nothing_explains_what_a_silent_machine_has_not_played():
    assert not OwnSound().explains(60, 1.0)


@pytest.mark.parametrize(
    ("pitch", "onset_sec", "is_own"),
    [
        (60, 1.0, True),
        (60, 1.4, True),
        (72, 1.02, True),
        (79, 1.02, True),
        (61, 1.0, False),
        (48, 1.0, False),
        (60, 0.9, False),
        (60, 1.6, False),
    ],
)
def test_a_note_explains_itself_and_its_low_partials_while_it_sounds(pitch, onset_sec, is_own):
    own = OwnSound()
    own.plays(60, 1.0, 1.5)
    assert own.explains(pitch, onset_sec) is is_own


def test_a_click_explains_what_is_high_and_near():
    own = OwnSound()
    own.plays(None, 2.0)
    assert own.explains(90, 2.03)
    assert not own.explains(60, 2.03)
    assert not own.explains(90, 2.2)


def test_what_a_machine_says_it_plays_takes_no_more_than_so_much_memory():
    own = OwnSound()
    for k in range(2 * KEPT):
        own.plays(60, 0.0, 1e6 + k)
    assert len(own._sounded) == KEPT
    assert own.explains(60, 0.1)
