"""How often somebody may ask, and what they are told of it."""

import asyncio
import os
import uuid

import pytest
from newcomers import PASSWORD, join, log_in, new_email
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rest_people import running_api

from server.config import Settings
from server.config.providers import RateLimits
from server.http import windows as windows_module
from server.http.limiting import Rule
from server.http.visitor import network_of
from server.http.windows import REDIS_PREFIX, MemoryWindows, Uses, Windows
from server.identity.audit import AUDIT_EVENTS
from server.keys import STORE

REDIS = os.environ.get("ETUDE_TEST_REDIS", "redis://127.0.0.1:6379/0")
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
async def redis_url():
    """A Redis that answers."""
    async with Redis.from_url(REDIS, socket_connect_timeout=1) as redis:
        try:
            await redis.ping()
        except (RedisError, OSError) as error:
            pytest.skip(f"no Redis at {REDIS}: {error}")
    return REDIS


@pytest.fixture
def serving(tmp_path):
    """A server of its own with these limits, which no other test uses up."""

    def start(proxies=("127.0.0.1",), redis_url=None, **limits):
        settings = Settings(
            data_dir=tmp_path,
            proxies=proxies,
            redis_url=redis_url,
            rate_limits=RateLimits(**limits),
        )
        return running_api(settings)

    return start


def at(address):
    return {"X-Forwarded-For": address}


async def events_of(api, event):
    of_event = AUDIT_EVENTS.select().where(AUDIT_EVENTS.c.event == event)
    return await api.app[STORE].database.rows(of_event)


def test_a_window_begins_with_its_first_use_and_ends():
    windows = MemoryWindows()
    assert windows.look("ada", 60, 1000.0) == Uses(0, 60)
    assert windows.count("ada", 60, 1000.0) == Uses(1, 60.0)
    assert windows.count("ada", 60, 1059.0) == Uses(2, 1.0)
    assert windows.look("ada", 60, 1059.5) == Uses(2, 0.5)
    assert windows.count("ben", 60, 1059.5) == Uses(1, 60.0)
    assert windows.count("ada", 60, 1060.0) == Uses(1, 60.0)
    windows.forget("ada")
    assert windows.count("ada", 60, 1061.0) == Uses(1, 60.0)


def test_a_flood_of_names_takes_no_more_than_its_share_of_memory(monkeypatch):
    monkeypatch.setattr(windows_module, "KEYS_MAX", 100)
    windows = MemoryWindows()
    for number in range(1000):
        windows.count(f"eve {number}", 60, 1000.0 + number / 1000)
        assert len(windows._windows) <= 100
    assert windows.look("eve 999", 60, 1001.0).times == 1
    assert windows.look("eve 0", 60, 1001.0).times == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("x:y", "x:y"),
        ("", ""),
    ],
)
def test_a_household_counts_once(address, network):
    assert network_of(address) == network


async def test_redis_counts_as_memory_does(redis_url):
    one, other = Windows(redis_url), Windows(redis_url)
    key = uuid.uuid4().hex
    try:
        assert await one.look(key, 60) == Uses(0, 60)
        assert (await one.count(key, 60)).times == 1
        uses = await other.count(key, 60)
        assert uses.times == 2
        assert 0 < uses.left_sec <= 60
        assert (await one.look(key, 60)).times == 2
        await other.forget(key)
        assert (await one.count(key, 60)).times == 1
        assert 0 < await one._redis.ttl(REDIS_PREFIX + key) <= 60
    finally:
        await one.forget(key)
        await one.close()
        await other.close()


async def test_without_its_redis_a_process_counts_by_itself(capsys):
    windows = Windows(NOWHERE)
    assert [(await windows.count("ada", 60)).times for _ in range(3)] == [1, 2, 3]
    assert (await windows.look("ada", 60)).times == 3
    await windows.forget("ada")
    assert (await windows.count("ada", 60)).times == 1
    await windows.close()
    assert capsys.readouterr().out.count("Redis is away") == 1


