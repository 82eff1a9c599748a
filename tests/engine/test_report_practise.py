"""What a report suggests to practise, and the bars it chooses."""

from dataclasses import replace

import pytest

from engine.judging.remarks import JUMP_BACK, STOP
from engine.report import BarStats, Counts, HandStats, Incident
from engine.report.practise import LEAST_COST, MAX_EXERCISES, MAX_PHRASE_BARS, suggest

CLEAN = Counts(correct=8)


def bar(measure, cost=0.0, right=CLEAN, left=CLEAN, tempo_bpm=100.0, passes=1):
    hands = [HandStats("right", right, None, None, None), HandStats("left", left, None, None, None)]
    return BarStats(measure, passes, tuple(hands), tempo_bpm, 100.0, cost)


def bars(n, **special):
    """Clean bars, but for those given as ``bar_5=...``."""
    return [special.get(f"bar_{k}", bar(k)) for k in range(1, n + 1)]


def test_neighbours_that_cost_as_much_are_one_phrase():
    found = suggest(bars(9, bar_4=bar(4, 20.0), bar_5=bar(5, 30.0), bar_8=bar(8, 10.0)), [])
    assert [(e.from_measure, e.to_measure, e.cost) for e in found] == [(4, 5, 50.0), (8, 8, 10.0)]


def test_phrase_takes_no_bar_that_went_well_enough():
    found = suggest(bars(9, bar_4=bar(4, 100.0), bar_5=bar(5, 30.0)), [])
    assert [(e.from_measure, e.to_measure) for e in found] == [(4, 4), (5, 5)]


def test_phrases_are_short_few_and_do_not_overlap():
    found = suggest([bar(k, 20.0 + k % 3) for k in range(1, 40)], [])
    assert len(found) == MAX_EXERCISES
    places = [set(range(e.from_measure, e.to_measure + 1)) for e in found]
    assert all(len(place) <= MAX_PHRASE_BARS for place in places)
    assert len(set().union(*places)) == sum(map(len, places))


def test_bars_that_do_not_follow_each_other_are_no_phrase():
    found = suggest([bar(3, 20.0), bar(7, 20.0)], [])
    assert [(e.from_measure, e.to_measure) for e in found] == [(3, 3), (7, 7)]


def test_next_to_nothing_is_not_practised():
    assert suggest(bars(4, bar_2=bar(2, LEAST_COST - 0.1)), []) == []


def test_hand_that_made_the_mistakes_is_practised_alone():
    slips = Counts(correct=8, wrong_note=3)
    (exercise,) = suggest(bars(4, bar_2=bar(2, 30.0, left=slips)), [])
    assert exercise.hands == "left" and "the left hand alone" in exercise.advice
    (exercise,) = suggest(bars(4, bar_2=bar(2, 60.0, left=slips, right=slips)), [])
    assert exercise.hands == "both" and "hand" not in exercise.advice


def test_piece_for_one_hand_names_no_hand_in_its_advice():
    one = bar(2, 30.0, right=Counts(correct=8, wrong_note=3))
    (exercise,) = suggest([replace(one, hands=one.hands[:1])], [])
    assert exercise.hands == "right" and "hand" not in exercise.advice


@pytest.mark.parametrize(
    ("slips", "mode", "tempo_bpm"),
    [
        (Counts(correct=8, wrong_note=2, missed=1), "tempo", 76.0),
        (Counts(correct=8, late=3, early=1, extra=1), "tempo", 90.0),
        (Counts(correct=4, wrong_note=4), "wait", None),
    ],
)
def test_mistakes_decide_how_to_practise(slips, mode, tempo_bpm):
    (exercise,) = suggest(bars(4, bar_2=bar(2, 30.0, left=slips)), [])
    assert (exercise.mode, exercise.tempo_bpm) == (mode, tempo_bpm)


def test_practice_tempo_is_never_above_the_one_asked_for():
    fast = bar(2, 30.0, left=Counts(correct=8, late=4), tempo_bpm=150.0)
    (exercise,) = suggest(bars(4, bar_2=fast), [])
    assert exercise.tempo_bpm == 100.0


def test_bar_without_a_tempo_is_practised_at_the_pace_of_the_others():
    others = {f"bar_{k}": bar(k, tempo_bpm=60.0) for k in (1, 3, 4)}
    last = replace(bar(2, 30.0, left=Counts(correct=8, late=4)), tempo_bpm=None)
    (exercise,) = suggest(bars(4, bar_2=last, **others), [])
    assert exercise.tempo_bpm == 54.0


def test_reasons_say_what_went_wrong_most_first():
    slips = Counts(correct=8, wrong_note=1, missed=3)
    slow = bar(2, 30.0, left=slips, tempo_bpm=80.0, passes=2)
    happened = [Incident(STOP, 3.0, 2, 2, ""), Incident(JUMP_BACK, 5.0, 2, 1, "")]
    (exercise,) = suggest(bars(6, bar_2=slow), [*happened, happened[1]])
    assert exercise.reasons == (
        "3 missed notes",
        "1 wrong note in 2 passes",
        "tempo falls by 20 %",
        "stopped once",
        "went back twice",
    )


def test_stops_alone_are_practised_without_stopping():
    stop = Incident(STOP, 3.0, 2, 2, "")
    (exercise,) = suggest(bars(4, bar_2=bar(2, 10.0)), [stop])
    assert exercise.reasons == ("stopped once",) and "without stopping" in exercise.advice


def test_clean_beginning_leads_on_to_what_was_not_reached():
    rest = [replace(bar(k, passes=0), tempo_bpm=None) for k in range(5, 12)]
    (exercise,) = suggest([*bars(4), *rest], [])
    assert (exercise.from_measure, exercise.to_measure) == (5, 8)
    assert exercise.reasons == ("not reached yet",) and exercise.mode == "follow"


def test_nothing_played_is_nothing_to_practise():
    assert suggest([bar(k, passes=0) for k in range(1, 4)], []) == []
