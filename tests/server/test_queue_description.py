"""The queue takes what the description says of its items, and nothing else."""

import re
import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import FieldError
from server.practice.models import SessionFields
from server.practice.queue_models import QueuedSession, QueueItem, read_item

ID = str(uuid.uuid4())
VERSIONS = st.sampled_from([None, 0, 1, 2**31 - 1, -1, 2**31, 1.5, "1"])
SAID = {
    "date": ["2026-11-01T10:00:00Z", "2026-11-01T10:00:00", "yesterday", None],
    "duration_seconds": [0, 604_800, 604_801, -1, "90", None],
    "duration": [90.5, -1, None],
    "song_id": [1, 0, 1.5, None],
    "song_name": ["Waltz", "a\0b", "x" * 201, 7, None],
    "instrument": ["piano", "a\0b", None],
    "focus": ["left hand", [], None],
    "rating": [1, 5, 0, 6, None],
    "notes": ["well", "x" * 10_001, None],
    "tags": [[], ["evening"], [""], ["x"] * 21, "evening", None],
    "xml_content": ["<a/>", "\0", None],
    "analysis": ["well", {"summary": "well", "accuracy": 90}, {"accuracy": 101}, 7, None],
    "analysis_summary": ["well", "x" * 2_001, None],
    "analysis_feedback": ["well", {}, None],
    "score_accuracy": [0, 100.0, 101, None],
}
SESSIONS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in SAID.items()}
)
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["create", "update", "delete", "upsert", 1, None]),
        "id": st.sampled_from([ID, ID.upper(), "x", 7, None]),
        "version": VERSIONS,
        "session": st.one_of(SESSIONS, st.none(), st.just("text"), st.just([])),
    },
)
WHOLE = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["create", "update", "delete"]),
        "id": st.just(ID),
        "session": SESSIONS,
    },
    optional={"version": VERSIONS},
)


def test_the_session_of_an_item_says_what_any_session_says():
    assert QueuedSession.__struct_fields__ == SessionFields.__struct_fields__
    assert set(SAID) == set(SessionFields.__struct_fields__)


@given(st.one_of(ITEMS, WHOLE))
def test_an_item_is_taken_if_its_description_has_it(item):
    assert is_taken(item) == is_described(item)


@pytest.mark.parametrize("item", [None, [], "text", 7])
def test_what_is_no_object_is_neither(item):
    assert not is_taken(item)
    assert not is_described(item)


@pytest.mark.parametrize("op", ["create", "update"])
def test_sound_is_neither_described_nor_taken(op):
    assert "audio_base64" not in QueuedSession.__struct_fields__
    change = read_item({"op": op, "id": ID, "session": {"audio_base64": "AAAA"}})
    assert re.search("send it by POST sessions", str(change.problem))


def is_taken(item) -> bool:
    try:
        return read_item(item).problem is None
    except FieldError:
        return False


def is_described(item) -> bool:
    try:
        msgspec.convert(item, QueueItem)
    except msgspec.ValidationError:
        return False
    return True