async def test_a_redis_that_comes_back_is_asked_again(redis_url, capsys, monkeypatch):
    windows, key = Windows(redis_url), uuid.uuid4().hex
    good = windows._redis
    windows._redis = Redis.from_url(NOWHERE)
    monkeypatch.setattr(windows_module, "REDIS_RETRY_SEC", 0.0)
    await windows.count(key, 60)
    await windows.count(key, 60)
    await windows._redis.aclose()
    windows._redis = good
    assert (await windows.count(key, 60)).times == 1
    await windows.forget(key)
    await windows.close()
    told = capsys.readouterr().out
    assert (told.count("Redis is away"), told.count("Redis is back")) == (1, 1)


async def test_every_answer_tells_how_much_is_left(serving):
    async with serving() as api:
        ada = await join(api)
        first, second = await ada.get("auth/me"), await ada.get("auth/nowhere")
        assert first.headers["RateLimit-Limit"] == "30000"
        assert first.headers["RateLimit-Remaining"] == "29999"
        assert 0 < int(first.headers["RateLimit-Reset"]) <= 60
        assert second.status == 404
        assert second.headers["RateLimit-Remaining"] == "29999"  # by address, as nobody
        health = await api.nobody.get("/health")
        assert "RateLimit-Limit" not in health.headers


async def test_too_much_is_refused_until_the_window_ends(serving):
    async with serving(requests_per_account_per_minute=2) as api:
        ada, ben = await api.person("Ada"), await api.person("Ben")
        assert [(await ada.get("auth/me")).status for _ in range(3)] == [200, 200, 429]
        refused = await ada.get("auth/me")
        assert (refused.status, refused.code) == (429, "RATE_LIMITED")
        seconds = int(refused.headers["Retry-After"])
        assert 0 < seconds <= 60
        assert refused.data["details"] == {"retry_after_seconds": seconds}
        assert f"try again in {seconds} seconds" in refused.data["error"]
        assert refused.headers["RateLimit-Remaining"] == "0"
        assert (await ben.get("auth/me")).status == 200
        assert (await api.nobody.get("/health")).status == 200
        (event,) = await events_of(api, "limit_hit")  # once, however often it was refused
        assert (event.details, event.address) == ({"limit": "general"}, "127.0.0.1")
        assert event.user_id == ada.id


@pytest.mark.parametrize("path", ["auth/me", "/", "/nowhere", "/web/style.css", "songs"])
async def test_nobody_is_counted_by_address(serving, path):
    async with serving(requests_per_account_per_minute=1) as api:
        headers = at("192.0.2.1")
        assert (await api.nobody.get(path, headers=headers)).status != 429
        assert (await api.nobody.get(path, headers=headers)).status == 429
        assert (await api.nobody.get(path, headers=at("192.0.2.2"))).status != 429
        bad = {"Authorization": "Bearer x", **headers}
        assert (await api.nobody.get(path, headers=bad)).status == 429


async def test_a_socketio_connection_counts_once(serving):
    async with serving(requests_per_account_per_minute=1) as api:
        path = "/socket.io/?EIO=4&transport=polling"
        opened = await api.nobody.get(path)
        sid = opened.body.decode().partition('"sid":"')[2].partition('"')[0]
        assert (opened.status, bool(sid)) == (200, True)
        sent = await api.nobody.ask("POST", f"{path}&sid={sid}", data="40")
        assert sent.status == 200
        assert (await api.nobody.get(f"{path}&sid={sid}")).status == 200
        assert (await api.nobody.get(path)).status == 429


async def test_sign_ins_have_a_limit_of_their_own(serving):
    async with serving(auth_per_address_per_minute=2) as api:
        for number in range(3):
            answer = await api.nobody.post("auth/refresh", {"refresh_token": f"x{number}"})
        assert (answer.status, answer.headers["RateLimit-Limit"]) == (429, "2")
        assert (await api.nobody.get("songs")).status == 200


