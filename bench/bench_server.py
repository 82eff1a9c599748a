"""What a note costs the server, beside a bare echo that runs at the same time on the same machine.

Every note is answered by ``feedback``, ``stats_update`` and ``position``; the echo sends one frame
back. Figures count what both processes use in all, takes being kept included.

Crowds play at one pace, the same for both: a server that always finds the next note waiting never
pays for waking up, nor for waking the player, which is half of what a note costs; flat out, the
quicker of two servers would thus be measured by another yardstick than the slower.
"""

import os
import re
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import uvloop

from bench.load import Load, Outcome, run
from bench.wires import EchoWire, PackedEchoWire, PackedWire, SocketIoWire, Wire

# One player as quick as the answers come; then 4000 notes a second from all together.
LOADS = (Load(1, 5000), Load(100, 200, 40.0), Load(1000, 20, 4.0))
ECHO = (sys.executable, "-m", "bench.echo")
SERVER = (sys.executable, "-m", "server.cli", "serve", "--port", "0")
START_SEC = 30.0


class Row(NamedTuple):
    """One line of the table; ``ratio`` is CPU against the echo's with as many connections."""

    what: str
    connections: int
    cpu_us: float
    ratio: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    lost: int
    out_of_order: int


@contextmanager
def running(*command: str, **settings: str) -> Iterator[tuple[str, int]]:
    """Run a server with a data folder of its own; gives its URL and process id.

    ``settings`` are more of its environment.
    """
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "ETUDE_DATA_DIR": folder, "ETUDE_MESSAGES_PER_SEC": "1000000"}
        env |= settings
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            if found is None:
                raise RuntimeError(f"{' '.join(command)} did not start: {line!r}")
            yield found[0], process.pid
        finally:
            process.terminate()
            process.wait(START_SEC)
            process.stdout.close()


def measure() -> Iterator[Row]:
    """Measure everything, each line as soon as it is there."""
    with running(*ECHO) as echo, running(*SERVER) as server:
        for load in LOADS:
            yardstick = outcome(echo, EchoWire, load)
            yield row("bare echo, JSON", load, yardstick, yardstick)
            yield row("Etude, JSON", load, outcome(server, Wire, load), yardstick)
            packed = outcome(echo, PackedEchoWire, load)
            yield row("bare echo, MessagePack", load, packed, packed)
            yield row("Etude, MessagePack", load, outcome(server, PackedWire, load), packed)
            yield row("Etude, Socket.IO", load, outcome(server, SocketIoWire, load), yardstick)


def measure_steadily(connections: int, rate_hz: float, seconds: float) -> Row:
    """Measure players at a steady rate; ``ratio`` is the share of one core the server used."""
    load = Load(connections, round(rate_hz * seconds), rate_hz, is_awake=False)
    with running(*SERVER) as server:
        result = outcome(server, Wire, load)
    return row("Etude, JSON", load, result, None)


def outcome(server: tuple[str, int], make_wire: Callable[[], Wire], load: Load) -> Outcome:
    """Play against a server."""
    url, pid = server
    return uvloop.run(run(url.replace("localhost", "127.0.0.1"), make_wire, load, pid))


def row(what: str, load: Load, result: Outcome, yardstick: Outcome | None) -> Row:
    """Sum up; without a yardstick the ratio is that of CPU time to time."""
    cpu_us = 1e6 * result.cpu_sec / result.sent
    if yardstick is None:
        ratio = result.cpu_sec / result.seconds
    else:
        ratio = cpu_us / max(1e6 * yardstick.cpu_sec / yardstick.sent, 1e-3)
    p50_ms, p99_ms, max_ms = 1e3 * np.percentile(result.round_trips_sec, (50, 99, 100))
    return Row(
        what, load.connections, cpu_us, ratio, p50_ms, p99_ms, max_ms,
        result.lost, result.out_of_order,
    )  # fmt: skip


def print_rows(rows: Iterable[Row], ratio: str) -> None:
    """Print what notes cost the server as a Markdown table, each line as soon as it is there."""
    print(f"| | connections | CPU us/note | {ratio} | p50 ms | p99 ms | max ms | lost | disorder |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.what} | {row.connections} | {row.cpu_us:.1f} | {row.ratio:.2f} "
            f"| {row.p50_ms:.2f} | {row.p99_ms:.2f} | {row.max_ms:.2f} "
            f"| {row.lost} | {row.out_of_order} |",
            flush=True,
        )


def main(arguments: list[str]) -> None:
    """Print the table."""
    ArgumentParser(prog="python -m bench server", description=__doc__).parse_args(arguments)
    print("note_played -> feedback + stats_update (+ position), beside a bare echo\n")
    print_rows(measure(), "CPU ratio to the echo")
