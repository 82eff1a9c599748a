"""Listening rooms in real browsers: sounds to play, windows to join by, what players do."""

import re
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy as np
from page_driver import PATIENCE_MS, Page, expect

RATE_HZ = 44_100
# The page's player makes its element by `new Audio()`: the first one is kept for the tests to see.
KEEP_AUDIO = """
    const RealAudio = window.Audio;
    window.Audio = function (...given) {
        const audio = new RealAudio(...given);
        window.__audio ??= audio;
        return audio;
    };
"""
# One reading of a player: the time of all processes of this machine, and the position, both in ms.
# A task of its own reads `currentTime` afresh; both clocks stand for less than 0.1 ms in between.
READ = """() => {
    const at = performance.timeOrigin + performance.now();
    const { currentTime, paused, playbackRate, src } = window.__audio;
    return { at, position: 1000 * currentTime, paused, rate: playbackRate, src };
}"""


def write_tone(path: Path, pitch_hz: float, seconds: float) -> Path:
    """A tone that pulses, as a WAV file."""
    times = np.arange(int(RATE_HZ * seconds)) / RATE_HZ
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 2 * times)
    samples = 0.2 * swell * np.sin(2 * np.pi * pitch_hz * times)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def open_room(open_page: Callable[..., Page], url: str, name: str, **context: Any) -> Page:
    """A window that has opened a room."""
    page = open_page(f"{url}/room", script=KEEP_AUDIO, **context)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Open a room").click()
    expect(page.locator("#room-who")).to_contain_text("You lead")
    return page


def join_room(
    open_page: Callable[..., Page], url: str, code: str, name: str, **context: Any
) -> Page:
    """A window that has joined a room by its link."""
    page = open_page(f"{url}/room/{code}", script=KEEP_AUDIO, **context)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.locator(".person")).not_to_have_count(0)
    return page


def code_of(page: Page) -> str:
    return page.locator("#room-code").inner_text()


def choose(page: Page, source: str, name: str) -> None:
    """Let the host play something from the list."""
    page.get_by_role("button", name="Choose music").click()
    page.get_by_label(source, exact=True).check(force=True)
    page.get_by_role("button", name=f"Play {name}", exact=True).click()
    expect(page.locator("#chooser")).to_be_hidden()


def move_to(page: Page, position_ms: float) -> None:
    """Let the host move to another place."""
    page.locator("#seek").evaluate(
        """(slider, position) => {
            slider.value = position;
            slider.dispatchEvent(new Event("input"));
            slider.dispatchEvent(new Event("change"));
        }""",
        position_ms,
    )


def reading(page: Page) -> dict[str, Any]:
    return page.evaluate(READ)


def difference_ms(host: Page, client: Page) -> float:
    """How far the client's position is ahead of the host's at the same instant."""
    before, there, after = reading(host), reading(client), reading(host)
    middle = (before["at"] + after["at"]) / 2
    position = (before["position"] + after["position"]) / 2
    return (there["position"] - there["at"]) - (position - middle)


def wait_until(happens: Callable[[], Any], what: str) -> Any:
    """Ask again and again until it is so."""
    end = monotonic() + PATIENCE_MS / 1000
    while not (answer := happens()):
        assert monotonic() < end, f"waited in vain until {what}"
        sleep(0.05)
    return answer


def plays(page: Page) -> bool:
    return not reading(page)["paused"]


@contextmanager
def running_site(
    sound: bytes, first_bytes: int | None = None, goes_on: threading.Event | None = None
) -> Iterator[str]:
    """A site with one file, at the address given; with ``goes_on``, it stops after its first part
    until that is set, and gives no ranges."""
    hold = goes_on or threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            wanted = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
            start = int(wanted[1]) if wanted and goes_on is None else None
            self.send_response(200 if start is None else 206)
            if start is not None:
                self.send_header("Content-Range", f"bytes {start}-{len(sound) - 1}/{len(sound)}")
            body = sound[start or 0 :]
            self.send_header("Content-Type", "audio/wav")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body[:first_bytes])
                if goes_on is not None:
                    goes_on.wait(PATIENCE_MS / 1000)
                    self.wfile.write(body[first_bytes:])
            except ConnectionError:
                return  # the browser has enough

    site = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{site.server_port}/First%20tone.wav"
    finally:
        hold.set()
        site.shutdown()
        thread.join()
        site.server_close()
