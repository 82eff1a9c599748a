"""The account page in a real browser, against a real server and a provider on this machine."""

import asyncio
import json
import re
import threading
import time
import zipfile
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pyotp
import pytest
from local_issuer import running_issuer
from local_sign_in import LocalSignIn
from newcomers import PASSWORD, new_email
from page_driver import NAMELESS, PATIENCE_MS, expect, new_token, playwright_api, running_server

from server.identity.audit import Event
from server.routes.page import WEB

PlaywrightError = playwright_api.Error
NEW = "kunst der fuge"
CONFIG = """
[oauth.google]
client_id = "{id}"
client_secret = "{secret}"
authorize_url = "{url}/authorize"
token_url = "{url}/token"
jwks_url = "{url}/jwks"
issuer = "{url}"
"""
ASKING = """() => import('/web/identity.js').then(({ identity }) => {
    window.asked = Promise.all([identity.ask('GET', 'auth/me'), identity.ask('GET', 'audit')])
        .then((answers) => answers.map(({ status }) => status));
    window.asked.catch(() => {}); })"""  # who awaits it later is told all the same
# As it is over plain http, but on this machine.
NO_LOCKS = "Object.defineProperty(navigator, 'locks', { value: undefined });"
# What the browser itself says of answers that a test is about.
FAILURES = r"status of 4\d\d|net::ERR_FAILED"


@contextmanager
def providing():
    """A provider on a loop of its own: the browser's driver has that of this thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = running_issuer(LocalSignIn())
    try:
        yield asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def provider():
    with providing() as one:
        yield one


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("account-page")


@pytest.fixture(scope="module")
def server(data_dir, provider):
    config = data_dir / "etude.toml"
    about = {"id": provider.client_id, "secret": provider.client_secret, "url": provider.url}
    config.write_text(CONFIG.format(**about))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ETUDE_CONFIG", str(config))
        with running_server(data_dir) as url:
            yield url


def ask(server, method, path, body=None, token=None):
    """Ask over REST; gives status and what was answered."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{server}/api/v1/{path}", data, headers, method=method)
    try:
        with urlopen(request, timeout=60) as response:
            return response.status, json.loads(response.read() or "null")
    except HTTPError as error:
        return error.code, json.load(error)


def register(server, **more):
    """Make an account over REST; gives tokens and user."""
    body = {"email": new_email(), "password": PASSWORD, "name": "Ada", **more}
    status, made = ask(server, "POST", "auth/register", body)
    assert status == 201, made
    return made


def log_in(server, email, password=PASSWORD):
    return ask(server, "POST", "auth/login", {"email": email, "password": password})


@pytest.fixture
def open_account(open_page, server):
    """Open the page; what the browser says of answers with an error is expected."""

    def open_one(query="", **options):
        return open_page(f"{server}/account{query}", **{"expected": FAILURES, **options})

    return open_one


def button(page, name):
    return page.get_by_role("button", name=name)


def fill_in(page, email, password=PASSWORD):
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    button(page, "Sign in").click()


def is_signed_in(page, name="Ada"):
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("#account")).to_have_text(name)


def is_signed_out(page):
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.locator("#account")).to_have_text("Sign in")


@pytest.fixture
def user(server):
    return register(server)["user"]


@pytest.fixture
def page(open_account, user):
    """The page of somebody who has signed in."""
    page = open_account()
    fill_in(page, user["email"])
    is_signed_in(page)
    return page


def part(page, title):
    """A section, by its heading."""
    return page.locator(".part", has=page.get_by_role("heading", name=title, exact=True))


def in_page(page, expression):
    """What an expression about the identity of the page gives."""
    return page.evaluate(
        f"() => import('/web/identity.js').then(async ({{ identity }}) => {expression})"
    )


def change_kept(page, **changes):
    """Change what the browser keeps of the sign-in, as time or another program would."""
    page.evaluate(
        """(changes) => {
            const kept = JSON.parse(localStorage.getItem("etude.sign-in"));
            localStorage.setItem("etude.sign-in", JSON.stringify({ ...kept, ...changes }));
        }""",
        changes,
    )


def expire(page):
    """Let the access token end; of the second that it was made in, the next would be the same."""
    page.wait_for_timeout(1000)
    change_kept(page, endsAt=0)


