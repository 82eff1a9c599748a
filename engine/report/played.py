"""What was played, with the verdict that stands on each note."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.events import Event, Kind
from engine.judging import RESULTS, Verdict
from engine.report.intonation import HeardCents
from engine.report.score_bars import ScoreBars

SUSTAIN_PEDAL = 64  # the MIDI controller
PEDAL_DOWN = 64  # and the least value at which it is down
N_MATCHED = 3  # the first three of RESULTS name the note that was played
NOWHERE = -1

JUDGED_DTYPE = np.dtype(
    [
        ("result", "i1"),  # a place in RESULTS
        ("played_index", "i4"),  # -1: missed
        ("score_index", "i4"),  # -1: extra
        ("pitch", "i2"),  # as played; -1: missed
        ("velocity", "i2"),
        ("time_sec", "f8"),  # onset; of a missed note, when that was said
        ("held_sec", "f8"),  # how long the key was down; NaN where that is not known
        ("cents", "f8"),  # how far off a microphone heard it; NaN where that is not known
        ("is_pedalled", "?"),  # the pedal was down when the key came up
        ("timing_sec", "f8"),  # NaN where time is not judged
        ("window_sec", "f8"),  # how far off was correct; NaN where time is not judged
        ("bar", "i4"),  # a place in ScoreBars
        ("hand", "i1"),  # a place in HANDS
        ("stretch", "i4"),  # played in one go; -1: not known
        ("run", "i4"),  # played without going back; -1: not known
    ]
)
Judged = NDArray[Any]
"""A one-dimensional array of JUDGED_DTYPE."""

Entry = tuple[Event, Sequence[Any]]
"""An event, and all that was said upon it."""


def gather(entries: Iterable[Entry], bars: ScoreBars) -> Judged:
    """Read a performance note by note.

    Parameters
    ----------
    entries : iterable of (Event, results)
        In the order of the events; whatever is no :class:`Verdict` is passed over, and so are
        verdicts that are not counted.
    bars : ScoreBars
        Of the score.

    Returns
    -------
    (n,) array of JUDGED_DTYPE
        Played notes in the order played, then missed ones in the order told; ``stretch`` and
        ``run`` are left at -1. A note on which nothing was said is not in it.
    """
    hearing = _Hearing()
    for event, results in entries:
        hearing.take(event)
        for said in results:
            if isinstance(said, Verdict):
                hearing.judge(said, event.time_sec)
    judged = np.array(hearing.rows(), JUDGED_DTYPE)
    _place(judged, bars)
    return judged


def matched(judged: Judged) -> NDArray[np.bool_]:
    """Which notes are the one that was written: correct, early or late."""
    return np.asarray(judged["result"] < N_MATCHED)


class _Hearing:
    """Keeps the notes played, which keys and pedal are down, and what stands on each note."""

    def __init__(self) -> None:
        self._notes: list[tuple[int, float]] = []  # velocity, onset
        self._released: dict[int, tuple[float, bool]] = {}  # note -> held_sec, is_pedalled
        self._down: dict[int, int] = {}  # pitch -> note
        self._cents = HeardCents()
        self._is_pedal_down = False
        self._standing: dict[int, Verdict] = {}
        self._missed: list[tuple[float, Verdict]] = []

    def take(self, event: Event) -> None:
        self._cents.take(event)
        time_sec, kind, number, value = event
        if kind == Kind.NOTE_ON and value:
            self._release(number, time_sec)
            self._down[number] = len(self._notes)
            self._notes.append((value, time_sec))
        elif kind in (Kind.NOTE_ON, Kind.NOTE_OFF):
            self._release(number, time_sec)
        elif kind == Kind.RENAMED and value in self._down:
            self._down[number] = self._down.pop(value)
        elif kind == Kind.CONTROL and number == SUSTAIN_PEDAL:
            self._is_pedal_down = value >= PEDAL_DOWN

    def judge(self, verdict: Verdict, now_sec: float) -> None:
        if verdict.played_index < 0:
            self._missed.append((now_sec, verdict))
        else:
            self._standing[verdict.played_index] = verdict

    def rows(self) -> list[tuple[Any, ...]]:
        played = ((*self._notes[note], note, self._standing[note]) for note in self._order())
        missed = ((0, told_sec, NOWHERE, verdict) for told_sec, verdict in self._missed)
        return [self._row(*fields) for fields in chain(played, missed)]

    def _order(self) -> list[int]:
        """Notes that count, as they were played: not the other hand's, not those of ornaments."""
        counted = {note for note, said in self._standing.items() if said.result in RESULTS}
        return sorted(note for note in counted if not self._standing[note].is_ornament)

    def _row(self, velocity: int, time_sec: float, note: int, said: Verdict) -> tuple[Any, ...]:
        held_sec, is_pedalled = self._released.get(note, (np.nan, False))
        result = RESULTS.index(said.result)
        what = (result, note, said.score_index, said.pitch, velocity, time_sec)
        why = said.why
        window_sec = np.nan if why is None else why.window_sec
        where = (NOWHERE, 0, NOWHERE, NOWHERE)
        cents = self._cents.of_note.get(note, np.nan)
        return (*what, held_sec, cents, is_pedalled, said.timing_sec, window_sec, *where)

    def _release(self, pitch: int, time_sec: float) -> None:
        note = self._down.pop(pitch, None)
        if note is not None:
            held_sec = max(time_sec - self._notes[note][1], 0.0)
            self._released[note] = held_sec, self._is_pedal_down


def _place(judged: Judged, bars: ScoreBars) -> None:
    """Say in which bar and by which hand each note was played.

    An extra note belongs to the bar of the note that stood for a written one before it, and to the
    hand that has the nearest pitch there.
    """
    index = judged["score_index"]
    is_written = index >= 0
    judged["bar"][is_written] = bars.of_note[index[is_written]]
    judged["hand"][is_written] = bars.hand[index[is_written]]
    extras = np.flatnonzero(~is_written)
    if not len(extras):
        return
    judged["bar"][extras] = _bars_before(judged, is_written)[extras]
    nearest = {
        key: bars.nearest_hand(*key)
        for key in set(
            zip(*(judged[name][extras].tolist() for name in ("bar", "pitch")), strict=True)
        )
    }
    for extra in extras.tolist():
        judged["hand"][extra] = nearest[int(judged["bar"][extra]), int(judged["pitch"][extra])]


def _bars_before(judged: Judged, is_written: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The bar of the last written note played before each note; failing any, of the first after."""
    is_anchor = is_written & (judged["played_index"] >= 0)
    anchors = np.flatnonzero(is_anchor)
    if not len(anchors):
        return np.zeros(len(judged), np.int32)
    last = np.maximum(np.cumsum(is_anchor) - 1, 0)
    return np.asarray(judged["bar"][anchors[last]])
