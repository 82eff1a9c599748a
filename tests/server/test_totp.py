"""Two-factor sign-in: codes of an authenticator, recovery codes, and what they guard."""

import asyncio
import time

import msgspec
import pyotp
import pytest
import pytest_asyncio
from local_issuer import running_issuer
from local_sign_in import Browser, LocalSignIn
from newcomers import PASSWORD, join, new_email
from rest_people import running_api
from sqlalchemy import select

from server.identity.accounts import USERS
from server.identity.totp import STEP_SEC
from server.keys import STORE, TWO_FACTOR

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Clock:
    """The time of the server, which tests set; it begins with a step."""

    def __init__(self):
        self.now_sec = time.time() // STEP_SEC * STEP_SEC

    def __call__(self):
        return self.now_sec

    def code(self, secret, steps=0):
        return pyotp.TOTP(secret).at(int(self.now_sec) + steps * STEP_SEC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider():
    async with running_issuer(LocalSignIn()) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(rest_settings, provider):
    settings = msgspec.structs.replace(rest_settings, oauth=provider.configured())
    async with running_api(settings) as running:
        running.app_provider = provider
        running.clock = running.app[TWO_FACTOR].clock = Clock()
        yield running


async def guarded(api, **more):
    """Somebody who has turned it on; gives the secret and the recovery codes, too."""
    ada = await join(api, **more)
    secret = (await ada.post("auth/2fa/setup")).data["secret"]
    answer = await ada.post("auth/2fa/enable", {"code": api.clock.code(secret)})
    assert answer.status == 200, answer.data
    api.clock.now_sec += STEP_SEC  # that code is used up
    return ada, secret, answer.data["recovery_codes"]


async def log_in(api, ada, **more):
    body = {"email": ada.email, "password": PASSWORD, **more}
    return await api.nobody.post("auth/login", body)


def said(answer):
    return answer.status, answer.code


async def test_a_secret_can_be_typed_opened_and_scanned(api):
    ada = await join(api)
    setup = (await ada.post("auth/2fa/setup")).data
    parsed = pyotp.parse_uri(setup["otpauth_uri"])
    assert (parsed.secret, parsed.name, parsed.issuer) == (setup["secret"], ada.email, "Etude")
    assert setup["qr_svg"].startswith("<svg ")
    off = {"enabled": False, "recovery_codes_left": 0}
    assert (await ada.get("auth/2fa")).data == off
    assert (await log_in(api, ada)).status == 200  # it does not count yet


async def test_it_counts_once_a_code_was_shown(api):
    ada, _, codes = await guarded(api)
    assert len(set(codes)) == 10
    assert (await ada.get("auth/2fa")).data == {"enabled": True, "recovery_codes_left": 10}
    answer = await log_in(api, ada)
    assert said(answer) == (401, "TWO_FACTOR_REQUIRED")
    assert answer.data["details"]["challenge"]
    assert said(await ada.post("auth/2fa/setup")) == (409, "TWO_FACTOR_ENABLED")


async def test_a_code_signs_in_with_the_password(api):
    ada, secret, _ = await guarded(api)
    code = api.clock.code(secret)
    answer = await log_in(api, ada, code=f"{code[:3]} {code[3:]}")
    assert answer.status == 200
    assert answer.data["user"] == ada.tokens["user"]


async def test_a_code_answers_the_challenge_once(api):
    ada, secret, codes = await guarded(api)
    challenge = (await log_in(api, ada)).data["details"]["challenge"]
    wrong = {"challenge": challenge, "code": "000000"}
    assert said(await api.nobody.post("auth/2fa/verify", wrong)) == (401, "WRONG_CODE")
    right = {"challenge": challenge, "code": api.clock.code(secret)}
    answer = await api.nobody.post("auth/2fa/verify", right)
    assert (answer.status, answer.data["user"]["id"]) == (200, ada.id)
    again = {"challenge": challenge, "code": codes[0]}
    assert said(await api.nobody.post("auth/2fa/verify", again)) == (401, "INVALID_CHALLENGE")


async def test_a_code_is_good_once_even_for_many_at_once(api):
    ada, secret, _ = await guarded(api)
    code = api.clock.code(secret)
    answers = await asyncio.gather(*(log_in(api, ada, code=code) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]
    earlier = api.clock.code(secret, -1)
    assert said(await log_in(api, ada, code=earlier)) == (401, "WRONG_CODE")


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (1, 200), (2, 401)])
async def test_clocks_may_differ_by_one_step(api, steps, status):
    ada, secret, _ = await guarded(api)
    api.clock.now_sec += 3 * STEP_SEC
    code = api.clock.code(secret, steps)
    assert (await log_in(api, ada, code=code)).status == status


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "١٢٣٤٥٦", "1" * 65, 123456])
async def test_what_is_no_code_is_refused(api, code):
    ada, _, _ = await guarded(api)
    assert (await log_in(api, ada, code=code)).status in (401, 422)


async def test_a_recovery_code_is_good_once_however_it_is_typed(api):
    ada, _, codes = await guarded(api)
    typed = codes[3].upper().replace("-", " ")
    assert (await log_in(api, ada, code=typed)).status == 200
    assert said(await log_in(api, ada, code=codes[3])) == (401, "WRONG_CODE")
    assert (await ada.get("auth/2fa")).data["recovery_codes_left"] == 9
    events = [event["event"] for event in (await ada.get("audit")).data]
    assert {"two_factor_enabled", "recovery_code_used", "two_factor_failed"} <= set(events)


