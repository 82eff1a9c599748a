"""Microphones by the hundred in one server: is anything lost, how soon is a note judged, and do
keyboard players beside them feel it.

Sound comes in frames of 20 ms from a process of its own; keyboards are played from this one. A
microphone's verdict is timed from the end of the frame by which its note can be known, a key's from
the key.
"""

import asyncio
import os
import sys
from argparse import ArgumentParser
from asyncio.subprocess import PIPE, Process
from typing import NamedTuple
from urllib.request import urlopen

import msgspec
import numpy as np
import uvloop

from bench import load
from bench.bench_server import SERVER, running
from bench.errors import BenchError
from bench.load import Load, process_cpu_sec
from bench.microphone_load import FRAME_SEC, Outcome, Plan
from bench.wires import Wire

NOTES_HZ = 8.0  # of each keyboard
SETTLE_SEC = 3.0  # connecting, and the first frames of the trackers
COUNTS = ("frames", "seconds", "heard_seconds", "lost_seconds", "work_seconds")


class Row(NamedTuple):
    """One crowd of microphones; ``cores`` is the server's CPU time to time."""

    streams: int
    frames: int
    frames_lost: int
    verdicts: int
    verdicts_lost: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    cores: float
    work_us: float
    late_ms: float


async def measure_streams(plan: Plan, server: tuple[str, int]) -> Row:
    """Let microphones play alone."""
    url, pid = server
    before, cpu_sec = counts(url), process_cpu_sec(pid)
    outcome = await _ended(await _begin(url, plan))
    cpu_sec = process_cpu_sec(pid) - cpu_sec
    after = counts(url)
    return row(plan, outcome, {name: after[name] - before[name] for name in COUNTS}, cpu_sec)


async def measure_keyboards(
    n_keyboards: int, plan: Plan | None, seconds: float, server: tuple[str, int]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Let keyboards play, alone or beside microphones; gives their round trips in ms."""
    url, pid = server
    process = None if plan is None else await _begin(url, plan)
    if process is not None:
        await asyncio.sleep(SETTLE_SEC)
    keys = Load(n_keyboards, round(NOTES_HZ * seconds), NOTES_HZ, is_awake=False)
    result = await load.run(url, Wire, keys, pid)
    if result.lost:
        raise BenchError(f"{result.lost} of {result.sent} keys were not judged")
    if process is not None:
        await _ended(process)
    return 1e3 * result.round_trips_sec


def row(plan: Plan, outcome: Outcome, told: dict[str, float], cpu_sec: float) -> Row:
    """Sum up what the generator saw and what the server counted."""
    if outcome.refused:
        raise BenchError(f"the server refused: {outcome.refused[0]}")
    if not outcome.verdicts_ms:
        raise BenchError("no note was judged")
    p50_ms, p99_ms, max_ms = np.percentile(outcome.verdicts_ms, (50, 99, 100))
    heard = round(told["heard_seconds"] / FRAME_SEC)
    return Row(
        plan.streams, outcome.frames, outcome.frames - heard,
        outcome.notes, outcome.notes - outcome.verdicts,
        float(p50_ms), float(p99_ms), float(max_ms),
        cpu_sec / plan.seconds, 1e6 * told["work_seconds"] / max(told["frames"], 1.0),
        outcome.worst_late_ms,
    )  # fmt: skip


def counts(url: str) -> dict[str, float]:
    """Read what the server counts of sound."""
    with urlopen(f"{url}/metrics") as response:
        lines = response.read().decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if line.startswith("etude_audio_"))
    return {name: float(values[f"etude_audio_{name}_total"]) for name in COUNTS}


async def _begin(url: str, plan: Plan) -> Process:
    wish = msgspec.json.encode(plan).decode()
    command = (sys.executable, "-m", "bench.microphone_load", url, wish)
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE)


async def _ended(process: Process) -> Outcome:
    out, _ = await process.communicate()
    if process.returncode:
        raise BenchError("the microphones' process failed: see above")
    return msgspec.json.decode(out, type=Outcome)


async def _measure(plan: Plan, n_beside: int, n_keyboards: int) -> None:
    with running(*SERVER) as (url, pid):
        server = url.replace("localhost", "127.0.0.1"), pid
        print_row(await measure_streams(plan, server))
        beside = Plan(n_beside, plan.seconds + 2 * SETTLE_SEC, plan.sample_rate)
        print(f"\n| {n_keyboards} keyboards | p50 ms | p99 ms | max ms |\n|---|---|---|---|")
        for what, microphones in (("alone", None), (f"beside {n_beside} microphones", beside)):
            trips_ms = await measure_keyboards(n_keyboards, microphones, plan.seconds, server)
            p50, p99, most = np.percentile(trips_ms, (50, 99, 100))
            print(f"| {what} | {p50:.2f} | {p99:.2f} | {most:.2f} |", flush=True)


def print_row(row: Row) -> None:
    """Print what came of one crowd as a Markdown table."""
    print("| streams | frames | lost | notes | not judged | p50 ms | p99 ms | max ms | cores "
          "| worker us/frame | generator late ms |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    print(
        f"| {row.streams} | {row.frames} | {row.frames_lost} | {row.verdicts} "
        f"| {row.verdicts_lost} | {row.p50_ms:.2f} | {row.p99_ms:.2f} | {row.max_ms:.2f} "
        f"| {row.cores:.2f} | {row.work_us:.0f} | {row.late_ms:.1f} |",
        flush=True,
    )


def main(arguments: list[str]) -> None:
    """Read the crowds' sizes and print two tables."""
    parser = ArgumentParser(prog="python -m bench microphones", description=__doc__)
    parser.add_argument("--streams", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rate", type=int, default=44_100, help="samples a second")
    parser.add_argument("--keyboards", type=int, default=100)
    parser.add_argument("--beside", type=int, default=100, help="microphones beside keyboards")
    wish = parser.parse_args(arguments)
    print(f"frames of {1e3 * FRAME_SEC:.0f} ms at {wish.rate} Hz, {os.cpu_count()} cores for all\n")
    plan = Plan(wish.streams, wish.seconds, wish.rate)
    uvloop.run(_measure(plan, wish.beside, wish.keyboards))
