"""Practice sessions over REST: made, read, listed, changed, deleted."""

import asyncio
import io
import json
import uuid

import pytest
from sqlalchemy import delete

from server.identity.accounts import USERS
from server.keys import ACCOUNTS

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHOLE = {
    "date": "2026-03-01T18:30:00+01:00",
    "duration_seconds": 1500.5,
    "song_name": "A waltz of my own",
    "instrument": "piano",
    "focus": "left hand",
    "rating": 4,
    "notes": "Slower next time.\nMuch slower.",
    "tags": ["Waltz", "évening"],
    "xml_content": "<score/>",
    "analysis_summary": "Steady",
    "analysis_feedback": "Mind bar 9",
    "score_accuracy": 91.5,
}


def new_id() -> str:
    return str(uuid.uuid4())


def as_file(body) -> io.BytesIO:
    """A long body as the client wants it: in parts."""
    return io.BytesIO(json.dumps(body).encode())


async def test_a_session_that_nothing_is_said_of_is_refused(api):
    ada = await api.person()
    for body in (None, {}):
        answer = await ada.post("sessions", body)
        assert (answer.status, answer.data["details"]) == (422, {"field": "data"})
    assert (await ada.get("sessions")).data == []


async def test_a_session_is_made_and_read_whole(api):
    ada = await api.person()
    made = await ada.post("sessions", WHOLE)
    assert made.status == 201
    kept = {**WHOLE, "date": "2026-03-01T17:30:00Z", "version": 1, "audio_url": None}
    assert kept.items() <= made.data.items()
    read = await ada.get(f"sessions/{made.data['id']}")
    assert (read.status, read.data) == (200, made.data)
    assert made.headers["ETag"] == read.headers["ETag"] == '"1"'


async def test_the_short_form_of_other_clients_is_taken(api):
    ada = await api.person()
    sent = {
        "songName": "Tune",
        "instrument": "violin",
        "duration": 90,
        "xmlContent": "<score/>",
        "analysis": {"summary": "Good", "feedback": "Bow straighter", "accuracy": 88},
    }
    made = (await ada.post("sessions", sent)).data
    kept = {
        "song_name": "Tune",
        "duration_seconds": 90.0,
        "xml_content": "<score/>",
        "analysis_summary": "Good",
        "analysis_feedback": "Bow straighter",
        "score_accuracy": 88.0,
    }
    assert kept.items() <= made.items()


@pytest.mark.parametrize(
    ("text", "feedback"), [("Good", None), ("x" * 2001, "x" * 2001)], ids=["short", "long"]
)
async def test_an_analysis_may_be_a_text(api, text, feedback):
    ada = await api.person()
    made = (await ada.post("sessions", {"analysis": text})).data
    assert (made["analysis_summary"], made["analysis_feedback"]) == (text[:2000], feedback)


async def test_a_piece_of_the_catalogue_gives_its_name(api):
    ada = await api.person()
    title = (await api.nobody.get("songs/1")).data["title"]
    made = (await ada.post("sessions", {"song_id": 1, "song_name": "?"})).data
    assert (made["song_id"], made["song_name"]) == (1, title)
    renamed = (await ada.patch(f"sessions/{made['id']}", {"song_name": "Mine"})).data
    assert (renamed["song_id"], renamed["song_name"]) == (None, "Mine")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("date", "2026-03-01T18:30:00"),
        ("date", "yesterday"),
        ("date", "2100-01-01T00:00:00Z"),
        ("date", "1899-01-01T00:00:00Z"),
        ("date", "0001-01-01T00:00:00+14:00"),
        ("duration_seconds", -1),
        ("duration_seconds", 604_801),
        ("song_id", 999_999),
        ("song_name", "x" * 201),
        ("instrument", "pi\0ano"),
        ("rating", 6),
        ("rating", 2.5),
        ("notes", "x" * 10_001),
        ("tags", ["x"] * 21),
        ("tags", "x"),
        ("xml_content", 5),
        ("score_accuracy", 101),
        ("id", "1"),
        ("id", "00000000-0000-4000-8000-000000000000\n"),
    ],
)
async def test_what_breaks_a_rule_is_refused_by_its_field(api, field, value):
    ada = await api.person()
    answer = await ada.post("sessions", {field: value})
    assert (answer.status, answer.code) == (422, "INVALID_FIELD")
    assert answer.data["details"]["field"].partition("[")[0] == field
    assert (await ada.get("sessions")).data == []


