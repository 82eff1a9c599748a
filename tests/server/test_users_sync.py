"""``users/sync``: the account behind a token from elsewhere, made and kept up to date."""

import uuid

import msgspec
import pytest
import pytest_asyncio
from local_issuer import AUDIENCE, running_issuer
from newcomers import PASSWORD, join, log_in, new_email
from rest_people import Person, running_api

from server.config.providers import OidcIssuer
from server.identity.audit import AUDIT_EVENTS
from server.keys import STORE

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def issuer():
    async with running_issuer() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(rest_settings, issuer):
    oidc = (OidcIssuer(name="auth0", issuer=issuer.url, audience=AUDIENCE),)
    async with running_api(msgspec.structs.replace(rest_settings, oidc=oidc)) as running:
        yield running


@pytest.fixture
def visitor(api, issuer):
    """Somebody from elsewhere; ``claims`` is what their provider says of them."""

    def make(subject=None, **claims):
        subject = subject or f"auth0|{uuid.uuid4().hex}"
        return Person(api, token=issuer.token(subject, **claims)), subject

    return make


async def test_an_account_is_made_once_and_then_updated(api, visitor):
    ada, subject = visitor()
    body = {"sub": subject, "name": "Ada", "role": "teacher", "timeZone": "Asia/Kolkata"}
    made = await ada.post("users/sync", body)
    assert made.status == 201
    assert (made.data["name"], made.data["role"]) == ("Ada", "teacher")
    assert made.data["time_zone"] == "Asia/Kolkata"
    again = await ada.post("users/sync", {"name": "Ada L.", "instrument": "Sitar"})
    assert again.status == 200
    assert again.data == made.data | {"name": "Ada L.", "instrument": "Sitar"}
    assert (await ada.get("auth/me")).data == again.data
    assert (await ada.post("users/sync")).data == again.data


async def test_who_was_seen_before_is_updated(visitor):
    ada, _ = visitor(name="Ada")
    seen = await ada.get("auth/me")
    synced = await ada.post("users/sync", {"instrument": "Flute"})
    assert (synced.status, synced.data["id"]) == (200, seen.data["id"])
    events = [event["event"] for event in (await ada.get("audit")).data]
    assert events == ["profile_changed", "registered"]


@pytest.mark.parametrize("field", ["sub", "subject", "user_id", "userId", "id"])
async def test_the_subject_is_the_tokens(visitor, field):
    ada, subject = visitor()
    made = await ada.post("users/sync", {field: subject})
    assert made.status == 201
    assert (await ada.post("users/sync", {field: made.data["id"]})).status == 200
    eve, _ = visitor()
    for claimed in (subject, made.data["id"], "somebody", ""):
        answer = await eve.post("users/sync", {field: claimed, "name": "Eve"})
        assert (answer.status, answer.code) == (403, "SUBJECT_MISMATCH")
    assert (await ada.get("auth/me")).data["name"] == made.data["name"]


async def test_another_provider_is_a_mismatch_too(visitor):
    ada, _ = visitor()
    assert (await ada.post("users/sync", {"provider": "github"})).code == "SUBJECT_MISMATCH"
    assert (await ada.post("users/sync", {"provider": "auth0"})).status == 201


async def test_an_address_that_the_provider_verified_is_the_accounts(visitor):
    email = new_email()
    ada, _ = visitor(email=email, email_verified=True)
    made = await ada.post("users/sync", {"email": new_email("other")})
    assert (made.data["email"], made.data["is_verified"]) == (email, True)


async def test_an_address_that_nobody_verified_is_only_shown(api, visitor):
    email = new_email()
    eve, _ = visitor(email=email)
    made = await eve.post("users/sync", {})
    assert (made.data["email"], made.data["is_verified"]) == (email, False)
    assert (await join(api, email=email)).tokens["user"]["id"] != made.data["id"]
    body = new_email()
    mallory, _ = visitor()
    made = await mallory.post("users/sync", {"email": body})
    assert (made.data["email"], made.data["is_verified"]) == (body, False)


@pytest.mark.parametrize("is_verified", [True, False])
async def test_an_address_of_another_account_merges_nothing(api, visitor, is_verified):
    ada = await join(api)
    eve, _ = visitor(email=ada.email, email_verified=is_verified)
    made = await eve.post("users/sync", {"name": "Eve"})
    assert made.status == 201
    assert made.data["id"] != ada.id
    assert made.data["is_verified"] is False
    assert (await eve.post("users/sync", {"email": ada.email})).status == 200
    assert (await log_in(api, ada.email, PASSWORD)).data["user"] == ada.tokens["user"]


async def test_a_new_address_takes_the_place_of_the_old(visitor):
    ada, subject = visitor(email=new_email(), email_verified=True)
    await ada.post("users/sync")
    email = new_email()
    later, _ = visitor(subject, email=email, email_verified=True)
    assert (await later.post("users/sync")).data["email"] == email
    unsure, _ = visitor(subject, email=new_email())
    synced = await unsure.post("users/sync")
    assert (synced.data["email"], synced.data["is_verified"]) == (email, True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " \t"}, "name"),
        ({"role": "admin"}, "role"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"email": "nobody"}, "email"),
        ({"sub": 5}, "sub"),
    ],
)
async def test_a_bad_field_is_named(visitor, body, field):
    ada, _ = visitor()
    answer = await ada.post("users/sync", body)
    assert (answer.status, answer.code) == (422, "INVALID_FIELD")
    assert answer.data["details"] == {"field": field}


async def test_a_role_is_not_changed_later(visitor):
    ada, _ = visitor()
    await ada.post("users/sync", {"role": "student"})
    answer = await ada.post("users/sync", {"role": "teacher"})
    assert (answer.status, answer.data["details"]) == (422, {"field": "role"})


async def test_nobody_and_people_of_this_server_have_nothing_to_sync(api):
    answer = await api.nobody.post("users/sync", {})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    answer = await Person(api, token="nonsense").post("users/sync", {})
    assert (answer.status, answer.code) == (401, "INVALID_TOKEN")
    ada = await join(api)
    answer = await ada.post("users/sync", {})
    assert (answer.status, answer.code) == (403, "NOT_OUTSIDE")


async def test_a_token_that_its_provider_did_not_make_so_is_written_down(api, visitor):
    ada, _ = visitor(aud="elsewhere")
    answer = await ada.post("users/sync", {})
    assert (answer.status, answer.code) == (401, "INVALID_TOKEN")
    newest = AUDIT_EVENTS.select().where(AUDIT_EVENTS.c.event == "outside_token_refused")
    event = await api.app[STORE].database.row(newest.order_by(AUDIT_EVENTS.c.id.desc()).limit(1))
    assert event.details["reason"] == "the token of auth0 was made for another service"
