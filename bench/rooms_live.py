"""A listening room in real time over a bad link: how far apart host and clients truly are.

A server of its own process, one host and three clients over real WebSockets, each through a proxy
that is late, uneven and loses segments. The players make no sound; they are as slow and inexact as
a browser's, on clocks that run askew, and where each truly is is known by one clock all the time.
"""

import asyncio
import os
import random
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import numpy as np

from bench.bad_link import Quality, bad_link
from bench.bench_server import SERVER, running
from bench.errors import BenchError
from bench.rooms_live_player import HtmlLikePlayer, SkewedClock, true_ms
from server.roomclient import Identity, Move, Room, RoomError, RoomService
from server.roomclient.messages import Status

CLOCK_PPM, SOUND_PPM = 40.0, 40.0  # standard deviations, as the laboratory's ``loose`` devices
WALL_MS = 400.0
SAMPLE_SEC = 0.1
CAP_MS = 5_000.0  # charged while another track is on
NEAR_MS, HOLD_SEC = 100.0, 2.0  # in time: stays nearer than this for so long
BANDS_MS = (100.0, 500.0, 1_000.0)
QUALITIES = ("excellent", "good", "fair", "poor")
EXCUSED_MS = 2_500.0  # after the host's own jump a client's is none of correction
START_SEC = 20.0
LONG_MINUTES = 2.0
SHORT_RUN = (
    "A run this short is mostly joining and starting: the README's figures are of five minutes."
)
LEGEND = (
    "`told ± ms` is how sure the server says it is of the drift it tells (the median), and `false "
    "quality` the share of time in which the quality it told is not the one of the true error."
)

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


class Sample(NamedTuple):
    """Where one client was against the host at one moment; ``quality`` as it had been told."""

    at_ms: float
    error_ms: float
    quality: str | None
    told_ms: float
    doubt_ms: float


class Step(NamedTuple):
    """What the host does, so far into the run."""

    share: float
    what: str
    move: Move


PROGRAMME = (
    Step(0.00, "join", Move("track:1", 0.0, True)),
    Step(0.30, "pause", Move("track:1", None, False)),
    Step(0.34, "resume", Move("track:1", None, True)),
    Step(0.55, "seek", Move("track:1", 200_000.0, True)),
    Step(0.80, "track", Move("track:2", 0.0, True)),
)


class Device:
    """A member of the room and what is true of it."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = name
        self.clock = SkewedClock(
            chance.gauss(0.0, CLOCK_PPM), chance.uniform(5e3, 5e7), chance.gauss(0.0, WALL_MS)
        )
        speed = 1.0 + chance.gauss(0.0, SOUND_PPM) * 1e-6
        self.player = HtmlLikePlayer(self.clock, random.Random(chance.random()), speed)
        self.samples: list[Sample] = []
        self.status: Status | None = None
        self.room: Room | None = None

    async def enter(self, service: RoomService, code: str | None) -> Room:
        """Come into the room, or make it."""
        who = Identity(self.name, self.name)
        if code is None:
            self.room = await Room.create(service, who, self.player, self.clock)
        else:
            self.room = await Room.join(service, code, who, self.player, self.clock)
        self.room.on_event = self._hear
        return self.room

    def heard(self, process_ms: float) -> tuple[str | None, float, bool]:
        """Track, position and whether it sounds, at an instant of this process."""
        timeline, at_ms = self.player.timeline, self.clock.at(process_ms)
        line = timeline.line(at_ms)
        return line.track_uri, timeline.position_at(at_ms), line.is_playing

    def sample(self, host: "Device", process_ms: float) -> None:
        """Note how far this client is from the host, where either plays."""
        track, position_ms, is_playing = self.heard(process_ms)
        host_track, host_ms, host_plays = host.heard(process_ms)
        if not (is_playing or host_plays) or host_track is None:
            return
        error_ms = position_ms - host_ms if track == host_track else CAP_MS
        error_ms = min(max(error_ms, -CAP_MS), CAP_MS)
        told = self.status
        self.samples.append(
            Sample(
                process_ms,
                error_ms,
                told.quality if told and host_plays else None,
                told.drift if told else np.nan,
                (told.confidence_ms or 0.0) if told else np.nan,
            )
        )

    def _hear(self, _event: str, _data: object, told: object) -> None:
        if isinstance(told, Status):
            self.status = told


class Outcome(NamedTuple):
    """What one run came to; times of the programme's steps are of :func:`true_ms`."""

    seconds: float
    clients: list[Device]
    steps: list[tuple[float, str]]


