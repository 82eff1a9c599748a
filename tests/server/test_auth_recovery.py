"""What mails are for: verifying an address, and choosing a new password."""

import asyncio
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import pytest_asyncio
from msgspec import structs
from newcomers import PASSWORD, join, log_in, member, new_email
from post_office import link_of, running_post_office, token_of
from rest_people import running_api
from sqlalchemy import func, select, update

from server.identity.audit import AUDIT_EVENTS
from server.identity.one_time_tokens import TOKENS, OneTimeTokens
from server.keys import SIGN_INS, STORE

pytestmark = pytest.mark.asyncio(loop_scope="module")

VERIFY, RESET, CHANGED = "Is this your address?", "new password", "was changed"
NEW = "kunst der fuge"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office():
    async with running_post_office() as office:
        yield office


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(rest_settings, office):
    """A server that sends mails."""
    settings = structs.replace(
        rest_settings,
        mail_url=f"smtp://127.0.0.1:{office.port}",
        mail_from="Etude <etude@example.org>",
        public_url="https://etude.example/",
    )
    async with running_api(settings) as running:
        yield running


async def ask_reset(api, office, email, typed=None):
    """Ask for a link; the address may be typed in another way."""
    answer = await api.nobody.post("auth/password/forgot", {"email": typed or email})
    assert answer.status == 202
    letter = await office.letter(RESET, email)
    return letter, token_of(letter)


async def reset(api, token, password=NEW):
    return await api.nobody.post("auth/password/reset", {"token": token, "new_password": password})


async def expire(api, seconds=1):
    """Let every token be too old."""
    database = api.app[STORE].database
    async with database.writing() as connection:
        before = datetime.now(UTC) - timedelta(seconds=seconds)
        await connection.execute(update(TOKENS).values(expires_at=before))


async def test_a_new_address_is_verified_by_the_link_it_is_sent(api, office):
    ada = await join(api)
    letter = await office.letter(VERIFY, ada.email)
    assert letter["To"] == ada.email
    assert link_of(letter).startswith("https://etude.example/verify#token=")
    assert (await ada.get("auth/me")).data["is_verified"] is False
    body = {"token": token_of(letter)}
    assert (await ada.post("auth/verify-email", body)).status == 204
    assert (await ada.get("auth/me")).data["is_verified"] is True
    again = await api.nobody.post("auth/verify-email", body)
    assert (again.status, again.code) == (400, "INVALID_LINK")


async def test_a_mail_says_nothing_that_a_stranger_chose(api, office):
    ada = await join(api, name="You won! http://evil.example")
    letter = await office.letter(VERIFY, ada.email)
    assert "evil" not in letter.as_string()
    assert link_of(letter)


async def test_the_link_is_sent_once_more(api, office):
    ada = await join(api)
    first = token_of(await office.letter(VERIFY, ada.email))
    assert (await ada.post("auth/verify-email/send")).status == 202
    second = token_of(await office.letter(VERIFY, ada.email))
    assert (await api.nobody.post("auth/verify-email", {"token": first})).code == "INVALID_LINK"
    assert (await ada.post("auth/verify-email", {"token": second})).status == 204
    answer = await ada.post("auth/verify-email/send")
    assert (answer.status, answer.code) == (409, "NOTHING_TO_VERIFY")


async def test_there_is_nothing_to_send_without_an_address_or_an_account(api):
    clara = await api.person("Clara")
    assert (await clara.post("auth/verify-email/send")).code == "NOTHING_TO_VERIFY"
    assert (await api.nobody.post("auth/verify-email/send")).code == "UNAUTHENTICATED"


async def test_a_forgotten_password_is_replaced_by_the_link(api, office):
    ada = await join(api, email=new_email("Ada"))
    letter, token = await ask_reset(api, office, ada.email, typed=ada.email.upper())
    assert letter.recipients == [ada.email]  # never the address that was typed
    assert link_of(letter).startswith("https://etude.example/reset#token=")
    assert (await reset(api, token)).status == 204
    assert await office.letter(CHANGED, ada.email)
    assert (await log_in(api, ada.email)).code == "INVALID_CREDENTIALS"
    again = await member(api, ada.email, NEW)
    assert again.tokens["user"]["is_verified"] is True
    assert (await ada.get("auth/me")).code == "INVALID_TOKEN"
    assert (await ada.refresh()).code == "INVALID_TOKEN"


