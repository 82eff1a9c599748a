"""How the reference follower feeds the tempo model: ``native/src/follower_tempo.c``, obviously."""

from dataclasses import dataclass, field, replace
from math import nan

from engine.reference_model import ANSWERS, TRAIL, Moment, Token
from engine.reference_tempo import Place, Tempo

UNKNOWN = (nan, nan)


@dataclass(frozen=True)
class Fed:
    """A note as it was fed to the tempo model."""

    onset_sec: float
    index: int = -1
    is_jump: bool = False


@dataclass
class Beat:
    """The tempo model and when it had the last moments due, the current one first."""

    model: Tempo = field(default_factory=Tempo)
    trail: list[tuple[int, tuple[float, float]]] = field(
        default_factory=lambda: [(-1, UNKNOWN)] * TRAIL
    )
    is_astray: bool = False

    def copy(self) -> "Beat":
        """The same, to go on from later."""
        return Beat(self.model.copy(), list(self.trail), self.is_astray)


class BeatFeed:
    """Feeds what the best hypothesis makes of the last notes, and takes back what it changes."""

    def __init__(self, moments: list[Moment]) -> None:
        self.moments = moments
        self.bar_beats = [m.onset_beat for m in moments if m.starts_bar]
        self.now = Beat()
        self.before: list[Beat] = []
        self.fed: list[Fed] = []

    def take(self, best: Token, onset_sec: float) -> None:
        """Take in one more note, after what the best hypothesis now says of the last ones."""
        count = len(self.fed)
        self.fed.append(Fed(onset_sec))
        oldest = max(0, count + 1 - ANSWERS)
        changed = [w for w in range(oldest, count) if self._told(best, w) != self.fed[w]]
        first = changed[0] if changed else count
        if changed:
            self.now = self.before[first]
        del self.before[first:]
        for when in range(first, count + 1):
            self.before.append(self.now.copy())
            self.fed[when] = self._told(best, when)
            self._feed(self.fed[when])

    def due(self, index: int) -> tuple[float, float]:
        """When the note's moment was due."""
        found = [due for moment, due in self.now.trail if moment == self._moment_of(index)[0]]
        return found[0] if index >= 0 and found else UNKNOWN

    def next_due(self, moment: int) -> tuple[float, float]:
        """When the moment after this one is due."""
        if not 0 <= moment < len(self.moments) - 1:
            return UNKNOWN
        return self.now.model.predict(self.moments[moment + 1].onset_beat)

    def _told(self, best: Token, when: int) -> Fed:
        told = replace(self.fed[when], index=best.answers[len(self.fed) - 1 - when])
        return replace(told, is_jump=when == best.pass_) if when >= best.pass_ else told

    def _moment_of(self, index: int) -> tuple[int, bool]:
        """The note's moment, and whether it is a grace note."""
        for m, moment in enumerate(self.moments):
            for slot in moment.slots:
                if index in slot.notes:
                    return m, slot.is_grace
        return -1, False

    def _place(self, m: int) -> Place:
        moment, starts = self.moments[m], self.bar_beats
        if len(starts) < 2:
            return Place(moment.onset_beat, is_held=moment.has_fermata)
        whole = min(moment.bar, len(starts) - 2)  # the last bar's end is not written
        length = starts[whole + 1] - starts[whole]
        within = min(moment.onset_beat - starts[moment.bar], length)
        return Place(moment.onset_beat, within, length, moment.has_fermata)

    def _feed(self, note: Fed) -> None:
        now = self.now
        now.is_astray |= note.is_jump
        moment, is_grace = self._moment_of(note.index)
        if note.index < 0 or is_grace:
            return
        if now.is_astray or moment < now.trail[-1][0]:
            now.model.jump(self._place(moment), note.onset_sec)
            now.trail = [(moment, UNKNOWN), *[(-1, UNKNOWN)] * (TRAIL - 1)]
            now.is_astray = False
        else:
            now.model.observe(self._place(moment), note.onset_sec)
            if moment > now.trail[0][0]:
                now.trail = [(moment, UNKNOWN), *now.trail[:-1]]
        now.trail[0] = now.trail[0][0], now.model.due()
