"""Instructions per note of the follower: what bounds a note's time on every machine.

``python -m bench instructions`` plays real-looking and hostile scores of growing length under
callgrind, which counts the instructions of each call of ``core_follower_process``. Needs gcc and
valgrind.
"""

import re
import shutil
import subprocess
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.bench_follower import make_performance
from bench.errors import BenchError
from bench.note_cost import Rows, make_score
from engine.matching import checked_notes, moments, native_notes
from native.build import ROOT, SOURCES

DRIVER = Path(__file__).with_suffix(".c")
FLAGS = (
    "-O3",
    "-std=c11",
    "-fno-math-errno",
    "-ffp-contract=off",
)  # as native/build.py builds the product
LENGTHS = (2_000, 20_000, 200_000)
CHORD = 64  # pitches of the fullest chord the follower takes as one moment
SHARED_PITCHES = (60, 64)


class Counts(NamedTuple):
    """Instructions per note."""

    median: float
    p99: float
    worst: int


class Case(NamedTuple):
    """A kind of score of any length, and how it is played."""

    name: str
    make_score: Callable[[int], NDArray[Any]]
    play: Callable[[NDArray[Any], int], Rows]


def as_score(pitch: NDArray[Any], onset_beat: NDArray[Any]) -> NDArray[Any]:
    """Notes in bars of four beats."""
    notes = np.zeros(len(pitch), [("pitch", "i4"), ("onset_beat", "f8"), ("measure", "i4")])
    notes["pitch"], notes["onset_beat"], notes["measure"] = pitch, onset_beat, 1 + onset_beat // 4
    return notes


def one_pitch(n: int) -> NDArray[Any]:
    """The same key again and again: every place looks like every other."""
    return as_score(np.full(n, SHARED_PITCHES[0]), 0.25 * np.arange(n))