def test_an_account_is_made_left_and_entered_again(open_account):
    page = open_account()
    email = new_email()
    page.get_by_label("E-mail address").fill(email)
    button(page, "Make an account").click()
    expect(page.get_by_label("E-mail address")).to_have_value(email)
    page.get_by_label("Name").fill("Clara")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("You are here as").select_option("teacher")
    button(page, "Make the account").click()
    is_signed_in(page, "Clara")
    expect(page.locator(".owner")).to_contain_text(f"{email} · teacher")
    button(page, "Sign out").click()
    is_signed_out(page)
    page.reload()
    is_signed_out(page)
    fill_in(page, email)
    is_signed_in(page, "Clara")
    page.reload()
    is_signed_in(page, "Clara")


def test_no_control_of_the_page_is_nameless(open_account, user):
    page = open_account()
    expect(page.get_by_role("link", name="Continue with Google")).to_be_visible()
    page.get_by_text("Or paste a token").click()
    assert page.evaluate(NAMELESS) == []
    for way in ("Forgot your password?", "Make an account"):
        button(page, way).click()
        assert page.evaluate(NAMELESS) == []
        button(page, re.compile("Back|I have an account")).click()
    fill_in(page, user["email"])
    is_signed_in(page)
    button(page, "Set it up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    for summary in page.locator("summary").all():
        summary.click()
    expect(page.get_by_text("The account was made")).to_be_visible()
    assert page.evaluate(NAMELESS) == []


def test_programs_that_keep_passwords_know_what_each_field_is_for(open_account, page):
    fresh = open_account()
    is_signed_out(fresh)

    def purposes(of):
        return of.evaluate(
            """() => [...document.querySelectorAll("input:not([type=checkbox])")]
                .map((input) => [input.name, input.autocomplete])"""
        )

    assert purposes(fresh)[:2] == [["email", "username"], ["password", "current-password"]]
    button(fresh, "Make an account").click()
    expected = [["name", "name"], ["email", "username"], ["password", "new-password"]]
    assert purposes(fresh) == expected
    page.get_by_text("Change the password").click()
    expect(page.get_by_label("New password")).to_be_visible()
    expected = ["username", "current-password", "new-password"]
    assert [autocomplete for _, autocomplete in purposes(page)][2:5] == expected


def test_a_wrong_password_is_told_beside_its_field(open_account, user):
    page = open_account()
    fill_in(page, user["email"], "schlecht temperiert")
    password = page.get_by_label("Password", exact=True)
    expect(password).to_have_attribute("aria-invalid", "true")
    expect(password).to_be_focused()
    told = "No account has this e-mail address and password."
    expect(page.locator(".field", has=password).get_by_role("alert")).to_have_text(told)
    page.get_by_label("Show it").check()
    expect(password).to_have_attribute("type", "text")
    password.fill(PASSWORD)
    button(page, "Sign in").click()
    is_signed_in(page)


def test_who_tries_too_often_is_told_how_long_to_wait(open_account, server, user):
    for _ in range(10):
        assert log_in(server, user["email"], "wrong, all of them")[0] == 401
    page = open_account()
    fill_in(page, user["email"])
    told = re.compile(r"^That was too often\. Try again in 1[45] minutes\.$")
    expect(page.get_by_role("alert").filter(has_text=told)).to_be_visible()


def test_what_is_wrong_with_a_new_account_is_told_beside_its_field(open_account, user):
    page = open_account()
    button(page, "Make an account").click()
    email, password = page.get_by_label("E-mail address"), page.get_by_label("Password", exact=True)
    page.get_by_label("Name").fill("Ada")
    email.fill(user["email"])
    password.fill("12345678")
    button(page, "Make the account").click()
    beside = page.locator(".field", has=password).get_by_role("alert")
    expect(beside).to_contain_text("This is a sequence of characters")
    password.fill(PASSWORD)
    button(page, "Make the account").click()
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_be_focused()
    expect(beside).to_be_hidden()


def test_a_forgotten_password_is_told_of_the_same_whether_or_not_there_is_an_account(
    open_account, user
):
    page = open_account()
    for email in (user["email"], new_email()):
        page.get_by_label("E-mail address").fill(email)
        button(page, "Forgot your password?").click()
        expect(page.get_by_label("E-mail address")).to_have_value(email)
        button(page, "Send me a link").click()
        expect(page.get_by_role("status")).to_contain_text("If this address has an account, a mail")
        button(page, "Back").click()


def test_one_comes_back_to_where_one_came_from(open_account, user, server):
    page = open_account("?back=%2F%23%2Flessons")
    fill_in(page, user["email"])
    page.wait_for_url(f"{server}/#/lessons")


@pytest.mark.parametrize(
    "back",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "room"],
)
def test_nobody_is_led_elsewhere_after_signing_in(open_account, user, server, back):
    page = open_account()
    page.evaluate(
        "(back) => history.replaceState(null, '', `?${new URLSearchParams({ back })}`)", back
    )
    fill_in(page, user["email"])
    is_signed_in(page)
    assert page.url.startswith(f"{server}/account?")


