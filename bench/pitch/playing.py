"""Sound and truth of any item, recorded or modelled."""

from pathlib import Path

from bench.pitch import material, synth, synth_chords
from bench.pitch.material import F64, Item, Sound, Truth


def melody_of(data: Path, item: Item) -> Sound:
    """The sound of a melodic item."""
    return synth.sound(item) if item.kind == "model" else material.sound(data, item)


def chords_of(data: Path, item: Item) -> Sound:
    """The sound of a polyphonic item."""
    return synth_chords.sound(item) if item.kind == "model" else material.sound(data, item)


def truth_of(data: Path, item: Item) -> Truth:
    """The truth of a melodic item."""
    return synth.truth(item) if item.kind == "model" else material.truth(data, item)


def chord_notes(data: Path, item: Item) -> F64:
    """The notes of a polyphonic item."""
    return synth_chords.notes(item) if item.kind == "model" else material.notes(data, item)
