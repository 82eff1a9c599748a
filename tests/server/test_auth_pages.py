"""The pages that mailed links lead to, in a real browser, against a real server."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from newcomers import PASSWORD, new_email
from page_driver import NAMELESS, expect, running_server

from server.identity.one_time_tokens import OneTimeTokens
from server.store.transactions import Database

NEW = "kunst der fuge"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("accounts")


@pytest.fixture(scope="module")
def accounts_server(data_dir):
    with running_server(data_dir) as url:
        yield url


@pytest.fixture
def make_token(data_dir):
    """Makes the token of a link, as the server does before it sends one."""

    async def make(purpose, user):
        database = await Database.open(f"sqlite:///{data_dir / 'etude.db'}")
        lasting, data = timedelta(hours=1), {"email": user["email"]}
        try:
            return await OneTimeTokens(database).make(purpose, lasting, user["id"], data)
        finally:
            await database.close()

    def run(purpose, user):
        with ThreadPoolExecutor(1) as thread:  # the browser's driver has the loop of this one
            return thread.submit(asyncio.run, make(purpose, user)).result()

    return run


def post(url, path, body):
    data = json.dumps(body).encode()
    with urlopen(Request(f"{url}/api/v1/auth/{path}", data), timeout=60) as response:
        return json.load(response)


@pytest.fixture
def user(accounts_server):
    return post(accounts_server, "register", {"email": new_email(), "password": PASSWORD})["user"]


def test_a_press_shows_that_an_address_is_ones_own(open_page, accounts_server, user, make_token):
    page = open_page(f"{accounts_server}/verify#token={make_token('verify', user)}")
    assert page.evaluate(NAMELESS) == []
    assert "token" not in page.url
    page.get_by_role("button", name="Yes, I made this account").click()
    expect(page.get_by_role("status")).to_have_text("Thank you: this address is yours now.")
    body = {"email": user["email"], "password": PASSWORD}
    assert post(accounts_server, "login", body)["user"]["is_verified"] is True


def test_who_did_not_make_an_account_has_it_alone(open_page, accounts_server, user, make_token):
    page = open_page(f"{accounts_server}/verify#token={make_token('verify', user)}")
    page.get_by_role("button", name="No, it was somebody else").click()
    expect(page.get_by_role("status")).to_contain_text("The account is yours alone now")
    body = {"email": user["email"], "password": PASSWORD}
    with pytest.raises(HTTPError, match="401"):
        post(accounts_server, "login", body)


def test_who_is_signed_in_takes_a_new_address(open_page, accounts_server, user, make_token):
    page = open_page(accounts_server)
    page.evaluate(
        "async ([email, password]) => "
        "(await import('/web/identity.js')).identity.signIn(email, password)",
        [user["email"], PASSWORD],
    )
    new = new_email()
    token = make_token("email", {**user, "email": new})
    page.goto(f"{accounts_server}/verify?change#token={token}")
    assert page.evaluate(NAMELESS) == []
    expect(page.get_by_role("button", name="No, it was somebody else")).to_be_hidden()
    page.get_by_role("button", name="Yes, use this address").click()
    expect(page.get_by_role("status")).to_have_text("Thank you: this address is yours now.")
    body = {"email": new, "password": PASSWORD}
    assert post(accounts_server, "login", body)["user"]["is_verified"] is True


def test_who_is_not_signed_in_is_told_to_before_a_new_address_counts(
    open_page, accounts_server, user, make_token
):
    token = make_token("email", {**user, "email": new_email()})
    page = open_page(f"{accounts_server}/verify?change#token={token}")
    told = "Sign in here first, then open the link of the mail again."
    expect(page.get_by_role("alert")).to_have_text(told)
    expect(page.get_by_role("button", name="Yes, use this address")).to_be_hidden()


def test_a_new_password_is_chosen(open_page, accounts_server, user, make_token):
    token = make_token("reset", user)
    page = open_page(f"{accounts_server}/reset#token={token}", expected="422")
    assert page.evaluate(NAMELESS) == []
    field, keep = page.get_by_label("New password"), page.get_by_role("button", name="Keep")
    field.fill(user["email"])
    keep.click()
    expect(page.get_by_role("alert")).to_contain_text("This is your name, your address or ours")
    page.get_by_label("Show it").check()
    expect(field).to_have_attribute("type", "text")
    field.fill(NEW)
    keep.click()
    expect(page.get_by_role("status")).to_contain_text("Your new password is kept.")
    expect(page.locator("#error")).to_be_hidden()
    expect(field).to_be_hidden()
    assert post(accounts_server, "login", {"email": user["email"], "password": NEW})["user"]


def test_a_link_that_is_too_old_is_told_in_a_sentence(open_page, accounts_server):
    page = open_page(f"{accounts_server}/verify#token=x", expected="400")
    page.get_by_role("button", name="Yes").click()
    told = "This link was used before, or is too old: ask for a new one."
    expect(page.get_by_role("alert")).to_have_text(told)
    expect(page.get_by_role("button", name="Yes")).to_be_enabled()
