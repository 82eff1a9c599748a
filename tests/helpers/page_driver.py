"""The practice page in a real browser: the server it comes from, and the hands that use it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
Browser, Page, expect = playwright_api.Browser, playwright_api.Page, playwright_api.expect

WHOLE_CHROMIUM = shutil.which("chromium")
# The same browser without its windows costs a third; it cannot be asked for a microphone.
CHROMIUM = shutil.which("chromium-headless-shell") or WHOLE_CHROMIUM
SLUG = "hot-cross-buns"
EXERCISE = "five-finger-right"
TWO_HANDS = "five-finger-both"
PATIENCE_MS = 30_000  # on a busy machine; who is in time waits no longer
RIGHT_KEY = re.compile("correct|early|late")
expect.set_options(timeout=PATIENCE_MS)
TELL_VIOLATIONS = """
    addEventListener("securitypolicyviolation", (event) =>
      console.error("content policy", event.violatedDirective, event.blockedURI, event.sample));
"""
NAMELESS = """() => [...document.querySelectorAll("button, a, input, select, textarea, [role=img]")]
    .filter((node) => node.checkVisibility({ visibilityProperty: true }))
    .filter((node) => !(node.getAttribute("aria-label")
        || node.textContent.trim()
        || node.labels?.length && [...node.labels].some((label) => label.textContent.trim())))
    .map((node) => node.outerHTML)"""
PLAY_ON_FAKE_MIDI = """async (pitches) => {
    for (const pitch of pitches) {
        __fakeMIDI.send([0x90, pitch, 100]);
        await new Promise((resolve) => setTimeout(resolve, 150));
        __fakeMIDI.send([0x90, pitch, 0]);
    }
}"""


@contextmanager
def running_server(data_dir: Path, port: int = 0, *options: str) -> Iterator[str]:
    """A server of its own process; gives its address once it is ready."""
    command = [sys.executable, "-m", "server.cli", "serve", "--port", str(port), *options]
    env = {**os.environ, "ETUDE_DATA_DIR": str(data_dir)}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://[\w.:\[\]]+", process.stdout.readline())
            assert found, "the server did not say where it listens"
            yield found.group()
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextmanager
def complaining_pages(chromium: Browser, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Open pages whose complaints are noted, but for those ``expected``."""
    with ExitStack() as stack:

        def open_one(
            url: str,
            *,
            script: str = "",
            expected: str = "$^",
            watch: Callable[[Page], None] = lambda page: None,
            **context: Any,
        ) -> Page:
            window = stack.enter_context(closing(chromium.new_context(**context)))
            window.add_init_script(TELL_VIOLATIONS + script)
            page = window.new_page()
            page.set_default_timeout(PATIENCE_MS)

            def note(text: str) -> None:
                if not re.search(expected, text):
                    complaints.append(text)

            page.on("console", lambda m: note(m.text) if m.type in ("error", "warning") else None)
            page.on("pageerror", lambda error: note(str(error)))
            watch(page)
            page.goto(url)
            return page

        yield open_one


@contextmanager
def running_chromium(*switches: str, program: str | None = CHROMIUM) -> Iterator[Browser]:
    """The browser, without a window; skips the test where there is none."""
    if not program:
        pytest.skip("no chromium to drive")
    with (
        playwright_api.sync_playwright() as playwright,
        closing(
            playwright.chromium.launch(executable_path=program, args=list(switches))
        ) as browser,
    ):
        yield browser


def new_token(data_dir: Path) -> str:
    env = {**os.environ, "ETUDE_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "server.cli", "token"]
    return subprocess.run(
        command, env=env, capture_output=True, text=True, check=True
    ).stdout.strip()


def get_json(url: str) -> Any:
    with urlopen(url, timeout=60) as response:
        return json.load(response)


def notes_of(server_url: str, slug: str = SLUG) -> list[dict[str, Any]]:
    return get_json(f"{server_url}/api/v1/songs/{slug}/notes")


def open_piece(
    open_page: Callable[..., Page], server_url: str, mode: str, slug: str = SLUG, **context: Any
) -> Page:
    page = open_page(f"{server_url}/#/piece/{slug}", **context)
    choose_mode(page, mode)
    return page


def choose_mode(page: Page, mode: str) -> None:
    page.locator("#score g.note").first.wait_for()
    page.get_by_label(mode, exact=True).check(force=True)
    expect(page.locator("#connection-text")).to_have_text("Connected")


def press(page: Page, pitch: int) -> None:
    """Play a pitch on the key whose letter stands on the screen's piano."""
    letter = page.locator(f'.key[data-pitch="{pitch}"] .key-letter').inner_text()
    page.keyboard.press(letter.lower())


def verdict_of(page: Page, note_id: str) -> Any:
    return expect(page.locator(f"#score [id='{note_id}']"))
