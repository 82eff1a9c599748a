"""How a pitch is written: line or space, accidental, and the key signature around it."""

from collections.abc import Mapping
from typing import NamedTuple

STEPS = "CDEFGAB"

SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
"""Of the steps above C."""

SHARPS, FLATS = "FCGDAEB", "BEADGCF"
"""The order in which a key signature alters the steps."""

Key = tuple[int, ...]
"""Semitones by which a key signature alters C, D, E, F, G, A and B."""

NO_KEY: Key = (0,) * 7


class Spelling(NamedTuple):
    """How a note head is written.

    Attributes
    ----------
    line : int
        Steps above the C of octave 0: 7 * octave + step.
    alter : int
        Semitones, as it sounds.
    key : Key
        The key signature in force.
    """

    line: int
    alter: int
    key: Key


def key_of_fifths(fifths: int) -> Key:
    """Key signature of so many sharps or, negative, flats; beyond seven they are doubled."""
    order, shift = (SHARPS, 1) if fifths > 0 else (FLATS, -1)
    times, rest = divmod(abs(fifths), 7)
    return tuple(shift * (times + (step in order[:rest])) for step in STEPS)


def key_of_steps(alterations: Mapping[str, int]) -> Key:
    """Key signature that alters some steps, whichever."""
    return tuple(alterations.get(step, 0) for step in STEPS)


def natural_semitones(line: int) -> int:
    """Semitones above the C of octave 0 of a line or space without accidental."""
    octave, step = divmod(line, 7)
    return 12 * octave + SEMITONES[STEPS[step]]
