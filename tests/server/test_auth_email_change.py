"""Another address for an account: its owner asks for it, and shows that it is theirs."""

import pytest
import pytest_asyncio
from msgspec import structs
from newcomers import PASSWORD, join, log_in, member, new_email
from post_office import link_of, running_post_office, text_of, token_of
from rest_people import running_api

pytestmark = pytest.mark.asyncio(loop_scope="module")

VERIFY, MOVE, MOVING, RESET = "Is this", "Your new address", "is to change", "new password"


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


async def ask(person, office, email, password=PASSWORD):
    """Ask for another address; gives the mail that comes to it."""
    body = {"new_email": email, "password": password}
    answer = await person.post("auth/email/change", body)
    assert answer.status == 202, answer.data
    return await office.letter(MOVE, email)


async def confirm(person, token):
    return await person.post("auth/email/confirm", {"token": token})


async def test_an_address_changes_once_its_link_is_opened(api, office):
    ada, email = await join(api), new_email()
    letter = await ask(ada, office, email)
    assert link_of(letter).startswith("https://etude.example/verify?change#token=")
    notice = await office.letter(MOVING, ada.email)
    assert email not in text_of(notice)
    assert (await ada.get("auth/me")).data["email"] == ada.email
    assert (await confirm(ada, token_of(letter))).status == 204
    me = (await ada.get("auth/me")).data
    assert (me["email"], me["is_verified"]) == (email, True)
    assert (await log_in(api, ada.email)).code == "INVALID_CREDENTIALS"
    again = await member(api, email)
    assert "email_changed" in [event["event"] for event in (await again.get("audit")).data]
    assert (await confirm(ada, token_of(letter))).code == "INVALID_LINK"


async def test_only_a_sign_in_of_the_account_takes_the_address(api, office):
    eve, ada = await join(api), await join(api)
    token = token_of(await ask(eve, office, new_email()))
    assert (await confirm(api.nobody, token)).code == "UNAUTHENTICATED"
    assert (await confirm(ada, token)).code == "INVALID_LINK"
    wrong = await api.nobody.post("auth/verify-email", {"token": token})
    assert wrong.code == "INVALID_LINK"
    assert (await confirm(eve, token)).status == 204


async def test_the_password_is_asked_for(api):
    ada = await join(api)
    body = {"new_email": new_email(), "password": "of somebody else"}
    assert (await ada.post("auth/email/change", body)).code == "WRONG_PASSWORD"
    del body["password"]
    assert (await ada.post("auth/email/change", body)).data["details"] == {"field": "password"}
    body = {"new_email": "nobody", "password": PASSWORD}
    assert (await ada.post("auth/email/change", body)).data["details"] == {"field": "new_email"}


async def test_an_address_that_another_account_has_stays_theirs(api, office):
    ada, eve = await join(api), await join(api)
    token = token_of(
        await ask(eve, office, ada.email.upper().replace("EXAMPLE.ORG", "example.org"))
    )
    answer = await confirm(eve, token)
    assert (answer.status, answer.code) == (409, "EMAIL_TAKEN")
    assert (await eve.get("auth/me")).data["email"] == eve.email
    assert (await log_in(api, ada.email)).status == 200


async def test_a_new_password_makes_the_link_worth_nothing(api, office):
    ada = await join(api)
    token = token_of(await ask(ada, office, new_email()))
    body = {"current_password": PASSWORD, "new_password": "kunst der fuge"}
    assert (await ada.post("auth/password/change", body)).status == 204
    assert (await confirm(ada, token)).code == "INVALID_LINK"


async def test_links_to_the_address_of_before_are_worth_nothing(api, office):
    ada = await join(api)
    verify = token_of(await office.letter(VERIFY, ada.email))
    await api.nobody.post("auth/password/forgot", {"email": ada.email})
    reset = token_of(await office.letter(RESET, ada.email))
    assert (await confirm(ada, token_of(await ask(ada, office, new_email())))).status == 204
    body = {"token": reset, "new_password": "kunst der fuge"}
    assert (await api.nobody.post("auth/password/reset", body)).code == "INVALID_LINK"
    assert (await api.nobody.post("auth/verify-email", {"token": verify})).code == "INVALID_LINK"


async def test_who_claims_an_account_is_not_followed_by_a_change_of_address(api, office):
    eve = await join(api)  # with an address that is another's
    verify = token_of(await office.letter(VERIFY, eve.email))
    change = token_of(await ask(eve, office, new_email()))
    body = {"token": verify, "claim": True}
    assert (await api.nobody.post("auth/verify-email", body)).status == 204
    assert (await confirm(eve, change)).code == "INVALID_TOKEN"
