"""The engine's methods in plain Python: slow, obvious, cited.

What the native core computes is computed here a second time, to be compared in tests and
benchmarks. Product code does not import this module.

The follower keeps a beam of hypotheses about where the player is, as online decoders of hidden
Markov models do, with costs (negative log probabilities) instead of probabilities:

- Nakamura, Nakamura, Saito, Ono, Sagayama (2014), "Outer-product hidden Markov model and
  polyphonic MIDI score following", JNMR 43(2): moments as states, extra and missing notes, jumps
  to anywhere, and pauses before them.
- Raphael (2001), "A Bayesian network for real-time musical accompaniment", NIPS 14: tempo as a
  Gaussian random walk, learned from inter-onset intervals; here on its logarithm and weighted
  as Student's t has it (Lange, Little, Taylor (1989), JASA 84(408), eq. 6).
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import exp, inf, isnan, log, log1p, nan

MISS_COST, MISS_CAP, EXTRA_COST, WRONG_COST = 2.0, 3, 7.0, 5.0
TRILL_COST, TRILL_SEC = 4.5, 0.2
SPREAD_SEC, SPREAD_WEIGHT, SPREAD_CAP = 0.08, 1.5, 4.5
LATE_COST, LATE_SEC = 2.0, 0.5
TIMING_SIGMA, TIMING_NU, JITTER_SEC, TARDY_CAP, GRACE_CAP = 0.25, 4.0, 0.03, 4.5, 1.0
TEMPO_DRIFT, TEMPO_VARIANCE, TEMPO_RANGE, STOP_LOG, FIRST_IOI_SEC = 0.02, 1.0, 4.0, 1.0, 0.25
JUMP_COST, PAUSE_BONUS, PAUSE_SEC, PAUSE_RATIO = 14.0, 5.0, 0.4, 1.8
MIDBAR_COST, DISTANCE_COST, START_BONUS, KEEP_COST = 4.0, 0.5, 1.0, 12.0
BARS_BACK, BARS_ON, NEAREST = 12, 6, 8
CHORD, PARTNERS, TRAIL, AHEAD, BEAM, ANSWERS, MISSED, SWEPT = 64, 16, 4, 6, 24, 4, 64, 32
"""The constants of ``native/src/follower_model.h`` and ``follower.h``, where their reasons are."""


@dataclass
class Slot:
    """One pitch of a moment; unisons share it, a grace note has its own."""

    pitch: int
    is_grace: bool
    notes: list[int]


@dataclass
class Moment:
    """All notes of one onset."""

    onset_beat: float
    bar: int
    starts_bar: bool
    slots: list[Slot] = field(default_factory=list)

    def pitches(self) -> set[int]:
        """The pitches written there."""
        return {slot.pitch for slot in self.slots}

    def free_slot(self, pitch: int, played: frozenset[int] = frozenset()) -> int | None:
        """The first slot of a pitch that is not yet played."""
        for index, slot in enumerate(self.slots):
            if slot.pitch == pitch and index not in played:
                return index
        return None

    def slipped_slot(self, pitch: int, played: frozenset[int] = frozenset()) -> int | None:
        """The slot at most a whole tone away, the nearest and lowest first."""
        for tones in (-1, 1, -2, 2):
            slot = self.free_slot(pitch + tones, played)
            if slot is not None:
                return slot
        return None


@dataclass(frozen=True)
class Heard:
    """What was heard of one moment of the trail."""

    onset_sec: float = 0.0
    latest_sec: float = 0.0
    due_sec: float = nan
    played: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Token:
    """One hypothesis; ``trail`` begins with the current moment and goes back."""

    log_spb: float
    cost: float = 0.0
    variance: float = TEMPO_VARIANCE
    trail: tuple[Heard, ...] = (Heard(),) * TRAIL
    expected_sec: float = nan
    answers: tuple[int, ...] = (-1,) * ANSWERS
    moment: int = -1
    entry: int = 0
    pass_: int = -1

    @property
    def place(self) -> tuple[int, frozenset[int]]:
        """Hypotheses of one place are the same but for their past."""
        return self.moment, self.trail[0].played

    def answered(self, cost: float, note: int, expected_sec: float) -> "Token":
        """The hypothesis after one more answer."""
        answers = (note, *self.answers[:-1])
        return replace(self, cost=cost, answers=answers, expected_sec=expected_sec)


@dataclass
class Sweep:
    """Moments of one pass to be searched for notes left out."""

    pass_: int
    next: int
    end: int


@dataclass
class Told:
    """The fields of ``core_match``."""

    index: int = -1
    is_jump: bool = False
    position_beat: float = nan
    tempo_bpm: float = nan
    expected_sec: float = nan
    revisions: list[tuple[int, int]] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)


def read_moments(
    pitch: Sequence[int],
    onset_beat: Sequence[float],
    starts_bar: Sequence[bool],
    is_grace: Sequence[bool],
) -> list[Moment]:
    """Group notes, sorted by onset and pitch, into moments and slots."""
    moments: list[Moment] = []
    bar = -1
    for i in range(len(pitch)):
        is_new = i == 0 or onset_beat[i] != onset_beat[i - 1]
        is_unison = not is_new and pitch[i] == pitch[i - 1] and not (is_grace[i] or is_grace[i - 1])
        if is_unison:
            moments[-1].slots[-1].notes.append(i)
            continue
        if is_new or len(moments[-1].slots) == CHORD:
            starts = not moments or (is_new and bool(starts_bar[i]))
            bar += starts
            moments.append(Moment(onset_beat[i], bar, starts))
        moments[-1].slots.append(Slot(pitch[i], bool(is_grace[i]), [i]))
    return moments


def miss_cost(notes: int) -> float:
    """Leaving out a whole chord is one decision, not one per note."""
    return MISS_COST * min(notes, MISS_CAP)


def guess_log_spb(moments: list[Moment]) -> float:
    """Until the player shows it, notes are taken to follow each other FIRST_IOI_SEC apart."""
    beats = [b.onset_beat - a.onset_beat for a, b in pairwise(moments)]
    logs = [log(beat) for beat in beats if beat > 0.0]
    total = 0.0
    for value in logs:  # sum() compensates from Python 3.12 on, C does not
        total += value
    return log(FIRST_IOI_SEC) - (total / len(logs) if logs else 0.0)


class Follower:
    """The score follower; the arguments are those of :class:`native.follower.Follower`."""

    def __init__(
        self,
        pitch: Sequence[int],
        onset_beat: Sequence[float],
        starts_bar: Sequence[bool],
        is_grace: Sequence[bool],
    ) -> None:
        self.moments = read_moments(
            [int(p) for p in pitch], [float(b) for b in onset_beat], starts_bar, is_grace
        )
        self.reset()

    def reset(self) -> None:
        """Back to before the first note."""
        self.first_log_spb = guess_log_spb(self.moments)
        self.beam = [Token(self.first_log_spb)]
        self.previous_best = self.beam[0]
        self.recent = [-1] * ANSWERS
        self.told = [-1] * ANSWERS
        self.reached = [-1] * ANSWERS
        self.count = 0
        self.last_sec = self.now_sec = -inf
        self.open, self.left = Sweep(-1, 0, 0), Sweep(-2, 0, 0)
        self.played_at: dict[tuple[int, int], int] = {}
        self.missed_at: dict[tuple[int, int], int] = {}

    # One note

    def process(self, pitch: int, onset_sec: float) -> Told:
        """Take in one played note."""
        now = max(onset_sec, self.last_sec)
        self._step(pitch, now)
        self.last_sec = now
        self.now_sec = max(now, self.now_sec)
        out = self._answer()
        self._place(out)
        self.recent = [pitch, *self.recent[:-1]]
        self.count += 1
        self._sweep(out)
        return out

    def advance(self, now_sec: float) -> Told:
        """Let time pass without a note."""
        self.now_sec = max(now_sec, self.now_sec)
        out = Told()
        self._place(out)
        if self.count:
            self._sweep(out)
        return out

    def _step(self, pitch: int, now: float) -> None:
        proposals: list[Token] = []
        for token in self.beam:
            proposals += self._going_on(token, pitch, now)
            if token.moment >= 0:
                proposals += self._joining(token, pitch, now)
            proposals.append(
                token.answered(token.cost + self._extra_cost(token, pitch, now), -1, nan)
            )
        proposals += self._jumps(pitch, now)
        best_cost = min(token.cost for token in proposals)
        kept = self._select([t for t in proposals if t.cost <= best_cost + KEEP_COST])
        best = min(range(len(kept)), key=lambda i: kept[i].cost)
        kept[0], kept[best] = kept[best], kept[0]
        self.previous_best = replace(self.beam[0], cost=self.beam[0].cost - best_cost)
        self.beam = [replace(token, cost=token.cost - best_cost) for token in kept]

    @staticmethod
    def _select(proposals: list[Token]) -> list[Token]:
        """The best of each place, and the best BEAM of those."""
        kept: list[Token] = []
        for token in proposals:
            at = next((i for i, other in enumerate(kept) if other.place == token.place), None)
            if at is None and len(kept) < BEAM:
                kept.append(token)
                continue
            if at is None:
                at = max(range(BEAM), key=lambda i: kept[i].cost)
            if token.cost < kept[at].cost:
                kept[at] = token
        return kept

    # What a hypothesis could make of a note

    def _going_on(self, token: Token, pitch: int, now: float) -> Iterator[Token]:
        left_out = 0.0 if token.moment < 0 else miss_cost(self._unplayed(token, 0))
        first = token.moment + 1
        for m in range(first, min(first + AHEAD, len(self.moments))):
            slot = self.moments[m].free_slot(pitch)
            if slot is not None:
                yield self._arrive(token, m, slot, left_out, now, is_wrong=False)
            elif m == first:
                slot = self.moments[m].slipped_slot(pitch)
                if slot is not None:
                    yield self._arrive(token, m, slot, left_out + WRONG_COST, now, is_wrong=True)
            left_out += miss_cost(len(self.moments[m].slots))

    def _arrive(
        self, token: Token, m: int, slot: int, left_out: float, now: float, *, is_wrong: bool
    ) -> Token:
        cost, onset, due = token.cost + left_out, now, nan
        log_spb, variance = token.log_spb, token.variance
        if token.moment >= 0:
            last = token.trail[0].onset_sec
            beats = self.moments[m].onset_beat - self.moments[token.moment].onset_beat
            due_sec = beats * exp(token.log_spb)
            taken = max(now - last, 0.0)
            error = log((taken + JITTER_SEC) / (due_sec + JITTER_SEC))
            is_early_grace = error < 0.0 and self.moments[m].slots[slot].is_grace
            total = variance + TEMPO_DRIFT * taken + TIMING_SIGMA * TIMING_SIGMA
            timing = 0.5 * (TIMING_NU + 1.0) * log1p(error * error / total / TIMING_NU)
            timing = min(timing, TARDY_CAP) if error > 0.0 else timing
            cost += min(timing, GRACE_CAP) if is_early_grace else timing
            due = last + due_sec if error <= STOP_LOG else nan
            is_stop = error > STOP_LOG and not isnan(token.trail[0].due_sec)
            if is_early_grace:
                onset = due
            elif not is_stop:  # two in a row are a tempo
                log_spb, variance = self._learn_tempo(token, error, taken)
        heard = [Heard(onset, now, due, frozenset([slot]))]
        heard += [Heard(now, now)] * (m - token.moment - 1)
        trail = (*heard, *token.trail)[:TRAIL]
        moved = replace(token, log_spb=log_spb, variance=variance, trail=trail, moment=m)
        if is_wrong:
            return moved.answered(cost, -1, nan)
        return moved.answered(cost, self._note(m, slot), due)

    def _learn_tempo(self, token: Token, error: float, taken_sec: float) -> tuple[float, float]:
        """Kalman step on the log of seconds per beat, weighted as Student's t has it."""
        variance = token.variance + TEMPO_DRIFT * taken_sec
        total = variance + TIMING_SIGMA * TIMING_SIGMA
        weight = 1.0 / (1.0 + error * error / (TIMING_NU * total))
        gain = weight * variance / total
        away = token.log_spb + gain * error - self.first_log_spb
        away = min(max(away, -TEMPO_RANGE), TEMPO_RANGE)
        return self.first_log_spb + away, min(max((1.0 - gain) * variance, 0.0), TEMPO_VARIANCE)

    def _joining(self, token: Token, pitch: int, now: float) -> Iterator[Token]:
        for back in range(min(TRAIL, token.moment - token.entry + 1)):
            heard = token.trail[back]
            slot = self.moments[token.moment - back].free_slot(pitch, heard.played)
            if slot is None or (back > 0 and now - heard.onset_sec > LATE_SEC):
                continue
            cost = self._spread_cost(heard, back, now)
            if back > 0:
                open_ = self._unplayed(token, back)
                cost += LATE_COST + miss_cost(open_ - 1) - miss_cost(open_)
            joined = self._join(token, back, slot, now)
            note = self._note(token.moment - back, slot)
            yield joined.answered(token.cost + cost, note, heard.due_sec)
        slot = self.moments[token.moment].slipped_slot(pitch, token.trail[0].played)
        if slot is not None:
            heard = replace(token.trail[0], played=token.trail[0].played | {slot})
            wrong = replace(token, trail=(heard, *token.trail[1:]))
            yield wrong.answered(token.cost + WRONG_COST, -1, nan)

    @staticmethod
    def _spread_cost(heard: Heard, back: int, now: float) -> float:
        lag = max(now - max(heard.onset_sec, heard.latest_sec), 0.0) / SPREAD_SEC
        cost = SPREAD_WEIGHT * log1p(lag * lag)
        return min(cost, SPREAD_CAP) if back == 0 else cost

    def _join(self, token: Token, back: int, slot: int, now: float) -> Token:
        heard, slots = token.trail[back], self.moments[token.moment - back].slots
        is_first_main = not slots[slot].is_grace and all(slots[s].is_grace for s in heard.played)
        onset = now if is_first_main else heard.onset_sec
        heard = Heard(onset, now, heard.due_sec, heard.played | {slot})
        return replace(token, trail=(*token.trail[:back], heard, *token.trail[back + 1 :]))

    def _extra_cost(self, token: Token, pitch: int, now: float) -> float:
        if token.moment < 0 or now - self.last_sec > TRILL_SEC:
            return EXTRA_COST
        written = self.moments[token.moment].pitches()
        is_beside = any(abs(p - pitch) <= 2 for p in written)
        return TRILL_COST if is_beside or pitch in self.recent[1:] else EXTRA_COST

    # Jumps

    def _jumps(self, pitch: int, now: float) -> Iterator[Token]:
        best = self.beam[0]
        cost = JUMP_COST - (PAUSE_BONUS if self._is_pause(now) else 0.0)
        here = self.moments[max(best.moment, 0)].bar
        for m, moment in enumerate(self.moments):
            is_near = moment.bar > 0 and here - BARS_BACK <= moment.bar <= here + BARS_ON
            if moment.starts_bar and is_near and m != best.moment + 1:
                yield from self._land(best, m, pitch, cost, now)
        if best.moment >= 0:
            yield from self._land(best, 0, pitch, cost, now)
        if self.count:
            for m in self._led_to(self.recent[0], pitch, self.previous_best.moment):
                yield from self._land_earlier(m, pitch, now)

    def _is_pause(self, now: float) -> bool:
        best, silence, due = self.beam[0], now - self.last_sec, 0.0
        if 0 <= best.moment < len(self.moments) - 1:
            here, after = self.moments[best.moment : best.moment + 2]
            due = (after.onset_beat - here.onset_beat) * exp(best.log_spb)
        return silence > PAUSE_SEC and silence > PAUSE_RATIO * due

    def _led_to(self, last: int, pitch: int, here: int) -> list[int]:
        """Moments of the pitch that the last one leads to, the nearest on either side."""
        found = []
        for m, moment in enumerate(self.moments):
            before = self.moments[m - 1].pitches() if m else set()
            partners = sorted(before | moment.pitches())[:PARTNERS]
            is_led_to = last in partners and (last != pitch or last in before)
            if pitch in moment.pitches() and is_led_to:
                found.append(m)
        back = [m for m in found if m < here]
        on = [m for m in found if m >= here]
        return back[-NEAREST:] + on[:NEAREST]

    def _jump_cost(self, token: Token, m: int, cost: float) -> float:
        bars = self.moments[m].bar - self.moments[max(token.moment, 0)].bar
        return token.cost + cost + (DISTANCE_COST * log1p(abs(bars)) if m else -START_BONUS)

    def _land(self, token: Token, m: int, pitch: int, cost: float, now: float) -> Iterator[Token]:
        slot = self.moments[m].free_slot(pitch)
        if slot is None:
            return
        trail = (Heard(now, now, nan, frozenset([slot])), *[Heard(now, now)] * (TRAIL - 1))
        landed = replace(token, trail=trail, moment=m, entry=m, pass_=self.count)
        yield landed.answered(self._jump_cost(token, m, cost), self._note(m, slot), nan)

    def _land_earlier(self, m: int, pitch: int, now: float) -> Iterator[Token]:
        """The last note, too, was one of this moment or of the one before."""
        best, last = self.previous_best, self.recent[0]
        slot = self.moments[m].free_slot(pitch)
        if slot is None:
            return
        back, played = 0, frozenset([slot])
        earlier = self.moments[m].free_slot(last, played)
        if earlier is None:
            back, earlier = 1, self.moments[m - 1].free_slot(last)
        assert earlier is not None
        heard = [Heard(now, now, nan, played)] if back else []
        played = frozenset([earlier]) if back else played | {earlier}
        heard.append(Heard(self.last_sec, self.last_sec, nan, played))
        heard += [Heard(self.last_sec, self.last_sec)] * (TRAIL - len(heard))
        landed = replace(best, trail=tuple(heard), moment=m, entry=m - back, pass_=self.count - 1)
        landed = landed.answered(best.cost, self._note(m - back, earlier), nan)
        cost = self._jump_cost(best, m, JUMP_COST + MIDBAR_COST)
        yield landed.answered(cost, self._note(m, slot), nan)

    # What is told

    def _answer(self) -> Told:
        best = self.beam[0]
        self.told = [best.answers[0], *self.told[:-1]]
        self.reached = [best.moment, *self.reached[:-1]]
        out = Told(best.answers[0], best.pass_ != self.open.pass_, expected_sec=best.expected_sec)
        self._mark(best.answers[0], self.count)
        for i in reversed(range(1, ANSWERS)):
            if self.count - i >= 0 and best.answers[i] != self.told[i]:
                out.revisions.append((self.count - i, best.answers[i]))
                self.told[i] = best.answers[i]
                self._mark(best.answers[i], self.count - i)
        return out

    def _mark(self, note: int, when: int) -> None:
        for m, moment in enumerate(self.moments):
            for s, slot in enumerate(moment.slots):
                if note in slot.notes:
                    self.played_at[m, s] = when

    def _place(self, out: Told) -> None:
        best = self.beam[0]
        beats = [moment.onset_beat for moment in self.moments]
        out.tempo_bpm = 60.0 * exp(-best.log_spb)
        out.position_beat = beats[max(best.moment, 0)]
        if out.index < 0 <= best.moment < len(beats) - 1:
            on = (self.now_sec - best.trail[0].onset_sec) * exp(-best.log_spb)
            out.position_beat = min(beats[best.moment] + on, beats[best.moment + 1])

    # What was left out

    def _sweep(self, out: Told) -> None:
        best = self.beam[0]
        if best.pass_ != self.open.pass_:
            last = Sweep(self.open.pass_, self.open.next, self.reached[1] + 1)
            is_back = self.left.pass_ == best.pass_
            fresh = Sweep(best.pass_, max(best.entry, best.moment - SWEPT), 0)
            self.open = deepcopy(self.left) if is_back else fresh
            self.left = last
        if self.count - self.open.pass_ >= ANSWERS:
            while self.left.next < self.left.end and self._tell(self.left, out):
                self.left.next += 1
        while self._is_settled(self.open.next) and self._tell(self.open, out):
            self.open.next += 1

    def _is_settled(self, m: int) -> bool:
        """Passed for three notes, or so long ago that no late note is awaited."""
        best = self.beam[0]
        back = best.moment - m
        if back < 0:
            return False
        if back > 0 and m < self.reached[-1]:
            return True
        wait = LATE_SEC
        if back == 0 and m + 1 < len(self.moments):
            beats = self.moments[m + 1].onset_beat - self.moments[m].onset_beat
            wait += beats * exp(best.log_spb)
        return self.now_sec - best.trail[min(back, TRAIL - 1)].onset_sec > wait

    def _tell(self, sweep: Sweep, out: Told) -> bool:
        """Tell the moment's unplayed notes; False when there is no room for them."""
        for s, slot in enumerate(self.moments[sweep.next].slots):
            played = self.played_at.get((sweep.next, s), -2)
            missed = self.missed_at.get((sweep.next, s), -2)
            if played >= sweep.pass_ or missed > sweep.pass_:
                continue
            if out.missed and len(out.missed) + len(slot.notes) > MISSED:
                return False
            out.missed += slot.notes[:MISSED]
            self.missed_at[sweep.next, s] = self.count + 1
        return True

    def _unplayed(self, token: Token, back: int) -> int:
        return len(self.moments[token.moment - back].slots) - len(token.trail[back].played)

    def _note(self, m: int, slot: int) -> int:
        return self.moments[m].slots[slot].notes[0]
