"""What is wanted of Etude on the development recordings and on instruments never heard before."""

from collections.abc import Callable
from typing import NamedTuple

from bench.pitch.material import Item
from bench.pitch.summary import Frames, of

LOWEST_OCTAVE = "A0-B1"
LATENCY_REGISTERS = {
    "C2": (("C2-B2",), 34, 38),
    "C3": (("C3-B3",), 18, 20),
    "C4": (("C4-B4",), 14, 15),
    "C5 and up": (("C5-B5", "C6-C8"), 10, 12),
}
"""Registers, and the median ms wanted on the development recordings and on others."""


class Target(NamedTuple):
    """One line of the table: what is wanted, and how it is measured of frames."""

    title: str
    wanted: float
    unseen: float
    is_least: bool
    measured: Callable[[Frames], float | None]


def clean_notes(item: Item) -> bool:
    """Clean recordings of instruments."""
    return item.kind in ("exact", "real") and item.condition == "clean"


def clean(item: Item) -> bool:
    """Clean recordings of instruments and voices."""
    return item.kind != "model" and item.condition == "clean"


def live(condition: str) -> Callable[[Frames], float | None]:
    """RPA50 of what is on the screen."""
    return lambda frames: frames.rate("within_50", of("exact", condition), live=True)


def rate(name: str, kind: str, condition: str) -> Callable[[Frames], float | None]:
    """A rate of what describes each instant."""
    return lambda frames: frames.rate(name, of(kind, condition))


def latency(registers: tuple[str, ...]) -> Callable[[Frames], float | None]:
    """Median ms to a stable pitch."""

    def median(frames: Frames) -> float | None:
        found = frames.latency(registers, clean_notes)
        return found.median if found else None

    return median


FRAME_TARGETS = [
    Target("live RPA50, clean", 98.5, 96.5, True, live("clean")),
    Target("live RPA50, 10 dB", 96, 93, True, live("snr10")),
    Target("live RPA50, 0 dB", 86, 82, True, live("snr0")),
    Target("RPA10, exact clean", 98, 94, True, rate("within_10", "exact", "clean")),
    Target("octave errors, real instruments", 0.3, 0.5, False, rate("octave", "real", "clean")),
    Target("voicing false alarm, clean", 4, 5, False, rate("false_alarm", "exact", "clean")),
    Target("the same, piano 10 dB below", 15, 20, False, rate("false_alarm", "exact", "bleed10")),
    Target("overall accuracy, 0 dB", 85, 80, True, rate("overall", "exact", "snr0")),
    *(
        Target(f"ms from onset to stable pitch, {name}", wanted, unseen, False, latency(registers))
        for name, (registers, wanted, unseen) in LATENCY_REGISTERS.items()
    ),
    Target(
        f"lowest octave {LOWEST_OCTAVE}, RPA50",
        97,
        90,
        True,
        lambda frames: frames.of_register(LOWEST_OCTAVE, clean),
    ),
]
"""Percent, but for latencies."""

ONSET_TARGETS = {"real": (92, 90), "voice": (80, 75)}
"""F1 within 50 ms, by kind: on the development recordings and on others."""

CHORD_F1 = {0.06: (88, 86), 0.1: (94, 91), 0.16: (96, 94), 0.3: (97, 95)}
DECOY_BUDGET_SEC = 0.1
DECOYS = {"semitone": (99.5, 99.5), "octave": (98, 97)}
QUERY_MS = 0.2
HOP_US, WORST_HOP_US = 30.0, 100.0
