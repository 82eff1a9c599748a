"""The path through every shipped piece: all of it is learned, and each step can be played."""

import statistics

import pytest

from engine import Score
from engine.errors import RuleError
from server.pieces import catalogue
from server.pieces.tutorial import path_through

SONGS = pytest.mark.parametrize("song", catalogue.songs(), ids=lambda song: song.slug)
MODES = {"wait": 0, "follow": 1, "tempo": 2}


@SONGS
def test_every_bar_is_in_one_part_and_every_step_can_be_played(song):
    score = song.score()
    path = path_through(score)
    bars = [bar for part in path.parts for bar in range(part.from_bar, part.to_bar + 1)]
    assert bars == sorted(set(score.bars["measure"].tolist()))
    assert [part.number for part in path.parts] == list(range(1, len(path.parts) + 1))
    assert [step.number for step in path.steps] == list(range(1, len(path.steps) + 1))
    assert path.minutes == sum(step.minutes for step in path.steps)
    for step in path.steps:
        assert len(score.section(step.from_bar, step.to_bar, step.hands).notes)
        assert 5 <= step.tempo_bpm <= 1000
        assert step.minutes >= 1 and 50 < step.accuracy_percent <= 100
        assert step.task.endswith(".") and "{" not in step.task
        assert ("hand" in step.task) == (song.hands == "both")


@SONGS
def test_a_part_is_learned_hand_by_hand_then_faster_and_faster(song):
    path = path_through(song.score())
    for part in path.parts:
        steps = [step for step in path.steps if step.part == part.number]
        whole = [step for step in steps if (step.from_bar, step.to_bar) == part[1:3]]
        full = whole[-1].hands
        hands = list(dict.fromkeys(step.hands for step in whole))
        is_shared = song.hands == "both" and full == "both"
        assert hands == (["right", "left", "both"] if is_shared else [full])
        for hand in hands:
            modes = [MODES[step.mode] for step in whole if step.hands == hand]
            assert modes == sorted(modes)
        assert [step.tempo_percent for step in whole if step.mode == "tempo"][-2:] == [80, 100]


@SONGS
def test_a_piece_ends_with_all_of_it_at_full_tempo(song):
    path = path_through(song.score())
    last = path.steps[-1]
    assert (last.from_bar, last.to_bar) == (path.parts[0].from_bar, path.parts[-1].to_bar)
    assert (last.mode, last.tempo_percent, last.hands) == ("tempo", 100, "both")
    assert last.tempo_bpm == round(song.tempo_bpm)


def test_one_hand_is_a_shorter_path_than_two():
    one, two = (
        path_through(catalogue.find(slug).score())
        for slug in ("ode-to-joy", "ode-to-joy-two-hands")
    )
    assert one.minutes < two.minutes and len(one.steps) < len(two.steps)


def test_hard_parts_come_first_and_in_small_pieces():
    path = path_through(catalogue.find("minuet-in-g").score())
    hard = [part for part in path.parts if part.is_hard]
    assert hard and len(hard) < len(path.parts)
    order = list(dict.fromkeys(step.part for step in path.steps if step.part))
    by_level = sorted(hard, key=lambda part: -part.level)
    assert order[: len(hard)] == [part.number for part in by_level]
    assert order[len(hard) :] == [part.number for part in path.parts if not part.is_hard]
    first = path.steps[0]
    assert (first.from_bar, first.to_bar) == (by_level[0].from_bar, by_level[0].from_bar + 1)
    assert first.mode == "wait"


def test_some_bars_are_a_path_of_their_own():
    path = path_through(catalogue.find("minuet-in-g").score(), 9, 16)
    assert {step.from_bar for step in path.steps} >= {9, 13}
    assert min(step.from_bar for step in path.steps) == 9
    assert max(step.to_bar for step in path.steps) == 16


def test_bars_of_rests_are_nothing_to_learn():
    score = Score.from_bytes(b"X:1\nM:4/4\nL:1/4\nK:C\nCDEF|z4|z4|CDEF|")
    with pytest.raises(RuleError, match="there must be notes in the bars to learn"):
        path_through(score, 2, 3)
    assert path_through(score).parts[0].to_bar == 4


def test_levels_are_near_those_of_the_catalogue():
    songs = catalogue.songs()
    levels = [path_through(song.score()).level for song in songs]
    wrong = [abs(level - song.level) for level, song in zip(levels, songs, strict=True)]
    assert statistics.mean(wrong) < 0.6 and max(wrong) < 2.0
    written = [float(song.level) for song in songs]
    assert statistics.correlation(levels, written) > 0.6


def test_slower_takes_longer():
    path = path_through(catalogue.find("prelude-in-c").score())
    bars = (path.parts[0].from_bar, path.parts[-1].to_bar)
    whole = [step for step in path.steps if (step.from_bar, step.to_bar) == bars]
    minutes = [step.minutes for step in whole if step.mode == "tempo"]
    assert minutes == sorted(minutes, reverse=True) and minutes[0] > minutes[-1]
