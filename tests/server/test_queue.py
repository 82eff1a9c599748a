"""The offline queue over REST: a verdict for each change, in order, and nothing twice."""

import asyncio
import io
import json
import uuid

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

WALTZ = {"songName": "Waltz", "duration": 90, "tags": ["evening"], "rating": 3}


def new_id() -> str:
    return str(uuid.uuid4())


def create(session_id=None, session=WALTZ, **more):
    return {"op": "create", "id": session_id or new_id(), "session": session, **more}


def update(session_id, version=None, **session):
    return {"op": "update", "id": session_id, "version": version, "session": session}


def delete(session_id, version=None):
    return {"op": "delete", "id": session_id, "version": version}


async def send(person, *items):
    answer = await person.post("sessions/batch", {"items": list(items)})
    assert answer.status == 200, answer.data
    return answer.data["items"]


def statuses(verdicts) -> list[str]:
    return [verdict["status"] for verdict in verdicts]


async def test_changes_of_one_session_are_made_in_their_order(api):
    ada, one = await api.person(), new_id()
    verdicts = await send(
        ada,
        create(one),
        create(),
        update(one, 1, rating=5, tags=["late"]),
        update(one, 2, notes="x"),
    )
    assert statuses(verdicts) == ["applied"] * 4
    assert [verdict["version"] for verdict in verdicts] == [1, 1, 2, 3]
    kept = (await ada.get(f"sessions/{one}")).data
    expected = {"song_name": "Waltz", "duration_seconds": 90, "rating": 5, "notes": "x"}
    assert expected.items() <= kept.items()
    assert [row["id"] for row in (await ada.get("sessions?tag=late")).data] == [one]
    assert (await ada.get("sessions?tag=evening")).headers["X-Total-Count"] == "1"


async def test_a_batch_sent_twice_changes_nothing_a_second_time(api):
    ada, one, gone = await api.person(), new_id(), new_id()
    items = [create(one), create(gone), update(one, 1, rating=5), delete(gone, 1), delete(new_id())]
    first = await send(ada, *items)
    before = (await ada.get("sessions")).data
    second = await send(ada, *items)
    assert statuses(first) == ["applied"] * 4 + ["already_applied"]
    assert statuses(second) == ["already_applied"] * 5
    assert (await ada.get("sessions")).data == before
    assert [row["id"] for row in before] == [one]


async def test_what_is_sent_again_after_others_followed_stays_made(api):
    ada, one = await api.person(), new_id()
    first = [create(one), update(one, 1, rating=4)]
    await send(ada, *first)
    await ada.patch(f"sessions/{one}", {"rating": 1, "version": 2})
    assert statuses(await send(ada, *first)) == ["already_applied"] * 2
    assert (await ada.get(f"sessions/{one}")).data["rating"] == 1


async def test_changes_without_a_version_are_made_to_what_is_there(api):
    ada, one = await api.person(), new_id()
    items = [update(one, rating=4), update(one, rating=5), update(one, rating=4)]
    await send(ada, create(one))
    assert statuses(await send(ada, *items)) == ["applied"] * 3
    assert statuses(await send(ada, *items)) == ["already_applied"] * 3
    await ada.patch(f"sessions/{one}", {"notes": "by another device"})
    again = await send(ada, items[-1])
    assert statuses(again) == ["conflict"]
    assert again[0]["current"]["notes"] == "by another device"


async def test_a_conflict_tells_both_copies_and_changes_nothing(api):
    ada, one = await api.person(), new_id()
    await send(ada, create(one), update(one, 1, notes="from the phone"))
    (verdict,) = await send(ada, update(one, 1, notes="from the tablet"))
    kept = (await ada.get(f"sessions/{one}")).data
    assert verdict == {
        "id": one,
        "status": "conflict",
        "version": 2,
        "current": kept,
        "sent": {"notes": "from the tablet"},
    }
    assert kept["notes"] == "from the phone"


