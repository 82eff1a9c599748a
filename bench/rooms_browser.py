"""Two Chromium windows in one listening room, playing one file: how far apart they truly are.

Each window is a browser of its own with its own audio, on a real server. A reading takes the
`currentTime` of a window's <audio> element and `performance.timeOrigin + performance.now()` in one
task, 0.1 ms apart at most; the line of each window is carried to the same instant, so it does not
matter that the windows are read one after the other. Where the two clocks of the windows differ,
both are compared with the machine's wall clock and the difference is taken off. Nothing of the
room's own estimates enters.
"""

import asyncio
import math
import os
import shutil
import tempfile
import wave
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from bench.bad_link import Quality, bad_link
from bench.bench_server import SERVER, running
from bench.errors import BenchError

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

RATE_HZ = 44_100
TRACK_SEC = 900.0
TRACKS = ("First tone", "Second tone")
SAMPLE_SEC = 0.1
NEAR_MS, HOLD_SEC = 25.0, 1.0  # together: stays nearer than this for so long
WATCH_SEC = 12.0  # after each thing the host does
PAUSE_SEC = 3.0
PATIENCE_SEC = 30.0
SWITCHES = ["--autoplay-policy=no-user-gesture-required"]
KEEP_AUDIO = """
    const RealAudio = window.Audio;
    window.Audio = function (...given) {
        const audio = new RealAudio(...given);
        window.__audio ??= audio;
        return audio;
    };
"""
READ = """() => {
    const at = performance.timeOrigin + performance.now();
    const { currentTime, paused, src } = window.__audio;
    return [at, 1000 * currentTime, paused ? "" : src];
}"""
# Date.now() is cut to whole milliseconds: the least difference is that at a millisecond's edge.
CLOCK = """() => {
    let least = Infinity;
    for (const end = performance.now() + 40; performance.now() < end; ) {
        least = Math.min(least, performance.timeOrigin + performance.now() - Date.now());
    }
    return least;
}"""
SEEK = """(slider, position) => {
    slider.value = position;
    slider.dispatchEvent(new Event("input"));
    slider.dispatchEvent(new Event("change"));
}"""


class Sample(NamedTuple):
    """How far the client was ahead of the host, so long after something was done."""

    at_sec: float
    ahead_ms: float


class Row(NamedTuple):
    """One line of the table; times are until they are together, medians and worst of all."""

    what: str
    n: int
    near_sec: float
    worst_sec: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


class Pair:
    """The two windows.

    Parameters
    ----------
    host, client : Page
        Both in the room.
    clock_ms : float
        How far the client's clock is ahead of the host's.
    """

    def __init__(self, host: "Page", client: "Page", clock_ms: float) -> None:
        self.host = host
        self.client = client
        self.clock_ms = clock_ms

    async def ahead_ms(self) -> float | None:
        """How far the client is ahead; None while not both play the same track."""
        at, position, track = await self.host.evaluate(READ)
        there_at, there, there_track = await self.client.evaluate(READ)
        if not track or _name(track) != _name(there_track):
            return None
        return float((there - (there_at - self.clock_ms)) - (position - at))

    async def watch(self, seconds: float) -> list[Sample]:
        """Look again and again."""
        begin, samples = monotonic(), []
        while (now := monotonic()) < begin + seconds:
            if (ahead := await self.ahead_ms()) is not None:
                samples.append(Sample(now - begin, ahead))
            await asyncio.sleep(SAMPLE_SEC)
        return samples

    async def choose(self, name: str) -> None:
        """Let the host play a track from its beginning."""
        await self.host.get_by_role("button", name="Choose music").click()
        await self.host.get_by_label("This server", exact=True).check(force=True)
        await self.host.get_by_role("button", name=f"Play {name}", exact=True).click()


def _name(address: str) -> str:
    """A track's address without the server's, which both windows may reach by other ways."""
    return urlsplit(address).path


def time_to_near(samples: list[Sample]) -> float:
    """Until they are together and stay so; infinite where they never are."""
    since: float | None = None
    for at_sec, ahead_ms in samples:
        if abs(ahead_ms) >= NEAR_MS:
            since = None
        elif since is None:
            since = at_sec
        if since is not None and at_sec - since >= HOLD_SEC:
            return since
    return math.inf


def row(what: str, runs: list[list[Sample]]) -> Row:
    """Sum up what was seen after doing the same several times."""
    times = [time_to_near(samples) for samples in runs]
    apart = [
        abs(ahead_ms)
        for samples, near_sec in zip(runs, times, strict=True)
        for at_sec, ahead_ms in samples
        if at_sec >= near_sec
    ]
    if not apart:
        raise BenchError(f"{what}: the windows never came together")
    p50, p95, p99 = np.percentile(apart, (50, 95, 99))
    return Row(what, len(runs), float(np.median(times)), max(times), p50, p95, p99)


def write_tone(path: Path, pitch_hz: float) -> None:
    """Write a pulsing tone as a WAV file."""
    times = np.arange(int(RATE_HZ * TRACK_SEC)) / RATE_HZ
    samples = 0.2 * (0.5 + 0.5 * np.sin(4 * np.pi * times)) * np.sin(2 * np.pi * pitch_hz * times)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


