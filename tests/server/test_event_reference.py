"""The event reference is complete and true to the code."""

import re
from pathlib import Path

import pytest

from server.live.event_reference import markdown
from server.live.models import MESSAGES, REPLIES
from server.protocol import CODES

DOCS = Path(__file__).resolve().parents[2] / "docs"
WRITTEN = (DOCS / "events.md").read_text(encoding="utf-8")


def test_the_reference_is_what_the_code_says():
    assert markdown() == WRITTEN, "run: python -m server.live.event_reference > docs/events.md"


@pytest.mark.parametrize("name", [*MESSAGES, *REPLIES])
def test_every_event_is_described(name):
    section = WRITTEN.split(f"### `{name}`\n", 1)[1].split("\n### ")[0]
    assert re.search(r"[A-Z][^\n]+\.", section)


@pytest.mark.parametrize("code", CODES)
def test_every_error_code_is_described(code):
    assert f"| `{code}` | " in WRITTEN


def test_every_live_event_of_the_contract_exists(shared):
    table = (shared / "API.md").read_text().split("### Live play")[1].split("### Listening")[0]
    rows = re.findall(r"^\| (client|server|client / server) \| (.*?) \|", table, re.MULTILINE)
    named = {name for _, cell in rows for name in re.findall(r"`([a-z_]+)`", cell)}
    assert named <= set(MESSAGES) | set(REPLIES) | {
        "pitch",
        "signal",
    }  # these come with the microphone
