"""The event reference is complete and true to the code."""

import re
from pathlib import Path

import msgspec
import pytest

from engine.judging.verdicts import IGNORED, RESULTS
from engine.signal_words import FAULTS, OK
from engine.tuning import Tuning
from server import limits
from server.config import Settings
from server.live.event_reference import markdown
from server.live.models import MESSAGES, REPLIES
from server.protocol import CODES
from server.rooms.guesses import FORGIVEN_MS, MAX_WRONG
from server.rooms.models import ROOM_MESSAGES, ROOM_REPLIES

DOCS = Path(__file__).resolve().parents[2] / "docs"
WRITTEN = (DOCS / "events.md").read_text(encoding="utf-8")


def test_the_reference_is_what_the_code_says():
    assert markdown() == WRITTEN, "run: python -m server.live.event_reference > docs/events.md"


@pytest.mark.parametrize("name", [*MESSAGES, *REPLIES])
def test_every_event_is_described(name):
    assert re.search(r"[A-Z][^\n]+\.", section(name))


def section(name):
    return WRITTEN.split(f"### `{name}`\n", 1)[1].split("\n### ")[0]


@pytest.mark.parametrize("result", [*RESULTS, IGNORED])
def test_every_result_of_a_note_is_listed(result):
    assert f"`{result}`" in section("feedback")


@pytest.mark.parametrize("problem", [OK, *sorted({fault.problem for fault in FAULTS.values()})])
def test_every_problem_of_a_microphone_is_listed(problem):
    assert f"`{problem}`" in section("signal")


def test_the_limits_of_sound_are_told_with_their_numbers():
    limits = WRITTEN.split("## Limits\n")[1].split("\n## ")[0]
    said = " ".join(limits.split())
    for words in (
        "at most 2,097,152 bytes",
        "500 messages a second",
        "lasts at most 4 seconds",
        "may be 4 seconds ahead, and its clock 5% fast",
        "16 seconds ahead, and 2 times as fast",
        "of which 8 seconds wait",
        "160 at once, and then 20 a second",
        "stays away for 2 seconds",
    ):
        assert words in said
    assert Settings().messages_per_sec == 500


def test_what_may_be_left_out_of_an_announcement_is_said():
    said = " ".join(section("start_audio").split())
    assert "a name that `GET /api/v1/instruments` lists" in said
    assert "C without one" in said
    assert Tuning(440.0, "sargam").name(60) == "Sa"


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


def room_section(name):
    """What is said of an event to the members of a room; practice has its own `session_ended`."""
    rooms = WRITTEN.split("## To the members of a room\n", 1)[1]
    return rooms.split(f"### `{name}`\n", 1)[1].split("\n### ")[0]


@pytest.mark.parametrize("name", ROOM_REPLIES)
def test_every_event_of_a_room_is_described(name):
    assert re.search(r"[A-Z][^\n]+\.", room_section(name))


@pytest.mark.parametrize("reason", ["host_disconnected", "session_expired", "host_ended"])
def test_every_end_of_a_room_is_listed(reason):
    assert f"`{reason}`" in room_section("session_ended")


def test_every_room_event_of_the_contract_exists_with_its_fields(shared):
    table = (shared / "API.md").read_text().split("### Listening rooms")[1]
    rows = re.findall(r"^\| (client|server) \| (.*?) \| (.*?) \|$", table, re.MULTILINE)
    assert len(rows) == 8
    kinds = {**ROOM_MESSAGES, **ROOM_REPLIES}
    for _, names, data in rows:
        events = re.findall(r"`([a-z_]+)`", names)
        assert events and set(events) <= set(kinds)
        fields = {f.encode_name for name in events for f in msgspec.structs.fields(kinds[name])}
        said = re.findall(r"`\{(.*?)\}`", data)[:1]
        for field in re.findall(r"\b([a-z]\w*)\b(?!:)", said[0].split("[")[0] if said else ""):
            assert field in fields | {"userId", "sync"}, (events, field)


def test_the_limits_of_rooms_are_told_with_their_numbers():
    said = " ".join(WRITTEN.split("## Listening rooms\n")[1].split("\n## ")[0].split())
    assert "at most twice a second" in said and "sends 50 other events a second" in said
    assert (limits.ROOM_CHANGES_HZ, limits.ROOM_REPORTS_HZ) == (2.0, 50.0)
    assert "after twenty, one more may be tried every six seconds" in said
    assert (MAX_WRONG, FORGIVEN_MS) == (20, 6000.0)
