"""Making an account, signing in and out, and the life of a refresh token."""

import asyncio
from datetime import datetime, timedelta
from types import SimpleNamespace

import jwt
import pytest
from msgspec import structs
from multidict import CIMultiDict
from newcomers import PASSWORD, Member, join, log_in, member, new_email
from rest_people import running_api

from server.errors import ApiError
from server.identity.account import Account
from server.identity.audit import AUDIT_EVENTS
from server.keys import SETTINGS, SIGN_INS, STORE
from server.takes.ids import uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAFE = {"id", "email", "name", "role", "instrument", "time_zone", "is_verified"}


async def events_of(api, user_id):
    """The names of what the audit log has of a user, the oldest first."""
    of_user = AUDIT_EVENTS.select().where(AUDIT_EVENTS.c.user_id == user_id)
    return [row.event for row in await api.app[STORE].database.rows(of_user.order_by("id"))]


@pytest.mark.parametrize("path", ["auth/register", "auth/signup"])
async def test_registering_makes_an_account_and_signs_it_in(api, path):
    email = new_email("clara")
    body = {"email": email, "password": PASSWORD, "name": " Clara  Wieck ", "role": "teacher"}
    answer = await api.nobody.post(path, body)
    assert answer.status == 201
    tokens = answer.data
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 1800)
    assert set(tokens["user"]) == SAFE
    header = {"Authorization": f"Bearer {tokens['access_token']}"}
    me = await api.nobody.get("auth/me", headers=header)
    assert me.data == tokens["user"]
    expected = {"name": "Clara Wieck", "role": "teacher", "email": email, "time_zone": "UTC"}
    assert expected.items() <= me.data.items()
    assert me.data["is_verified"] is False


async def test_who_gives_no_name_is_a_student_called_like_the_address(api):
    ada = await join(api, email=new_email("ada.l"), name=None)
    assert ada.tokens["user"]["name"].startswith("ada.l.")
    assert ada.tokens["user"]["role"] == "student"


async def test_an_address_has_one_account_however_it_is_written(api):
    email = new_email("Ada")
    await join(api, email=email)
    for again in (email, email.upper(), f" {email}", email.replace("A", "Ａ")):
        body = {"email": again, "password": "another good one"}
        answer = await api.nobody.post("auth/register", body)
        assert (answer.status, answer.code) == (409, "EMAIL_TAKEN")
        assert answer.data["details"] == {"field": "email"}
    assert (await log_in(api, email.upper())).status == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b@example.org"}, "email"),
        ({"email": f"{'a' * 300}@example.org"}, "email"),
        ({"email": None}, "email"),
        ({"password": "short"}, "password"),
        ({"password": 12345678}, "password"),
        ({"password": "Etude2026!"}, "password"),
        ({"name": ""}, "name"),
        ({"name": " \u3000 "}, "name"),
        ({"name": "Ada\x07"}, "name"),
        ({"name": "A" * 201}, "name"),
        ({"role": "admin"}, "role"),
    ],
)
async def test_a_bad_field_is_named(api, change, field):
    body = {"email": new_email(), "password": PASSWORD, **change}
    answer = await api.nobody.post("auth/register", body)
    assert (answer.status, answer.code) == (422, "INVALID_FIELD")
    assert answer.data["details"] == {"field": field}
    assert answer.data["error"].startswith(f"{field}: ")


async def test_a_wrong_password_or_token_is_not_said_again(api):
    for path, field in (("register", "password"), ("refresh", "refresh_token")):
        body = {"email": new_email(), field: [123456789]}
        answer = await api.nobody.post(f"auth/{path}", body)
        assert answer.data["details"] == {"field": field}
        assert "1234" not in answer.data["error"]


@pytest.mark.parametrize("email", ["", "nobody", "a\x07b@example.org", "İ" * 200, "é@é", "' --"])
async def test_what_is_no_address_has_no_account(api, email):
    answer = await log_in(api, email)
    assert (answer.status, answer.code) == (401, "INVALID_CREDENTIALS")


