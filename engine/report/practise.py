"""What to practise next: the bars that cost most, why, and how to go about them."""

from collections.abc import Sequence
from statistics import median

from engine.judging.remarks import HESITATION, JUMP_BACK, RESTART, STOP
from engine.judging.verdicts import EARLY, EXTRA, LATE, MISSED, RESULT_NAMES, WRONG_NOTE
from engine.report.values import BOTH, BarStats, Counts, Exercise, Incident
from engine.score.limits import MIN_TEMPO_BPM

MAX_EXERCISES = 3  # a player remembers three things
MAX_PHRASE_BARS = 4
LEAST_COST = 5.0  # half a note a pass
NEIGHBOUR_SHARE = (
    0.4  # of the worst bar's cost: a neighbour that costs so much is practised with it
)
ONE_HAND_SHARE = 0.7  # of the mistakes: the other hand only distracts
WAIT_SHARE = 0.34  # of the notes: who misses every third does not know them yet
SLOWER = 0.75  # for notes that go wrong
STEADIER = 0.9  # for notes at the wrong time
TEMPO_STEP_BPM = 2.0  # as metronomes have it
TEMPO_CHANGE = 0.1  # against the rest of the take; less is music

_MISTAKES = (WRONG_NOTE, MISSED, EXTRA, EARLY, LATE)  # of equally many, the first is told first
_INCIDENT_NAMES = {
    STOP: "stopped",
    HESITATION: "hesitated",
    JUMP_BACK: "went back",
    RESTART: "started over",
}


def suggest(bars: Sequence[BarStats], incidents: Sequence[Incident]) -> list[Exercise]:
    """Choose what to practise.

    Parameters
    ----------
    bars : sequence of BarStats
        All of the score's, in order.
    incidents : sequence of Incident
        Of the take.

    Returns
    -------
    list of Exercise
        At most ``MAX_EXERCISES``, the costliest first; where nothing went wrong, the first bars
        that were not reached.
    """
    phrases = _costliest(bars)
    if phrases:
        pace, has_both = _pace(bars), len(_all_hands(bars)) > 1
        return [_exercise(bars[begin:end], incidents, pace, has_both) for begin, end in phrases]
    begin = next((k for k, bar in enumerate(bars) if not bar.passes), None)
    if begin is None or not any(bar.passes for bar in bars):
        return []
    return [_go_on(bars[begin : begin + MAX_PHRASE_BARS], _pace(bars))]


def _costliest(bars: Sequence[BarStats]) -> list[tuple[int, int]]:
    """Phrases around the costliest bars, as half open ranges of places."""
    taken: set[int] = set()
    phrases: list[tuple[int, int]] = []
    for worst in sorted(range(len(bars)), key=lambda k: -bars[k].cost):
        if bars[worst].cost < LEAST_COST or len(phrases) == MAX_EXERCISES:
            break
        if worst not in taken:
            begin, end = _grow(bars, worst, taken)
            taken |= set(range(begin, end))
            phrases.append((begin, end))
    return sorted(phrases, key=lambda phrase: -sum(bar.cost for bar in bars[slice(*phrase)]))


def _grow(bars: Sequence[BarStats], worst: int, taken: set[int]) -> tuple[int, int]:
    begin, end = worst, worst + 1
    least = max(NEIGHBOUR_SHARE * bars[worst].cost, LEAST_COST)

    def joins(place: int, neighbour: int) -> bool:
        return (
            0 <= place < len(bars)
            and place not in taken
            and bars[place].cost >= least
            and abs(bars[place].measure - bars[neighbour].measure) == 1
        )

    while end - begin < MAX_PHRASE_BARS:
        before, after = joins(begin - 1, begin), joins(end, end - 1)
        if before and (not after or bars[begin - 1].cost >= bars[end].cost):
            begin -= 1
        elif after:
            end += 1
        else:
            break
    return begin, end


def _pace(bars: Sequence[BarStats]) -> float | None:
    """The player's tempo over the whole take, as a share of what was asked for."""
    shares = [bar.tempo_bpm / bar.asked_bpm for bar in bars if bar.tempo_bpm is not None]
    return median(shares) if shares else None


