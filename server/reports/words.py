"""Names of things in the report, as people read them."""

from collections.abc import Sequence

from engine.judging.verdicts import RESULT_NAMES
from engine.report import BarChange, Counts, Exercise, Intonation, Progress, TakePoint
from engine.report.intonation import OFF_CENTS
from engine.report.values import BOTH, LEFT, NEITHER, RIGHT

MAX_CHANGES = 6  # the rest are a number
HAND_NAMES = {RIGHT: "right", LEFT: "left", BOTH: "both hands"}
MODE_NAMES = {
    "tempo": "with the metronome",
    "follow": "you led",
    "wait": "the music waited",
}


def counts_text(counts: Counts) -> str:
    """Every kind there is, with its number."""
    told = [
        f"{getattr(counts, kind)} {name}"
        for kind, name in RESULT_NAMES.items()
        if getattr(counts, kind)
    ]
    return ", ".join(told) or "nothing"


def bars_text(first: int, last: int) -> str:
    """One bar, or several."""
    return f"bar {first}" if first == last else f"bars {first}–{last}"


def what_text(take: TakePoint) -> str:
    """Which bars and hands a take was of."""
    hands = "" if take.hands == BOTH else f", {take.hands} hand"
    return bars_text(take.from_measure, take.to_measure) + hands


def exercise_head(exercise: Exercise, has_both_hands: bool) -> str:
    """Which bars and hands to practise."""
    bars = bars_text(exercise.from_measure, exercise.to_measure)
    hands = exercise.hands
    return f"{bars}, {hands} hand" if has_both_hands and hands != BOTH else bars


def number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """A number with its unit; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}{unit}"


def timing_text(timing_ms: float) -> str:
    """How early or late, in whole milliseconds."""
    return f"{round(timing_ms):+d} ms"


def cents_text(cents: float) -> str:
    """How sharp or flat, in whole cents."""
    return f"{round(cents):+d} cents"


def intonation_text(intonation: Intonation) -> str:
    """How in tune the notes were."""
    habit = "" if intonation.tendency == NEITHER else f", rather {intonation.tendency}"
    off = f"{intonation.notes_off} of {intonation.notes} notes more than {OFF_CENTS} cents off"
    return (
        f"intonation {cents_text(intonation.mean_cents)}{habit}, "
        f"the middle half within {intonation.iqr_cents:.0f} cents, {off}"
    )


def balance_text(balance: float) -> str:
    """Which hand is louder, by how much of MIDI's 127 steps."""
    if round(balance) == 0:
        return "both hands equally loud"
    louder = HAND_NAMES[RIGHT if balance > 0 else LEFT]
    return f"{louder} hand louder by {abs(balance):.0f} of 127"


def day_text(take: TakePoint) -> str:
    """The day of a take, here."""
    return f"{take.started_at.astimezone():%d %b}".lstrip("0")


def time_text(take: TakePoint) -> str:
    """Day and time of a take, here."""
    return f"{take.started_at.astimezone():%Y-%m-%d %H:%M}"


def changes_text(progress: Progress) -> list[str]:
    """Which bars are better than they were, and which are worse."""
    told = (("Better", progress.better), ("Worse", progress.worse))
    return [f"{word}: {_places(changes)}." for word, changes in told if changes]


def _places(changes: Sequence[BarChange]) -> str:
    named = [
        f"bar {change.measure} {HAND_NAMES[change.hand]} ({change.before:.2g} → {change.now:.2g})"
        for change in changes[:MAX_CHANGES]
    ]
    more = len(changes) - MAX_CHANGES
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")