async def test_500_conflicts_with_a_long_text_leave_it_out_and_say_so(api):
    ada, long, short = await api.person(), new_id(), new_id()
    score = "x" * (2 << 20)
    made = {"items": [create(long, {**WALTZ, "xml_content": score, "notes": "slower"})]}
    data, headers = io.BytesIO(json.dumps(made).encode()), {"Content-Type": "application/json"}
    assert (await ada.post("sessions/batch", data=data, headers=headers)).status == 200
    await send(ada, create(short), update(short, 1, notes="short"))
    items = [update(long, 7, rating=1)] * 499 + [update(short, 1, rating=1)]
    answer = await ada.post("sessions/batch", {"items": items})
    *verdicts, last = answer.data["items"]
    assert statuses(verdicts) == ["conflict"] * 499
    assert len(answer.body) < 10 << 20
    kept = (await ada.get(f"sessions/{long}")).data
    whole = [verdict for verdict in verdicts if "left_out" not in verdict]
    assert [verdict["current"] for verdict in whole] == [kept] * 3  # what fits into 8 MiB
    for verdict in verdicts[3:]:
        assert set(verdict["left_out"]) == {"xml_content", "notes"}
        others = {name: kept[name] for name in kept if name not in verdict["left_out"]}
        assert verdict["current"] == others
        assert verdict["sent"] == {"rating": 1}
    assert last["current"] == (await ada.get(f"sessions/{short}")).data


async def test_what_follows_a_conflict_is_one_too(api):
    ada, one = await api.person(), new_id()
    await send(ada, create(one), update(one, 1, notes="from the phone"))
    verdicts = await send(ada, update(one, 1, rating=1), update(one, 2, rating=2), delete(one, 3))
    assert statuses(verdicts) == ["conflict"] * 3
    assert (await ada.get(f"sessions/{one}")).data["notes"] == "from the phone"


async def test_another_session_of_the_same_id_is_a_conflict(api):
    ada, one = await api.person(), new_id()
    await ada.post("sessions", {"id": one, **WALTZ})
    same, other = await send(ada, create(one), create(one, {"songName": "March"}))
    assert same["status"] == "already_applied"
    assert (other["status"], other["current"]["song_name"]) == ("conflict", "Waltz")
    assert other["sent"] == {"songName": "March"}


async def test_what_is_deleted_comes_back_only_on_purpose(api):
    ada, one = await api.person(), new_id()
    await send(ada, create(one), delete(one, 1))
    late, other, gone = await send(
        ada, update(one, 1, rating=5), create(one, {"songName": "March"}), delete(one)
    )
    assert (late["status"], late["deleted"]) == ("conflict", True)
    assert (other["status"], other["current"]["version"]) == ("conflict", 2)
    assert gone["status"] == "already_applied"
    assert (await ada.get(f"sessions/{one}")).status == 404
    (back,) = await send(ada, create(one, {"songName": "March"}, version=2))
    assert (back["status"], back["version"]) == ("applied", 3)
    assert (await ada.get(f"sessions/{one}")).data["song_name"] == "March"


async def test_what_belongs_to_a_deleted_session_goes_with_it(api):
    ada, one = await api.person(), new_id()
    await send(ada, create(one))
    await ada.post(f"sessions/{one}/comments", {"body": "Well done"})
    await send(ada, delete(one, 1), create(one, {}, version=2))
    assert (await ada.get(f"sessions/{one}/comments")).data == []


BAD = [
    (7, "data", "expected an object"),
    ({"op": "create"}, "id", "missing"),
    ({"op": "mend", "id": new_id()}, "op", "create, delete, update"),
    ({"op": "delete", "id": "7"}, "id", "'7'"),
    ({"op": "delete", "id": new_id(), "version": -1}, "version", "-1"),
    ({"op": "create", "id": new_id()}, "session", "missing"),
    (create(session={"rating": 6}), "session.rating", "6"),
    (create(session={"date": "2026-03-01T10:00:00"}), "session.date", "2026"),
    (create(session={"songId": 123456}), "session.song_id", "GET songs"),
    (create(session={"audioBase64": "AAAA"}), "session.audio_base64", "POST sessions"),
    (create(session={"notes": "a\0b"}), "session.notes", "without the character NUL"),
    (create(session="text"), "session", "object"),
    (update(new_id(), 1, rating=1), "id", "create it first"),
]


