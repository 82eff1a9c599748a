"""How mails reach a mail server, and what happens when there is none."""

import asyncio
import re

import pytest
from newcomers import PASSWORD, join, new_email
from post_office import running_post_office, text_of
from rest_people import running_api

from server.config import Settings
from server.errors import ConfigError
from server.mail import background as background_module
from server.mail import mailer as mailer_module
from server.mail.background import Background
from server.mail.letters import changed_letter, reset_letter
from server.mail.mailer import Mailer, smtp_options

FROM = "Etude <etude@example.org>"
LINK = "https://etude.example/reset#token=a&b"


@pytest.fixture
async def office():
    async with running_post_office() as office:
        yield office


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Try again at once."""
    monkeypatch.setattr(mailer_module, "RETRIES_SEC", (0.0, 0.0, 0.0))


def settings_of(office, **more):
    url = f"smtp://127.0.0.1:{office.port}"
    return Settings(mail_url=url, mail_from=FROM, public_url="https://etude.example", **more)


async def test_a_mail_comes_as_text_and_as_html(office):
    await Mailer(settings_of(office)).deliver(reset_letter("ada@example.org", LINK))
    letter = await office.letter()
    assert letter.recipients == ["ada@example.org"]
    assert (letter["From"], letter["To"]) == (FROM, "ada@example.org")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@example.org>")
    assert letter["Date"]
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert LINK in text_of(letter)
    html = letter.get_body(("html",)).get_content()
    assert 'href="https://etude.example/reset#token=a&amp;b"' in html


async def test_a_mail_server_that_is_busy_is_asked_again(office):
    office.refusals = ["451 greylisted", "421 come back"]
    await Mailer(settings_of(office)).deliver(changed_letter("ada@example.org"))
    assert await office.letter()
    assert office.tried == 3


async def test_a_mail_server_that_is_away_is_asked_again(capsys):
    async with running_post_office() as office:
        settings = settings_of(office)
    await Mailer(settings).deliver(changed_letter("ada@example.org"))
    told = capsys.readouterr().out
    assert (told.count("to be sent again"), told.count("was not sent")) == (3, 1)


async def test_a_mail_that_is_refused_for_good_is_not_sent_again(office, capsys):
    office.refusals = ["554 no such person here"]
    await Mailer(settings_of(office)).deliver(reset_letter("ada@example.org", LINK))
    told = capsys.readouterr().out
    assert office.tried == 1
    assert "was not sent" in told
    assert "no such person here" in told
    assert "token=" not in told


@pytest.mark.filterwarnings("ignore:Requiring AUTH", "ignore:Session.login_data")
async def test_the_password_of_the_mail_server_is_shown_to_it():
    options = {"auth_require_tls": False, "auth_required": True}
    async with running_post_office(needs_password=True, **options) as office:
        url = f"smtp://etude:p%40ss%2Fword@127.0.0.1:{office.port}"
        await Mailer(Settings(mail_url=url, mail_from=FROM)).deliver(changed_letter("a@b.example"))
        assert await office.letter()


@pytest.mark.filterwarnings("ignore:Requiring AUTH", "ignore:Session.login_data")
async def test_a_wrong_password_of_the_mail_server_is_told(capsys):
    options = {"auth_require_tls": False, "auth_required": True}
    async with running_post_office(needs_password=True, **options) as office:
        url = f"smtp://etude:wrong-one@127.0.0.1:{office.port}"
        await Mailer(Settings(mail_url=url, mail_from=FROM)).deliver(changed_letter("a@b.example"))
        assert office.is_empty
    told = capsys.readouterr().out
    assert ("was not sent" in told, "sent again" in told, "wrong-one" in told) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", {"port": 25, "use_tls": False, "start_tls": None}),
        ("smtp://a:b@mail.example", {"port": 587, "use_tls": False, "start_tls": True}),
        ("smtp://a:b@localhost:1025", {"port": 1025, "use_tls": False, "start_tls": None}),
        ("smtps://a:b@mail.example", {"port": 465, "use_tls": True, "start_tls": False}),
    ],
)
def test_a_password_goes_over_no_open_line(url, expected):
    assert expected.items() <= smtp_options(url).items()


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"mail_from": None}, "mail_from"),
        ({"public_url": None, "environment": "production"}, "public_url"),
    ],
)
def test_what_mails_need_is_asked_for_at_the_start(more, what):
    given = {
        "mail_url": "smtp://mail.example",
        "mail_from": FROM,
        "public_url": "https://e.example",
    }
    with pytest.raises(ConfigError, match=what):
        Mailer(Settings(**(given | more)))


async def test_work_nobody_waits_for_is_bounded(capsys):
    background, gate = Background(2), asyncio.Event()
    done = []

    async def work():
        await gate.wait()
        done.append(1)

    assert [background.start(work()) for _ in range(3)] == [True, True, False]
    gate.set()
    await background.close()
    assert len(done) == 2
    assert "some was left out" in capsys.readouterr().out


async def test_work_that_fails_or_hangs_is_told_or_ended(capsys, monkeypatch):
    monkeypatch.setattr(background_module, "GRACE_SEC", 0.01)
    background = Background(2)

    async def fail():
        raise RuntimeError("out of ink")

    async def hang():
        await asyncio.Event().wait()

    background.start(fail())
    background.start(hang())
    await background.close()
    assert "out of ink" in capsys.readouterr().out


async def test_in_development_the_log_has_the_link(tmp_path, capsys):
    async with running_api(Settings(data_dir=tmp_path)) as api:
        ada = await join(api)
        asked = await api.nobody.post("auth/password/forgot", {"email": ada.email})
        assert asked.status == 202
    told = capsys.readouterr().out  # what was under way was waited for
    (token,) = re.findall(r"http://localhost:8000/reset#token=([\w-]{43})", told)
    async with running_api(Settings(data_dir=tmp_path)) as api:
        body = {"token": token, "new_password": "kunst der fuge"}
        assert (await api.nobody.post("auth/password/reset", body)).status == 204


async def test_in_production_the_log_never_has_it(tmp_path, capsys):
    settings = Settings(data_dir=tmp_path, environment="production")
    async with running_api(settings) as api:
        ada = await join(api)
        known = await api.nobody.post("auth/password/forgot", {"email": ada.email})
        unknown = await api.nobody.post("auth/password/forgot", {"email": new_email()})
        assert (known.status, known.code) == (503, "MAIL_NOT_CONFIGURED")
        assert (unknown.status, unknown.data) == (known.status, known.data)
        assert (await ada.post("auth/verify-email/send")).code == "MAIL_NOT_CONFIGURED"
        body = {"current_password": PASSWORD, "new_password": "kunst der fuge"}
        assert (await ada.post("auth/password/change", body)).status == 204
    told = capsys.readouterr()
    assert "token" not in told.out + told.err


async def test_mails_that_are_lost_at_the_end_are_counted_without_an_address(
    office, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(mailer_module, "RETRIES_SEC", (600.0,))
    monkeypatch.setattr(background_module, "GRACE_SEC", 0.1)
    office.refusals = ["451 greylisted"] * 2
    settings = settings_of(office, data_dir=tmp_path, secret="s" * 32)
    async with running_api(settings) as api:
        people = [await join(api) for _ in range(2)]
        async with asyncio.timeout(30):
            while office.tried < len(people):
                await asyncio.sleep(0.01)
    told = "".join(capsys.readouterr())
    (line,) = [line for line in told.splitlines() if "are lost" in line]
    assert "mails=2" in line
    assert not any(person.email in line for person in people)
