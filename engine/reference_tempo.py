"""The tempo model in plain Python: what ``native/src/tempo.c`` computes, step for step.

Parallel Kalman filters of the beat's phase and period, one for each way in which an interval may
come, run for every pair of the last two ways and merged by the last:

- Cemgil, Kappen, Desain, Honing (2000), "On tempo tracking: tempogram representation and Kalman
  filtering", JNMR 29(4): phase and period as the state.
- Bar-Shalom, Li, Kirubarajan (2001), "Estimation with applications to tracking and navigation",
  section 11.6.5: the generalised pseudo-Bayesian method of order 2.
- Lange, Little, Taylor (1989), "Robust statistical modeling using the t distribution", JASA
  84(408): the weight of what lies far off.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isnan, nan, sqrt

STEADY, FREE, CHANGE, SLIP, STOP = MODES = range(5)
COMMON, HABITS = 2, 32
STEADY_INTERVAL, FREE_INTERVAL, CHANGE_INTERVAL = 0.02, 0.12, 0.03
STEADY_DRIFT, FREE_DRIFT, CHANGE_DRIFT = 0.01, 0.04, 0.25
ONSET_SEC, SLIP_SEC, STOP_SEC, STOP_RATIO, TEMPO_NU = 0.004, 0.06, 0.3, 2.0, 4.0
STAY, EARLY_STOP, LATE_STOP = 0.9, 0.001, 2.0
STEADY_SHARE, FREE_SHARE, CHANGE_SHARE, SLIP_SHARE, STOP_SHARE = 0.55, 0.27, 0.1, 0.06, 0.02
FIRST_SPREAD, FIRST_MIN_SEC, RESUME_SPREAD = 0.3, 0.02, 0.1
STEP_MIN, SPB_MIN, SPB_MAX, SAME_BEAT = 0.1, 1e-9, 1e12, 1e-6
HABIT_GAIN, HABIT_LEAK, HABIT_MAX, STRETCH_MIN, STRETCH_MAX = 0.07, 0.01, 0.3, 0.5, 2.0
"""The constants of ``native/src/tempo_model.h`` and ``tempo.h``, where their reasons are."""

SHARES = (STEADY_SHARE, FREE_SHARE, CHANGE_SHARE, SLIP_SHARE, STOP_SHARE)
DRIFTS = [d * d for d in (STEADY_DRIFT, FREE_DRIFT, CHANGE_DRIFT, STEADY_DRIFT, STEADY_DRIFT)]
SPREADS = [
    s * s
    for s in (STEADY_INTERVAL, FREE_INTERVAL, CHANGE_INTERVAL, STEADY_INTERVAL, STEADY_INTERVAL)
]


@dataclass(frozen=True)
class Place:
    """A moment of the score; ``bar_beats`` is 0 where the bar is unknown."""

    beat: float
    beat_in_bar: float = 0.0
    bar_beats: float = 0.0
    is_held: bool = False


@dataclass
class Belief:
    """What is believed if the last interval was of one mode."""

    weight: float = 0.0
    onset_sec: float = 0.0
    spb: float = 0.0
    onset_var: float = 0.0
    cross_var: float = 0.0
    spb_var: float = 0.0

    def carry(self, stretched: float) -> "Belief":
        """Where the line leads over an interval, if nothing happens to it."""
        return Belief(
            self.weight,
            self.onset_sec + self.spb * stretched,
            self.spb,
            self.onset_var
            + (2.0 * stretched * self.cross_var + stretched * stretched * self.spb_var),
            self.cross_var + stretched * self.spb_var,
            self.spb_var,
        )

    def loosen(self, mode: int, gap_sec: float, stretched: float, held_var: float) -> None:
        """Take in what an interval of this mode may have done to time and tempo."""
        drift = DRIFTS[mode] * (self.spb * self.spb) * gap_sec
        stop = stop_var(gap_sec) if mode == STOP else held_var
        self.onset_var += (
            SPREADS[mode] * gap_sec + stop + drift * (stretched * stretched) * (1.0 / 3.0)
        )
        self.cross_var += drift * stretched * 0.5
        self.spb_var += drift

    def correct(self, mode: int, stretched: float, onset_sec: float) -> None:
        """Learn from the onset; what is too far off widens the variance it belongs to."""
        slip_var = SLIP_SEC * SLIP_SEC if mode == SLIP else 0.0
        total = self.onset_var + (ONSET_SEC * ONSET_SEC + slip_var)
        error = onset_sec - self.onset_sec
        ratio = error * error / total
        tail = 1.0 + ratio * (1.0 / TEMPO_NU)
        extra = total * ((ratio - 1.0) * (1.0 / (TEMPO_NU + 1.0))) if ratio > 1.0 else 0.0
        self.weight /= tail * tail * sqrt(tail * total)
        if mode == STOP:
            self.weight *= min(max(error / STOP_SEC, EARLY_STOP), LATE_STOP)
        if mode != SLIP:
            self.onset_var += extra
        if mode == CHANGE:
            self.cross_var += extra / stretched
            self.spb_var += extra / (stretched * stretched)
        scale = 1.0 / (total + extra)
        gain, tempo_gain = self.onset_var * scale, self.cross_var * scale
        self.onset_sec += gain * error
        self.spb_var = max(self.spb_var - tempo_gain * self.cross_var, 0.0)
        slowest = max(STEP_MIN * self.spb, SPB_MIN)
        self.spb = min(max(self.spb + tempo_gain * error, slowest), SPB_MAX)
        self.onset_var *= 1.0 - gain
        self.cross_var *= 1.0 - gain


def merge(parts: Sequence[Belief]) -> Belief:
    """One belief of the same mean and variance as several of different weights."""
    total = Belief()
    for part in parts:
        total.weight += part.weight
    scale = 1.0 / total.weight
    for part in parts:
        share = part.weight * scale
        total.onset_sec += share * part.onset_sec
        total.spb += share * part.spb
    for part in parts:
        share = part.weight * scale
        ahead, slower = part.onset_sec - total.onset_sec, part.spb - total.spb
        total.onset_var += share * (part.onset_var + ahead * ahead)
        total.cross_var += share * (part.cross_var + ahead * slower)
        total.spb_var += share * (part.spb_var + slower * slower)
    return total


def stop_var(gap_sec: float) -> float:
    """Variance of the time that a pause takes."""
    ratio = STOP_RATIO * gap_sec
    return STOP_SEC * STOP_SEC + ratio * ratio


def transition(last: int, to: int) -> float:
    """The chance that a mode follows another."""
    if last < COMMON:
        return (1.0 - STAY) * SHARES[to] + (STAY if last == to else 0.0)
    return SHARES[to] * (1.0 / (STEADY_SHARE + FREE_SHARE)) if to < COMMON else 0.0


def parts_of(place: Place, beats: float) -> range:
    """The parts of its bar that an interval covers, counted on past the bar's end."""
    parts = beats / place.bar_beats * HABITS
    first = int(place.beat_in_bar / place.bar_beats * HABITS)
    count = 1 if parts < 1.0 else HABITS if parts > HABITS else int(parts + 0.5)
    return range(first, first + count)


