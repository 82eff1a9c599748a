"""What listening rooms cost the core: reports and pings, beside plain Python, and the tick of many
rooms, beside NumPy and copying memory.

``python -m bench drift`` prints what each message costs, the tick of a million rooms of five
clients, and that of one room as it is called from Python. ``pytest -n 0 bench/bench_drift.py
--benchmark-only`` times single calls.
"""

from argparse import ArgumentParser
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pytest

from bench.matching.command import whole
from engine import reference_sync_clock, reference_timeline
from engine.reference_sync_tick import reference_tick
from native.sync_clock import SyncClock
from native.sync_tick import SyncTick
from native.sync_timeline import Timeline

NOW_MS = 1.7e12
STEP = 1e-4
CLIENTS = 5  # of a room
TIMES = 15
CALLS = 20_000  # of one room
MESSAGES = 2_000  # an hour's half: the clock's memory is full


class Spread(NamedTuple):
    """Milliseconds."""

    least: float
    median: float
    worst: float


class Rooms(NamedTuple):
    """Rooms of five and how they were made."""

    tick: SyncTick
    first_client: np.ndarray[Any, np.dtype[np.int64]]

    @property
    def n_clients(self) -> int:
        """In all rooms together."""
        return int(self.first_client[-1])

    def native(self) -> None:
        """One tick of the core."""
        self.tick.process(NOW_MS, STEP)

    def numpy(self) -> object:
        """The same in NumPy."""
        return reference_tick(self.tick, self.first_client, NOW_MS, STEP)


def make_rooms(n: int) -> Rooms:
    """Rooms that play, nearly in time."""
    rng = np.random.default_rng(n)
    first_client = CLIENTS * np.arange(n + 1)
    tick = SyncTick(first_client)
    clients = n * CLIENTS
    tick.host_anchor_ms[:] = rng.uniform(0, 3e5, n)
    tick.host_at_ms[:] = NOW_MS - rng.uniform(0, 1000, n)
    tick.host_skew[:] = rng.normal(0, 4e-5, n)
    host_ms = tick.host_anchor_ms + (NOW_MS - tick.host_at_ms)
    tick.at_ms[:] = NOW_MS - rng.uniform(0, 1000, clients)
    apart_ms = rng.normal(0, 20, clients) * rng.choice([1, 10], clients, p=[0.9, 0.1])
    there_ms = np.repeat(host_ms, CLIENTS) + apart_ms
    tick.anchor_ms[:] = there_ms - (NOW_MS - tick.at_ms)
    tick.skew[:] = rng.normal(0, 1e-3, clients)
    tick.offset_ms[:] = rng.choice([0.0, 0.0, 50.0], clients)
    tick.trim[:] = rng.normal(0, 4e-5, clients)
    tick.gain_per_ms[:], tick.most_nudge[:], tick.band_ms[:] = 5e-4, 0.005, 60.0
    tick.nudge[:] = rng.normal(0, 1e-3, clients)
    tick.told[:] = 0
    return Rooms(tick, first_client)


def moved_bytes(rooms: Rooms) -> int:
    """What a tick reads and writes."""
    arrays = [value for value in vars(rooms.tick).values() if isinstance(value, np.ndarray)]
    return sum(array.nbytes for array in arrays) + 4 * len(rooms.first_client)


