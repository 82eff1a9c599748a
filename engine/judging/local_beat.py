"""The player's own beat around each note, seen from both sides.

Whether a note was late shows only in what comes after it. A late note stands out from the beat
before it and from the beat after it; after a hesitation the new beat agrees with it; in a
ritardando it lies between its neighbours where a line through them has it. So a note is off by the
least of three figures, and by nothing where they do not agree which way: off the line through the
moments before, off the line through those after, and off the line from one neighbour to the other.
"""

from collections import deque
from collections.abc import Sequence
from math import sqrt
from statistics import median
from typing import NamedTuple

from engine.judging.windows import (
    CHORD_SPREAD_SEC,
    chord_window_sec,
    first_window_sec,
    follow_window_sec,
    hesitation_sec,
    on_time_sec,
)

BEFORE = 8  # moments: two bars of a simple tune
AFTER = 3  # a verdict is seen better within three moments
LEAST = 2  # moments make a line
HALF_WEIGHT_BEATS = 4.0  # a moment so far away counts half: tempo changes within a phrase
SCATTER_MOMENTS = 16  # how uneven the player is, over the last bars
KNOWN_MOMENTS = 6  # fewer do not tell how uneven the player is
LEAST_BEAT_SEC = 0.01  # moments struck all at once have no tempo
SIGMAS = 2.0  # how far a beat may be from where it was predicted
SAME_TEMPO = 1.25  # ratio of tempi before and after a hesitation


class Arrival:
    """A moment that the player reached.

    Parameters
    ----------
    moment : int
        Which.
    beat, value_beat : float
        Where it is; the gap to the nearer neighbouring moment.

    Attributes
    ----------
    notes : dict of int to float
        When its notes came, by played index.
    onset_sec : float
        When it came: the median of its notes, for hands are apart and chords are rolled.
    """

    __slots__ = ("beat", "moment", "notes", "onset_sec", "value_beat")

    def __init__(self, moment: int, beat: float, value_beat: float) -> None:
        self.moment, self.beat, self.value_beat = moment, beat, value_beat
        self.notes: dict[int, float] = {}
        self.onset_sec = 0.0

    def add(self, played_index: int, onset_sec: float) -> None:
        """Take in one of its notes."""
        self.notes[played_index] = onset_sec
        self.onset_sec = onset_sec if len(self.notes) == 1 else median(list(self.notes.values()))


class Settled(NamedTuple):
    """How a moment stands in the beat around it, in seconds, late positive.

    Attributes
    ----------
    arrival : Arrival
        Which moment.
    onset_sec : float
        When it came, whatever is made of it afterwards.
    offsets_sec : tuple of float
        Off the beat before it, off the beat after it, and off the line between its neighbours.
    window_sec, chord_window_sec : float
        How far off the beat, and off the other notes of its chord, a note may be.
    beat_sec : float
        How long a beat lasts there.
    hesitated_sec : float
        By how much a gap before it was longer; 0 where it was not.
    """

    arrival: Arrival
    onset_sec: float
    offsets_sec: tuple[float, float, float]
    window_sec: float
    chord_window_sec: float
    beat_sec: float
    hesitated_sec: float

    def standing(self, onset_sec: float) -> tuple[float, float]:
        """How far off a note of the moment is, and how far it may be.

        Off the beat, or off its chord where that is farther. Of two notes that are apart, the one
        that is off the beat as well is the one that is off.
        """
        timing_sec = self.off_beat_sec(onset_sec)
        if len(self.arrival.notes) == 1:
            return timing_sec, self.window_sec
        apart_sec = self._apart_sec(onset_sec)
        is_sure = len(self.arrival.notes) > 2 or apart_sec * timing_sec > 0.0
        if is_sure and abs(apart_sec) > max(self.chord_window_sec, abs(timing_sec)):
            return apart_sec, self.chord_window_sec
        return timing_sec, self.window_sec

    def off_beat_sec(self, onset_sec: float) -> float:
        """How far off the beat something is that came with the moment, all figures agreeing."""
        later_sec = onset_sec - self.onset_sec
        later_sec -= min(max(later_sec, -CHORD_SPREAD_SEC), CHORD_SPREAD_SEC)
        least_sec = min(self.offsets_sec) + later_sec
        if least_sec > 0.0:
            return least_sec
        most_sec = max(self.offsets_sec) + later_sec
        return most_sec if most_sec < 0.0 else 0.0

    def roll_off_beat_sec(self) -> float:
        """How far off the beat a rolled chord is: by nothing while it sounds across the beat."""
        onsets_sec = self.arrival.notes.values()
        first_sec = self.off_beat_sec(min(onsets_sec))
        last_sec = self.off_beat_sec(max(onsets_sec))
        return first_sec if first_sec > 0.0 else last_sec if last_sec < 0.0 else 0.0

    def _apart_sec(self, onset_sec: float) -> float:
        """How far from the nearest other note of its chord a note is."""
        gaps = [onset_sec - other for other in self.arrival.notes.values()]
        gaps.remove(0.0)
        return min(gaps, key=abs)


