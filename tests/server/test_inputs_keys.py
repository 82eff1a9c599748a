"""The computer's keys as an instrument."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Event, Kind
from server.cli.playing.terminal_keys import characters
from server.inputs.computer_keys import REPEAT_SEC, STEPS, ComputerKeys, legend

LATER_SEC = 100.0


def pitches(keys: ComputerKeys, now_sec: float = LATER_SEC) -> list[int]:
    return [event.number for event in keys.poll(now_sec)]


def typed(text: str, gap_sec: float = 0.3) -> ComputerKeys:
    keys = ComputerKeys()
    for k, key in enumerate(text):
        keys.type(key, k * gap_sec)
    return keys


def test_the_home_row_is_a_c_major_scale_and_the_row_above_its_black_keys():
    assert pitches(typed("asdfghjk")) == [60, 62, 64, 65, 67, 69, 71, 72]
    assert pitches(typed("wetyuop")) == [61, 63, 66, 68, 70, 73, 75]


def test_a_note_carries_the_time_it_was_struck():
    keys = ComputerKeys()
    keys.type("d", 1.25)
    assert keys.poll(3.0) == [Event(1.25, Kind.NOTE_ON, 64, 80)]
    assert keys.poll(4.0) == []


def test_octave_keys_shift_what_follows_and_stop_at_the_end():
    assert pitches(typed("axaza")) == [60, 72, 60]
    assert pitches(typed("x" * 20 + "'")) == [60 + 36 + 17]
    assert pitches(typed("z" * 20 + "a")) == [24]


def test_other_keys_play_nothing():
    keys = ComputerKeys()
    keys.type("qQA1 \n\té漢", 0.0)
    assert pitches(keys) == []


@pytest.mark.parametrize("sent", ["\x1b[A", "\x1b[1;5D", "\x1bOP", "\x1b[15~", "\x1bs", "\x1b"])
def test_function_keys_are_no_characters(sent):
    assert characters(sent.encode()) == ""
    assert characters(f"a{sent}\x1b[Bd".encode()) == "ad"


def test_characters_cut_off_or_not_ascii_do_no_harm():
    assert characters("aé".encode()[:-1] + b"\xff") == "a"


@pytest.mark.parametrize("delay_sec", [0.25, 0.5, 0.66])
@pytest.mark.parametrize("rate_hz", [11, 25, 40])
def test_a_key_that_is_held_plays_once(delay_sec, rate_hz):
    keys = ComputerKeys()
    times = [0.0, *(delay_sec + k / rate_hz for k in range(30))]
    heard = []
    for time_sec in times:
        heard += keys.poll(time_sec)
        keys.type("f", time_sec)
    assert [event.time_sec for event in heard + keys.poll(LATER_SEC)] == [0.0]


@pytest.mark.parametrize("gap_sec", [0.11, 0.3, 2.0])
def test_a_key_that_is_struck_again_plays_again_at_its_own_time(gap_sec):
    keys = typed("ggg", gap_sec)
    assert [event.time_sec for event in keys.poll(LATER_SEC)] == pytest.approx(
        [0.0, gap_sec, 2 * gap_sec]
    )


def test_a_repeated_note_is_certain_after_the_repeat_time_or_with_the_next_key():
    keys = typed("aa")
    assert pitches(keys, 0.3) == [60]
    assert pitches(keys, 0.3 + REPEAT_SEC / 2) == []
    assert pitches(keys, 0.3 + 1.01 * REPEAT_SEC) == [60]
    keys = typed("aa")
    keys.type("s", 0.31)
    assert pitches(keys, 0.31) == [60, 60, 62]


@given(st.lists(st.tuples(st.sampled_from("asdqwzx"), st.floats(0.001, 0.5)), max_size=40))
def test_notes_come_in_order_and_never_before_they_were_struck(strokes):
    keys, now_sec, heard, struck = ComputerKeys(), 0.0, [], []
    for key, gap_sec in strokes:
        now_sec += gap_sec
        keys.type(key, now_sec)
        struck += [now_sec] * (key in STEPS)
        heard += keys.poll(now_sec)
    times = [event.time_sec for event in heard + keys.poll(now_sec + 1.0)]
    assert times == sorted(times)
    assert set(times) <= set(struck)


def test_the_legend_shows_every_playing_key():
    assert set("".join(legend())) - {" "} == set(STEPS)
