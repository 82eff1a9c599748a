"""What somebody can see and change of their own account and sign-ins."""

import asyncio

import pytest
from newcomers import join, log_in, member

from server.identity.account import Account
from server.identity.audit import AUDIT_EVENTS
from server.identity.known import KnownAccounts
from server.keys import STORE

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_profile_is_changed_in_part(api):
    ada = await join(api, role="teacher")
    body = {"name": " Ada  King ", "timeZone": "Asia/Kolkata"}
    answer = await ada.patch("auth/profile", body)
    assert answer.status == 200
    changed = {"name": "Ada King", "time_zone": "Asia/Kolkata", "instrument": ""}
    assert answer.data == ada.tokens["user"] | changed
    answer = await ada.patch("auth/profile", {"instrument": "Hammerklavier"})
    assert answer.data == ada.tokens["user"] | changed | {"instrument": "Hammerklavier"}
    assert (await ada.get("auth/me")).data == answer.data
    assert (await log_in(api, ada.email)).data["user"] == answer.data


async def test_a_change_of_nothing_changes_nothing(api):
    ada = await join(api)
    for body in ({}, ada.tokens["user"]):
        answer = await ada.patch("auth/profile", body)
        assert (answer.status, answer.data) == (200, ada.tokens["user"])
    of_ada = AUDIT_EVENTS.select().where(AUDIT_EVENTS.c.user_id == ada.id)
    events = [row.event for row in await api.app[STORE].database.rows(of_ada)]
    assert "profile_changed" not in events


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "A\x07"}, "name"),
        ({"instrument": "x" * 201}, "instrument"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"timeZone": "../etc/passwd"}, "time_zone"),
        ({"time_zone": "europe/berlin"}, "time_zone"),
        ({"time_zone": "localtime"}, "time_zone"),
        ({"role": "teacher"}, "role"),
        ({"email": "other@example.org"}, "email"),
    ],
)
async def test_a_bad_change_is_refused_whole(api, body, field):
    ada = await join(api)
    answer = await ada.patch("auth/profile", {"instrument": "piano"} | body)
    assert (answer.status, answer.code) == (422, "INVALID_FIELD")
    assert answer.data["details"] == {"field": field}
    assert (await ada.get("auth/me")).data == ada.tokens["user"]


async def test_a_profile_is_for_its_account(api):
    for path, method in (("auth/profile", "PATCH"), ("auth/logins", "GET")):
        answer = await api.nobody.ask(method, path)
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


async def test_sign_ins_are_listed_the_latest_first(api):
    ada = await join(api)
    agent = {"User-Agent": "Etude for pianos/2 \u200b" + "x" * 300}
    body = {"email": ada.email, "password": "wohltemperiert"}
    await api.nobody.post("auth/login", body, headers=agent)
    answer = await ada.get("auth/logins")
    assert (answer.status, answer.headers["X-Total-Count"]) == (200, "2")
    latest, first = answer.data
    assert (latest["is_current"], first["is_current"]) == (False, True)
    assert latest["agent"].startswith("Etude for pianos/2 ?xxx")
    assert (len(latest["agent"]), latest["address"]) == (200, "127.0.0.1")
    assert set(first) >= {"id", "created_at", "used_at", "expires_at"}


async def test_sign_ins_are_paged(api):
    ada = await join(api)
    for _ in range(3):
        await member(api, ada.email)
    first = await ada.get("auth/logins?limit=3")
    assert (len(first.data), first.headers["X-Total-Count"]) == (3, "4")
    path = first.headers["Link"].partition(">")[0].removeprefix("<")
    last = await ada.get(path)
    assert [login["is_current"] for login in last.data] == [True]
    assert "Link" not in last.headers


async def test_a_sign_in_of_ones_own_is_ended(api):
    ada = await join(api)
    lost = await member(api, ada.email)
    login_id = (await ada.get("auth/logins")).data[0]["id"]
    assert (await ada.delete(f"auth/logins/{login_id.upper()}")).status == 204
    assert (await lost.get("auth/me")).code == "INVALID_TOKEN"
    assert (await lost.refresh()).code == "INVALID_TOKEN"
    assert [login["is_current"] for login in (await ada.get("auth/logins")).data] == [True]
    again = await ada.delete(f"auth/logins/{login_id}")
    assert (again.status, again.code) == (404, "LOGIN_NOT_FOUND")


async def test_anothers_sign_in_is_none(api):
    ada, eve = await join(api), await join(api, "Eve")
    theirs = (await ada.get("auth/logins")).data[0]["id"]
    mine = await eve.delete(f"auth/logins/{theirs}")
    none = await eve.delete("auth/logins/00000000-0000-7000-8000-000000000000")
    assert (mine.status, mine.data) == (none.status, none.data) == (404, none.data)
    assert (await ada.get("auth/me")).status == 200
    malformed = await eve.delete("auth/logins/1")
    assert (malformed.status, malformed.data["details"]) == (422, {"field": "id"})
    assert (await api.nobody.delete(f"auth/logins/{theirs}")).status == 401


async def test_what_was_asked_before_a_change_is_not_remembered():
    known, gate = KnownAccounts(), asyncio.Event()
    before, after = Account(id="a", name="before"), Account(id="a", name="after")

    async def ask_slowly():
        await gate.wait()
        return before

    async def ask():
        return after

    asking = asyncio.create_task(known.get("login", ask_slowly))
    await asyncio.sleep(0)
    known.forget("a")
    gate.set()
    assert await asking == before  # it was asked then
    assert await known.get("login", ask) == after
    assert await known.get("login", ask_slowly) == after
