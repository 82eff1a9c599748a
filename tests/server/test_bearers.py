"""Who a request comes from: the chain from a header to an account."""

import pytest

from server.auth import DAY_SEC, User, local_user
from server.keys import HUB

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_token_tells_whose_request_it_is(api):
    ada = await api.person("Ada", "teacher", time_zone="Asia/Kolkata")
    answer = await ada.get("auth/me")
    assert answer.status == 200
    expected = {"id": ada.id, "name": "Ada", "role": "teacher", "time_zone": "Asia/Kolkata"}
    assert expected.items() <= answer.data.items()


async def test_without_a_token_nothing_is_told(api):
    answer = await api.nobody.get("auth/me")
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer x", "Bearer", "Basic eDp5", "Bearer a.b.c", "Bearer é"])
async def test_a_bad_token_is_refused(api, header):
    answer = await api.nobody.get("auth/me", headers={"Authorization": header})
    assert (answer.status, answer.code) == (401, "INVALID_TOKEN")


async def test_an_expired_token_is_refused(api):
    eve = await api.person("Eve")
    eve.token = api.app[HUB].tokens.issue(User(eve.id, "Eve"), -60 / DAY_SEC)
    answer = await eve.get("auth/me")
    assert (answer.status, answer.code) == (401, "INVALID_TOKEN")
    assert "expired" in answer.data["error"]


async def test_the_operators_token_makes_its_account(api):
    token = api.app[HUB].tokens.issue(local_user("Clara"), 1)
    answer = await api.nobody.get("auth/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.data["id"], answer.data["name"]) == (local_user("Clara").id, "Clara")


async def test_a_sign_in_that_is_not_there_is_refused(api):
    ada = await api.person("Ada")
    ada.token = api.app[HUB].tokens.issue(User(ada.id, "Ada", "0" * 36), 1)
    answer = await ada.get("auth/me")
    assert (answer.status, answer.code) == (401, "INVALID_TOKEN")
