"""One's own account: its security events, all its data to take along, its end."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from rest_people import Person
from settled import TABLES, audit, insert, settle
from sqlalchemy import func, select

from server.auth import User
from server.keys import ACCOUNTS, HUB, STORE
from server.people.export import LEFT_OUT, PARTS
from server.store.tables import Base
from server.takes.file import read_take
from server.takes.ids import uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")


def of_users():
    """Every table with rows of a user, and by which columns they are."""
    return {
        table.name: {
            key.parent.name
            for key in table.foreign_keys
            if key.column.table.name in ("users", "practice_sessions")
            and key.parent.name not in ("session_id",)
        }
        for table in Base.metadata.sorted_tables
    }


async def count(api, table, column, user_id) -> int:
    query = select(func.count()).where(TABLES[table].c[column] == user_id)
    row = await api.app[ACCOUNTS].database.row(query)
    return row[0]


async def test_an_account_reads_its_own_events_only(api):
    ada, eve = await api.person("Ada"), await api.person("Eve")
    ids = [await audit(api.app[STORE], ada.id, f"event_{k}") for k in range(3)]
    await audit(api.app[STORE], eve.id, "other")
    first = await ada.get("audit", params={"limit": "2"})
    assert [e["id"] for e in first.data] == ids[:0:-1]
    assert first.headers["X-Total-Count"] == "3"
    second = await ada.get(first.headers["Link"].partition(">")[0][1:])
    assert [e["event"] for e in second.data] == ["event_0"]
    assert (await api.nobody.get("audit")).status == 401


async def test_every_table_of_users_is_in_the_archive_or_left_out_for_a_reason():
    of = {name for name, columns in of_users().items() if columns}
    told = {part.table for part in PARTS if part.table not in ("users", "audit_events")}
    assert of == told | LEFT_OUT.keys()


async def test_the_archive_has_everything_and_nobody_elses(api, tmp_path):
    ada, bob = await api.person("Ada"), await api.person("Bob", "teacher")
    take = await settle(api.app[STORE], ada.id, bob.id)
    await settle(api.app[STORE], bob.id, ada.id)
    answer = await ada.get("auth/me/export")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        names = {name.removesuffix(".json"): name for name in archive.namelist()}
        parts = {name: json.loads(archive.read(names[name])) for name in (p.name for p in PARTS)}
        takes = [name for name in archive.namelist() if name.startswith("takes/")]
        assert takes == [f"takes/{take.id}.etude"]
        archive.extract(takes[0], tmp_path)
    assert read_take(tmp_path / takes[0]).header.user_id == ada.id
    assert [row["name"] for row in parts["account"]] == ["Ada"]
    assert [row["song_name"] for row in parts["sessions"]] == ["Für Elise"]
    for name, owners in ((p.name, p.owners) for p in PARTS):
        assert parts[name], name
        assert all(ada.id in [row[o] for o in owners] for row in parts[name]), name
    hidden = {"password_hash", "totp_secret", "digests", "code"}
    assert not hidden & {key for rows in parts.values() for row in rows for key in row}


async def test_leaving_takes_everything_along(api):
    ada, bob = await api.person("Ada"), await api.person("Bob", "teacher")
    await settle(api.app[STORE], ada.id, bob.id)
    await settle(api.app[STORE], bob.id, ada.id)
    assert (await ada.delete("auth/me")).status == 204
    left = [
        (table, column)
        for table, columns in {
            **of_users(),
            "takes": {"user_id"},
            "audit_events": {"user_id"},
        }.items()
        for column in columns
        if await count(api, table, column, ada.id)
    ]
    assert left == []
    assert await count(api, "users", "id", ada.id) == 0
    assert await count(api, "practice_sessions", "user_id", bob.id) == 1
    assert await count(api, "takes", "user_id", bob.id) == 1
    assert (await bob.get("auth/me")).status == 200


async def test_who_has_left_is_not_known_any_more(api):
    ada = await api.person("Ada")
    login, now = uuid7(), datetime.now(UTC)
    soon = {"created_at": now, "used_at": now, "expires_at": now + timedelta(days=1)}
    about = {"generation": 0, "address": "192.0.2.1", "agent": "test", **soon}
    await insert(api.app[STORE], "logins", id=login, user_id=ada.id, **about)
    ada.token = api.app[HUB].tokens.issue(User(ada.id, "Ada", login), 1)
    assert (await ada.get("auth/me")).status == 200
    assert (await ada.delete("auth/me")).status == 204
    assert (await ada.get("auth/me")).status == 401


async def test_what_is_played_while_leaving_is_not_kept(api):
    ada = await api.person("Ada")
    headers = {"Authorization": f"Bearer {ada.token}"}
    notes = [{"midiNote": 60 + k, "startTime": 500 * k, "duration": 400} for k in range(4)]
    async with api.http.ws_connect(f"{api.url}/api/v1/ws", headers=headers) as ws:
        await ws.receive_json()
        start = {"sessionType": "song", "expectedNotes": notes, "tempo": 120}
        await ws.send_json({"event": "start_session", "data": start})
        await ws.receive_json()
        played = {"midiNote": 60, "velocity": 64, "timestamp": 0}
        await ws.send_json({"event": "note_played", "data": played})
        while (await ws.receive_json())["event"] != "feedback":
            pass
        assert (await ada.delete("auth/me")).status == 204
        while (message := await ws.receive()).type == aiohttp.WSMsgType.TEXT:
            pass
        assert message.data == 4401
    await api.app[HUB]._keeper.flush()
    assert await count(api, "takes", "user_id", ada.id) == 0


async def test_who_has_a_password_leaves_by_it(api):
    body = {"email": f"{uuid7()}@example.org", "password": "a tune for two hands", "name": "Ada"}
    made = (await api.nobody.post("auth/register", body)).data
    ada = Person(api, token=made["access_token"])
    missing = await ada.delete("auth/me")
    assert (missing.status, missing.data["details"]) == (422, {"field": "password"})
    wrong = await ada.delete("auth/me", {"password": "another one"})
    assert (wrong.status, wrong.code) == (403, "WRONG_PASSWORD")
    assert (await ada.get("auth/me")).status == 200
    assert (await ada.delete("auth/me", {"password": body["password"]})).status == 204
    assert (await ada.get("auth/me")).status == 401
    again = await api.nobody.post("auth/login", body)
    assert (again.status, again.code) == (401, "INVALID_CREDENTIALS")


async def test_linking_and_parting_stand_in_both_logs(api):
    ada, bob = await api.person("Ada"), await api.person("Bob", "teacher")
    code = (await bob.post("teaching/invitations")).data["code"]
    await ada.post("teaching/invitations/accept", {"code": code})
    await ada.delete(f"teaching/teachers/{bob.id}")
    for one, other in ((ada, bob), (bob, ada)):
        told = [(e["event"], e["details"]) for e in (await one.get("audit")).data]
        about = {"other_id": other.id}
        assert told == [("link_ended", about), ("invitation_accepted", about)]
    assert {e["address"] for e in (await ada.get("audit")).data} == {"127.0.0.1"}
    assert {e["address"] for e in (await bob.get("audit")).data} == {""}