async def test_a_sign_in_under_way_does_not_outlive_its_password(api, office, monkeypatch):
    ada = await join(api)
    _, token = await ask_reset(api, office, ada.email)
    logins = api.app[SIGN_INS].logins
    begin = logins.begin

    async def begin_late(user_id, visitor):
        monkeypatch.undo()
        assert (await reset(api, token)).status == 204
        return await begin(user_id, visitor)

    monkeypatch.setattr(logins, "begin", begin_late)  # the old password was right a moment ago
    assert (await log_in(api, ada.email)).code == "INVALID_CREDENTIALS"
    again = await member(api, ada.email, NEW)
    assert len((await again.get("auth/logins")).data) == 1


async def test_half_a_sign_in_does_not_outlive_its_password(api, office):
    ada = await join(api)
    secret = (await ada.post("auth/2fa/setup")).data["secret"]
    enabled = await ada.post("auth/2fa/enable", {"code": pyotp.TOTP(secret).now()})
    challenge = (await log_in(api, ada.email)).data["details"]["challenge"]
    _, token = await ask_reset(api, office, ada.email)
    assert (await reset(api, token)).status == 204
    body = {"challenge": challenge, "code": enabled.data["recovery_codes"][0]}
    assert (await api.nobody.post("auth/2fa/verify", body)).code == "INVALID_CHALLENGE"


async def test_a_link_is_good_once(api, office):
    ada = await join(api)
    _, token = await ask_reset(api, office, ada.email)
    answers = await asyncio.gather(*(reset(api, token, f"{NEW} {n}") for n in range(4)))
    assert sorted(answer.status for answer in answers) == [204, 400, 400, 400]
    assert (await reset(api, token)).code == "INVALID_LINK"


async def test_a_link_survives_a_password_that_is_refused(api, office):
    ada = await join(api)
    _, token = await ask_reset(api, office, ada.email)
    for password in ("short", ada.email):
        refused = await reset(api, token, password)
        assert (refused.status, refused.data["details"]) == (422, {"field": "new_password"})
    assert (await ada.get("auth/me")).status == 200
    assert (await reset(api, token)).status == 204


async def test_the_latest_link_counts(api, office):
    ada = await join(api)
    _, first = await ask_reset(api, office, ada.email)
    _, second = await ask_reset(api, office, ada.email)
    assert (await reset(api, first)).code == "INVALID_LINK"
    assert (await reset(api, second)).status == 204


async def test_a_link_does_not_outlive_its_time_or_its_password(api, office):
    ada = await join(api)
    _, token = await ask_reset(api, office, ada.email)
    await expire(api)
    assert (await reset(api, token)).code == "INVALID_LINK"
    _, token = await ask_reset(api, office, ada.email)
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert (await ada.post("auth/password/change", body)).status == 204
    assert (await reset(api, token, "another good one")).code == "INVALID_LINK"
    assert await office.letter(CHANGED, ada.email)


async def test_a_link_is_for_its_purpose_alone(api, office):
    ada = await join(api)
    verify = token_of(await office.letter(VERIFY, ada.email))
    _, token = await ask_reset(api, office, ada.email)
    assert (await reset(api, verify)).code == "INVALID_LINK"
    wrong = await api.nobody.post("auth/verify-email", {"token": token})
    assert (wrong.status, wrong.code) == (400, "INVALID_LINK")
    assert (await log_in(api, ada.email)).status == 200


