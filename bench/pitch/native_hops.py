"""What a hop costs the native core alone: nanoseconds over a million, and instructions.

Needs gcc; instructions need valgrind, whose callgrind counts those of each call.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.instructions import FLAGS
from bench.matching.matchers import ROOT
from bench.pitch.hop_cost import PASSES, HopCost, summed
from bench.pitch.material import F32
from native.build import SOURCES

DRIVER = Path(__file__).with_name("hops.c")
RATE_HZ = 44_100
PARTS = {
    "pitch and notes": "feed_voice",
    "chords": "core_chords_process",
    "signal check": "feed_signal",
}
"""The parts in their order in the driver, and the function of each that callgrind counts in."""

IN_C = "in C"
MELODY = "pitch and notes"
NETS = ("pitch", "onset", "chords")


class Instructions(NamedTuple):
    """Of one part, over hops."""

    part: str
    median: float
    p99: float
    worst: int


def build(folder: Path) -> Path:
    """Compile driver and core as the product is.

    Raises
    ------
    BenchError
        If gcc or valgrind's header is missing.
    """
    for tool in ("gcc", "valgrind"):
        if shutil.which(tool) is None:
            raise BenchError(f"{tool} is needed: apt-get install {tool}")
    program = folder / "hops"
    sources = map(str, (DRIVER, *SOURCES))
    command = ["gcc", *FLAGS, "-D_POSIX_C_SOURCE=200809L"]
    run([*command, f"-I{ROOT / 'native/src'}", *sources, "-o", str(program), "-lm"])
    return program


def run(command: Sequence[str], data: bytes = b"") -> bytes:
    """What a tool writes, or BenchError with what it said."""
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")[-2000:]
        raise BenchError(f"{command[0]} ended with {done.returncode}: {said}")
    return done.stdout


def weights(net: str) -> F32:
    """Those that ship; empty where a net is not there."""
    path = ROOT / f"engine/weights/{net}.npy"
    loaded = np.load(path) if path.exists() else np.zeros(0)
    return np.ascontiguousarray(loaded, np.float32)


def packed(sound: Sequence[F32], passes: int) -> bytes:
    """Counts, weights and hops as the driver reads them."""
    nets = [weights(net) for net in NETS]
    counts = np.array([RATE_HZ, len(sound), passes, *map(len, nets)], np.int64)
    arrays: list[NDArray[Any]] = [counts, *nets, *sound]
    return b"".join(array.tobytes() for array in arrays)


def nanoseconds(program: Path, sound: Sequence[F32], passes: int) -> NDArray[np.int64]:
    """(passes, hops, parts) of each call."""
    out = run([str(program), "time"], packed(sound, passes))
    return np.frombuffer(out, np.int64).reshape(passes, len(sound), len(PARTS))


def costs(program: Path, sound: Sequence[F32]) -> list[HopCost]:
    """Every part; pitch and notes are what hears a melody."""
    took = nanoseconds(program, sound, PASSES)
    return [summed(f"{IN_C}, {part}", took[..., i]) for i, part in enumerate(PARTS)]


def instructions(program: Path, sound: Sequence[F32]) -> list[Instructions]:
    """Of every part, over all hops."""
    return [counted(program, part, sound) for part in PARTS]


def counted(program: Path, part: str, sound: Sequence[F32]) -> Instructions:
    """Of one part."""
    each = count(program, PARTS[part], sound)
    median, p99 = np.percentile(each, (50, 99))
    return Instructions(part, float(median), float(p99), int(each.max()))


def count(program: Path, function: str, sound: Sequence[F32]) -> NDArray[np.int64]:
    """Instructions of a function in each hop."""
    told = program.with_name("callgrind.out")
    told.unlink(missing_ok=True)
    options = [f"--toggle-collect={function}", "--combine-dumps=yes", "--compress-strings=yes"]
    command = ["valgrind", "--tool=callgrind", *options, f"--callgrind-out-file={told}"]
    run([*command, str(program), "count"], packed(sound, 1))
    parts = told.read_text().split("\npart: ")[1:]
    pattern = re.compile(r"^desc: Trigger: Client Request.*?^summary: (\d+)$", re.M | re.S)
    found = [int(match[1]) for each in parts if (match := pattern.search(each))]
    if len(found) != len(sound):
        raise BenchError(f"callgrind counted {len(found)} hops of {len(sound)}")
    return np.array(found)
