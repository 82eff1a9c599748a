"""Who registers with another's address is out once the owner has shown that it is theirs."""

import pyotp
import pytest
import pytest_asyncio
from msgspec import structs
from newcomers import Member, join, log_in, member
from post_office import running_post_office, token_of
from rest_people import link, running_api

from server.limits import Close

pytestmark = pytest.mark.asyncio(loop_scope="module")

VERIFY, RESET = "Is this your address?", "new password"
NEW = "kunst der fuge"
WAIT_SEC = 10.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office():
    async with running_post_office() as office:
        yield office


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(rest_settings, office):
    settings = structs.replace(
        rest_settings,
        mail_url=f"smtp://127.0.0.1:{office.port}",
        mail_from="Etude <etude@example.org>",
        public_url="https://etude.example/",
    )
    async with running_api(settings) as running:
        yield running


class Squatter(Member):
    """Has made an account with another's address, and every way in to it that there is."""

    link = ""  # of the mail to the owner of the address

    async def settle(self, office):
        self.link = token_of(await office.letter(VERIFY, self.email))
        self.other = await member(self.api, self.email)
        secret = (await self.post("auth/2fa/setup")).data["secret"]
        enabled = await self.post("auth/2fa/enable", {"code": pyotp.TOTP(secret).now()})
        self.code = enabled.data["recovery_codes"][0]
        self.challenge = (await log_in(self.api, self.email)).data["details"]["challenge"]
        self.teacher = await self.api.person("Teacher", "teacher")
        await link(self.teacher, self)
        self.invitation = (await self.post("teaching/invitations")).data["code"]
        headers = {"Authorization": f"Bearer {self.token}"}
        self.live = await self.api.http.ws_connect(f"{self.api.url}/api/v1/ws", headers=headers)
        await self.live.receive_json(timeout=WAIT_SEC)
        return self


async def squatting(api, office):
    joined = await join(api)
    return await Squatter(api, token=joined.token, tokens=joined.tokens).settle(office)


async def assert_is_out(api, eve):
    """Nothing that was set before lets anybody in, or look on."""
    assert (await eve.live.receive(timeout=WAIT_SEC)).data == Close.UNAUTHENTICATED
    assert (await log_in(api, eve.email)).code == "INVALID_CREDENTIALS"
    for sign_in in (eve, eve.other):
        assert (await sign_in.get("auth/me")).code == "INVALID_TOKEN"
        assert (await sign_in.refresh()).code == "INVALID_TOKEN"
    answer = {"challenge": eve.challenge, "code": eve.code}
    assert (await api.nobody.post("auth/2fa/verify", answer)).code == "INVALID_CHALLENGE"
    assert (await api.nobody.post("auth/verify-email", {"token": eve.link})).status == 400
    assert (await eve.teacher.get("teaching/students")).data == []
    accepting = {"code": eve.invitation}
    assert (await eve.teacher.post("teaching/invitations/accept", accepting)).status == 404


async def forgotten(api, office, email):
    """Choose a new password by a mailed link."""
    assert (await api.nobody.post("auth/password/forgot", {"email": email})).status == 202
    token = token_of(await office.letter(RESET, email))
    body = {"token": token, "new_password": NEW}
    assert (await api.nobody.post("auth/password/reset", body)).status == 204


async def test_the_owner_who_opens_the_link_has_the_account_alone(api, office):
    eve = await squatting(api, office)
    body = {"token": eve.link, "claim": True}
    assert (await api.nobody.post("auth/verify-email", body)).status == 204
    await assert_is_out(api, eve)
    await forgotten(api, office, eve.email)
    ada = await member(api, eve.email, NEW)  # without a second factor
    assert ada.tokens["user"]["is_verified"] is True
    events = [event["event"] for event in (await ada.get("audit")).data]
    assert {"account_claimed", "email_verified"} <= set(events)


async def test_the_owner_who_chooses_a_password_has_the_account_alone(api, office):
    eve = await squatting(api, office)
    await forgotten(api, office, eve.email)
    await assert_is_out(api, eve)
    ada = await member(api, eve.email, NEW)
    assert ada.id == eve.id
    assert len((await ada.get("auth/logins")).data) == 1


async def test_who_made_the_account_keeps_what_they_set(api, office):
    ada = await squatting(api, office)  # nobody else: it is her own address
    assert (await api.nobody.post("auth/verify-email", {"token": ada.link})).status == 204
    assert (await ada.get("auth/me")).data["is_verified"] is True
    assert (await ada.other.get("auth/me")).status == 200
    assert (await log_in(api, ada.email)).code == "TWO_FACTOR_REQUIRED"
    assert len((await ada.teacher.get("teaching/students")).data) == 1


async def test_an_address_that_was_verified_keeps_its_second_factor(api, office):
    ada = await squatting(api, office)
    assert (await ada.post("auth/verify-email", {"token": ada.link})).status == 204
    await forgotten(api, office, ada.email)
    assert (await log_in(api, ada.email, NEW)).code == "TWO_FACTOR_REQUIRED"
    assert len((await ada.teacher.get("teaching/students")).data) == 1