@pytest.mark.parametrize("token", ["x", "é", "a" * 100, "' OR 1=1 --"])
async def test_what_is_no_link_is_refused(api, token):
    assert (await reset(api, token)).code == "INVALID_LINK"
    answer = await api.nobody.post("auth/verify-email", {"token": token})
    assert (answer.status, answer.code) == (400, "INVALID_LINK")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("auth/password/forgot", {}, "email"),
        ("auth/password/forgot", {"email": "nobody"}, "email"),
        ("auth/password/reset", {"new_password": NEW}, "token"),
        ("auth/password/reset", {"token": "a" * 101, "new_password": NEW}, "token"),
        ("auth/password/reset", {"token": "x"}, "new_password"),
        ("auth/verify-email", {"token": ""}, "token"),
    ],
)
async def test_a_bad_field_is_named(api, path, body, field):
    answer = await api.nobody.post(path, body)
    assert (answer.status, answer.data["details"]) == (422, {"field": field})


async def test_nobody_is_told_whether_an_address_has_an_account(api, office):
    ada = await join(api)
    ask = "auth/password/forgot"
    unknown = await api.nobody.post(ask, {"email": new_email()})
    known = await api.nobody.post(ask, {"email": ada.email})
    assert (known.status, known.data) == (unknown.status, unknown.data)
    assert set(known.headers) == set(unknown.headers)
    assert (await office.letter(RESET))["To"] == ada.email  # and no letter to the other one


async def test_answering_takes_no_look_at_the_accounts(api, office):
    """The same time for known and unknown: nothing of what differs is done before the answer."""
    ada = await join(api)
    async with api.app[STORE].database.writing():  # on SQLite nobody else can write meanwhile
        answer = await api.nobody.post("auth/password/forgot", {"email": ada.email})
        assert answer.status == 202
    assert (await office.letter(RESET))["To"] == ada.email


async def test_mails_to_one_address_are_limited_alike_for_known_and_unknown(api):
    ada = await join(api)
    for email in (ada.email, new_email()):
        asked = [await api.nobody.post("auth/password/forgot", {"email": email}) for _ in range(6)]
        assert [answer.status for answer in asked] == [202] * 5 + [429]
        assert int(asked[-1].headers["Retry-After"]) > 60


async def test_what_is_kept_of_a_link_opens_nothing(api, office):
    ada = await join(api)
    _, token = await ask_reset(api, office, ada.email)
    database = api.app[STORE].database
    rows = await database.rows(select(TOKENS).where(TOKENS.c.user_id == ada.id))
    assert not any(token in str(row) for row in rows)
    assert (await reset(api, rows[0].digest.hex())).code == "INVALID_LINK"


async def test_what_happens_is_written_down(api, office):
    ada = await join(api)
    verify = token_of(await office.letter(VERIFY, ada.email))
    await ada.post("auth/verify-email", {"token": verify})
    _, token = await ask_reset(api, office, ada.email)
    await reset(api, token)
    database = api.app[STORE].database
    of_ada = AUDIT_EVENTS.select().where(AUDIT_EVENTS.c.user_id == ada.id).order_by("id")
    rows = await database.rows(of_ada)
    events = [row.event for row in rows]
    expected = ["email_verified", "password_forgotten", "password_reset"]
    assert events == ["registered", "logged_in", *expected]
    assert not any(secret in str(row) for row in rows for secret in (token, verify, NEW))


async def test_one_time_tokens_of_nobody_are_kept_apart(api):
    """As a sign-in under way has them: there is no account yet."""
    one_time = OneTimeTokens(api.app[STORE].database)
    first = await one_time.make("oauth", timedelta(minutes=5), data={"state": 1})
    second = await one_time.make("oauth", timedelta(minutes=5), data={"state": 2})
    assert (await one_time.look("oauth", first)).data == {"state": 1}
    assert await one_time.use("reset", first) is None
    assert await one_time.use("oauth", first) == (None, {"state": 1})
    assert await one_time.use("oauth", first) is None
    assert (await one_time.use("oauth", second)).data == {"state": 2}


async def test_a_link_goes_with_its_account(api, office):
    ada = await join(api)
    _, token = await ask_reset(api, office, ada.email)
    assert (await ada.delete("auth/me", {"password": PASSWORD})).status == 204
    database = api.app[STORE].database
    left = select(func.count().label("n")).where(TOKENS.c.user_id == ada.id)
    assert (await database.row(left)).n == 0
    assert (await reset(api, token)).code == "INVALID_LINK"
