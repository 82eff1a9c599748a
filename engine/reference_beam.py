"""The reference follower's beam: what each hypothesis could make of a note, and what is kept.

The method and its sources are told in :mod:`engine.reference`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf, isnan, nan
from typing import Any

from engine.reference_math import exact_exp, exact_log, exact_log1p
from engine.reference_model import (
    AHEAD,
    ANSWERS,
    BARS_BACK,
    BARS_ON,
    BEAM,
    DISTANCE_COST,
    EXTRA_COST,
    JITTER_SEC,
    JUMP_COST,
    KEEP_COST,
    LATE_COST,
    LATE_SEC,
    LEFT_OUT_CAP,
    MIDBAR_COST,
    MISS_NOTES,
    NEAREST,
    ORNAMENT_COST,
    PARTNERS,
    PASSES,
    PAUSE_BONUS,
    PAUSE_RATIO,
    PAUSE_SEC,
    REPEAT_COST,
    START_BONUS,
    STOP_LOG,
    STROKE_COST,
    TRAIL,
    TRILL_COST,
    TRILL_SEC,
    WRONG_COST,
    Heard,
    Note,
    Token,
    arrival,
    guess_log_spb,
    learn_tempo,
    read_moments,
    spread_cost,
    timing_cost,
)


class Beam:
    """What hypotheses make of notes; the best one is the first.

    Attributes
    ----------
    beam, previous_best : list of Token, Token
        After the last note, and the best one before it.
    recent : list of int
        The last pitches, newest first.
    count, last_sec : int, float
        Notes taken in, and when the last one came.
    """

    def __init__(self, notes: Iterable[Sequence[Any]]) -> None:
        self.notes = [Note(*note) for note in notes]
        self.moments = read_moments(self.notes)
        self.reset()

    def reset(self) -> None:
        """Back to before the first note."""
        self.first_log_spb = guess_log_spb(self.moments)
        self.beam = [Token(self.first_log_spb, exact_exp(self.first_log_spb))]
        self.previous_best = self.beam[0]
        self.recent = [-1] * ANSWERS
        self.count = 0
        self.last_sec = -inf

    def step(self, pitch: int, now: float) -> None:
        """Take one note through the beam."""
        proposals: list[Token] = []
        for token in self.beam:
            proposals += self._going_on(token, pitch, now)
            if token.moment >= 0:
                proposals += self._joining(token, pitch, now)
                proposals += self._turning(token, pitch, now)
            proposals.append(token.answered(token.cost + self._extra_cost(token, pitch, now), -1))
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
        left_out = 0.0 if token.moment < 0 else token.miss_cost(self._unplayed(token, 0))
        first = token.moment + 1
        for m in range(first, min(first + AHEAD, len(self.moments))):
            slot = self.moments[m].free_slot(pitch)
            if slot is not None:
                yield self._arrive(token, m, slot, left_out, now, is_wrong=False)
            elif m == first:
                slot = self.moments[m].slipped_slot(pitch)
                if slot is not None:
                    yield self._arrive(token, m, slot, left_out + WRONG_COST, now, is_wrong=True)
            left_out += token.miss_cost(len(self.moments[m].slots))
            left_out = min(left_out, LEFT_OUT_CAP)

    def _arrive(
        self, token: Token, m: int, slot: int, left_out: float, now: float, *, is_wrong: bool
    ) -> Token:
        beats = 0.0
        if token.moment >= 0:
            beats = self.moments[m].onset_beat - self.moments[token.moment].onset_beat
        steps = m - token.moment
        cost, moved = self._moved(token, m, slot, beats, steps, now)
        cost = token.cost + left_out + cost
        if token.moment >= 0:
            moved = replace(moved, missing=self._learn_missing(token, m))
        if is_wrong:
            return moved.answered(cost, -1)
        return moved.answered(cost, self._note(m, slot))

    def _moved(
        self, token: Token, m: int, slot: int, gap_beat: float, steps: int, now: float
    ) -> tuple[float, Token]:
        """What the timing costs, and the hypothesis ``steps`` moments further on in time."""
        has_fermata = token.moment >= 0 and self.moments[token.moment].has_fermata
        is_grace = self.moments[m].slots[slot].is_grace
        a = arrival(token, gap_beat, now, is_grace=is_grace, has_fermata=has_fermata)
        cost = timing_cost(token, a)
        is_stop = a.error > STOP_LOG and not isnan(token.trail[0].due_sec)
        onset = token.trail[0].onset_sec + a.gap_sec if a.is_early_grace else now
        if token.moment >= 0 and not (a.is_early_grace or a.is_held or is_stop):
            token = learn_tempo(token, a, self.first_log_spb)  # two stops in a row are a tempo
        heard = [Heard(onset, now, a.due_sec, frozenset([slot]))]
        heard += [Heard(now, now)] * (min(steps, TRAIL) - 1)
        trail = (*heard, *token.trail)[:TRAIL]
        return cost, replace(token, trail=trail, moment=m)

    def _turning(self, token: Token, pitch: int, now: float) -> Iterator[Token]:
        """At the end of a bar, on as from the same bar in another pass."""
        here = self.moments[token.moment]
        starts = [m for m, moment in enumerate(self.moments) if moment.starts_bar]
        end = starts[here.bar + 1] if here.bar + 1 < len(starts) else len(self.moments)
        if end - token.moment > AHEAD:
            return
        left_out = token.miss_cost(self._unplayed(token, 0))
        for moment in self.moments[token.moment + 1 : end]:
            left_out += token.miss_cost(len(moment.slots))
        number = self.moments[starts[here.bar]].number
        twins = [b for b, m in enumerate(starts) if self.moments[m].number == number]
        at = twins.index(here.bar)
        for twin in (twins[at + 1 :] + twins[:at])[:PASSES]:
            if twin + 1 < len(starts):
                m = starts[twin + 1]
                bar_beat = self.moments[m].onset_beat - self.moments[starts[twin]].onset_beat
                into_beat = here.onset_beat - self.moments[starts[here.bar]].onset_beat
                yield from self._turn(
                    token, m, pitch, max(bar_beat - into_beat, 0.0), left_out, now
                )

    def _turn(
        self, token: Token, m: int, pitch: int, gap_beat: float, left_out: float, now: float
    ) -> Iterator[Token]:
        slot = self.moments[m].free_slot(pitch)
        if slot is None:
            return
        cost, moved = self._moved(token, m, slot, gap_beat, TRAIL, now)
        cost = token.cost + left_out + REPEAT_COST + cost
        turned = replace(moved, entry=m, pass_=self.count, is_repeat=True)
        yield turned.answered(cost, self._note(m, slot))

    def _learn_missing(self, token: Token, m: int) -> float:
        """The share of the written notes left out, with the moments gone by."""
        notes = sum(len(moment.slots) for moment in self.moments[token.moment : m])
        missed = notes - len(token.trail[0].played)
        return (MISS_NOTES * token.missing + missed) / (MISS_NOTES + notes)

    def _joining(self, token: Token, pitch: int, now: float) -> Iterator[Token]:
        for back in range(min(TRAIL, token.moment - token.entry + 1)):
            heard = token.trail[back]
            slot = self.moments[token.moment - back].free_slot(pitch, heard.played)
            if slot is None or (back > 0 and now - heard.onset_sec > LATE_SEC):
                continue
            is_rolled = self.moments[token.moment - back].is_rolled
            cost = spread_cost(heard, back, now, is_rolled=is_rolled)
            if back > 0:
                open_ = self._unplayed(token, back)
                cost += LATE_COST + token.miss_cost(open_ - 1) - token.miss_cost(open_)
            joined = self._join(token, back, slot, now)
            note = self._note(token.moment - back, slot)
            yield joined.answered(token.cost + cost, note)
        slot = self.moments[token.moment].slipped_slot(pitch, token.trail[0].played)
        if slot is not None:
            heard = replace(token.trail[0], played=token.trail[0].played | {slot})
            wrong = replace(token, trail=(heard, *token.trail[1:]))
            yield wrong.answered(token.cost + WRONG_COST, -1)

    def _join(self, token: Token, back: int, slot: int, now: float) -> Token:
        heard, slots = token.trail[back], self.moments[token.moment - back].slots
        is_first_main = not slots[slot].is_grace and all(slots[s].is_grace for s in heard.played)
        onset = now if is_first_main else heard.onset_sec
        heard = Heard(onset, now, heard.due_sec, heard.played | {slot})
        return replace(token, trail=(*token.trail[:back], heard, *token.trail[back + 1 :]))

    def _extra_cost(self, token: Token, pitch: int, now: float) -> float:
        if self.is_allowed(token.moment, pitch):
            is_to_and_fro = pitch == self.recent[1] and now - self.last_sec <= TRILL_SEC
            return STROKE_COST if is_to_and_fro else ORNAMENT_COST
        if token.moment < 0 or now - self.last_sec > TRILL_SEC:
            return EXTRA_COST
        written = self.moments[token.moment].pitches()
        is_beside = any(abs(p - pitch) <= 2 for p in written)
        return TRILL_COST if is_beside or pitch in self.recent[1:] else EXTRA_COST

    # Jumps

    def _jumps(self, pitch: int, now: float) -> Iterator[Token]:
        best = self.beam[0]
        cost = JUMP_COST - self._pause_bonus(now)
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

    def _pause_bonus(self, now: float) -> float:
        """What silence, longer than the score has it, speaks for a jump."""
        best, silence, due = self.beam[0], now - self.last_sec, 0.0
        if 0 <= best.moment < len(self.moments) - 1:
            here, after = self.moments[best.moment : best.moment + 2]
            due = (after.onset_beat - here.onset_beat) * best.spb
        ratio = silence / (due + JITTER_SEC)
        if silence <= PAUSE_SEC or ratio <= 1.0:
            return 0.0
        return PAUSE_BONUS * (exact_log(ratio) if ratio < PAUSE_RATIO else 1.0)

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
        return token.cost + cost + (DISTANCE_COST * exact_log1p(abs(bars)) if m else -START_BONUS)

    def _land(self, token: Token, m: int, pitch: int, cost: float, now: float) -> Iterator[Token]:
        slot = self.moments[m].free_slot(pitch)
        if slot is None:
            return
        trail = (Heard(now, now, nan, frozenset([slot])), *[Heard(now, now)] * (TRAIL - 1))
        landed = replace(
            token.unless_lost(), trail=trail, moment=m, entry=m, pass_=self.count, is_repeat=False
        )
        yield landed.answered(self._jump_cost(token, m, cost), self._note(m, slot))

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
        landed = replace(
            best.unless_lost(),
            trail=tuple(heard),
            moment=m,
            entry=m - back,
            pass_=self.count - 1,
            is_repeat=False,
        )
        landed = landed.answered(best.cost, self._note(m - back, earlier))
        cost = self._jump_cost(best, m, JUMP_COST + MIDBAR_COST)
        yield landed.answered(cost, self._note(m, slot))

    # The score as a hypothesis sees it

    def is_allowed(self, m: int, pitch: int) -> bool:
        """Whether an ornament sounds the pitch at the moment or from the next one on."""
        for at in (m, m + 1):
            for moment in self.moments[: at + 1] if at < len(self.moments) else []:
                for note in (self.notes[i] for i in moment.ornamented):
                    if pitch in note.ornament() and note.end_beat > self.moments[at].onset_beat:
                        return True
        return False

    def _unplayed(self, token: Token, back: int) -> int:
        return len(self.moments[token.moment - back].slots) - len(token.trail[back].played)

    def _note(self, m: int, slot: int) -> int:
        return self.moments[m].slots[slot].notes[0]
