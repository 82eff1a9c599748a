"""What the reference follower reasons about: moments of a score, hypotheses, what is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import nan
from typing import NamedTuple

from engine.reference_math import exact_exp, exact_log, exact_log1p

MISS_RATE, MISS_NOTES, MISS_CAP, LEFT_OUT_CAP = 0.17, 15.0, 5, 12.0
EXTRA_COST, WRONG_COST = 7.0, 5.0
TRILL_COST, TRILL_SEC, ORNAMENT_COST, STROKE_COST = 4.5, 0.2, 3.0, 1.0
SPREAD_SEC, SPREAD_WEIGHT, SPREAD_CAP, ROLL_CAP = 0.08, 1.5, 4.5, 0.5
LATE_COST, LATE_SEC = 2.0, 0.8
TIMING_SIGMA, TIMING_NU, JITTER_SEC, TARDY_CAP, GRACE_CAP = 0.25, 4.0, 0.03, 4.5, 2.0
FERMATA_CAP, TOGETHER_COST, SHORTEST = 0.5, 2.0, 1e-9
TEMPO_DRIFT, TEMPO_VARIANCE, TEMPO_RANGE, STOP_LOG, FIRST_IOI_SEC = 0.02, 1.0, 4.0, 1.0, 0.25
KNOWN_VARIANCE, FIRST_LOG = 0.3, 2.0
JUMP_COST, PAUSE_BONUS, PAUSE_SEC, PAUSE_RATIO = 14.0, 6.0, 0.4, 2.72
MIDBAR_COST, DISTANCE_COST, START_BONUS, REPEAT_COST, KEEP_COST = 4.0, 0.5, 1.0, 3.0, 12.0
DOUBT_COST, WORTH_TELLING = 7.0, 0.01
BARS_BACK, BARS_ON, PASSES, NEAREST = 12, 6, 4, 8
CHORD, PARTNERS, TRAIL, AHEAD, BEAM, ANSWERS, MISSED = 64, 16, 4, 12, 24, 4, 64
SOUNDING, ALTERNATIVES = 32, 3
"""The constants of ``native/src/follower_model.h`` and ``follower.h``, where their reasons are."""


STARTS_BAR, GRACE, ORNAMENT, ROLLED, FERMATA = 1, 2, 4, 8, 16


class Note(NamedTuple):
    """A written note, with the fields of ``core_score_note``."""

    onset_beat: float
    end_beat: float
    pitch: int
    bar: int
    upper: int
    lower: int
    marks: int

    def has(self, mark: int) -> bool:
        """Whether it bears one of the marks of the header."""
        return bool(self.marks & mark)

    def ornament(self) -> frozenset[int]:
        """The pitches its ornament may sound."""
        return frozenset({self.pitch, self.upper, self.lower} - {-1})


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
    number: int
    is_rolled: bool = False
    has_fermata: bool = False
    slots: list[Slot] = field(default_factory=list)
    ornamented: list[int] = field(default_factory=list)

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
    spb: float
    cost: float = 0.0
    variance: float = TEMPO_VARIANCE
    missing: float = MISS_RATE
    trail: tuple[Heard, ...] = (Heard(),) * TRAIL
    answers: tuple[int, ...] = (-1,) * ANSWERS
    moment: int = -1
    entry: int = 0
    pass_: int = -1
    is_repeat: bool = False

    @property
    def place(self) -> tuple[int, frozenset[int]]:
        """Hypotheses of one place are the same but for their past."""
        return self.moment, self.trail[0].played

    def miss_cost(self, notes: int) -> float:
        """Leaving out a whole chord is one decision, not one per note."""
        return -exact_log(max(self.missing, MISS_RATE)) * min(notes, MISS_CAP)

    def unless_lost(self) -> "Token":
        """Where nothing matched of late, what was learned then, too, is worth nothing."""
        if any(answer >= 0 for answer in self.answers):
            return self
        return replace(self, variance=TEMPO_VARIANCE, missing=MISS_RATE)

    def answered(self, cost: float, note: int) -> "Token":
        """The hypothesis after one more answer."""
        return replace(self, cost=cost, answers=(note, *self.answers[:-1]))


@dataclass
class Sweep:
    """Moments of one pass to be searched for notes left out.

    One note may have begun several passes, at different moments.
    """

    pass_: int
    entry: int = 0
    next: int = 0
    end: int = 0


@dataclass
class Told:
    """The fields of ``core_match``."""

    index: int = -1
    ornament_of: int = -1
    jump: int = 0
    confidence: float = nan
    position_beat: float = nan
    tempo_bpm: float = nan
    expected_sec: float = nan
    expected_sigma_sec: float = nan
    next_sec: float = nan
    next_sigma_sec: float = nan
    alternatives: list[tuple[int, float]] = field(default_factory=list)
    revisions: list[tuple[int, int]] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)


def read_moments(notes: Sequence[Note]) -> list[Moment]:
    """Group notes, sorted by onset and pitch, into moments and slots."""
    moments: list[Moment] = []
    bar = -1
    for i, note in enumerate(notes):
        last = notes[i - 1] if i else None
        is_new = last is None or note.onset_beat != last.onset_beat
        is_grace = note.has(GRACE) or (last is not None and last.has(GRACE))
        if last and not is_new and note.pitch == last.pitch and not is_grace:
            moments[-1].slots[-1].notes.append(i)
            if note.has(ORNAMENT):
                moments[-1].ornamented.append(i)
            continue
        if is_new or len(moments[-1].slots) == CHORD:
            starts = not moments or (is_new and note.has(STARTS_BAR))
            bar += starts
            moments.append(Moment(note.onset_beat, bar, starts, note.bar))
        moment = moments[-1]
        moment.slots.append(Slot(note.pitch, note.has(GRACE), [i]))
        moment.is_rolled |= note.has(ROLLED)
        moment.has_fermata |= note.has(FERMATA)
        if note.has(ORNAMENT):
            moment.ornamented.append(i)
    return moments


def guess_log_spb(moments: list[Moment]) -> float:
    """Until the player shows it, notes are taken to follow each other FIRST_IOI_SEC apart."""
    beats = [b.onset_beat - a.onset_beat for a, b in pairwise(moments)]
    logs = [exact_log(beat) for beat in beats if beat > SHORTEST]
    total = 0.0
    for value in logs:  # sum() compensates from Python 3.12 on, C does not
        total += value
    return exact_log(FIRST_IOI_SEC) - (total / len(logs) if logs else 0.0)


def spread_cost(heard: Heard, back: int, now: float, *, is_rolled: bool) -> float:
    """What a note costs that comes after others of its moment, ``back`` moments ago."""
    lag = max(now - max(heard.onset_sec, heard.latest_sec), 0.0) / SPREAD_SEC
    cost = SPREAD_WEIGHT * exact_log1p(lag * lag)
    cap = ROLL_CAP if is_rolled else SPREAD_CAP if back == 0 else cost
    return min(cost, cap)


@dataclass(frozen=True)
class Arrival:
    """The time taken to a moment beside the time it should take."""

    error: float = 0.0
    taken_sec: float = 0.0
    gap_sec: float = 0.0
    due_sec: float = nan
    is_early_grace: bool = False
    is_held: bool = False
    is_together: bool = False


def arrival(
    token: Token, gap_beat: float, now: float, *, is_grace: bool, has_fermata: bool
) -> Arrival:
    """The log ratio of the time taken to the time due, softened: single onsets jitter."""
    if token.moment < 0:
        return Arrival()
    gap_sec = gap_beat * token.spb
    taken_sec = max(now - token.trail[0].onset_sec, 0.0)
    error = exact_log((taken_sec + JITTER_SEC) / (gap_sec + JITTER_SEC))
    is_held = error > 0.0 and has_fermata
    is_due = error <= STOP_LOG and not is_held and token.variance < KNOWN_VARIANCE
    due_sec = token.trail[0].onset_sec + gap_sec if is_due else nan
    is_together = now - token.trail[0].latest_sec < JITTER_SEC and gap_sec > TRILL_SEC
    is_early_grace = error < 0.0 and is_grace
    return Arrival(error, taken_sec, gap_sec, due_sec, is_early_grace, is_held, is_together)


def timing_cost(token: Token, a: Arrival) -> float:
    """Student's t of the log ratio."""
    variance = token.variance + TEMPO_DRIFT * a.taken_sec + TIMING_SIGMA * TIMING_SIGMA
    cost = 0.5 * (TIMING_NU + 1.0) * exact_log1p(a.error * a.error / variance / TIMING_NU)
    if a.error > 0.0:
        cost = min(cost, FERMATA_CAP if a.is_held else TARDY_CAP)
    cost = min(cost, GRACE_CAP) if a.is_early_grace else cost
    return cost + TOGETHER_COST if a.is_together else cost


def learn_tempo(token: Token, a: Arrival, first_log_spb: float) -> Token:
    """Learn from one interval how long a beat lasts.

    The first interval is the tempo; then a Kalman step on the log of seconds per beat, weighted
    as Student's t has it.
    """
    noise = TIMING_SIGMA * TIMING_SIGMA
    variance = token.variance + TEMPO_DRIFT * a.taken_sec
    weight = 1.0 / (1.0 + a.error * a.error / (TIMING_NU * (variance + noise)))
    gain = weight * variance / (variance + noise)
    change = gain * a.error
    first = exact_log(max(a.taken_sec, JITTER_SEC) / max(a.gap_sec, SHORTEST))
    if token.variance >= KNOWN_VARIANCE and abs(first) < FIRST_LOG:
        change = first
        variance, gain = noise, 0.0
    away = token.log_spb + change - first_log_spb
    log_spb = first_log_spb + min(max(away, -TEMPO_RANGE), TEMPO_RANGE)
    variance = min(max((1.0 - gain) * variance, 0.0), TEMPO_VARIANCE)
    return replace(token, log_spb=log_spb, spb=exact_exp(log_spb), variance=variance)
