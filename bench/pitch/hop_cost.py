"""What a hop of 256 samples costs, part by part, over a million hops."""

from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import cycle, islice
from time import thread_time_ns
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.pitch import synth
from bench.pitch.engines import BLOCK
from bench.pitch.material import F32, pink

RATE_HZ = 44_100
PASSES = 10
"""The same sound is heard that often, each time from the beginning."""


class HopCost(NamedTuple):
    """Microseconds; ``least_worst`` is the worst of the hops' quickest times over the passes."""

    part: str
    mean: float
    median: float
    p99: float
    p9999: float
    worst: float
    least_worst: float
    hops: int


class Part(NamedTuple):
    """Something that hears: takes a hop, and can begin anew."""

    hear: Callable[[F32], object]
    reset: Callable[[], object]


def nothing() -> Part:
    """What the measuring itself costs."""
    return Part(lambda block: None, lambda: None)


def pitch() -> Part:
    """The frames of a tracker and its notes."""
    tracker = import_module("engine.pitch").PitchTracker(RATE_HZ)

    def hear(block: F32) -> None:
        tracker.process(block)
        tracker.take_notes()

    return Part(hear, tracker.reset)


def chords() -> Part:
    """A verifier that is fed."""
    verifier = import_module("engine.chords").ChordVerifier(RATE_HZ)
    return Part(verifier.process, verifier.reset)


def signal() -> Part:
    """The signal check."""
    check = import_module("engine.signal_check").SignalCheck(RATE_HZ)
    return Part(check.process, check.reset)


PARTS = {
    "the measuring itself": nothing,
    "pitch and notes": pitch,
    "chords, fed": chords,
    "signal check": signal,
}
"""As they are called from Python."""


def hops(count: int) -> list[F32]:
    """Hops of all kinds of sound: models, noise, full scale, silence, as many of each."""
    sources = list(kinds())
    each = -(-count // len(sources))
    return [hop for sound in sources for hop in islice(cycle(cut(sound)), each)][:count]


def kinds() -> Iterator[F32]:
    """Some seconds of every kind of sound."""
    noise = pink(4 * RATE_HZ, RATE_HZ, np.random.default_rng(1)).astype(np.float32)
    yield 0.05 * noise
    yield np.sign(noise).astype(np.float32)
    yield np.zeros(2 * RATE_HZ, np.float32)
    for name in synth.MODELS:
        yield synth.played(name, RATE_HZ)


def cut(samples: F32) -> Iterator[F32]:
    """Whole hops of it."""
    for first in range(0, len(samples) - BLOCK + 1, BLOCK):
        yield np.ascontiguousarray(samples[first : first + BLOCK], np.float32)


def timed(part: Part, sound: list[F32]) -> NDArray[np.int64]:
    """Nanoseconds of CPU of each hop; memory is touched before."""
    taken = np.zeros(len(sound), np.int64)
    clock, hear = thread_time_ns, part.hear
    part.reset()
    for i, hop in enumerate(sound):
        began = clock()
        hear(hop)
        taken[i] = clock() - began
    return taken


def cost(name: str, sound: list[F32]) -> HopCost:
    """Hear the sound several times and tell what its hops cost."""
    part = PARTS[name]()
    timed(part, sound[:2000])
    return summed(name, np.stack([timed(part, sound) for _ in range(PASSES)]))


def summed(name: str, nanoseconds: NDArray[np.int64]) -> HopCost:
    """What (passes, hops) come to."""
    micros = nanoseconds / 1e3
    median, p99, p9999 = np.quantile(micros, (0.5, 0.99, 0.9999))
    least = float(micros.min(axis=0).max())
    told = (float(micros.mean()), float(median), float(p99), float(p9999), float(micros.max()))
    return HopCost(name, *told, least, micros.size)


def costs(sound: list[F32]) -> list[HopCost]:
    """All parts, from Python."""
    return [cost(name, sound) for name in PARTS]