async def test_one_bad_item_harms_no_other(api):
    ada, first, last = await api.person(), new_id(), new_id()
    items = [item for item, _, _ in BAD]
    verdicts = await send(ada, create(first), *items, create(last))
    assert (verdicts[0]["status"], verdicts[-1]["status"]) == ("applied", "applied")
    for (item, field, word), verdict in zip(BAD, verdicts[1:-1], strict=True):
        assert (verdict["status"], verdict["field"]) == ("rejected", field)
        assert word in verdict["error"] and verdict["code"] == "INVALID_FIELD"
        assert verdict["id"] == (item.get("id") if isinstance(item, dict) else None)
    assert {row["id"] for row in (await ada.get("sessions")).data} == {first, last}


async def test_upper_case_and_other_spellings_are_the_same_session(api):
    ada, one = await api.person(), new_id()
    spellings = [{"song_name": "A", "xml_content": "<x/>"}, {"songName": "A", "xmlContent": "<x/>"}]
    first, second = await send(ada, create(one, spellings[0]), create(one.upper(), spellings[1]))
    assert (first["status"], second["status"]) == ("applied", "already_applied")
    assert second["id"] == one.upper()


async def test_more_than_500_or_no_list_is_refused_whole(api):
    ada = await api.person()
    for items, word in (([delete(new_id())] * 501, "500"), ("all", "a list"), (None, "a list")):
        answer = await ada.post("sessions/batch", {"items": items})
        assert (answer.status, answer.code) == (422, "INVALID_FIELD")
        assert answer.data["details"]["field"] == "items" and word in answer.data["error"]
    assert await send(ada) == []


async def test_500_at_once_are_made(api):
    ada = await api.person()
    verdicts = await send(ada, *(create(session={"tags": [f"t{k % 7}"]}) for k in range(500)))
    assert statuses(verdicts) == ["applied"] * 500
    assert (await ada.get("sessions")).headers["X-Total-Count"] == "500"
    assert (await ada.get("sessions?tag=t3")).headers["X-Total-Count"] == "71"


async def test_the_same_batch_on_two_connections_at_once_is_made_once(api):
    ada = await api.person()
    ids = [new_id() for _ in range(40)]
    items = [create(one) for one in ids] + [update(one, 1, rating=5) for one in ids]
    await send(ada, *items[:10])
    both = await asyncio.gather(send(ada, *items), send(ada, *reversed(items[40:]), *items[:40]))
    assert {s for verdicts in both for s in statuses(verdicts)} <= {
        "applied",
        "already_applied",
        "rejected",  # an update that came before what it changes
    }
    listed = (await ada.get("sessions?limit=100")).data
    assert sorted(row["id"] for row in listed) == sorted(ids)
    assert {(row["rating"], row["version"]) for row in listed} == {(5, 2)}


async def test_each_account_has_its_own_sessions_of_an_id(api):
    ada, ben, one = await api.person(), await api.person("Ben"), new_id()
    await send(ada, create(one))
    changed, gone, made = await send(ben, update(one, 1, rating=1), delete(one, 1), create(one, {}))
    assert (changed["status"], changed["field"]) == ("rejected", "id")
    assert (gone["status"], made["status"]) == ("already_applied", "applied")
    assert (await ada.get(f"sessions/{one}")).data["song_name"] == "Waltz"


async def test_without_a_token_nothing_is_taken(api):
    answer = await api.nobody.post("sessions/batch", {"items": [create()]})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