@dataclass
class Tempo:
    """When does the next moment of the score come, and how sure is that?"""

    now: list[Belief] = field(default_factory=list)
    before: list[Belief] = field(default_factory=list)
    all: Belief = field(default_factory=Belief)
    place: Place = Place(0.0)
    left: Place = Place(0.0)
    onset_sec: float = 0.0
    due_then: tuple[float, float] = (nan, nan)
    habit_due_sec: float = nan
    gap_sec: float = 0.0
    stretched: float = 0.0
    notes: int = 0
    is_known: bool = False
    is_anchor: bool = False
    habit: list[float] = field(default_factory=lambda: [0.0] * HABITS)
    habit_sum: float = 0.0

    def observe(self, place: Place, onset_sec: float) -> None:
        """Take in the onset of one note."""
        if self.notes == 0:
            self._begin(place, onset_sec, 1.0, 0.0)
        elif place.beat - self.place.beat >= SAME_BEAT:
            self._go_on(place, onset_sec)
        elif self.place.beat - place.beat < SAME_BEAT:
            self._refine(onset_sec)

    def jump(self, place: Place, onset_sec: float) -> None:
        """The player went on from elsewhere: the tempo stays about the same."""
        self._learn_habit()
        spb = self.all.spb if self.is_known else 1.0
        spread = RESUME_SPREAD * spb
        self._begin(place, onset_sec, spb, self.all.spb_var + spread * spread)

    def shift(self, beats: float) -> None:
        """The beat goes on at other beats of the score."""
        self.place = replace(self.place, beat=self.place.beat + beats)
        self.left = replace(self.left, beat=self.left.beat + beats)

    def predict(self, beat: float) -> tuple[float, float]:
        """When a beat comes, by tempo and habits, and the standard deviation of that."""
        if not self.is_known:
            return nan, nan
        beats = beat - self.place.beat
        return self._predict(beats, self._lengthening(beats))

    def due(self) -> tuple[float, float]:
        """When the current moment was due by the tempo alone."""
        is_stop = not self.is_anchor and self.notes > 0 and self.now[STOP].weight > 0.5
        return (nan, nan) if is_stop else self.due_then

    def beat(self) -> tuple[float, float]:
        """How long a beat lasts."""
        return (self.all.spb, sqrt(self.all.spb_var)) if self.is_known else (nan, nan)

    def copy(self) -> "Tempo":
        """The same, to go on from later; beliefs are never changed in place once told."""
        return replace(self, habit=list(self.habit))

    def _anchor(self, spb: float, spb_var: float) -> None:
        onset_var = ONSET_SEC * ONSET_SEC
        self.now = [Belief(share, self.onset_sec, spb, onset_var, 0.0, spb_var) for share in SHARES]
        self.all = merge(self.now)

    def _begin(self, place: Place, onset_sec: float, spb: float, spb_var: float) -> None:
        self.place, self.onset_sec, self.notes, self.is_anchor = place, onset_sec, 1, True
        self.due_then, self.habit_due_sec = (nan, nan), nan
        self._anchor(spb, spb_var)

    def _refine(self, onset_sec: float) -> None:
        self.notes += 1
        self.onset_sec += (onset_sec - self.onset_sec) / self.notes
        if self.is_anchor:
            self._anchor(self.all.spb, self.all.spb_var)
        else:
            self._update()

    def _go_on(self, place: Place, onset_sec: float) -> None:
        beats = place.beat - self.place.beat
        self._learn_habit()
        if not self.is_known:
            spb = max(onset_sec - self.onset_sec, FIRST_MIN_SEC) / beats
            spb = min(max(spb, SPB_MIN), SPB_MAX)
            self._anchor(spb, FIRST_SPREAD * spb * (FIRST_SPREAD * spb))
        self.before = self.now
        stretch = self._lengthening(beats)
        self.stretched = beats * stretch
        self.gap_sec = beats * self.all.spb
        is_due = self.is_known and not self.place.is_held
        self.due_then = self._predict(beats, 1.0) if is_due else (nan, nan)
        self.habit_due_sec = self.all.onset_sec + self.all.spb * self.stretched if is_due else nan
        self.left, self.place = self.place, place
        self.onset_sec, self.notes, self.is_known, self.is_anchor = onset_sec, 1, True, False
        self._update()

    def _update(self) -> None:
        """From the beliefs before the moment to those after it, by its onset as known so far."""
        beats = self.place.beat - self.left.beat
        held_var = stop_var(self.gap_sec) if self.left.is_held else 0.0
        now = []
        for mode in MODES:
            parts = []
            for last in MODES if mode < COMMON else range(COMMON):
                part = self.before[last].carry(self.stretched)
                part.weight *= transition(last, mode)
                part.loosen(mode, beats * part.spb, self.stretched, held_var)
                part.correct(mode, self.stretched, self.onset_sec)
                parts.append(part)
            now.append(merge(parts))
        total = 0.0
        for belief in now:
            total += belief.weight
        for belief in now:
            belief.weight /= total
        self.now, self.all = now, merge(now)

    def _predict(self, beats: float, stretch: float) -> tuple[float, float]:
        stretched = beats * stretch
        then = self.all.carry(stretched)
        onset_var = max(then.onset_var, 0.0)  # rounding, far back
        return then.onset_sec, sqrt(onset_var + self._variance_ahead(beats, stretched))

    def _variance_ahead(self, beats: float, stretched: float) -> float:
        """Variance that intervals to come add, each mode as likely as the last ones make it."""
        gap_sec = abs(beats) * self.all.spb
        drift = spread = 0.0
        for mode in range(STOP):
            chance = 0.0
            for last in MODES:
                chance += self.now[last].weight * transition(last, mode)
            drift += chance * DRIFTS[mode]
            spread += chance * SPREADS[mode]
        tempo = self.all.spb * stretched
        held_var = stop_var(gap_sec) if self.place.is_held else 0.0
        return (
            gap_sec * (spread + drift * (tempo * tempo) * (1.0 / 3.0))
            + held_var
            + ONSET_SEC * ONSET_SEC
        )

    def _lengthening(self, beats: float) -> float:
        """How much longer than the tempo has it an interval from here is by habit."""
        if not self.place.bar_beats > 0.0:
            return 1.0
        parts = parts_of(self.place, beats)
        total = 0.0
        for part in parts:
            total += self.habit[part % HABITS]
        stretch = 1.0 + (total / len(parts) - self.habit_sum / HABITS)
        return min(max(stretch, STRETCH_MIN), STRETCH_MAX)

    def _learn_habit(self) -> None:
        """The moment is over: what it was late is a little of a habit."""
        if isnan(self.habit_due_sec) or not self.left.bar_beats > 0.0 or self.left.is_held:
            return
        late = (self.onset_sec - self.habit_due_sec) / self.gap_sec
        late = min(max(late, -HABIT_MAX), HABIT_MAX)
        parts = parts_of(self.left, self.place.beat - self.left.beat)
        for part in parts:
            change = HABIT_GAIN * late - HABIT_LEAK * self.habit[part % HABITS]
            self.habit[part % HABITS] += change
            self.habit_sum += change