async def test_a_recovery_code_is_nobody_elses(api):
    ada, _, _ = await guarded(api)
    _, secret, codes = await guarded(api)
    for code in (codes[0], api.clock.code(secret)):
        assert said(await log_in(api, ada, code=code)) == (401, "WRONG_CODE")


async def test_who_guesses_is_stopped(api):
    ada, secret, _ = await guarded(api)
    answers = [await log_in(api, ada, code="000000") for _ in range(11)]
    assert [answer.status for answer in answers] == [401] * 10 + [429]
    assert said(await log_in(api, ada, code=api.clock.code(secret))) == (429, "RATE_LIMITED")


async def test_a_wrong_password_is_told_before_a_code_is_asked_for(api):
    ada, secret, _ = await guarded(api)
    code = api.clock.code(secret)
    answer = await log_in(api, ada, password="another one", code=code)
    assert said(answer) == (401, "INVALID_CREDENTIALS")
    assert (await log_in(api, ada, code=code)).status == 200  # it was not used up


@pytest.mark.parametrize("by", ["password", "code", "recovery"])
async def test_it_is_turned_off_by_a_code_or_the_password(api, by):
    ada, secret, codes = await guarded(api)
    code = codes[0] if by == "recovery" else api.clock.code(secret)
    body = {"password": PASSWORD} if by == "password" else {"code": code}
    assert (await ada.post("auth/2fa/disable", body)).status == 204
    assert (await ada.get("auth/2fa")).data == {"enabled": False, "recovery_codes_left": 0}
    assert (await log_in(api, ada)).status == 200
    assert said(await ada.post("auth/2fa/disable", body)) == (409, "TWO_FACTOR_NOT_ENABLED")


async def test_it_stays_on_without_one(api):
    ada, _, _ = await guarded(api)
    assert said(await ada.post("auth/2fa/disable", {"code": "000000"})) == (403, "WRONG_CODE")
    answer = await ada.post("auth/2fa/disable", {"password": "another one"})
    assert said(answer) == (403, "WRONG_PASSWORD")
    answer = await ada.post("auth/2fa/disable", {})
    assert (answer.status, answer.data["details"]) == (422, {"field": "code"})
    assert (await ada.get("auth/2fa")).data["enabled"] is True


async def test_it_is_not_turned_on_by_a_wrong_code_or_without_a_secret(api):
    ada = await join(api)
    body = {"code": "000000"}
    assert said(await ada.post("auth/2fa/enable", body)) == (409, "TWO_FACTOR_NOT_SET_UP")
    old = (await ada.post("auth/2fa/setup")).data["secret"]
    assert said(await ada.post("auth/2fa/enable", body)) == (403, "WRONG_CODE")
    await ada.post("auth/2fa/setup")
    answer = await ada.post("auth/2fa/enable", {"code": api.clock.code(old)})
    assert said(answer) == (403, "WRONG_CODE")


async def test_nobody_has_a_second_factor(api):
    for method, path in (
        ("GET", ""),
        ("POST", "/setup"),
        ("POST", "/enable"),
        ("POST", "/disable"),
    ):
        answer = await api.nobody.ask(method, f"auth/2fa{path}")
        assert said(answer) == (401, "UNAUTHENTICATED")
    body = {"challenge": "made up", "code": "000000"}
    assert said(await api.nobody.post("auth/2fa/verify", body)) == (401, "INVALID_CHALLENGE")


async def test_a_secret_is_sealed_for_its_user(api):
    (ada, secret, codes), (eve, _, _) = await guarded(api), await guarded(api)
    database = api.app[STORE].database
    row = await database.row(select(USERS.c.totp_secret).where(USERS.c.id == ada.id))
    assert secret.encode() not in row.totp_secret
    async with database.writing() as connection:  # somebody who can write to the database
        change = USERS.update().where(USERS.c.id == eve.id)
        await connection.execute(change.values(totp_secret=row.totp_secret))
    answer = await log_in(api, eve, code=api.clock.code(secret))
    assert said(answer) == (401, "WRONG_CODE")
    assert (await log_in(api, ada, code=codes[0])).status == 200


async def test_who_signs_in_elsewhere_shows_it_too(api, provider):
    provider.sign_in(email=new_email(), email_verified=True)
    async with Browser(api) as browser:
        first = (await browser.sign_in("google")).data
        header = {"Authorization": f"Bearer {first['access_token']}"}
        setup = await api.nobody.post("auth/2fa/setup", headers=header)
        secret = setup.data["secret"]
        body = {"code": api.clock.code(secret)}
        assert (await api.nobody.post("auth/2fa/enable", body, headers=header)).status == 200
        api.clock.now_sec += STEP_SEC
        answer = await browser.sign_in("google")
        assert said(answer) == (401, "TWO_FACTOR_REQUIRED")
        body = {**answer.data["details"], "code": api.clock.code(secret)}
        answer = await api.nobody.post("auth/2fa/verify", body)
        assert (answer.status, answer.data["user"]["id"]) == (200, first["user"]["id"])
        events = (await api.nobody.get("audit", headers=header)).data
        assert events[0]["event"] == "oauth_logged_in"
