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
  as Student's t has it, Lange, Little, Taylor (1989), "Robust statistical
  modeling using the t distribution", JASA 84(408).
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from math import exp, inf, isnan, log, log1p, nan

from engine.reference_model import (
    AHEAD,
    ANSWERS,
    BARS_BACK,
    BARS_ON,
    BEAM,
    DISTANCE_COST,
    EXTRA_COST,
    GRACE_CAP,
    JITTER_SEC,
    JUMP_COST,
    KEEP_COST,
    KNOWN_VARIANCE,
    LATE_COST,
    LATE_SEC,
    MIDBAR_COST,
    MISSED,
    NEAREST,
    PARTNERS,
    PAUSE_BONUS,
    PAUSE_RATIO,
    PAUSE_SEC,
    START_BONUS,
    STOP_LOG,
    SWEPT,
    TARDY_CAP,
    TEMPO_DRIFT,
    TIMING_NU,
    TIMING_SIGMA,
    TRAIL,
    TRILL_COST,
    TRILL_SEC,
    WRONG_COST,
    Heard,
    Sweep,
    Token,
    Told,
    guess_log_spb,
    learn_tempo,
    miss_cost,
    read_moments,
    spread_cost,
)


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
            gap = beats * exp(token.log_spb)
            taken = max(now - last, 0.0)
            error = log((taken + JITTER_SEC) / (gap + JITTER_SEC))
            is_early_grace = error < 0.0 and self.moments[m].slots[slot].is_grace
            total = variance + TEMPO_DRIFT * taken + TIMING_SIGMA * TIMING_SIGMA
            timing = 0.5 * (TIMING_NU + 1.0) * log1p(error * error / total / TIMING_NU)
            timing = min(timing, TARDY_CAP) if error > 0.0 else timing
            cost += min(timing, GRACE_CAP) if is_early_grace else timing
            if error <= STOP_LOG and variance < KNOWN_VARIANCE:
                due = last + gap
            is_stop = error > STOP_LOG and not isnan(token.trail[0].due_sec)
            if is_early_grace:
                onset = last + gap
            elif not is_stop:  # two in a row are a tempo
                log_spb, variance = learn_tempo(token, error, taken, gap, self.first_log_spb)
        heard = [Heard(onset, now, due, frozenset([slot]))]
        heard += [Heard(now, now)] * (m - token.moment - 1)
        trail = (*heard, *token.trail)[:TRAIL]
        moved = replace(token, log_spb=log_spb, variance=variance, trail=trail, moment=m)
        if is_wrong:
            return moved.answered(cost, -1, nan)
        return moved.answered(cost, self._note(m, slot), due)

    def _joining(self, token: Token, pitch: int, now: float) -> Iterator[Token]:
        for back in range(min(TRAIL, token.moment - token.entry + 1)):
            heard = token.trail[back]
            slot = self.moments[token.moment - back].free_slot(pitch, heard.played)
            if slot is None or (back > 0 and now - heard.onset_sec > LATE_SEC):
                continue
            cost = spread_cost(heard, back, now)
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
                self._unmark(self.told[i], self.count - i)
                self._mark(best.answers[i], self.count - i)
                self.told[i] = best.answers[i]
        return out

    def _places(self, note: int) -> Iterator[tuple[int, int]]:
        for m, moment in enumerate(self.moments):
            for s, slot in enumerate(moment.slots):
                if note in slot.notes:
                    yield m, s

    def _mark(self, note: int, when: int) -> None:
        for place in self._places(note):
            self.played_at[place] = when

    def _unmark(self, note: int, when: int) -> None:
        for place in self._places(note):
            if self.played_at.get(place) == when:
                del self.played_at[place]
                if when >= self.open.pass_:
                    self.open.next = min(self.open.next, place[0])

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
