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

from collections.abc import Iterator
from dataclasses import replace
from math import inf, isnan

from engine.reference_beam import Beam
from engine.reference_beat import BeatFeed
from engine.reference_math import exact_exp
from engine.reference_model import (
    ALTERNATIVES,
    ANSWERS,
    DOUBT_COST,
    LATE_SEC,
    MISSED,
    SOUNDING,
    TRAIL,
    WORTH_TELLING,
    Sweep,
    Told,
)


class Follower(Beam):
    """The score follower; ``notes`` are those of :class:`native.follower.Follower`."""

    def reset(self) -> None:
        """Back to before the first note."""
        super().reset()
        self.beat = BeatFeed(self.moments)
        self.told = [-1] * ANSWERS
        self.reached = [-1] * (ANSWERS + 1)
        self.now_sec = -inf
        self.open, self.left = Sweep(-1), Sweep(-2)
        self.played_at: dict[tuple[int, int], int] = {}
        self.missed_at: dict[tuple[int, int], int] = {}

    # One note

    def process(self, pitch: int, onset_sec: float) -> Told:
        """Take in one played note."""
        now = max(onset_sec, self.last_sec)
        self.step(pitch, now)
        self.last_sec = now
        self.now_sec = max(now, self.now_sec)
        out = self._answer(pitch)
        self.beat.take(self.beam[0], now)
        self._tell_time(out)
        self._place(out)
        self.recent = [pitch, *self.recent[:-1]]
        self.count += 1
        self._sweep(out)
        return out

    def advance(self, now_sec: float) -> Told:
        """Let time pass without a note."""
        self.now_sec = max(now_sec, self.now_sec)
        out = Told()
        self._tell_time(out)
        self._place(out)
        if self.count:
            self._sweep(out)
        return out

    # What is told

    def _answer(self, pitch: int) -> Told:
        best = self.beam[0]
        self.told = [best.answers[0], *self.told[:-1]]
        self.reached = [best.moment, *self.reached[:-1]]
        out = Told(best.answers[0], jump=self._jump())
        if out.index < 0 and self.is_allowed(best.moment, pitch):
            out.ornament_of = self._ornament_of(best.moment, pitch)
        self._believe(out)
        self._mark(best.answers[0], self.count)
        for i in reversed(range(1, ANSWERS)):
            if self.count - i >= 0 and best.answers[i] != self.told[i]:
                out.revisions.append((self.count - i, best.answers[i]))
                self._unmark(self.told[i], self.count - i)
                self._mark(best.answers[i], self.count - i)
                self.told[i] = best.answers[i]
        return out

    def _jump(self) -> int:
        """How the player came to this pass: onwards, back, on, to the start, by a repeat."""
        best = self.beam[0]
        if not self._is_elsewhere():
            return 0
        if best.pass_ < self.open.pass_:  # it was thought to be left
            return 2 if best.moment > self.reached[1] else 1
        if best.is_repeat:
            return 4
        if best.entry == 0:
            return 3
        return 2 if best.entry > self._reached_before(self.count + 1) else 1

    def _is_elsewhere(self) -> bool:
        """Whether the best hypothesis is of another pass than that of the note before."""
        best = self.beam[0]
        return (best.pass_, best.entry) != (self.open.pass_, self.open.entry)

    def _reached_before(self, notes: int) -> int:
        """Where the player was when the best hypothesis' pass began, of so many notes played."""
        return self.reached[min(notes - self.beam[0].pass_, ANSWERS)]

    def _believe(self, out: Told) -> None:
        """Sum the hypotheses' probabilities by what they say of the last note."""
        shares: dict[int, float] = {}
        for token in (token for token in self.beam if token.cost <= DOUBT_COST):
            shares[token.answers[0]] = shares.get(token.answers[0], 0.0) + exact_exp(-token.cost)
        total = 0.0
        for share in shares.values():  # as C adds up
            total += share
        (_, first), *others = shares.items()
        out.confidence = first / total
        others = [(i, share) for i, share in others if share >= WORTH_TELLING * total]
        others.sort(key=lambda item: -item[1])
        out.alternatives = [(i, share / total) for i, share in others[:ALTERNATIVES]]

    def _ornament_of(self, m: int, pitch: int) -> int:
        """The note whose ornament allows this pitch now or from the next moment on."""
        begun = [i for moment in self.moments[: m + 2] for i in moment.ornamented]
        soon = set(self.moments[m + 1].ornamented) if m + 1 < len(self.moments) else set()
        for i in begun[: -SOUNDING - 1 : -1]:
            note = self.notes[i]
            sounds = i in soon or note.end_beat > self.moments[m].onset_beat
            if sounds and pitch in note.ornament():
                return i
        return -1

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

    def _tell_time(self, out: Told) -> None:
        out.expected_sec, out.expected_sigma_sec = self.beat.due(out.index)
        out.next_sec, out.next_sigma_sec = self.beat.next_due(self.beam[0].moment)

    def _place(self, out: Told) -> None:
        best = self.beam[0]
        beats = [moment.onset_beat for moment in self.moments]
        beat_sec = self.beat.now.model.beat()[0]
        out.tempo_bpm = 60.0 / (best.spb if isnan(beat_sec) else beat_sec)
        out.position_beat = beats[max(best.moment, 0)]
        if out.index >= 0:
            out.position_beat = next(beats[m] for m, _ in self._places(out.index))
        elif 0 <= best.moment < len(beats) - 1:
            on = (self.now_sec - best.trail[0].onset_sec) / best.spb
            out.position_beat = min(beats[best.moment] + on, beats[best.moment + 1])

    # What was left out

    def _sweep(self, out: Told) -> None:
        if self._is_elsewhere():
            self._follow_pass()
        if self.count - self.open.pass_ >= ANSWERS:
            while self.left.next < self.left.end and self._tell(self.left, out):
                self.left.next += 1
        while self._is_settled(self.open.next) and self._tell(self.open, out):
            self.open.next += 1

    def _follow_pass(self) -> None:
        """Go on with another pass; one of a few notes may have been a mistake."""
        best, last = self.beam[0], self.open
        is_back = (self.left.pass_, self.left.entry) == (best.pass_, best.entry)
        self.open = Sweep(best.pass_, best.entry, self.left.next if is_back else best.entry)
        since = last.pass_ if is_back else best.pass_
        if self.count - since > ANSWERS:
            self.open.next = max(self.open.next, self._known_from())
        if is_back:
            self.left = Sweep(-2)
        elif best.pass_ - last.pass_ >= ANSWERS:
            self.left = replace(last, end=self._reached_before(self.count) + 1)

    def _known_from(self) -> int:
        """The first moment after those of the best hypothesis' last notes.

        What it took the notes before them for is not known any more.
        """
        best = self.beam[0]
        known = [m for note in best.answers for m, _ in self._places(note)]
        return min([best.moment, *known]) + 1

    def _is_settled(self, m: int) -> bool:
        """Passed for three notes, or so long ago that no late note is awaited."""
        best = self.beam[0]
        back = best.moment - m
        if back < 0:
            return False
        if back > 0 and m < self.reached[ANSWERS - 1]:
            return True
        wait = LATE_SEC
        if back == 0 and m + 1 < len(self.moments):
            beats = self.moments[m + 1].onset_beat - self.moments[m].onset_beat
            wait += beats * best.spb
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