async def test_xml_of_two_megabytes_is_kept_and_more_is_not(api):
    ada = await api.person()
    xml = "<score/>" * (1 << 18)
    made = await ada.post("sessions", data=as_file({"xml_content": xml}))
    assert made.data["xml_content"] == xml
    answer = await ada.post("sessions", data=as_file({"xml_content": xml + " "}))
    assert (answer.status, answer.data["details"]) == (422, {"field": "xml_content"})


async def test_sent_again_it_is_made_once(api):
    ada = await api.person()
    sent = {**WHOLE, "id": new_id().upper()}
    answers = await asyncio.gather(*(ada.post("sessions", sent) for _ in range(5)))
    assert [answer.status for answer in answers] == [201] * 5
    assert len({answer.body for answer in answers}) == 1
    assert answers[0].data["id"] == sent["id"].lower()
    assert (await ada.get("sessions")).headers["X-Total-Count"] == "1"
    changed = (await ada.patch(f"sessions/{sent['id']}", {"rating": 1})).data
    again = await ada.post("sessions", sent)
    assert (again.status, again.data) == (201, changed)


async def test_another_of_the_same_id_is_a_conflict_with_the_copy_kept(api):
    ada = await api.person()
    made = (await ada.post("sessions", {**WHOLE, "id": new_id()})).data
    answer = await ada.post("sessions", {**WHOLE, "id": made["id"], "rating": 1})
    assert (answer.status, answer.code) == (409, "SESSION_EXISTS")
    assert answer.data["details"]["current"] == made


async def test_two_users_may_use_the_same_id(api):
    ada, eve = await api.person(), await api.person("Eve")
    session_id = new_id()
    for person, rating in ((ada, 5), (eve, 1)):
        await person.post("sessions", {"id": session_id, "rating": rating})
    assert (await ada.get(f"sessions/{session_id}")).data["rating"] == 5
    await eve.delete(f"sessions/{session_id}")
    assert (await ada.get(f"sessions/{session_id}")).data["rating"] == 5


async def test_who_has_the_version_is_not_sent_it_again(api):
    ada = await api.person()
    path = f"sessions/{(await ada.post('sessions', WHOLE)).data['id']}"
    same = await ada.get(path, headers={"If-None-Match": '"1"'})
    assert (same.status, same.body, same.headers["ETag"]) == (304, b"", '"1"')
    await ada.patch(path, {"rating": 5})
    assert (await ada.get(path, headers={"If-None-Match": '"1"'})).status == 200


async def test_put_changes_the_whole_and_patch_a_part(api):
    ada = await api.person()
    made = (await ada.post("sessions", WHOLE)).data
    path = f"sessions/{made['id']}"
    part = (await ada.patch(path, {"rating": 2, "notes": None})).data
    expected = {**made, "rating": 2, "notes": None, "version": 2}
    assert part == {**expected, "updated_at": part["updated_at"]}
    put = (await ada.put(path, {"duration": 60, "tags": ["new"]})).data
    kept = {"duration_seconds": 60.0, "tags": ["new"], "date": made["date"], "version": 3}
    assert kept.items() <= put.items()
    assert [put[name] for name in ("notes", "song_name", "xml_content", "rating")] == [None] * 4


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_two_devices_do_not_overwrite_each_other(api, method):
    ada = await api.person()
    path = f"sessions/{(await ada.post('sessions', WHOLE)).data['id']}"
    first = await ada.ask("PATCH", path, {"rating": 5}, headers={"If-Match": '"1"'})
    assert (first.status, first.headers["ETag"]) == (200, '"2"')
    body = None if method == "DELETE" else {"rating": 1}
    late = await ada.ask(method, path, body, headers={"If-Match": '"1"'})
    assert (late.status, late.code) == (412, "VERSION_CONFLICT")
    assert late.data["details"].pop("current") == first.data
    assert late.data["details"] == ({"yours": {"rating": 1}} if body else {})
    assert (await ada.get(path)).data == first.data
    current = await ada.ask(method, path, body, headers={"If-Match": '"2"'})
    assert current.status == (204 if method == "DELETE" else 200)