def make_copy(n_bytes: int) -> Callable[[], object]:
    """Copies half of so many bytes: as many are read as written."""
    source, target = (np.ones(n_bytes // 16) for _ in range(2))
    return lambda: np.copyto(target, source)


def measure(calls: dict[str, Callable[[], object]], times: int = TIMES) -> dict[str, Spread]:
    """Time several calls in turn, so that they share what else the machine does."""
    for call in calls.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(times):
        for name, call in calls.items():
            began = perf_counter()
            call()
            taken[name].append(1e3 * (perf_counter() - began))
    return {name: Spread(min(ms), median(ms), max(ms)) for name, ms in taken.items()}


Messages = list[tuple[float, ...]]


def make_pings(n: int) -> Messages:
    """One a second, of a device with a clock of its own on a wireless network."""
    rng = np.random.default_rng(1)
    t0_ms = NOW_MS + 1000.0 * np.arange(n)
    down_ms, up_ms = 8.0 + rng.lognormal(0.7, 0.9, (2, n))
    recv_ms = (t0_ms + down_ms - NOW_MS) * (1 + 4e-5) + 1e6
    rows = np.stack([t0_ms, recv_ms, recv_ms + 0.5, t0_ms + down_ms + up_ms + 0.5])
    return [tuple(row) for row in rows.T.tolist()]


def make_reports(n: int) -> Messages:
    """One a second, of a player whose clock is not the device's."""
    rng = np.random.default_rng(2)
    asked_ms = 1e6 + 1000.0 * np.arange(n)
    answered_ms = asked_ms + rng.uniform(0, 6, n)
    position_ms = np.floor((0.5 * (asked_ms + answered_ms) - 1e6) * (1 + 3e-5))
    rows = np.stack([asked_ms, answered_ms, position_ms, np.ones(n)])
    return [tuple(row) for row in rows.T.tolist()]


def through(call: Callable[..., object], messages: Messages) -> Callable[[], None]:
    """Takes in all messages."""

    def take() -> None:
        for message in messages:
            call(*message)

    return take


def pings(make: Callable[[], Any]) -> Callable[[], None]:
    """All pings, once a clock is known."""
    clock, messages = make(), make_pings(MESSAGES)
    through(clock.ping, messages)()
    later_ms = 1000.0 * MESSAGES
    return through(clock.ping, [tuple(ms + later_ms for ms in row) for row in messages])


def reports(make: Callable[[], Any]) -> Callable[[], None]:
    """All reports, on and on."""
    return through(make().report, make_reports(MESSAGES))


KINDS = {
    "a ping": (pings, SyncClock, reference_sync_clock.SyncClock),
    "a report": (reports, Timeline, reference_timeline.Timeline),
}
"""What is taken in, by the core and by its reference."""


def message_table() -> str:
    """What each message costs, called from Python."""
    lines = ["| | core, us | plain Python, us | ratio |", "|---|---:|---:|---:|"]
    for name, (take, native, reference) in KINDS.items():
        found = measure({"core": take(native), "Python": take(reference)}, times=5)
        core, plain = (1e3 * found[who].median / MESSAGES for who in ("core", "Python"))
        lines.append(f"| {name} | {core:.2f} | {plain:.2f} | {plain / core:.0f} |")
    return "\n".join(lines)


def tick_table(n_rooms: int) -> str:
    """The tick of many rooms, beside NumPy and copying."""
    rooms = make_rooms(n_rooms)
    n_bytes = moved_bytes(rooms)
    calls: dict[str, Callable[[], object]] = {
        "core": rooms.native,
        "NumPy": rooms.numpy,
        f"copying as many bytes ({n_bytes / 1e6:.0f} MB)": make_copy(n_bytes),
    }
    found = measure(calls)
    lines = [
        "| | median ms | least ms | worst ms | ns per client | median, ratio to the core |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, ms in found.items():
        each = 1e6 * ms.median / rooms.n_clients
        ratio = ms.median / found["core"].median
        lines.append(
            f"| {name} | {ms.median:.1f} | {ms.least:.1f} | {ms.worst:.1f} "
            f"| {each:.2f} | {ratio:.1f} |"
        )
    return "\n".join(lines)


def room_table() -> str:
    """One room's tick, from Python."""
    rooms = make_rooms(1)

    def many(call: Callable[[], object], count: int) -> Callable[[], object]:
        def repeat() -> None:
            for _ in range(count):
                call()

        return repeat

    few = CALLS // 100
    found = measure({"core": many(rooms.native, CALLS), "NumPy": many(rooms.numpy, few)})
    core, numpy = 1e3 * found["core"].median / CALLS, 1e3 * found["NumPy"].median / few
    return (
        "| core, us per call | NumPy, us per call | ratio |\n|---:|---:|---:|\n"
        f"| {core:.2f} | {numpy:.1f} | {numpy / core:.0f} |"
    )


@pytest.mark.parametrize("implementation", [Rooms.native, Rooms.numpy])
@pytest.mark.parametrize("n", [1, 10_000])
def test_cost_of_a_tick(benchmark: Any, n: int, implementation: Callable[[Rooms], object]) -> None:
    rooms = make_rooms(n)
    benchmark(implementation, rooms)


def main(arguments: list[str]) -> None:
    """Print the tables."""
    parser = ArgumentParser(prog="python -m bench drift", description=__doc__)
    parser.add_argument("--rooms", type=whole(1), default=1_000_000, help="of five clients each")
    wish = parser.parse_args(arguments)
    print(f"A message, called from Python\n\n{message_table()}\n")
    print(f"Tick of {wish.rooms} rooms of {CLIENTS} clients\n\n{tick_table(wish.rooms)}\n")
    print(f"Tick of one room of {CLIENTS}, called from Python\n\n{room_table()}")