class LocalBeat:
    """Keeps the last moments that were reached without a stop or a leap between them."""

    def __init__(self) -> None:
        self._arrivals: list[Arrival] = []
        self._scatter_sec: deque[float] = deque(maxlen=SCATTER_MOMENTS)
        self._spreads_sec: deque[float] = deque(maxlen=SCATTER_MOMENTS)
        self._typical_sec: float | None = None  # scatter, once it is known

    def reach(self, arrival: Arrival) -> Settled | None:
        """Take in the next moment, its first note in it; tells of one that now has enough after."""
        arrivals = self._arrivals
        arrivals.append(arrival)
        settled = self._settle(len(arrivals) - 1 - AFTER)
        del arrivals[: -(BEFORE + AFTER)]
        return settled

    def find(self, moment: int) -> Arrival | None:
        """The arrival at a moment, while it is not settled."""
        return next((a for a in self._arrivals[-1 - AFTER :] if a.moment == moment), None)

    def forget(self, played_index: int) -> None:
        """A note was none of the moment it was taken for."""
        for at, arrival in enumerate(self._arrivals):
            if arrival.notes.pop(played_index, None) is not None:
                if arrival.notes:
                    arrival.onset_sec = median(list(arrival.notes.values()))
                else:
                    del self._arrivals[at]
                return

    def leave(self) -> list[Settled]:
        """Break off: what comes next is in no time to what was. Tells of what can still be told."""
        last = len(self._arrivals) - 1
        settled = [self._settle(at) for at in range(max(last - AFTER + 1, 0), last + 1)]
        self._arrivals.clear()
        return [one for one in settled if one is not None]

    def off_last_gap_sec(self, moment: int, onset_sec: float) -> float:
        """How far off a note of a moment is if the gap before it is still the tempo; 0: unknown."""
        arrivals, at = self._arrivals, len(self._arrivals) - 1
        while at >= LEAST and arrivals[at].moment != moment:
            at -= 1
        if at < LEAST:
            return 0.0
        here, last, first = arrivals[at], arrivals[at - 1], arrivals[at - LEAST]
        beat_sec = (last.onset_sec - first.onset_sec) / (last.beat - first.beat)
        return onset_sec - last.onset_sec - beat_sec * (here.beat - last.beat)

    def window_sec(self, beat_sec: float, value_sec: float) -> float:
        """How far off this player may be, by how uneven the playing is."""
        return follow_window_sec(on_time_sec(beat_sec, value_sec), self._typical_sec)

    def first_window_sec(self, beat_sec: float, value_sec: float, sigma_sec: float = 0.0) -> float:
        """The same while only the beat before a note is known, and that no better than sigma."""
        window_sec = first_window_sec(on_time_sec(beat_sec, value_sec), self._typical_sec)
        unsure_sec = SIGMAS * sigma_sec
        return sqrt(window_sec * window_sec + unsure_sec * unsure_sec)

    def _take_scatter(self, off_sec: float) -> None:
        """One more moment came so far from the line between its neighbours."""
        self._scatter_sec.append(abs(off_sec))
        if len(self._scatter_sec) >= KNOWN_MOMENTS:
            self._typical_sec = median(self._scatter_sec)

    def _chord_window(self, arrival: Arrival) -> float:
        """How far a note may be from its chord, by the chords before it."""
        is_known = len(self._spreads_sec) >= KNOWN_MOMENTS
        window_sec = chord_window_sec(median(self._spreads_sec) if is_known else None)
        if len(arrival.notes) > 1:
            onsets_sec = arrival.notes.values()
            self._spreads_sec.append(max(onsets_sec) - min(onsets_sec))
        return window_sec

    def _settle(self, at: int) -> Settled | None:
        """Look at a moment from both sides."""
        before = self._arrivals[max(at - BEFORE, 0) : max(at, 0)]
        after = self._arrivals[at + 1 :]
        if len(before) < LEAST:
            return None
        arrival = self._arrivals[at]
        # At an open end the last gap stands for what follows: it slows down where the player does.
        beyond = after if len(after) >= LEAST else before[-LEAST:]
        due_sec, beat_sec = _line_at(before, arrival.beat)
        next_due_sec, next_beat_sec = _line_at(beyond, arrival.beat)
        between_sec, _ = _line_at((before[-1], after[0]) if after else beyond, arrival.beat)
        now_sec = arrival.onset_sec
        offsets_sec = (now_sec - due_sec, now_sec - next_due_sec, now_sec - between_sec)
        is_open = beyond is not after
        window = self.first_window_sec if is_open else self.window_sec
        window_sec = window(beat_sec, arrival.value_beat * beat_sec)
        self._take_scatter(offsets_sec[2])
        is_same_tempo = beat_sec < SAME_TEMPO * next_beat_sec < SAME_TEMPO**2 * beat_sec
        least_sec = hesitation_sec(beat_sec, window_sec)
        gap_sec = now_sec - before[-1].onset_sec
        over_sec = gap_sec - (arrival.beat - before[-1].beat) * next_beat_sec
        has_hesitated = (
            is_same_tempo
            and min(offsets_sec[0], over_sec) >= least_sec
            and offsets_sec[1] <= window_sec
        )
        settled = Settled(
            arrival,
            now_sec,
            offsets_sec,
            window_sec,
            self._chord_window(arrival),
            0.5 * (beat_sec + next_beat_sec),
            offsets_sec[0] if has_hesitated else 0.0,
        )
        self._take_up(settled, before)
        return settled

    @staticmethod
    def _take_up(settled: Settled, before: Sequence[Arrival]) -> None:
        """Let no slip and no hesitation bend the beat by which the next moments are judged."""
        timing_sec = settled.off_beat_sec(settled.onset_sec)
        if abs(timing_sec) > settled.window_sec:
            settled.arrival.onset_sec -= timing_sec
        for arrival in before if settled.hesitated_sec else ():
            arrival.onset_sec += settled.hesitated_sec


def _line_at(arrivals: Sequence[Arrival], beat: float) -> tuple[float, float]:
    """When a line through moments has a beat, and how long a beat lasts on it.

    Weighted least squares, nearer moments counting more.
    """
    # Added up by hand: what sum() gives differs between versions of Python.
    origin_beat, origin_sec = arrivals[0].beat, arrivals[0].onset_sec
    total = beats = seconds = across = along = 0.0
    for arrival in arrivals:
        later_beat, later_sec = arrival.beat - origin_beat, arrival.onset_sec - origin_sec
        weight = 1.0 / (1.0 + abs(arrival.beat - beat) / HALF_WEIGHT_BEATS)
        total += weight
        beats += weight * later_beat
        seconds += weight * later_sec
        across += weight * later_beat * later_sec
        along += weight * later_beat * later_beat
    beat_sec = (total * across - beats * seconds) / (total * along - beats * beats)
    from_mean_beat = beat - origin_beat - beats / total
    due_sec = origin_sec + seconds / total + beat_sec * from_mean_beat
    return due_sec, max(beat_sec, LEAST_BEAT_SEC)