async def test_of_many_at_once_one_wins_and_none_is_lost(api):
    ada = await api.person()
    path = f"sessions/{(await ada.post('sessions', WHOLE)).data['id']}"
    sent = [{"focus": str(k), "version": 1} for k in range(6)]
    answers = await asyncio.gather(*(ada.patch(path, body) for body in sent))
    assert sorted(answer.status for answer in answers) == [200] + [412] * 5
    without = await asyncio.gather(*(ada.patch(path, {"focus": f"then {k}"}) for k in range(6)))
    assert sorted(answer.data["version"] for answer in without) == [3, 4, 5, 6, 7, 8]


async def test_a_change_sent_again_is_made_once(api):
    ada = await api.person()
    path = f"sessions/{(await ada.post('sessions', WHOLE)).data['id']}"
    answers = [await ada.patch(path, {"rating": 1, "version": 1}) for _ in range(2)]
    assert [answer.data["version"] for answer in answers] == [2, 2]


@pytest.mark.parametrize("tag", ['"x"', '"1", "2"', 'W/"1"', "1", '"99999999999"'])
async def test_an_if_match_that_is_no_version_matches_nothing(api, tag):
    ada = await api.person()
    path = f"sessions/{(await ada.post('sessions', WHOLE)).data['id']}"
    answer = await ada.patch(path, {"rating": 1}, headers={"If-Match": tag})
    assert (answer.status, answer.code) == (412, "VERSION_CONFLICT")


async def test_a_deleted_session_is_gone_and_stays_so(api):
    ada = await api.person()
    sent = {**WHOLE, "id": new_id()}
    path = f"sessions/{(await ada.post('sessions', sent)).data['id']}"
    assert (await ada.delete(path)).status == 204
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = await ada.ask(method, path, {} if method[0] == "P" else None)
        assert (answer.status, answer.code) == (404, "SESSION_NOT_FOUND")
    again = await ada.post("sessions", sent)
    assert (again.status, again.code) == (409, "SESSION_EXISTS")
    assert again.data["details"]["current"].keys() == {"id", "version", "deleted_at"}
    listed = await ada.get("sessions")
    assert (listed.data, listed.headers["X-Total-Count"]) == ([], "0")


async def test_anothers_session_is_not_there(api):
    ada, eve = await api.person(), await api.person("Eve", role="teacher")
    path = f"sessions/{(await ada.post('sessions', WHOLE)).data['id']}"
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body = {"rating": 1} if method[0] == "P" else None
        answer = await eve.ask(method, path, body)
        nothing = await eve.ask(method, f"sessions/{new_id()}", body)
        assert (answer.status, answer.code) == (404, "SESSION_NOT_FOUND")
        assert answer.data == nothing.data
    assert (await ada.get(path)).data["version"] == 1
    assert (await eve.get("sessions")).data == []


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_a_malformed_id_names_its_field(api, method):
    answer = await (await api.person()).ask(method, "sessions/12", {} if method[0] == "P" else None)
    assert (answer.status, answer.data["details"]) == (422, {"field": "session_id"})


async def test_who_has_just_left_keeps_nothing_any_more(api):
    ada = await api.person()
    await ada.get("sessions")  # the server knows the token for a while
    async with api.app[ACCOUNTS].database.writing() as connection:
        await connection.execute(delete(USERS).where(USERS.c.id == ada.id))
    answer = await ada.post("sessions", WHOLE)
    assert (answer.status, answer.code) == (401, "INVALID_TOKEN")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", ""), *((m, f"/{new_id()}") for m in ("GET", "PUT", "PATCH", "DELETE"))],
)
async def test_without_a_token_nothing_is_told(api, method, path):
    answer = await api.nobody.ask(method, f"sessions{path}")
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
