"""Cut a score down to some bars, or to one hand."""

import numpy as np
import numpy.typing as npt

from engine.errors import RuleError
from engine.score.arrays import Structured, read_only

HANDS = ("both", "left", "right")


def cut(
    notes: Structured,
    bars: Structured,
    tempi: Structured,
    from_bar: int | None,
    to_bar: int | None,
    hands: str,
    repeats: bool,
) -> tuple[Structured, Structured, Structured]:
    """Select notes, bars and tempi; see :meth:`engine.score.Score.section`."""
    if hands not in HANDS:
        raise RuleError(f"hands must be one of {', '.join(HANDS)}, got {hands!r}")
    is_kept = _kept_bars(bars, from_bar, to_bar, repeats)
    shift = _shifts(bars, is_kept)
    if not repeats:
        shift = shift + _waited(bars, int(np.argmax(is_kept)))
    bar_of = bar_index(notes, bars)
    kept_notes = notes[is_kept[bar_of] & _is_hand(notes["staff"], hands)].copy()
    if len(kept_notes) == 0:
        raise RuleError(f"the selection must hold a note, got none for hands {hands!r}")
    kept_notes["onset_beat"] -= shift[bar_index(kept_notes, bars)]
    order = np.lexsort((kept_notes["pitch"], kept_notes["onset_beat"]))
    kept_bars = bars[is_kept].copy()
    kept_bars["onset_beat"] -= shift[is_kept]
    return (
        read_only(kept_notes[order]),
        read_only(kept_bars),
        read_only(_kept_tempi(tempi, bars, is_kept, shift)),
    )


def bar_index(notes: Structured, bars: Structured) -> npt.NDArray[np.intp]:
    """Return for each note the index of its bar as played."""
    found = np.searchsorted(bars["onset_beat"], notes["onset_beat"], side="right") - 1
    return np.clip(found, 0, len(bars) - 1)


def _kept_bars(
    bars: Structured, from_bar: int | None, to_bar: int | None, repeats: bool
) -> npt.NDArray[np.bool_]:
    measures = bars["measure"]
    low, high = int(measures.min()), int(measures.max())
    first = low if from_bar is None else from_bar
    last = high if to_bar is None else to_bar
    for name, bar in (("from_bar", first), ("to_bar", last)):
        if not low <= bar <= high:
            raise RuleError(f"{name} must be a bar from {low} to {high}, got {bar}")
    if first > last:
        raise RuleError(f"from_bar must be <= to_bar, got {first} and {last}")
    is_kept: npt.NDArray[np.bool_] = (measures >= first) & (measures <= last)
    if not repeats:
        is_kept &= bars["is_unrepeated"]
    if not is_kept.any():
        how = "" if repeats else " without repeats"
        raise RuleError(f"the selection must hold a bar, got none from {first} to {last}{how}")
    return is_kept if from_bar is None and to_bar is None else _one_pass(measures, is_kept)


def _one_pass(
    measures: npt.NDArray[np.int32], is_kept: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Of bars that repeats play several times, the pass that first goes through to the last one."""
    places = np.flatnonzero(is_kept)
    numbers = measures[places]
    end = int(np.argmax(numbers == numbers.max()))
    begin = end - int(np.argmin(numbers[end::-1]))
    first, last = int(places[begin]), int(places[end])
    while last + 1 < len(measures) and measures[last + 1] == measures[last]:
        last += 1  # a bar in two halves
    while first > 0 and measures[first - 1] == measures[first]:
        first -= 1
    through = np.zeros_like(is_kept)
    through[first : last + 1] = is_kept[first : last + 1]
    return through


def _shifts(bars: Structured, is_kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Beats to take off each bar's onset: what was cut out since the first kept bar."""
    cut_out = np.where(is_kept, 0.0, bars["duration_beat"])
    removed = np.concatenate([[0.0], np.cumsum(cut_out)[:-1]])
    return np.asarray(removed - removed[np.argmax(is_kept)])


def _waited(bars: Structured, first: int) -> float:
    """Beats from where a bar is first played to the pass that is taken."""
    passes = bars["onset_beat"][bars["written"] == bars["written"][first]]
    return float(bars["onset_beat"][first] - passes[0])


def _is_hand(staff: npt.NDArray[np.int32], hands: str) -> npt.NDArray[np.bool_]:
    if hands == "both":
        return np.ones(len(staff), dtype=bool)
    return np.asarray((staff == 1) == (hands == "right"))


def _kept_tempi(
    tempi: Structured,
    bars: Structured,
    is_kept: npt.NDArray[np.bool_],
    shift: npt.NDArray[np.float64],
) -> Structured:
    """Tempo marks inside the kept bars, and at the start of each run the tempo then in force."""
    rows: dict[float, float] = {}
    for k in np.flatnonzero(is_kept):
        start = bars["onset_beat"][k]
        end = start + bars["duration_beat"][k]
        if k == 0 or not is_kept[k - 1]:
            in_force = max(int(np.searchsorted(tempi["onset_beat"], start, side="right")) - 1, 0)
            rows[start - shift[k]] = tempi["bpm"][in_force]
        inside = (tempi["onset_beat"] >= start) & (tempi["onset_beat"] < end)
        rows.update((float(onset - shift[k]), float(bpm)) for onset, bpm in tempi[inside].tolist())
    ordered = sorted(rows.items())
    changes = [row for k, row in enumerate(ordered) if k == 0 or row[1] != ordered[k - 1][1]]
    return np.array(changes, dtype=tempi.dtype)
