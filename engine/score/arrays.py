"""The arrays of a score: their types, and how a bare array of notes is completed."""

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import RuleError
from engine.score.limits import MAX_BEATS, MAX_NOTES

NOTE_DTYPE = np.dtype(
    [
        ("id", "U32"),
        ("pitch", "i4"),
        ("onset_beat", "f8"),
        ("duration_beat", "f8"),
        ("measure", "i4"),
        ("beat", "f8"),
        ("staff", "i4"),
        ("voice", "i4"),
        ("is_grace", "?"),
        ("ornament", "U8"),
        ("ornament_upper", "i2"),
        ("ornament_lower", "i2"),
        ("has_fermata", "?"),
    ]
)
BAR_DTYPE = np.dtype(
    [
        ("measure", "i4"),
        ("onset_beat", "f8"),
        ("duration_beat", "f8"),
        ("count", "i4"),
        ("unit", "i4"),
        ("written", "i4"),
        ("is_unrepeated", "?"),
    ]
)
TEMPO_DTYPE = np.dtype([("onset_beat", "f8"), ("bpm", "f8")])

Structured = npt.NDArray[Any]
"""A one-dimensional structured array."""

ORNAMENTS = ("", "trill", "mordent", "turn", "tremolo", "arpeggio")

MAX_NUMBER = 2**31 - 1
"""Of bars, staves and voices: they are 32 bit."""

NO_PITCH = -1
"""Where an ornament has no auxiliary."""

BEATS_PER_BAR = 4
"""Of the grid laid under notes that come without bars: 4/4."""


def structured(rows: Any, dtype: np.dtype[Any]) -> Structured:
    """Make a read-only structured array of rows."""
    return read_only(np.array([tuple(row) for row in rows], dtype=dtype))


def no_notes() -> Structured:
    """Make an empty array of notes."""
    return structured((), NOTE_DTYPE)


def read_only(array: Structured) -> Structured:
    """Return the array locked against writing."""
    array.flags.writeable = False
    return array


def blank_notes(count: int) -> Structured:
    """Make notes without ornaments; all else is still to be filled in."""
    notes = np.zeros(count, NOTE_DTYPE)
    notes["ornament_upper"] = notes["ornament_lower"] = NO_PITCH
    return notes


def blank_bars(count: int) -> Structured:
    """Make bars written as they are played; all else is still to be filled in."""
    bars = np.zeros(count, BAR_DTYPE)
    bars["written"] = np.arange(count)
    bars["is_unrepeated"] = True
    return bars


def complete_notes(array: npt.ArrayLike) -> Structured:
    """Fill in whatever a note array leaves out, and sort it by onset, then pitch.

    Parameters
    ----------
    array : (n,) structured array
        With at least ``pitch`` and ``onset_beat``.

    Returns
    -------
    (n,) array of NOTE_DTYPE
        Read-only.

    Raises
    ------
    RuleError
        If it is empty or not structured, or a value is no number, not finite or out of range.
    """
    given = np.asarray(array)
    _check(given)
    notes = blank_notes(len(given))
    notes["id"] = [f"n{k}" for k in range(len(given))]
    notes["duration_beat"] = notes["staff"] = notes["voice"] = 1
    names = given.dtype.names or ()
    for name in set(NOTE_DTYPE.names or ()) & set(names):
        notes[name] = given[name]
    onset = notes["onset_beat"]
    if "measure" not in names:
        notes["measure"] = np.floor(onset / BEATS_PER_BAR) + 1
    if "beat" not in names:
        place = onset % BEATS_PER_BAR
        notes["beat"] = np.floor(place) + place % 1 / 4
    return read_only(notes[np.lexsort((notes["pitch"], onset))])


def _check(given: npt.NDArray[Any]) -> None:
    names = given.dtype.names or ()
    if given.ndim != 1 or "pitch" not in names or "onset_beat" not in names:
        raise RuleError(
            "array must be one-dimensional with fields pitch and onset_beat,"
            f" got shape {given.shape} and fields {names}"
        )
    if not 0 < len(given) <= MAX_NOTES:
        raise RuleError(f"array must have 1 to {MAX_NOTES} notes, got {len(given)}")
    _check_range(given, "pitch", 0, 127)
    _check_range(given, "onset_beat", -MAX_BEATS, MAX_BEATS)
    if "duration_beat" in names:
        _check_range(given, "duration_beat", 0, MAX_BEATS)
    for name in ("ornament_upper", "ornament_lower"):
        if name in names:
            _check_range(given, name, NO_PITCH, 127)
    for name in ("measure", "beat", "staff", "voice"):
        if name in names:
            _check_range(given, name, -MAX_NUMBER, MAX_NUMBER)
    if "ornament" in names and (unknown := set(given["ornament"].tolist()) - set(ORNAMENTS)):
        raise RuleError(f"ornament must be one of {ORNAMENTS}, got {min(unknown, key=str)!r}")


def _check_range(given: npt.NDArray[Any], name: str, low: float, high: float) -> None:
    if given[name].dtype.kind not in "iuf":
        raise RuleError(f"{name} must be a number, got {given[name].dtype}")
    values = given[name].astype(float)
    outside = ~((values >= low) & (values <= high))
    if outside.any():
        raise RuleError(f"{name} must be from {low:g} to {high:g}, got {values[outside][0]:g}")


def grid_bars(notes: Structured) -> Structured:
    """Lay 4/4 bars under notes that came without any, from the first note's to the last one's."""
    first = int(np.floor(notes["onset_beat"].min() / BEATS_PER_BAR))
    last = int(np.floor(notes["onset_beat"].max() / BEATS_PER_BAR))
    bars = blank_bars(last + 1 - first)
    bars["measure"] = np.arange(first, last + 1) + 1
    bars["onset_beat"] = np.arange(first, last + 1) * BEATS_PER_BAR
    bars["duration_beat"] = bars["count"] = BEATS_PER_BAR
    bars["unit"] = 4
    return read_only(bars)
