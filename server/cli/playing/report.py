"""What was said of a take, note by note and bar by bar, for people to read."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from math import isfinite, isnan

from engine.events import Event
from engine.judging import Verdict
from engine.judging.verdicts import IGNORED, RESULT_NAMES, RESULTS
from engine.performance import Performance, Result
from engine.pitch_names import PITCH_NAMES
from engine.report.intonation import HeardCents, intonation
from engine.report.played import N_MATCHED
from server.reports.words import intonation_text

SIGNS = {  # a result must not be told by its colour alone
    "correct": "✓",
    "early": "‹",
    "late": "›",
    "wrong_note": "✗",
    "missed": "○",
    "extra": "+",
}
IGNORED_SIGN = "·"  # of the hand that is not judged
STYLES = {
    "correct": "green",
    "early": "yellow",
    "late": "yellow",
    "wrong_note": "bold red",
    "missed": "red",
    "extra": "magenta",
}
NAMED = RESULTS[:N_MATCHED]  # what is said of a note that is the written one
ORNAMENT = "ornament"  # what is said of its notes, which are right


def beat_name(beat: float) -> str:
    """Name a place in the bar as it is counted: 1, 2, and 2+ for what falls between 2 and 3."""
    return f"{int(beat) + 1}{'+' if beat % 1 else ''}"


def timing_text(timing_sec: float) -> str:
    """Write how early or late a note was; empty where that is not judged."""
    return f"{round(timing_sec * 1000):+d} ms" if isfinite(timing_sec) else ""


class Report:
    """Keeps what is said of a take.

    Parameters
    ----------
    performance : Performance
        The take's.

    Attributes
    ----------
    latest : dict
        The latest verdict on each score note that has one.
    last_played : Verdict or None
        The verdict on the note played last.
    """

    def __init__(self, performance: Performance) -> None:
        self.performance = performance
        self.latest: dict[int, Verdict] = {}
        self.last_played: Verdict | None = None
        self._notes = performance.score.notes
        self._given: dict[int, tuple[int, Verdict]] = {}  # played index -> bar, verdict
        self._cents = HeardCents()
        self._mistakes: defaultdict[int, Counter[str]] = defaultdict(Counter)

    def hear(self, event: Event) -> None:
        """Take in what was played, for how in tune it was."""
        self._cents.take(event)

    def add(self, results: Iterable[Result]) -> list[Verdict]:
        """Take in what was said, and return the verdicts of it."""
        verdicts = [
            result
            for result in results
            if isinstance(result, Verdict) and result.result != IGNORED  # nobody's slip
        ]
        for verdict in verdicts:
            self._add(verdict)
        return verdicts

    @property
    def mistakes(self) -> dict[int, Counter[str]]:
        """How many of each slip, by written bar; bars without any are left out."""
        counted = {bar: +slips for bar, slips in sorted(self._mistakes.items())}
        return {bar: slips for bar, slips in counted.items() if slips}

    def line(self, verdict: Verdict) -> str:
        """Write one verdict as a line of text."""
        where, written = " " * 15, ""
        if verdict.score_index >= 0:
            note = self._notes[verdict.score_index]
            where = f"bar {note['measure']:>3}  beat {beat_name(note['beat']):<3}"
            written = PITCH_NAMES[note["pitch"]]
        played = PITCH_NAMES[verdict.pitch] if verdict.pitch >= 0 else ""
        told = f"played {played}" if played and played != written else ""
        name = RESULT_NAMES.get(verdict.result, verdict.result)
        word = ORNAMENT if verdict.is_ornament else name
        sign = SIGNS.get(verdict.result, IGNORED_SIGN)
        again = "(seen better)" if verdict.is_revision else ""
        parts = (f"{where} {written:<4} {sign} {word:<10}", told)
        return " ".join([*parts, timing_text(verdict.timing_sec), again]).rstrip()

    def _add(self, verdict: Verdict) -> None:
        old_bar, old = self._given.get(verdict.played_index, (0, None))
        if verdict.is_revision and old is not None:
            self._mistakes[old_bar][old.result] -= 1
            if self.latest.get(old.score_index) is old:
                del self.latest[old.score_index]
        bar = self._bar(verdict)
        if verdict.result != "correct":
            self._mistakes[bar][verdict.result] += 1
        if verdict.score_index >= 0 and not verdict.is_ornament:
            self.latest[verdict.score_index] = verdict
        if verdict.played_index >= 0:
            self._given[verdict.played_index] = bar, verdict
            self.last_played = verdict

    def _bar(self, verdict: Verdict) -> int:
        if verdict.score_index >= 0:
            return int(self._notes["measure"][verdict.score_index])
        return self.performance.position.measure

    def summary_lines(self) -> list[str]:
        """Write the marks, the counts, how in tune it was, and the slips of each bar."""
        summary = self.performance.summary()
        counts = (
            f"{SIGNS[result]} {count} {RESULT_NAMES[result]}"
            for result, count in summary.counts.items()
            if count
        )
        lines = [
            f"score {summary.overall_score:g} %, accuracy {summary.accuracy:g} %, "
            f"grade {summary.grade}",
            "  ".join(counts),
            summary.message,
            self._intonation_line(),
        ]
        for bar, slips in self.mistakes.items():
            told = ", ".join(f"{n} {RESULT_NAMES[result]}" for result, n in slips.items())
            lines.append(f"bar {bar:>3}  {told}")
        return [line for line in lines if line]

    def _intonation_line(self) -> str:
        given = self._given
        right = {note for note, (_, verdict) in given.items() if verdict.result in NAMED}
        cents = [cents for note, cents in self._cents.of_note.items() if note in right]
        summed = intonation(cents)
        return "" if summed is None else intonation_text(summed)


def tempo_text(tempo_bpm: float) -> str:
    """Write a tempo in quarter notes a minute; a dash where there is none yet."""
    return "–" if isnan(tempo_bpm) else f"♩ = {tempo_bpm:.0f}"
