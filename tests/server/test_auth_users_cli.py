"""``etude users``, as it is called from a shell."""

import asyncio
import io
import json

import pyotp
import pytest
from newcomers import PASSWORD, log_in, member, new_email
from rest_people import running_api
from terminals import Terminal

from server.config import load_settings
from server.identity.audit import AUDIT_EVENTS
from server.keys import STORE


@pytest.fixture
def type_in(monkeypatch):
    """Write to standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def on_server(use):
    """Do something with a server of the same data."""

    async def run():
        async with running_api(load_settings()) as api:
            return await use(api)

    return asyncio.run(run())


def test_an_account_is_made_and_signs_in(etude, type_in):
    type_in(f"{PASSWORD}\n")
    made = ("users", "create", "Clara@Example.org", "--name", "Clara", "--role", "teacher")
    status, out, _ = etude(*made, "--password-stdin")
    assert (status, "Clara@example.org, teacher" in out) == (0, True)

    async def use(api):
        answer = await log_in(api, "clara@example.org")
        events = await api.app[STORE].database.rows(AUDIT_EVENTS.select().order_by("id").limit(1))
        return answer.data["user"], events[0]

    user, event = on_server(use)
    assert (user["name"], user["role"], user["is_verified"]) == ("Clara", "teacher", False)
    assert (event.event, event.agent, event.address) == ("registered", "etude", "")
    assert PASSWORD not in out


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        (("nobody",), PASSWORD, "email: "),
        (("ada@example.org", "--role", "admin"), PASSWORD, "role: expected one of"),
        (("ada@example.org", "--name", "A" * 201), PASSWORD, "name: "),
        (("ada@example.org",), "short", "password: use at least 8 characters"),
        (("ada@example.org",), "", "password: use at least 8 characters"),
    ],
)
def test_what_breaks_a_rule_is_told(etude, type_in, arguments, typed, told):
    type_in(typed)
    status, out, err = etude("users", "create", *arguments, "--password-stdin")
    assert (status, out) == (1, "")
    assert told in err


def test_an_address_has_one_account(etude, type_in):
    for expected in (0, 1):
        type_in(PASSWORD)
        status, _, err = etude("users", "create", "ada@example.org", "--password-stdin")
        assert status == expected
    assert "this e-mail address has an account" in err


def test_accounts_are_listed(etude, type_in):
    assert etude("users", "list")[1] == "there is no account yet\n"
    for email in ("ada@example.org", "ben@example.org"):
        type_in(PASSWORD)
        etude("users", "create", email, "--password-stdin")
    status, out, _ = etude("users", "list")
    assert status == 0
    assert [line.split()[:4] for line in out.splitlines()[1:]] == [
        ["ben@example.org", "ben", "student", "no"],
        ["ada@example.org", "ada", "student", "no"],
    ]
    (user,) = json.loads(etude("users", "list", "--json", "--limit", "1")[1])
    assert (user["email"], user["role"], user["is_verified"]) == (
        "ben@example.org",
        "student",
        False,
    )
    assert "password" not in str(user)


def test_a_new_password_ends_all_sign_ins(etude, type_in):
    email = new_email()
    type_in(PASSWORD)
    etude("users", "create", email, "--password-stdin")

    async def sign_in(api):
        return (await member(api, email)).tokens

    tokens = on_server(sign_in)
    type_in("kunst der fuge")
    status, out, _ = etude("users", "password", email.upper(), "--password-stdin")
    assert (status, "all sign-ins of the account have ended" in out) == (0, True)

    async def come_back(api):
        refreshed = await api.nobody.post(
            "auth/refresh", {"refresh_token": tokens["refresh_token"]}
        )
        return refreshed.status, (await log_in(api, email, "kunst der fuge")).status

    assert on_server(come_back) == (401, 200)


def test_a_lost_second_factor_is_turned_off_and_ends_all_sign_ins(etude, type_in):
    email = new_email()
    type_in(PASSWORD)
    etude("users", "create", email, "--password-stdin")

    async def turn_on(api):
        ada = await member(api, email)
        secret = (await ada.post("auth/2fa/setup")).data["secret"]
        answer = await ada.post("auth/2fa/enable", {"code": pyotp.TOTP(secret).now()})
        challenge = (await log_in(api, email)).data["details"]["challenge"]
        return ada.tokens, {"challenge": challenge, "code": answer.data["recovery_codes"][0]}

    tokens, answer = on_server(turn_on)
    status, out, _ = etude("users", "reset-2fa", email.upper())
    assert (status, "all sign-ins of the account have ended" in out) == (0, True)

    async def come_back(api):
        body = {"refresh_token": tokens["refresh_token"]}
        assert (await api.nobody.post("auth/refresh", body)).code == "INVALID_TOKEN"
        assert (await api.nobody.post("auth/2fa/verify", answer)).code == "INVALID_CHALLENGE"
        ada = await member(api, email)  # by the password alone
        events = (await ada.get("audit")).data
        return [event for event in events if event["event"] == "two_factor_disabled"]

    (event,) = on_server(come_back)
    assert event["agent"] == "etude"


@pytest.mark.parametrize(
    ("made", "told"), [(False, "no account has the e-mail"), (True, "is off already")]
)
def test_what_is_no_second_factor_cannot_be_turned_off(etude, type_in, made, told):
    type_in(PASSWORD)
    if made:
        etude("users", "create", "ada@example.org", "--password-stdin")
    status, _, err = etude("users", "reset-2fa", "ada@example.org")
    assert (status, told in err) == (1, True)


def test_nobodys_password_cannot_be_changed(etude, type_in):
    type_in(PASSWORD)
    status, _, err = etude("users", "password", "nobody@example.org", "--password-stdin")
    assert (status, "no account has the e-mail address nobody@example.org" in err) == (1, True)


def test_a_password_is_asked_for_twice_and_not_shown(etude):
    terminal = Terminal("users", "create", "ada@example.org")
    for prompt in (r"Password: $", r"Repeat.*: $"):
        terminal.wait_for(prompt)
        terminal.type(f"{PASSWORD}\n")
    status, shown = terminal.end()
    assert (status, PASSWORD in shown) == (0, False)
    assert "ada@example.org" in etude("users", "list")[1]
