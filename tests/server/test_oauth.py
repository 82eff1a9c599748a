"""Signing in with Google, GitHub or Apple: who comes back, and who must not."""

import asyncio
import base64
import hashlib
import json
import uuid
from urllib.parse import parse_qs, urlsplit

import msgspec
import pyotp
import pytest
import pytest_asyncio
from local_issuer import new_key, running_issuer
from local_sign_in import Browser, LocalSignIn
from newcomers import join, log_in, new_email
from rest_people import running_api

from server.errors import FieldError
from server.identity.accounts import USERS
from server.identity.audit import AUDIT_EVENTS
from server.keys import STORE
from server.oauth.returning import checked_redirect, own_origins

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALL = ("google", "github", "apple")
GAME = "https://game.example"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider():
    async with running_issuer(LocalSignIn()) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(rest_settings, provider):
    settings = msgspec.structs.replace(rest_settings, oauth=provider.configured(), origins=(GAME,))
    async with running_api(settings) as running:
        running.app_provider = provider
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def browser(api):
    async with Browser(api) as one:
        yield one


@pytest.fixture(autouse=True)
def answering(provider):
    """What a test breaks is whole again for the next."""
    yield
    provider.status = provider.refusal = provider.user = None
    provider.emails = []


def someone(provider, at, email=None, is_verified=True, **more):
    """Somebody signs in; gives the subject."""
    if at == "github":
        provider.emails = [{"email": email, "primary": True, "verified": is_verified}]
        return provider.sign_in(**more)
    about = {} if email is None else {"email": email, "email_verified": is_verified}
    return provider.sign_in(**about, **more)


@pytest.mark.parametrize("name", ALL)
async def test_who_comes_back_is_signed_in_and_is_the_same_next_time(browser, provider, name):
    email = new_email()
    someone(provider, name, email, name="Ada Lovelace")
    first = await browser.sign_in(name)
    assert first.status == 200, first.data
    assert set(first.data) >= {"access_token", "refresh_token", "expires_in", "user"}
    user = first.data["user"]
    expected = {"email": email, "is_verified": True, "role": "student", "name": "Ada Lovelace"}
    assert expected.items() <= user.items()
    assert (await browser.sign_in(name)).data["user"] == user


async def test_the_page_is_told_whom_to_offer(api):
    answer = await api.nobody.get("auth/oauth")
    assert answer.data == [{"name": n, "url": f"/api/v1/auth/oauth/{n}"} for n in ALL]


@pytest.mark.parametrize("path", ["auth/oauth/myspace", "auth/oauth/myspace/callback"])
async def test_another_provider_is_not_configured(api, path):
    answer = await api.nobody.get(path)
    assert (answer.status, answer.code) == (404, "PROVIDER_NOT_CONFIGURED")


async def test_a_provider_is_told_what_it_needs_and_no_secret(api, browser, provider):
    address = urlsplit(await browser.begin("google"))
    told = {key: value for key, (value,) in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}" == provider.url
    assert told["redirect_uri"] == f"{api.url}/api/v1/auth/oauth/google/callback"
    assert len(told["state"]) >= 43
    assert told["state"] != told["nonce"] != told["code_challenge"]
    cookie = next(iter(browser.http.cookie_jar))
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")
    assert cookie["path"] == "/api/v1/auth/oauth"
    assert cookie.value not in address.query


async def test_apples_cookie_comes_with_its_form(browser):
    await browser.begin("apple")
    cookie = next(iter(browser.http.cookie_jar))
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "None", True)


async def test_apple_tells_a_name_beside_the_token(browser, provider):
    someone(provider, "apple", new_email(), is_verified="true")
    provider.user = json.dumps({"name": {"firstName": "Klara", "lastName": "Wieck"}})
    user = (await browser.sign_in("apple")).data["user"]
    assert (user["name"], user["is_verified"]) == ("Klara Wieck", True)


@pytest.mark.parametrize("told", ["", "5", '{"name": []}', "[[", '{"name": {"firstName": 5}}'])
async def test_a_name_that_makes_no_sense_is_none(browser, provider, told):
    someone(provider, "apple")
    provider.user = told
    assert (await browser.sign_in("apple")).status == 200


async def test_github_counts_only_an_address_that_is_verified(browser, provider):
    someone(provider, "github", new_email(), is_verified=False)
    user = (await browser.sign_in("github")).data["user"]
    assert (user["email"], user["is_verified"]) == (None, False)


@pytest.mark.parametrize("name", ALL)
async def test_an_address_that_both_sides_verified_is_the_same_account(
    api, browser, provider, name
):
    ada = await join(api)
    verify = USERS.update().where(USERS.c.id == ada.id)
    async with api.app[STORE].database.writing() as connection:
        await connection.execute(verify.values(email_verified_at=USERS.c.created_at))
    someone(provider, name, ada.email.upper())
    assert (await browser.sign_in(name)).data["user"]["id"] == ada.id
    events = [event["event"] for event in (await ada.get("audit")).data]
    assert events[:2] == ["oauth_logged_in", "identity_linked"]