async def test_an_account_that_goes_as_it_signs_in_is_not_signed_in(api):
    request = SimpleNamespace(app=api.app, headers=CIMultiDict(), remote="127.0.0.1")
    gone = Account(id=uuid7(), name="Ada")
    with pytest.raises(ApiError, match="no longer there") as refusal:
        await api.app[SIGN_INS].begin(gone, request)
    assert refusal.value.status == 401


@pytest.mark.parametrize("field", ["email", "password"])
async def test_a_missing_field_is_named(api, field):
    body = {"email": new_email(), "password": PASSWORD}
    del body[field]
    for path in ("auth/register", "auth/login"):
        answer = await api.nobody.post(path, body)
        assert (answer.status, answer.data["details"]) == (422, {"field": field})


async def test_nobody_is_told_whether_an_address_or_a_password_is_wrong(api):
    ada = await join(api)
    wrong = await log_in(api, ada.email, "not this one")
    unknown = await log_in(api, new_email(), "not this one")
    assert (wrong.status, wrong.code) == (401, "INVALID_CREDENTIALS")
    assert (wrong.status, wrong.data) == (unknown.status, unknown.data)


async def test_one_who_came_from_elsewhere_has_no_password(api):
    email = new_email()
    await api.person(email=email)
    for password in ("", PASSWORD, "None"):
        assert (await log_in(api, email, password)).code == "INVALID_CREDENTIALS"


async def test_a_password_is_the_same_however_a_keyboard_sends_it(api):
    ada = await join(api, password="Ståle\u0301 \ufb01dlen ①")
    assert (await log_in(api, ada.email, "Sta\u030al\u00e9 fidlen 1")).status == 200


async def test_a_refresh_token_gives_new_tokens_once(api):
    ada = await join(api)
    first = ada.tokens
    assert (await ada.refresh()).status == 200
    assert ada.tokens["refresh_token"] != first["refresh_token"]
    assert ada.tokens["user"] == first["user"]
    assert (await ada.get("auth/me")).status == 200
    again = await ada.refresh(first["refresh_token"])
    assert (again.status, again.code) == (401, "TOKEN_REUSED")


async def test_a_refresh_token_used_twice_ends_the_whole_sign_in(api):
    ada = await join(api)
    elsewhere = await member(api, ada.email)
    stolen = ada.tokens["refresh_token"]
    await ada.refresh()
    await ada.refresh()
    assert (await ada.refresh(stolen)).code == "TOKEN_REUSED"
    assert (await ada.get("auth/me")).code == "INVALID_TOKEN"
    latest = await ada.refresh()
    assert (latest.status, latest.code) == (401, "INVALID_TOKEN")
    assert (await elsewhere.get("auth/me")).status == 200
    assert (await events_of(api, ada.id))[-1] == "refresh_reused"


