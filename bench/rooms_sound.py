"""A listening room as it sounds: two players, one virtual sound card, and what is recorded of it.

A host and a client play the same noise; the client's offset keeps the two apart, so that each can
be found in the recording. What is told is how far their distance is from that offset.
"""

import asyncio
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import numpy as np
import soundfile
from numpy.typing import NDArray

from bench.bench_server import SERVER, running
from bench.errors import BenchError
from server.roomclient import Clock, Identity, Move, Room, RoomService, Track
from server.roomclient.audio_player import AudioPlayer

DEVICES = Path(__file__).resolve().parents[2] / "shared" / "virtual_devices"
RATE_HZ = 44_100
NOISE_HZ = 4_000
OFFSET_MS = 20.0
SETTLE_SEC = 15.0
WINDOW_SEC = 0.25
LEAST_ALIKE = 0.15  # of a window's energy: less is no copy but chance
SWITCH_SEC = 0.0005  # as `etude room` has it
MONITOR = ("parec", "--device=vmic_sink.monitor", "--raw", "--format=float32le", "--channels=1",
           f"--rate={RATE_HZ}")  # fmt: skip

F32 = NDArray[np.float32]


class Heard(NamedTuple):
    """What came of a run: distances less the offset, of the windows in which both were heard."""

    off_ms: NDArray[np.float64]
    n_windows: int
    n_gaps: int


def make_noise(seconds: float, seed: int = 1) -> F32:
    """Noise of which no two moments are alike."""
    n = round(seconds * RATE_HZ)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=n))
    spectrum[round(NOISE_HZ * seconds) :] = 0.0
    noise = np.fft.irfft(spectrum, n)
    samples: F32 = (0.1 * noise / noise.std()).astype(np.float32)
    return samples


def distance_ms(window: F32, noise: F32, begin: int) -> float | None:
    """How far apart two copies of a noise are in a recording.

    Parameters
    ----------
    window : (n,) float32
        Of the recording.
    noise : (m,) float32
        What was played.
    begin : int
        Where in the noise about the window begins, to a second.

    Returns
    -------
    float or None
        Milliseconds between the two places of the noise that are most alike to the window; None
        where there are not two.
    """
    around = noise[max(0, begin - RATE_HZ) : begin + RATE_HZ + len(window)]
    size = 1 << int(np.ceil(np.log2(len(around) + len(window))))
    likeness = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(window, size)), size)
    likeness = likeness[: len(around) - len(window)]
    first = int(likeness.argmax())
    near = round(RATE_HZ / NOISE_HZ * 2)  # what is alike to the first because it is near to it
    likeness[max(0, first - near) : first + near] = 0.0
    second = int(likeness.argmax())
    if likeness[second] < LEAST_ALIKE * float((window**2).sum()):
        return None
    return 1e3 * abs(first - second) / RATE_HZ


async def play(url: str, seconds: float, folder: Path) -> Heard:
    """Let two players play in a room of a server, and find them in what is recorded."""
    noise = make_noise(seconds + 3 * SETTLE_SEC)
    path = folder / "noise.wav"
    soundfile.write(path, noise, RATE_HZ)
    clock = Clock()

    async def find(track_uri: str) -> Track:
        return Track(track_uri, "noise", "", 1e3 * len(noise) / RATE_HZ)

    players = [AudioPlayer(clock, find, lambda _uri: path) for _ in "hc"]
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        for player in players:
            stack.push_async_callback(player.close)
            await player.open()
        service = RoomService(http, url)
        host = await Room.create(service, Identity("host"), players[0], clock)
        client = await Room.join(service, host.code, Identity("client"), players[1], clock)
        tasks = [asyncio.create_task(room.run()) for room in (host, client)]
        host.member.lead(Move("noise", 2_000.0, True))
        await asyncio.sleep(1.0)  # until the client has joined
        await client.set_offset(OFFSET_MS)
        await asyncio.sleep(SETTLE_SEC)
        begun = await players[0].read()
        recorded = await _record(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if begun is None or not begun.is_playing:
        raise BenchError("nothing is played")
    begin = round(begun.position_ms * RATE_HZ / 1e3)
    return _found(recorded, noise, begin, sum(player.output.n_gaps for player in players))


async def _record(seconds: float) -> F32:
    process = await asyncio.create_subprocess_exec(*MONITOR, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        payload = await process.stdout.readexactly(4 * round(seconds * RATE_HZ))
    finally:
        process.kill()
        await process.wait()
    return np.frombuffer(payload, np.float32)


def _found(recorded: F32, noise: F32, begin: int, n_gaps: int) -> Heard:
    n = round(WINDOW_SEC * RATE_HZ)
    starts = range(0, len(recorded) - n + 1, n)
    distances = [distance_ms(recorded[k : k + n], noise, begin + k) for k in starts]
    off_ms = np.array([found - OFFSET_MS for found in distances if found is not None])
    if not len(off_ms):
        raise BenchError("the two were not heard")
    return Heard(off_ms, len(starts), n_gaps)


@contextmanager
def sound_card() -> Iterator[None]:
    """A virtual sound card; must be there before PortAudio is looked at."""
    if not DEVICES.is_dir():
        raise BenchError(f"no virtual devices in {DEVICES}")
    sys.path.insert(0, str(DEVICES))
    try:
        library: Any = import_module("virtual_devices")
    finally:
        sys.path.pop(0)
    if gone := library.missing(jack=False, pulse=True):
        raise BenchError(f"a virtual sound card takes the Debian packages {' '.join(gone)}")
    with library.VirtualDevices(jack=False) as devices:
        devices.apply()
        yield


def main(arguments: list[str]) -> None:
    """Play, and print how far apart the two were."""
    parser = ArgumentParser(prog="python -m bench rooms-sound", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    wish = parser.parse_args(arguments)
    sys.setswitchinterval(SWITCH_SEC)
    with sound_card(), running(*SERVER) as (url, _), tempfile.TemporaryDirectory() as folder:
        url = url.replace("localhost", "127.0.0.1")
        heard = asyncio.run(play(url, wish.seconds, Path(folder)))
    p50, p95, most = np.percentile(np.abs(heard.off_ms), (50, 95, 100))
    print("| seconds | heard in windows | p50 ms | p95 ms | max ms | gaps |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {wish.seconds:g} | {len(heard.off_ms)} of {heard.n_windows} "
        f"| {p50:.2f} | {p95:.2f} | {most:.2f} | {heard.n_gaps} |"
    )