@pytest.mark.parametrize(
    ("own", "others"), [("@fass.example", "@faß.example"), ("ff@x.example", "ﬀ@x.example")]
)
async def test_an_address_that_only_looks_the_same_is_another_account(
    api, browser, provider, own, others
):
    local_part = uuid.uuid4().hex
    ada = await join(api, email=f"{local_part}{own}")
    verify = USERS.update().where(USERS.c.id == ada.id)
    async with api.app[STORE].database.writing() as connection:
        await connection.execute(verify.values(email_verified_at=USERS.c.created_at))
    someone(provider, "google", f"{local_part}{others}")
    user = (await browser.sign_in("google")).data["user"]
    assert (user["id"] != ada.id, user["email"]) == (True, f"{local_part}{others}")
    someone(provider, "google", f"{local_part}{own}")
    assert (await browser.sign_in("google")).data["user"]["id"] == ada.id


@pytest.mark.parametrize("name", ALL)
async def test_an_address_that_nobody_had_verified_is_its_owners_alone(
    api, browser, provider, name
):
    eve = await join(api)  # with an address that is not hers
    secret = (await eve.post("auth/2fa/setup")).data["secret"]
    enabled = await eve.post("auth/2fa/enable", {"code": pyotp.TOTP(secret).now()})
    challenge = (await log_in(api, eve.email)).data["details"]["challenge"]
    someone(provider, name, eve.email)
    ada = await browser.sign_in(name)  # no second factor is asked for
    assert (ada.status, ada.data["user"]["id"]) == (200, eve.id)
    assert ada.data["user"]["is_verified"] is True
    assert (await eve.get("auth/me")).code == (await eve.refresh()).code == "INVALID_TOKEN"
    assert (await log_in(api, eve.email)).code == "INVALID_CREDENTIALS"
    answer = {"challenge": challenge, "code": enabled.data["recovery_codes"][0]}
    assert (await api.nobody.post("auth/2fa/verify", answer)).code == "INVALID_CHALLENGE"


@pytest.mark.parametrize("name", ["google", "apple"])
async def test_an_address_that_the_provider_has_not_verified_merges_nothing(
    api, browser, provider, name
):
    eve = await join(api)
    someone(provider, name, eve.email, is_verified=False)
    assert (await browser.sign_in(name)).data["user"]["id"] != eve.id


async def test_the_code_is_good_once_and_in_this_browser(api, browser, provider):
    someone(provider, "google")
    address = await browser.come_back("google")
    async with Browser(api) as other:
        answer = await other.exchange(address)
        assert (answer.status, answer.code) == (401, "INVALID_CODE")
    assert (await browser.exchange(address)).code == "INVALID_CODE"  # it was tried elsewhere
    address = await browser.come_back("google")
    answers = await asyncio.gather(*(browser.exchange(address) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]


@pytest.mark.parametrize("name", ALL)
async def test_the_answer_of_a_provider_is_good_once(browser, provider, name):
    someone(provider, name)
    answer = await browser.agree(await browser.begin(name))
    assert (await browser.go(*answer))[0] == 303
    assert await browser.go(*answer) == (400, "OAUTH_STATE_INVALID")


async def test_only_the_browser_that_began_comes_back(api, browser, provider):
    someone(provider, "google")
    answer = await browser.agree(await browser.begin("google"))
    async with Browser(api) as victim:
        assert await victim.go(*answer) == (400, "OAUTH_STATE_INVALID")
        await victim.begin("google")
        assert await victim.go(*answer) == (400, "OAUTH_STATE_INVALID")


@pytest.mark.parametrize("state", ["", "x", "ä", "0" * 43])
async def test_a_state_that_is_made_up_is_refused(api, browser, state):
    await browser.begin("google")
    url = f"{api.url}/api/v1/auth/oauth/google/callback?code=x&state={state}"
    assert await browser.go("GET", url, {}) == (400, "OAUTH_STATE_INVALID")


async def test_a_sign_in_goes_on_with_the_provider_that_it_began_with(browser, provider):
    someone(provider, "google")
    method, url, _ = await browser.agree(await browser.begin("google"))
    cookie = next(iter(browser.http.cookie_jar))
    both = dict.fromkeys(("etude_oauth_google", "etude_oauth_github"), cookie.value)
    n_redeemed = len(provider.forms)
    mixed_up = url.replace("/google/", "/github/")
    async with browser.http.request(
        method, mixed_up, cookies=both, allow_redirects=False
    ) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, "OAUTH_STATE_INVALID")
    assert len(provider.forms) == n_redeemed


async def fails(browser, name, code):
    address = await browser.come_back(name, redirect="/room")
    return address == f"/room#oauth_error={code}"


@pytest.mark.parametrize("name", ALL)
async def test_who_does_not_agree_is_not_signed_in(api, browser, provider, name):
    someone(provider, name)
    provider.refusal = "access_denied"
    assert await fails(browser, name, "ACCESS_DENIED")
    newest = AUDIT_EVENTS.select().order_by(AUDIT_EVENTS.c.id.desc()).limit(1)
    event = await api.app[STORE].database.row(newest)
    assert (event.event, event.details["reason"]) == ("oauth_failed", "access_denied")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("part", ["code", "code_challenge", "redirect_uri"])