def test_a_path_that_looks_like_an_address_stays_one_of_this_server(open_account, user, server):
    page = open_account("?back=/.//evil.example", expected="404")
    with page.expect_navigation():
        fill_in(page, user["email"])
    assert page.url == f"{server}//evil.example"


def test_an_operator_s_token_is_enough(open_account, data_dir):
    page = open_account()
    page.get_by_text("Or paste a token").click()
    token = page.get_by_label("Token")
    token.fill("x")
    button(page, "Use this token").click()
    expect(token).to_have_attribute("aria-invalid", "true")
    token.fill(new_token(data_dir))
    button(page, "Use this token").click()
    expect(button(page, "Sign out")).to_be_visible()
    expect(part(page, "Password")).to_have_count(0)  # it has no address
    expect(part(page, "Sign-ins")).to_contain_text("never signed in to by password")


def test_the_profile_is_changed(open_account, user, server):
    page = open_account(timezone_id="Asia/Tokyo")
    fill_in(page, user["email"])
    is_signed_in(page)
    profile = part(page, "Profile")
    profile.get_by_label("Name").fill("Ada L.")
    profile.get_by_label("Instrument").fill("hurdy-gurdy")
    expect(profile).to_contain_text("This device is in Asia/Tokyo.")
    button(profile, "Take that").click()
    button(profile, "Save").click()
    expect(profile.get_by_text("Saved.")).to_be_visible()
    is_signed_in(page, "Ada L.")
    now = log_in(server, user["email"])[1]["user"]
    kept = {"name": "Ada L.", "instrument": "hurdy-gurdy", "time_zone": "Asia/Tokyo"}
    assert kept.items() <= now.items()
    page.reload()
    expect(profile.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    expect(button(profile, "Take that")).to_be_hidden()
    expect(page.locator("#instruments option[value=violin]")).to_have_count(1)


def test_the_mail_that_verifies_an_address_is_sent_again(page, user):
    profile = part(page, "Profile")
    expect(profile).to_contain_text(f"Is {user['email']} your address?")
    button(profile, "Send it again").click()
    expect(profile.get_by_text("It is on its way.")).to_be_visible()


def test_the_password_is_changed(page, user, server):
    password = part(page, "Password")
    password.get_by_text("Change the password").click()
    now, new = password.get_by_label("Current password"), password.get_by_label("New password")
    now.fill("schlecht temperiert")
    new.fill(NEW)
    button(password, "Keep the new password").click()
    expect(now).to_have_attribute("aria-invalid", "true")
    now.fill(PASSWORD)
    button(password, "Keep the new password").click()
    expect(password.get_by_text("Your new password is kept.")).to_be_visible()
    expect(new).to_have_value("")
    assert log_in(server, user["email"])[0] == 401
    assert log_in(server, user["email"], NEW)[0] == 200
    button(password, "Send me a link").click()
    expect(password.get_by_text("A mail with a link")).to_be_visible()


def turn_on(page):
    """Set two-factor sign-in up; gives the secret and the recovery codes."""
    factor = part(page, "Two-factor sign-in")
    button(factor, "Set it up").click()
    secret = re.sub(r"\s", "", factor.locator(".secret").inner_text())
    expect(factor.get_by_role("img", name="QR code").locator("path")).to_have_count(2)
    code = factor.get_by_label("Code", exact=True)
    code.fill("000000")
    button(factor, "Turn it on").click()
    expect(code).to_have_attribute("aria-invalid", "true")
    code.fill(pyotp.TOTP(secret).now())
    button(factor, "Turn it on").click()
    codes = factor.locator(".codes li")
    expect(codes).to_have_count(10)
    return secret, codes.all_inner_texts()


def test_a_second_factor_is_set_up_asked_for_and_turned_off(page, user):
    _, codes = turn_on(page)
    factor = part(page, "Two-factor sign-in")
    with page.expect_download() as download:
        button(factor, "Download").click()
    assert download.value.path().read_text().split()[-10:] == codes
    expect(factor).to_contain_text("10 recovery codes are left")
    button(page, "Sign out").click()
    fill_in(page, user["email"])
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    assert page.evaluate(NAMELESS) == []
    code = page.get_by_label("Code")
    expect(code).to_be_focused()
    expect(code).to_have_attribute("autocomplete", "one-time-code")
    code.fill("000000")
    button(page, "Go on").click()
    expect(code).to_have_attribute("aria-invalid", "true")
    code.fill(codes[0])
    button(page, "Go on").click()
    is_signed_in(page)
    expect(factor).to_contain_text("9 recovery codes are left")
    expect(factor).not_to_contain_text(codes[1])
    factor.get_by_text("Turn it off, or").click()
    button(factor, "Turn it off").click()
    expect(factor.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
    factor.get_by_label("Or your password").fill(PASSWORD)
    button(factor, "Turn it off").click()
    expect(factor).to_contain_text("It is off.")


def test_a_code_of_the_authenticator_finishes_a_sign_in(page, user):
    secret, _ = turn_on(page)
    button(page, "Sign out").click()
    fill_in(page, user["email"])
    soon = pyotp.TOTP(secret).at(time.time() + 30)  # the one before was used to turn it on
    page.get_by_label("Code").fill(soon)
    button(page, "Go on").click()
    is_signed_in(page)


def with_google(page, provider, email, name="Ada"):
    provider.sign_in(email=email, email_verified=True, name=name, sub=email)
    page.get_by_role("link", name="Continue with Google").click()


def test_a_provider_signs_one_in_and_one_comes_back(open_account, provider, server):
    page = open_account("?back=/room")
    email = new_email()
    with_google(page, provider, email)
    page.wait_for_url(f"{server}/room")
    page.goto(f"{server}/account")
    is_signed_in(page)
    expect(page.locator(".reminder")).to_have_count(0)
    turn_on(page)
    codes = page.locator(".codes li").all_inner_texts()
    button(page, "Sign out").click()
    with_google(page, provider, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    assert "oauth_code" not in page.url
    page.get_by_label("Code").fill(codes[0])
    button(page, "Go on").click()
    is_signed_in(page)


def test_a_provider_s_refusal_is_told(open_account, provider):
    page = open_account()
    provider.refusal = "access_denied"
    try:
        with_google(page, provider, new_email())
        expect(page.get_by_role("alert").first).to_have_text(re.compile("called it off"))
    finally:
        provider.refusal = None
    is_signed_out(page)
    assert "#" not in page.url


def test_a_code_of_another_browser_is_no_good(open_account):
    page = open_account("#oauth_code=stolen")
    is_signed_out(page)
    expect(page.get_by_role("alert").first).not_to_be_empty()


def test_an_account_without_a_password_goes_once_its_address_is_typed(open_account, provider):
    page = open_account()
    email = new_email()
    with_google(page, provider, email)
    is_signed_in(page)
    data = part(page, "Your data")
    data.get_by_text("Delete the account", exact=True).click()
    typed = data.get_by_label("Or, if the account has no password")
    typed.fill("somebody@else.example")
    button(data, "Delete the account for good").click()
    expect(typed).to_have_attribute("aria-invalid", "true")
    typed.fill(email)
    button(data, "Delete the account for good").click()
    is_signed_out(page)


def test_an_account_goes_with_its_password_only(page, user, server):
    data = part(page, "Your data")
    data.get_by_text("Delete the account", exact=True).click()
    password = data.get_by_label("Password", exact=True)
    leave = button(data, "Delete the account for good")
    leave.click()
    expect(data.get_by_text("Type your password.")).to_be_visible()
    data.get_by_label("Or, if the account has no password").fill(user["email"])
    leave.click()
    expect(data.get_by_text("Say it once more")).to_be_visible()
    password.fill("schlecht temperiert")
    leave.click()
    expect(data.get_by_text("This is not the current password")).to_be_visible()
    password.fill(PASSWORD)
    leave.click()
    is_signed_out(page)
    expect(page.get_by_text("The account is deleted, with everything in it.")).to_be_visible()
    assert log_in(server, user["email"])[0] == 401


def test_everything_is_downloaded(page):
    data = part(page, "Your data")
    with page.expect_download() as download:
        button(data, "Download everything").click()
    assert download.value.suggested_filename == "etude-export.zip"
    assert zipfile.ZipFile(download.value.path()).testzip() is None
    expect(data.get_by_role("status").first).to_have_text("Downloaded: etude-export.zip.")


def test_a_sign_in_elsewhere_is_ended(page, user, server):
    other = log_in(server, user["email"])[1]
    page.reload()
    sign_ins = part(page, "Sign-ins")
    expect(sign_ins.get_by_role("listitem")).to_have_count(3)  # with that of registering
    expect(sign_ins.locator("li", has_text="this one").get_by_role("button")).to_have_count(0)
    button(sign_ins, "End").first.click()
    expect(sign_ins.get_by_role("listitem")).to_have_count(2)
    body = {"refresh_token": other["refresh_token"]}
    assert ask(server, "POST", "auth/refresh", body)[0] == 401


def test_what_happened_is_told_page_by_page(page, user, server):
    for _ in range(20):
        log_in(server, user["email"])
    happened = part(page, "What happened")
    happened.get_by_text("Show the list").click()
    rows = happened.get_by_role("listitem")
    expect(rows).to_have_count(20)
    expect(rows.first).to_contain_text("Signed in")
    button(happened, "Show older ones").click()
    expect(happened.get_by_text("The account was made")).to_be_visible()
    expect(button(happened, "Show older ones")).to_have_count(0)


def test_there_are_words_for_whatever_happens():
    words = (WEB / "account" / "happened.js").read_text(encoding="utf-8")
    events = set(Event) - {Event.ACCOUNT_DELETED}  # of which nobody is left to read
    assert [event for event in events if f"  {event}: " not in words] == []


def test_a_teacher_and_a_student_link_and_part(open_account, page, user, server):
    teacher = register(server, name="Clara", role="teacher")["user"]
    other = open_account()
    fill_in(other, teacher["email"])
    is_signed_in(other, "Clara")
    students, teachers = part(other, "Students"), part(page, "Teachers")
    button(students, "Invite a student").click()
    code = students.locator(".invitation").inner_text()
    field = teachers.get_by_label("Or enter a code")
    field.fill("WRONG")
    button(teachers, "Accept").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill(code.lower())
    button(teachers, "Accept").click()
    expect(teachers.get_by_text("You are linked with Clara now.")).to_be_visible()
    expect(button(teachers, "Part from Clara")).to_be_visible()
    expect(teachers.get_by_role("link")).to_have_count(0)
    other.reload()
    look = students.get_by_role("link", name="What they practise")
    expect(look).to_have_attribute("href", f"/history?student={user['id']}")
    expect(students.locator(".invitation")).to_have_count(0)
    button(students, "Part from Ada").click()
    expect(other.get_by_role("dialog")).to_contain_text("Part from Ada?")
    button(other.get_by_role("dialog"), "No").click()
    expect(look).to_be_visible()
    button(students, "Part from Ada").click()
    button(other.get_by_role("dialog"), "Part").click()
    expect(students).to_contain_text("Nobody yet.")
    page.reload()
    expect(teachers).to_contain_text("Nobody yet.")


def test_an_invitation_is_taken_back(page):
    teachers = part(page, "Teachers")
    button(teachers, "Invite a teacher").click()
    expect(teachers.locator(".invitation")).to_have_text(re.compile("^[2-9A-Z]{10}$"))
    button(teachers, "Take back").click()
    expect(teachers.locator(".invitation")).to_have_count(0)


def another_tab(page):
    """The same browser's second tab of the same page."""
    tab = page.context.new_page()
    tab.goto(page.url)
    is_signed_in(tab)
    return tab


def test_another_tab_hears_of_signing_out_and_in(page, user):
    tab = another_tab(page)
    button(page, "Sign out").click()
    is_signed_out(tab)
    fill_in(tab, user["email"])
    is_signed_in(page)


def test_a_tab_that_renews_does_not_disturb_what_is_typed_in_another(page):
    tab = another_tab(page)
    part(tab, "Profile").get_by_label("Name").fill("Half a na")
    before = in_page(page, "identity.token()")
    expire(page)
    assert in_page(page, "identity.token()") != before
    assert in_page(tab, "identity.token()") != before
    expect(part(tab, "Profile").get_by_label("Name")).to_have_value("Half a na")


def refuse(page):
    """Let the server know nothing of the access token, long before its end."""
    change_kept(page, access="no.longer.good")


@pytest.mark.parametrize("script", ["", NO_LOCKS], ids=["locks", "no locks"])
@pytest.mark.parametrize("end", [expire, refuse])
def test_what_has_ended_is_renewed_once_for_two_tabs(page, end, script):
    page.context.add_init_script(script)
    page.reload()
    tab = another_tab(page)
    end(page)
    held = []
    page.context.route("**/auth/refresh", lambda route: held.append(route))
    with page.context.expect_event("request", lambda request: "/refresh" in request.url):
        page.evaluate(ASKING)
        tab.evaluate(ASKING)
    tab.wait_for_timeout(300)  # long enough for the other tab to ask as well, if it did
    assert len(held) == 1
    held[0].continue_()
    assert page.evaluate("window.asked") == tab.evaluate("window.asked") == [200, 200]
    assert len(held) == 1
    is_signed_in(page)
    is_signed_in(tab)


def wait_for(page, held, number):
    """Let the browser go on until so many answers are held."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while len(held) < number and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert len(held) == number


def test_a_tab_that_is_refused_late_takes_what_another_has_renewed(page):
    tab = another_tab(page)
    refuse(page)
    held, renewals = [], []
    page.context.on("request", lambda one: renewals.append(one) if "refresh" in one.url else None)
    asked = re.compile("/auth/me$|/audit$")
    tab.route(asked, lambda route: held.append((route, route.fetch())), times=2)
    tab.evaluate(ASKING)
    wait_for(tab, held, 2)
    assert in_page(page, "(await identity.ask('GET', 'auth/me')).status") == 200
    for route, response in held:
        assert response.status == 401
        route.fulfill(response=response)
    assert tab.evaluate("window.asked") == [200, 200]
    assert len(renewals) == 1


def test_who_signs_out_while_a_token_is_renewed_is_signed_out(page):
    expire(page)
    held = []
    page.route("**/auth/refresh", lambda route: held.append((route, route.fetch())))
    page.evaluate(ASKING)
    wait_for(page, held, 1)
    with page.expect_response("**/auth/logout"):
        button(page, "Sign out").click()
    [(route, response)] = held
    assert response.ok
    route.fulfill(response=response)
    with pytest.raises(PlaywrightError, match="Sign in again"):
        page.evaluate("window.asked")
    is_signed_out(page)
    assert in_page(page, "identity.hasToken") is False


def test_a_refresh_that_is_refused_ends_the_sign_in_in_every_tab(page, user, server):
    tab = another_tab(page)
    token = log_in(server, user["email"])[1]["access_token"]
    for login in ask(server, "GET", "auth/logins", token=token)[1]:
        if not login["is_current"]:
            ask(server, "DELETE", f"auth/logins/{login['id']}", token=token)
    expire(page)
    button(part(page, "Profile"), "Save").click()
    is_signed_out(page)
    is_signed_out(tab)
    assert in_page(tab, "identity.hasToken") is False
    fill_in(page, user["email"])
    is_signed_in(tab)


def test_a_server_that_is_away_does_not_sign_anybody_out(page):
    away = re.compile("/auth/")
    page.route(away, lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("The server is not reachable.")
    page.unroute(away)
    button(page, "Try again").click()
    is_signed_in(page)


def test_a_sign_in_holds_for_a_visit_where_nothing_may_be_kept(open_account, user):
    script = """Object.defineProperty(window, "localStorage",
        { get() { throw new DOMException("no", "SecurityError"); } });"""
    page = open_account(script=script)
    fill_in(page, user["email"])
    is_signed_in(page)
    expect(part(page, "Sign-ins")).to_contain_text("this one")
    button(page, "Sign out").click()
    is_signed_out(page)