def two_pitches(n: int) -> NDArray[Any]:
    """The same two keys in all moments."""
    return as_score(np.resize(SHARED_PITCHES, n), 0.25 * (np.arange(n) // 2))


def full_chords(n: int) -> NDArray[Any]:
    """Chords of 64 keys."""
    return as_score(np.arange(n) % CHORD + 32, 1.0 * (np.arange(n) // CHORD))


def ornamented(n: int) -> NDArray[Any]:
    """Realistic notes, each of them a trill, in eight bars that come again and again."""
    plain = make_score(n)
    added = [("ornament", "U8"), ("ornament_upper", "i4"), ("ornament_lower", "i4")]
    notes = np.zeros(n, [*plain.dtype.descr, ("duration_beat", "f8"), *added])
    for name in plain.dtype.names or ():
        notes[name] = plain[name]
    notes["measure"] = 1 + plain["measure"] % 8
    notes["duration_beat"], notes["ornament"] = 1.0, "trill"
    notes["ornament_upper"], notes["ornament_lower"] = plain["pitch"] + 2, plain["pitch"] - 1
    return notes


def through(score: NDArray[Any], played: int) -> Rows:
    """Rough practice from the beginning."""
    return make_performance(score, played)[:played]


def anywhere(score: NDArray[Any], played: int) -> Rows:
    """A few notes, a pause, and somewhere else: all the score is jumped to."""
    rng = np.random.default_rng(2)
    rows: list[tuple[int, float]] = []
    at, clock = 0, 0.0
    while len(rows) < played:
        is_leap = rng.random() < 0.2
        at = int(rng.integers(len(score))) if is_leap else (at + 1) % len(score)
        clock += 1.0 if is_leap else float(rng.choice((0.0, 0.1, 0.25)))
        rows.append((int(score["pitch"][at]), clock))
    return rows


def noise(score: NDArray[Any], played: int) -> Rows:
    """Keys of the score at random, all at once or slowly."""
    rng = np.random.default_rng(3)
    keys = np.unique(score["pitch"])
    clock = np.cumsum(rng.choice((0.0, 0.02, 1.0), played))
    return list(zip(rng.choice(keys, played).tolist(), clock.tolist(), strict=True))


CASES = [
    Case(f"{kind}, {how}", make, play)
    for kind, make in (
        ("realistic", make_score),
        ("trills, repeats", ornamented),
        ("one pitch", one_pitch),
        ("two pitches", two_pitches),
        ("64-note chords", full_chords),
    )
    for how, play in (("practised", through), ("leaping", anywhere), ("random keys", noise))
]


def packed(score: NDArray[Any], rows: Rows) -> bytes:
    """Score and performance as the driver reads them."""
    pitch, onset_beat = checked_notes(score)
    order, onset_beat = moments(pitch, onset_beat)
    played_pitch, played_sec = zip(*rows, strict=True)
    arrays = (
        np.array((len(score), len(rows)), np.int64),
        native_notes(score[order], pitch[order], onset_beat),
        np.array(played_pitch, np.int32),
        np.array(played_sec, np.float64),
    )
    return b"".join(array.tobytes() for array in arrays)


def build(folder: Path) -> Path:
    """Compile the driver and the core.

    Raises
    ------
    BenchError
        If gcc or valgrind is missing.
    """
    for tool in ("gcc", "valgrind"):
        if shutil.which(tool) is None:
            raise BenchError(f"{tool} is needed: apt-get install {tool}")
    program = folder / "driver"
    sources = map(str, (DRIVER, *SOURCES))
    called("gcc", *FLAGS, f"-I{ROOT / 'src'}", *sources, "-o", str(program), "-lm")
    return program


def called(*command: str, data: bytes = b"") -> None:
    """Run a tool, or raise BenchError with what it said."""
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")[-2000:]
        raise BenchError(f"{command[0]} ended with {done.returncode}: {said}")


def count(program: Path, score: NDArray[Any], rows: Rows) -> NDArray[np.int64]:
    """Instructions of each note."""
    told = program.with_name("callgrind.out")
    told.unlink(missing_ok=True)
    called(
        "valgrind",
        "--tool=callgrind",
        "--toggle-collect=core_follower_process",
        "--combine-dumps=yes",
        f"--callgrind-out-file={told}",
        str(program),
        data=packed(score, rows),
    )
    parts = told.read_text().split("\npart: ")[1:]
    pattern = re.compile(r"^desc: Trigger: Client Request.*?^summary: (\d+)$", re.M | re.S)
    found = [int(match[1]) for part in parts if (match := pattern.search(part))]
    if len(found) != len(rows):
        raise BenchError(f"callgrind counted {len(found)} notes of {len(rows)}")
    return np.array(found)


def summed(instructions: NDArray[np.int64]) -> Counts:
    """Median, 99th percentile and worst."""
    median, p99 = np.percentile(instructions, (50, 99))
    return Counts(float(median), float(p99), int(instructions.max()))


def main(arguments: list[str]) -> None:
    """Print the table, each line as soon as it is there."""
    parser = ArgumentParser(prog="python -m bench instructions", description=__doc__)
    parser.add_argument("--played", type=int, default=2000, help="notes of each performance")
    played = parser.parse_args(arguments).played
    if played < 1:
        raise BenchError(f"--played must be >= 1, got {played}")
    print(f"Instructions per note of the follower, {played} notes played of each score\n")
    print("| score, player | notes | median | p99 | worst |\n|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        print_counts(build(Path(folder)), played)


def print_counts(program: Path, played: int) -> None:
    """Every case at every length, then the worst notes."""
    worst = dict.fromkeys(LENGTHS, 0)
    for case in CASES:
        for n in LENGTHS:
            score = case.make_score(n)
            counts = summed(count(program, score, case.play(score, played)))
            worst[n] = max(worst[n], counts.worst)
            told = f"{counts.median:.0f} | {counts.p99:.0f} | {counts.worst}"
            print(f"| {case.name} | {n} | {told} |", flush=True)
    told = ", ".join(f"{most} in {n} notes" for n, most in worst.items())
    print(f"\nInstructions of the worst note, by length of the score: {told}.")