async def test_a_code_of_another_sign_in_is_not_taken(browser, provider, name, part):
    someone(provider, name)
    method, url, form = await browser.agree(await browser.begin(name))
    code = form.get("code") or parse_qs(urlsplit(url).query)["code"][0]
    if part == "code":
        provider.codes["stolen"] = provider.codes.pop(code)
    else:
        provider.codes[code][part] = "another"
    status, address = await browser.go(method, url, form)
    assert (status, address) == (303, "/#oauth_error=PROVIDER_REFUSED")


@pytest.mark.parametrize("name", ["google", "apple"])
@pytest.mark.parametrize(
    "said",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": ["etude-client", "another"], "azp": "another"},
        {"iss": "https://elsewhere.example"},
        {"exp": 1_000_000_000},
        {"iat": None},
        {"sub": ""},
    ],
)
async def test_an_identity_token_for_another_is_not_believed(browser, provider, name, said):
    someone(provider, name, **{k: v for k, v in said.items() if k != "sub"})
    provider.person |= said
    assert await fails(browser, name, "PROVIDER_REFUSED")


async def test_an_identity_token_signed_by_another_key_is_not_believed(browser, provider):
    someone(provider, "google")
    good = provider._keys[provider.kid]
    provider._keys[provider.kid] = new_key("ES256"), "ES256"
    assert await fails(browser, "google", "PROVIDER_REFUSED")
    provider._keys[provider.kid] = good
    assert (await browser.sign_in("google")).status == 200


@pytest.mark.parametrize("name", ALL)
async def test_a_provider_that_is_away_is_told_so(browser, provider, name):
    someone(provider, name)
    provider.status = 500
    assert await fails(browser, name, "PROVIDER_UNAVAILABLE")


async def test_emails_that_make_no_sense_are_none(browser, provider):
    for emails in ({}, [5], [{"primary": True}], [{"primary": True, "verified": True}]):
        provider.sign_in()
        provider.emails = emails
        assert (await browser.sign_in("github")).data["user"]["email"] is None


@pytest.mark.parametrize(
    "redirect",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        f"{GAME}.evil.example/",
        f"{GAME}@evil.example/",
        f"https://user@{GAME[8:]}/",
        "http://game.example/",
        "/#already",
        "/\tx",
        "room",
        "",
        "*",
        "null",
    ],
)
async def test_nobody_is_sent_elsewhere(api, redirect):
    answer = await api.nobody.get("auth/oauth/google", params={"redirect": redirect})
    assert (answer.status, answer.data["details"]) == (422, {"field": "redirect"})


async def test_a_page_of_a_listed_origin_shows_that_it_began(api, browser, provider):
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    someone(provider, "google")
    wanted = {"redirect": f"{GAME}/play?x=1", "challenge": challenge}
    address = await browser.come_back("google", **wanted)
    assert address.startswith(f"{GAME}/play?x=1#oauth_code=")
    async with Browser(api) as page:  # to which the cookies of this server are not sent
        assert (await page.exchange(address, verifier=verifier)).status == 200
    for wrong in ({}, {"verifier": "w" * 43}):
        address = await browser.come_back("google", **wanted)
        assert (await browser.exchange(address, **wrong)).code == "INVALID_CODE"


async def test_only_apple_sends_forms_and_only_from_its_page(api, provider):
    codes = {}
    for name in ALL:
        for origin in (provider.url, "https://evil.example"):
            path = f"auth/oauth/{name}/callback"
            answer = await api.nobody.post(path, headers={"Origin": origin})
            codes[name, origin == provider.url] = answer.code
    apple = codes.pop(("apple", True))
    assert (apple, set(codes.values())) == ("OAUTH_STATE_INVALID", {"ORIGIN_NOT_ALLOWED"})


async def test_where_all_origins_are_let_in_codes_still_stay_here():
    allowed = own_origins("https://etude.example/sub", ("*", f"{GAME}/"))
    assert allowed == {"https://etude.example", GAME}
    with pytest.raises(FieldError, match=r"^redirect: "):
        checked_redirect("https://evil.example/", allowed)


async def test_one_who_has_left_is_not_signed_in(api, browser, provider):
    someone(provider, "google")
    tokens = (await browser.sign_in("google")).data
    address = await browser.come_back("google")
    header = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await api.nobody.delete("auth/me", {}, headers=header)).status == 204
    assert (await browser.exchange(address)).code == "INVALID_CODE"


async def test_a_bad_code_is_named(api):
    for body, field in (({}, "code"), ({"code": 5}, "code"), ({"code": "x", "verifier": "v"}, 0)):
        answer = await api.nobody.post("auth/oauth/token", body)
        assert (answer.status, answer.data["details"]) == (422, {"field": field or "verifier"})