async def test_who_may_still_register_is_not_told_of_mails(serving):
    async with serving(mails_per_address_per_hour=1) as api:
        body = {"password": PASSWORD}
        for remaining in ("299", "298", "297"):
            answer = await api.nobody.post("auth/register", body | {"email": new_email()})
            assert (answer.status, answer.headers["RateLimit-Remaining"]) == (201, remaining)


@pytest.mark.parametrize("is_known", [True, False])
async def test_wrong_passwords_are_stopped_alike_for_known_and_unknown(serving, is_known):
    async with serving(failed_logins_per_quarter_hour=3) as api:
        email = (await join(api)).email if is_known else new_email()
        answers = [await log_in(api, email.upper(), "not this one") for _ in range(4)]
        assert [answer.status for answer in answers] == [401, 401, 401, 429]
        assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 900
        assert (await log_in(api, email)).status == 429  # a right one, too
        body = {"email": email, "password": PASSWORD}
        elsewhere = await api.nobody.post("auth/login", body, headers=at("192.0.2.9"))
        assert elsewhere.status == (200 if is_known else 401)


async def test_of_many_wrong_passwords_at_once_none_is_missed(serving):
    async with serving(failed_logins_per_quarter_hour=3) as api:
        email = new_email()
        answers = await asyncio.gather(*(log_in(api, email, f"wrong {n}") for n in range(9)))
        assert sorted(answer.status for answer in answers) == [401] * 3 + [429] * 6


async def test_many_right_passwords_at_once_are_fine(serving):
    async with serving(failed_logins_per_quarter_hour=3) as api:
        ada = await join(api)
        answers = await asyncio.gather(*(log_in(api, ada.email) for _ in range(9)))
        assert [answer.status for answer in answers] == [200] * 9


async def test_a_right_password_counts_from_none_again(serving):
    async with serving(failed_logins_per_quarter_hour=2) as api:
        ada = await join(api)
        for _ in range(3):
            assert (await log_in(api, ada.email, "not this one")).status == 401
            assert (await log_in(api, ada.email)).status == 200


async def test_many_who_guess_cannot_lock_somebody_out_at_home(serving):
    async with serving(failed_logins_per_quarter_hour=1) as api:
        home = at("192.0.2.1")
        body = {"email": new_email(), "password": PASSWORD}
        assert (await api.nobody.post("auth/register", body, headers=home)).status == 201
        wrong = body | {"password": "not this one"}
        tried = [
            (await api.nobody.post("auth/login", wrong, headers=at(f"203.0.113.{n}"))).status
            for n in range(7)
        ]
        assert tried == [401] * 5 + [429] * 2
        abroad = await api.nobody.post("auth/login", body, headers=at("198.51.100.1"))
        assert abroad.status == 429
        assert (await api.nobody.post("auth/login", body, headers=home)).status == 200


async def test_the_current_password_is_not_guessed_either(serving):
    async with serving(failed_logins_per_quarter_hour=2) as api:
        ada = await join(api)
        body = {"current_password": "not this one", "new_password": "kunst der fuge"}
        codes = [(await ada.post("auth/password/change", body)).code for _ in range(3)]
        assert codes == ["WRONG_PASSWORD", "WRONG_PASSWORD", "RATE_LIMITED"]


async def test_nobody_may_ask_which_of_many_addresses_have_an_account(serving, monkeypatch):
    monkeypatch.setattr("server.routes.auth.TAKEN", Rule("taken", 2, 3600))
    async with serving() as api:
        body = {"email": (await join(api)).email, "password": PASSWORD}
        statuses = [(await api.nobody.post("auth/register", body)).status for _ in range(3)]
        assert statuses == [409, 409, 429]
        await join(api)  # whoever is new may still come


async def test_counting_is_shared_by_processes(serving, redis_url):
    async with (
        serving(redis_url=redis_url, failed_logins_per_quarter_hour=1) as one,
        serving(redis_url=redis_url, failed_logins_per_quarter_hour=1) as other,
    ):
        email = new_email()
        assert (await log_in(one, email)).status == 401
        assert (await log_in(other, email)).status == 429
