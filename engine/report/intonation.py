"""How in tune a singer or player was, note by note and in all."""

from collections.abc import Sequence
from statistics import fmean, quantiles

from engine.events import IN_TUNE, Event, Kind
from engine.report.values import FLAT, NEITHER, SHARP, Intonation

OFF_CENTS = 30  # from here on a note sounds out of tune to most listeners, alone too
LEANING_CENTS = 5.0  # a mean nearer to 0 is no habit: what a good ear can just tell apart


class HeardCents:
    """Keeps how far off each note was that a microphone heard.

    Attributes
    ----------
    of_note : dict of int to int
        Cents, sharp positive, by the number of the note-on.
    """

    def __init__(self) -> None:
        self.of_note: dict[int, int] = {}
        self._down: dict[int, int] = {}  # pitch -> note
        self._n_notes = 0

    def take(self, event: Event) -> None:
        """Take in the next event of the take."""
        _, kind, number, value = event
        if kind == Kind.NOTE_ON and value:
            self._down[number] = self._n_notes
            self._n_notes += 1
        elif kind == Kind.RENAMED and value in self._down:
            self._down[number] = self._down.pop(value)
        elif kind == Kind.CENTS and number in self._down:
            self.of_note[self._down[number]] = value - IN_TUNE


def intonation(cents: Sequence[float]) -> Intonation | None:
    """Sum up how far off some notes were; None where nothing is known of any."""
    if not cents:
        return None
    low, _, high = quantiles(cents, n=4, method="inclusive") if len(cents) > 1 else [cents[0]] * 3
    mean = fmean(cents)
    leans = NEITHER if abs(mean) < LEANING_CENTS else SHARP if mean > 0 else FLAT
    return Intonation(
        notes=len(cents),
        mean_cents=round(mean, 1),
        off_cents=round(fmean(map(abs, cents)), 1),
        iqr_cents=round(high - low, 1),
        notes_off=sum(abs(value) > OFF_CENTS for value in cents),
        tendency=leans,
    )
