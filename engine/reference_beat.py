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
    turned: int = 0  # 1: by a repeat, in time; 2: by a leap


@dataclass
class Beat:
    """The tempo model and when it had the last moments due, the current one first."""

    model: Tempo = field(default_factory=Tempo)
    trail: list[tuple[int, tuple[float, float]]] = field(
        default_factory=lambda: [(-1, UNKNOWN)] * TRAIL
    )
    turned: int = 0

    def copy(self) -> "Beat":
        """The same, to go on from later."""
        return Beat(self.model.copy(), list(self.trail), self.turned)


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
        if when < best.pass_:
            return told
        return replace(told, turned=0 if when > best.pass_ else 1 if best.is_repeat else 2)

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
        now.turned = max(note.turned, now.turned)
        moment, is_grace = self._moment_of(note.index)
        if note.index < 0 or is_grace:
            return
        is_repeat = now.turned == 1 and now.trail[0][0] >= 0 and self.moments[moment].bar > 0
        is_elsewhere = now.turned > 0 or moment < now.trail[-1][0]
        if is_repeat:  # the beat goes on: the bar left counts as the other pass's
            twin, left = self.moments[moment].bar - 1, self.moments[now.trail[0][0]].bar
            now.model.shift(self.bar_beats[twin] - self.bar_beats[left])
        if is_elsewhere:
            now.trail = [(-1, UNKNOWN)] * TRAIL
        take = now.model.jump if is_elsewhere and not is_repeat else now.model.observe
        take(self._place(moment), note.onset_sec)
        if moment > now.trail[0][0]:
            now.trail = [(moment, UNKNOWN), *now.trail[:-1]]
        now.trail[0] = now.trail[0][0], now.model.due()
        now.turned = 0
