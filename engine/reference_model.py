"""What the reference follower reasons about: moments of a score, hypotheses, what is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import log, log1p, nan

MISS_COST, MISS_CAP, EXTRA_COST, WRONG_COST = 2.0, 3, 7.0, 5.0
TRILL_COST, TRILL_SEC = 4.5, 0.2
SPREAD_SEC, SPREAD_WEIGHT, SPREAD_CAP = 0.08, 1.5, 4.5
LATE_COST, LATE_SEC = 2.0, 0.5
TIMING_SIGMA, TIMING_NU, JITTER_SEC, TARDY_CAP, GRACE_CAP = 0.25, 4.0, 0.03, 4.5, 1.0
TEMPO_DRIFT, TEMPO_VARIANCE, TEMPO_RANGE, STOP_LOG, FIRST_IOI_SEC = 0.02, 1.0, 4.0, 1.0, 0.25
KNOWN_VARIANCE, FIRST_LOG = 0.3, 2.0
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


def spread_cost(heard: Heard, back: int, now: float) -> float:
    """What a note costs that comes after others of its moment, ``back`` moments ago."""
    lag = max(now - max(heard.onset_sec, heard.latest_sec), 0.0) / SPREAD_SEC
    cost = SPREAD_WEIGHT * log1p(lag * lag)
    return min(cost, SPREAD_CAP) if back == 0 else cost


def learn_tempo(
    token: Token, error: float, taken_sec: float, gap_sec: float, first_log_spb: float
) -> tuple[float, float]:
    """Learn from one interval how long a beat lasts.

    The first interval is the tempo; then a Kalman step on the log of seconds per beat, weighted
    as Student's t has it.
    """
    noise = TIMING_SIGMA * TIMING_SIGMA
    variance = token.variance + TEMPO_DRIFT * taken_sec
    weight = 1.0 / (1.0 + error * error / (TIMING_NU * (variance + noise)))
    gain = weight * variance / (variance + noise)
    change = gain * error
    first = log(max(taken_sec, JITTER_SEC) / gap_sec)
    if token.variance >= KNOWN_VARIANCE and abs(first) < FIRST_LOG:
        change = first
        variance, gain = noise, 0.0
    away = token.log_spb + change - first_log_spb
    away = min(max(away, -TEMPO_RANGE), TEMPO_RANGE)
    return first_log_spb + away, min(max((1.0 - gain) * variance, 0.0), TEMPO_VARIANCE)