async def test_of_two_refreshes_at_once_one_wins(api):
    ada = await join(api)
    token = {"refresh_token": ada.tokens["refresh_token"]}
    answers = await asyncio.gather(*(api.nobody.post("auth/refresh", token) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [401] * 7


@pytest.mark.parametrize("kind", ["", "x", "a.0.b", "é.0.x", "a" * 500, None, 7])
async def test_what_is_no_refresh_token_is_refused(api, kind):
    answer = await api.nobody.post("auth/refresh", {"refresh_token": kind})
    assert answer.code in ("INVALID_TOKEN", "INVALID_FIELD")
    assert answer.status in (401, 422)


async def test_no_part_of_a_refresh_token_can_be_changed(api):
    ada = await join(api)
    login, generation, signature = ada.tokens["refresh_token"].split(".")
    for forged in (
        f"{login}.{int(generation) + 1}.{signature}",
        f"{login[:-1]}{'0' if login[-1] != '0' else '1'}.{generation}.{signature}",
        f"{login}.{generation}.{signature[:-1]}",
        f"{login}.{generation}.",
        ada.token,
    ):
        assert (await ada.refresh(forged)).code in ("INVALID_TOKEN", "INVALID_FIELD")
    assert (await ada.refresh()).status == 200  # nobody was signed out by that


async def test_a_refresh_token_lets_nobody_in_by_itself(api):
    ada = await join(api)
    ada.token = ada.tokens["refresh_token"]
    assert (await ada.get("auth/me")).code == "INVALID_TOKEN"


async def test_logging_out_ends_the_sign_in_on_the_server(api):
    ada = await join(api)
    elsewhere = await member(api, ada.email)
    assert (await ada.post("auth/logout")).status == 204
    assert (await ada.get("auth/me")).code == "INVALID_TOKEN"
    assert (await ada.refresh()).code == "INVALID_TOKEN"
    assert (await elsewhere.get("auth/me")).status == 200


async def test_logging_out_works_when_the_access_token_has_expired(api):
    ada = await join(api)
    body = {"refresh_token": ada.tokens["refresh_token"]}
    assert (await api.nobody.post("auth/logout", body)).status == 204
    assert (await ada.get("auth/me")).code == "INVALID_TOKEN"
    assert (await api.nobody.post("auth/logout", body)).status == 204
    wrong = await api.nobody.post("auth/logout", {"refresh_token": "x"})
    assert (wrong.status, wrong.code) == (401, "INVALID_TOKEN")


async def test_logging_out_takes_a_token(api):
    answer = await api.nobody.post("auth/logout")
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


async def test_a_token_of_the_operators_lives_on(api):
    ada = await api.person()
    assert (await ada.post("auth/logout")).status == 204
    assert (await ada.get("auth/me")).status == 200


async def test_every_event_is_written_down(api):
    ada = await join(api)
    await log_in(api, ada.email, "not this one")
    await ada.refresh()
    await ada.post("auth/logout")
    assert await events_of(api, ada.id) == [
        "registered",
        "logged_in",
        "login_failed",
        "refreshed",
        "logged_out",
    ]


async def test_nothing_secret_is_kept(api):
    ada = await join(api, password="zu geheim zum Merken")
    await ada.refresh()
    secrets = ("zu geheim", ada.tokens["refresh_token"], ada.token)
    database = api.app[STORE].database
    for table in ("users", "logins", "audit_events"):
        rows = await database.rows(AUDIT_EVENTS.metadata.tables[table].select())
        assert not any(secret in str(row) for row in rows for secret in secrets)


async def test_two_servers_of_one_database_agree(api):
    ada = await join(api)
    async with running_api(api.app[SETTINGS]) as other:
        twin = await member(other, ada.email)
        assert (await twin.refresh(ada.tokens["refresh_token"])).status == 200
        assert (await ada.refresh()).code == "TOKEN_REUSED"
        # What the other server remembers it forgets by itself soon; a new one knows at once.
        assert (await twin.refresh()).code == "INVALID_TOKEN"


async def test_a_sign_in_nobody_refreshes_is_over(api):
    ada = await join(api)
    logins = api.app[SIGN_INS].logins
    lasting, logins._lasting = logins._lasting, -logins._lasting
    try:
        stale = await member(api, ada.email)
    finally:
        logins._lasting = lasting
    assert (await stale.refresh()).code == "INVALID_TOKEN"
    assert (await stale.get("auth/me")).code == "INVALID_TOKEN"
    assert (await ada.get("auth/me")).status == 200


async def test_a_sign_in_that_ended_on_one_server_ends_on_the_other(api, monkeypatch):
    monkeypatch.setattr("server.identity.known.KNOWN_SEC", 0.0)  # as if some seconds had passed
    ada = await join(api)
    async with running_api(api.app[SETTINGS]) as other:
        twin = Member(other, token=ada.token)
        assert (await twin.get("auth/me")).status == 200
        assert (await ada.post("auth/logout")).status == 204
        assert (await twin.get("auth/me")).code == "INVALID_TOKEN"


async def test_how_long_tokens_last_is_the_operators_to_say(api):
    settings = structs.replace(api.app[SETTINGS], access_minutes=5, refresh_days=2)
    async with running_api(settings) as brief:
        ada = await join(brief)
        assert ada.tokens["expires_in"] == 300
        claims = jwt.decode(ada.token, options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == 300
        (login,) = (await ada.get("auth/logins")).data
        began, ends = (datetime.fromisoformat(login[name]) for name in ("used_at", "expires_at"))
        assert ends - began == timedelta(days=2)
