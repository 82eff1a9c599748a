"""How passwords are kept, and how they are changed."""

import asyncio

import pytest
from argon2 import PasswordHasher
from newcomers import PASSWORD, join, log_in, member

from server.errors import ApiError
from server.identity import passwords as kept_passwords
from server.identity.credentials import CredentialStore
from server.identity.passwords import HASHER, Passwords
from server.keys import STORE

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def passwords():
    passwords = Passwords()
    yield passwords
    passwords.close()


async def test_what_is_kept_is_argon2id_of_the_strength_owasp_asks_for(passwords):
    kept = await passwords.accept(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in kept
    assert await passwords.accept(PASSWORD) != kept
    assert await passwords.is_right(PASSWORD, kept)
    assert not await passwords.is_right(PASSWORD + " ", kept)


async def test_where_nothing_was_kept_no_password_is_right(passwords):
    assert not await passwords.is_right("", None)
    assert not await passwords.is_right(PASSWORD, None)
    assert not await passwords.is_right(PASSWORD, "what another program kept")


async def test_where_nothing_was_kept_as_much_is_computed(passwords, monkeypatch):
    computed = []

    class Watched(PasswordHasher):
        def verify(self, kept, password):
            computed.append(kept.rpartition("$")[0].rpartition("$")[0])
            return super().verify(kept, password)

    kept = await passwords.accept(PASSWORD)
    watched = Watched.from_parameters(HASHER._parameters)
    monkeypatch.setattr(kept_passwords, "HASHER", watched)
    await passwords.is_right(PASSWORD, kept)
    await passwords.is_right(PASSWORD, None)
    assert computed == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


async def test_the_loop_goes_on_while_passwords_are_hashed(passwords):
    hashing = asyncio.create_task(passwords.hash(PASSWORD))
    turns = 0
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10


async def test_too_many_who_wait_are_sent_away(passwords, monkeypatch):
    monkeypatch.setattr(kept_passwords, "WAITING_MAX", 2)
    hashing = [asyncio.create_task(passwords.hash(PASSWORD)) for _ in range(3)]
    results = await asyncio.gather(*hashing, return_exceptions=True)
    refused = [result for result in results if isinstance(result, ApiError)]
    assert [(error.status, error.code) for error in refused] == [(503, "BUSY")]
    assert refused[0].headers["Retry-After"] == "5"
    assert await passwords.hash(PASSWORD)


async def test_a_password_kept_in_an_older_way_is_kept_anew(api):
    ada = await join(api)
    credentials = CredentialStore(api.app[STORE].database)
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    await credentials.set_password(ada.id, old)
    assert (await log_in(api, ada.email, "not this one")).status == 401
    assert (await credentials.by_id(ada.id)).password_hash == old
    assert (await log_in(api, ada.email)).status == 200
    assert "m=19456,t=2,p=1" in (await credentials.by_id(ada.id)).password_hash
    assert (await log_in(api, ada.email)).status == 200


async def test_changing_the_password_ends_every_other_sign_in(api):
    ada = await join(api)
    elsewhere = await member(api, ada.email)
    body = {"currentPassword": PASSWORD, "newPassword": "kunst der fuge"}
    assert (await ada.post("auth/password/change", body)).status == 204
    assert (await ada.get("auth/me")).status == 200
    assert (await ada.refresh()).status == 200
    assert (await elsewhere.get("auth/me")).code == "INVALID_TOKEN"
    assert (await elsewhere.refresh()).code == "INVALID_TOKEN"
    assert (await log_in(api, ada.email)).code == "INVALID_CREDENTIALS"
    assert (await log_in(api, ada.email, "kunst der fuge")).status == 200


async def test_changing_the_password_takes_the_one_before(api):
    ada = await join(api)
    body = {"current_password": "not this one", "new_password": "kunst der fuge"}
    answer = await ada.post("auth/password/change", body)
    assert (answer.status, answer.code) == (403, "WRONG_PASSWORD")
    assert (await log_in(api, ada.email)).status == 200


async def test_a_new_password_keeps_the_rules(api):
    ada = await join(api, name="Ada Lovelace")
    for password in ("short", "adalovelace", "password1"):
        body = {"current_password": PASSWORD, "new_password": password}
        answer = await ada.post("auth/password/change", body)
        assert (answer.status, answer.data["details"]) == (422, {"field": "new_password"})
    assert (await log_in(api, ada.email)).status == 200


async def test_changing_the_password_is_for_accounts(api):
    answer = await api.nobody.post("auth/password/change", {})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    ada = await join(api)
    answer = await ada.post("auth/password/change", {"new_password": "kunst der fuge"})
    assert (answer.status, answer.data["details"]) == (422, {"field": "current_password"})