async def play(url: str, seconds: float, quality: Quality, n_clients: int, seed: int) -> Outcome:
    """Let a room play for so long, all through bad links to the server at ``url``."""
    chance = random.Random(seed)
    devices = [Device(name, chance) for name in ["host", *(f"c{k}" for k in range(n_clients))]]
    host, *clients = devices
    address = urlsplit(url)
    assert address.hostname and address.port
    steps: list[tuple[float, str]] = []
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        rooms: list[Room] = []
        for k, device in enumerate(devices):
            link = bad_link(address.hostname, address.port, quality, seed + k)
            port = await stack.enter_async_context(link)
            service = RoomService(http, f"http://127.0.0.1:{port}")
            rooms.append(await device.enter(service, rooms[0].code if rooms else None))
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(room.run()) for room in rooms]
        stack.push_async_callback(_end, tasks)
        await _connected(rooms, tasks)
        begin_ms = true_ms()
        tasks.append(asyncio.create_task(_follow_programme(rooms[0], seconds, steps)))
        while (now_ms := true_ms()) < begin_ms + 1e3 * seconds:
            for task in tasks:
                if task.done() and (error := task.exception()) is not None:
                    raise BenchError(f"a member could not stay: {error}") from error
            for client in clients:
                client.sample(host, now_ms)
            await asyncio.sleep(SAMPLE_SEC)
    return Outcome(seconds, clients, steps)


async def _connected(rooms: list[Room], tasks: list[asyncio.Task[Any]]) -> None:
    try:
        async with asyncio.timeout(START_SEC):
            while not all(len(room.member.room.members) == len(rooms) for room in rooms):
                for task in tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise BenchError("the members did not come together") from None


async def _follow_programme(room: Room, seconds: float, steps: list[tuple[float, str]]) -> None:
    begin_ms = true_ms()
    for step in PROGRAMME:
        await asyncio.sleep((begin_ms - true_ms()) / 1e3 + step.share * seconds)
        steps.append((true_ms(), step.what))
        room.member.lead(step.move)


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Row(NamedTuple):
    """One line of the table."""

    what: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    sync_sec: float
    jumps_per_hour: float
    false_percent: float
    doubt_ms: float
    sure_percent: float


def row(what: str, outcome: Outcome, clients: Iterable[Device]) -> Row:
    """Sum up what is true of some clients of a room.

    Raises
    ------
    BenchError
        If nothing was played.
    """
    clients = list(clients)
    samples = [sample for client in clients for sample in client.samples]
    if not samples:
        raise BenchError("nothing was played")
    errors_ms = np.abs([sample.error_ms for sample in samples])
    judged = [sample for sample in samples if sample.quality is not None]
    is_false = [sample.quality != band(abs(sample.error_ms)) for sample in judged]
    is_sure = [
        abs(sample.told_ms - sample.error_ms) <= sample.doubt_ms
        for sample in judged
        if abs(sample.error_ms) < CAP_MS
    ]
    host_jumps_ms = [at_ms for at_ms, what in outcome.steps if what in ("seek", "track")]
    jumps = [
        jump_ms
        for client in clients
        for jump_ms in client.player.jumps_ms
        if not any(0.0 <= jump_ms - at_ms < EXCUSED_MS for at_ms in host_jumps_ms)
    ]
    times = [sec for client in clients for sec in times_to_sync(client.samples, outcome.steps)]
    p50, p95, p99 = np.percentile(errors_ms, (50, 95, 99))
    return Row(
        what, float(p50), float(p95), float(p99),
        float(np.median(times)) if times else float("nan"),
        len(jumps) * 3600.0 / (outcome.seconds * len(clients)),
        100.0 * float(np.mean(is_false)) if is_false else float("nan"),
        float(np.median([sample.doubt_ms for sample in judged])) if judged else float("nan"),
        100.0 * float(np.mean(is_sure)) if is_sure else float("nan"),
    )  # fmt: skip