def _exercise(
    phrase: Sequence[BarStats], incidents: Sequence[Incident], pace: float | None, has_both: bool
) -> Exercise:
    hands, counts = _hands(phrase)
    first, last = phrase[0].measure, phrase[-1].measure
    happened = [i for i in incidents if first <= i.measure <= last and i.kind in _INCIDENT_NAMES]
    share = _pace(phrase)
    change = share / pace - 1.0 if share and pace else 0.0
    who = f"the {hands} hand alone, " if has_both and hands != BOTH else ""
    mode, tempo_bpm, advice = _advice(phrase, counts, who, bool(happened), share or pace)
    cost = round(sum(bar.cost for bar in phrase), 2)
    reasons = _reasons(phrase, counts, happened, change)
    return Exercise(first, last, hands, mode, tempo_bpm, cost, reasons, advice)


def _hands(phrase: Sequence[BarStats]) -> tuple[str, Counts]:
    """Which hands to practise, and their verdicts."""
    by_hand = {hand: Counts() for hand in _all_hands(phrase)}
    for bar in phrase:
        for stats in bar.hands:
            by_hand[stats.hand] = _add(by_hand[stats.hand], stats.counts)
    everything = _add(*by_hand.values())
    for hand, counts in by_hand.items():
        is_one_hand = counts.mistakes >= ONE_HAND_SHARE * everything.mistakes > 0
        if len(by_hand) == 1 or is_one_hand:
            return hand, counts
    return BOTH, everything


def _all_hands(bars: Sequence[BarStats]) -> list[str]:
    return list(dict.fromkeys(stats.hand for bar in bars for stats in bar.hands))


def _add(*counts: Counts) -> Counts:
    names = Counts.__dataclass_fields__
    return Counts(**{name: sum(getattr(one, name) for one in counts) for name in names})


def _reasons(
    phrase: Sequence[BarStats], counts: Counts, happened: Sequence[Incident], change: float
) -> tuple[str, ...]:
    told = [(getattr(counts, kind), RESULT_NAMES[kind]) for kind in _MISTAKES]
    reasons = [f"{n} {name} {_notes(n)}" for n, name in sorted(told, key=lambda t: -t[0]) if n]
    passes = max(bar.passes for bar in phrase)
    if reasons and passes > 1:
        reasons[-1] += f" in {passes} passes"
    if abs(change) >= TEMPO_CHANGE:
        reasons.append(f"tempo {'falls' if change < 0 else 'rises'} by {abs(change):.0%}")
    for kind, name in _INCIDENT_NAMES.items():
        n = sum(incident.kind == kind for incident in happened)
        reasons += [f"{name} {_times(n)}"] if n else []
    return tuple(reason.replace("%", " %") for reason in reasons)


def _advice(
    phrase: Sequence[BarStats], counts: Counts, who: str, has_trouble: bool, pace: float | None
) -> tuple[str, float | None, str]:
    """In which mode, how fast, and what to do, as a sentence."""
    keys = counts.wrong_note + counts.missed + counts.extra
    if counts.total and keys >= WAIT_SHARE * counts.total:
        return "wait", None, f"Play {who}with the music waiting for each key, until all are right."
    if counts.early + counts.late > keys:
        tempo_bpm = _slower(phrase, STEADIER, pace)
        told = f"Play {who}with the metronome at ♩ = {tempo_bpm:.0f}, counting aloud."
    elif keys or not has_trouble:
        tempo_bpm = _slower(phrase, SLOWER, pace)
        told = f"Play {who}at ♩ = {tempo_bpm:.0f}; raise it once three passes are clean."
    else:
        tempo_bpm = _slower(phrase, SLOWER, pace)
        told = f"Play {who}at ♩ = {tempo_bpm:.0f} without stopping, whatever happens."
    return "tempo", tempo_bpm, told


def _slower(phrase: Sequence[BarStats], share: float, pace: float | None) -> float:
    """A part of the tempo that the player's pace makes there, never above the one asked for."""
    asked_bpm = phrase[0].asked_bpm
    tempo_bpm = asked_bpm * min(share * (pace or 1.0), 1.0)
    return max(TEMPO_STEP_BPM * round(tempo_bpm / TEMPO_STEP_BPM), MIN_TEMPO_BPM)


def _go_on(phrase: Sequence[BarStats], pace: float | None) -> Exercise:
    hands, _ = _hands(phrase)
    tempo_bpm = _slower(phrase, STEADIER, pace)
    advice = "What was played was right: go on from here."
    first, last = phrase[0].measure, phrase[-1].measure
    return Exercise(first, last, hands, "follow", tempo_bpm, 0.0, ("not reached yet",), advice)


def _notes(n: int) -> str:
    return "note" if n == 1 else "notes"


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")