@asynccontextmanager
async def room(stack: AsyncExitStack, urls: list[str]) -> AsyncIterator[Pair]:
    """Two browsers in one room, each by its own way to the server."""
    from playwright.async_api import async_playwright

    playwright = await stack.enter_async_context(async_playwright())
    browsers: list[Browser] = []
    for _ in urls:
        path = shutil.which("chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=SWITCHES)
        stack.push_async_callback(browser.close)
        browsers.append(browser)
    host, client = [await _window(browser) for browser in browsers]
    await host.goto(f"{urls[0]}/room")
    await host.get_by_label("Your name").fill("Anna")
    await host.get_by_role("button", name="Open a room").click()
    code = host.locator("#room-code")
    await code.wait_for()
    await _enter(client, urls[1], await code.inner_text())
    clock_ms = await client.evaluate(CLOCK) - await host.evaluate(CLOCK)
    yield Pair(host, client, clock_ms)


async def _window(browser: "Browser") -> "Page":
    page = await browser.new_page()
    page.set_default_timeout(1000 * PATIENCE_SEC)
    await page.add_init_script(KEEP_AUDIO)
    return page


async def _enter(page: "Page", url: str, code: str) -> None:
    await page.goto(f"{url}/room/{code}")
    await page.get_by_label("Your name").fill("Ben")
    await page.get_by_role("button", name="Join", exact=True).click()
    await page.locator("#people").wait_for()


async def measure(urls: list[str], seconds: float, times: int) -> list[Row]:
    """Let two windows play, and disturb them."""
    rows: list[Row] = []
    async with AsyncExitStack() as stack, room(stack, urls) as pair:
        host = pair.host
        await pair.choose(TRACKS[0])
        steady = await pair.watch(seconds)
        rows.append(row(f"first track, {seconds:g} s", [steady]))

        async def rejoin() -> None:
            code = await host.locator("#room-code").inner_text()
            await pair.client.get_by_role("button", name="Leave").click()
            await _enter(pair.client, urls[1], code)
            pair.clock_ms = await pair.client.evaluate(CLOCK) - await host.evaluate(CLOCK)

        async def resume() -> None:
            await host.get_by_role("button", name="Pause").click()
            await asyncio.sleep(PAUSE_SEC)
            await host.get_by_role("button", name="Play", exact=True).click()

        async def seek(turn: int) -> None:
            await host.locator("#seek").evaluate(SEEK, 100_000 + 50_000 * turn)

        async def switch(turn: int) -> None:
            await pair.choose(TRACKS[(turn + 1) % 2])

        disturbances: dict[str, Callable[[int], Awaitable[None]]] = {
            "somebody joins": lambda _: rejoin(),
            "pause and resume": lambda _: resume(),
            "seek": seek,
            "track change": switch,
        }
        for what, disturb in disturbances.items():
            runs = []
            for turn in range(times):
                await disturb(turn)
                runs.append(await pair.watch(WATCH_SEC))
            rows.append(row(what, runs))
    return rows


async def run(url: str, seconds: float, times: int, quality: Quality | None) -> list[Row]:
    """Measure on a server, by links as bad as they are told to be."""
    if quality is None:
        return await measure([url, url], seconds, times)
    address = urlsplit(url)
    assert address.hostname and address.port
    async with AsyncExitStack() as stack:
        ports = [
            await stack.enter_async_context(bad_link("127.0.0.1", address.port, quality, seed))
            for seed in (1, 2)
        ]
        return await measure([f"http://127.0.0.1:{port}" for port in ports], seconds, times)


def lines(rows: list[Row]) -> Iterator[str]:
    """The table, as Markdown."""
    yield (
        f"| | n | within {NEAR_MS:g} ms after s, median | worst | then p50 ms | p95 ms | p99 ms |"
    )
    yield "|---|---|---|---|---|---|---|"
    for each in rows:
        yield (
            f"| {each.what} | {each.n} | {each.near_sec:.1f} | {each.worst_sec:.1f} "
            f"| {each.p50_ms:.2f} | {each.p95_ms:.2f} | {each.p99_ms:.2f} |"
        )


def main(arguments: list[str]) -> None:
    """Read how long and how bad, and print one table."""
    parser = ArgumentParser(prog="python -m bench rooms-browser", description=__doc__)
    add = parser.add_argument
    add("--seconds", type=float, default=60.0, help="of the first track, undisturbed")
    add("--times", type=int, default=5, help="how often each disturbance is tried")
    add("--bad-link", action="store_true", help="40 ± 20 ms each way, 1 %% of segments lost")
    wish = parser.parse_args(arguments)
    if shutil.which("chromium") is None:
        raise BenchError("there is no chromium to drive: install it")
    try:
        import playwright.async_api  # noqa: F401
    except ImportError:
        raise BenchError("Playwright is missing: pip install '.[test]'") from None
    quality = Quality() if wish.bad_link else None
    with tempfile.TemporaryDirectory() as folder:
        for name, pitch_hz in zip(TRACKS, (220.0, 330.0), strict=True):
            write_tone(Path(folder) / f"{name}.wav", pitch_hz)
        with running(*SERVER, "--music", folder) as (url, _pid):
            rows = asyncio.run(run(url, wish.seconds, wish.times, quality))
    way = "40 ± 20 ms each way, 1 % lost" if quality else "one machine, no network between"
    print(f"two Chromium windows; {way}; {os.cpu_count()} cores for all\n")
    print("\n".join(lines(rows)))