def band(error_ms: float) -> str:
    """The quality that an error has in truth."""
    limits = zip(QUALITIES, (BANDS_MS[0], BANDS_MS[1], np.nextafter(BANDS_MS[2], np.inf)),
                 strict=False)  # fmt: skip
    return next((quality for quality, limit_ms in limits if error_ms < limit_ms), QUALITIES[-1])


def times_to_sync(samples: list[Sample], steps: list[tuple[float, str]]) -> Iterator[float]:
    """How long after each step until a client is in time and stays so."""
    for k, (begin_ms, what) in enumerate(steps):
        end_ms = steps[k + 1][0] if k + 1 < len(steps) else float("inf")
        part = [sample for sample in samples if begin_ms <= sample.at_ms < end_ms]
        if what == "pause" or not part:
            continue
        yield _time_to_sync(part, begin_ms)


def _time_to_sync(part: list[Sample], begin_ms: float) -> float:
    """Until the first moment from which all is near for ``HOLD_SEC``; the whole where none is."""
    since_ms: float | None = None
    for sample in part:
        if abs(sample.error_ms) >= NEAR_MS:
            since_ms = None
        elif since_ms is None:
            since_ms = sample.at_ms
        if since_ms is not None and sample.at_ms - since_ms >= 1e3 * HOLD_SEC:
            return max(0.0, since_ms - begin_ms) / 1e3
    return (part[-1].at_ms - begin_ms) / 1e3


def print_rows(rows: Iterable[Row]) -> None:
    """Print the table as Markdown."""
    print("| | p50 ms | p95 ms | p99 ms | time to sync s | corrective seeks/h | false quality % "
          "| told ± ms | truth within it % |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.what} | {row.p50_ms:.1f} | {row.p95_ms:.1f} | {row.p99_ms:.1f} "
            f"| {row.sync_sec:.1f} | {row.jumps_per_hour:.0f} | {row.false_percent:.1f} "
            f"| {row.doubt_ms:.0f} | {row.sure_percent:.1f} |",
            flush=True,
        )


def print_notes(minutes: float) -> None:
    """Print what a reader of the table should know."""
    print(f"\n{LEGEND}")
    if minutes < LONG_MINUTES:
        print(f"\n{SHORT_RUN}")


def main(arguments: list[str]) -> None:
    """Read how long and how bad, and print one table."""
    parser = ArgumentParser(prog="python -m bench rooms-live", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("--delay", type=float, default=40.0, help="ms, each way")
    parser.add_argument("--jitter", type=float, default=20.0, help="ms, more or less")
    parser.add_argument("--loss", type=float, default=1.0, help="per cent of the segments")
    parser.add_argument("--seed", type=int, default=1)
    wish = parser.parse_args(arguments)
    quality = Quality(wish.delay, wish.jitter, wish.loss / 100.0)
    seconds = 60.0 * wish.minutes
    with running(*SERVER) as (url, _pid):
        url = url.replace("localhost", "127.0.0.1")
        try:
            outcome = asyncio.run(play(url, seconds, quality, wish.clients, wish.seed))
        except RoomError as error:
            raise BenchError(f"the server refuses: {error}") from error
    print(
        f"one host, {wish.clients} clients, {wish.minutes:g} min; "
        f"{quality.delay_ms:g} ± {quality.jitter_ms:g} ms each way, "
        f"{100 * quality.loss:g} % lost; seed {wish.seed}, {os.cpu_count()} cores for all\n"
    )
    each = [row(client.name, outcome, [client]) for client in outcome.clients]
    print_rows([*each, row("all", outcome, outcome.clients)])
    print_notes(wish.minutes)
