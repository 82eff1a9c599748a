"""The web application around the routes: origins, hosts, headers, and the one shape of errors."""

import subprocess
import sys

import aiohttp
import pytest

from server.config import Settings, load_settings
from server.errors import ConfigError
from server.keys import HUB, STORE
from server.routes import ops, page
from server.secrets import new_secret
from server.store import TakeKeeper, TakeStore


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def error_of(response):
    body = await response.json()
    assert set(body) == {"error", "code", "details"}
    return response.status, body["code"]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/v1/nothing", (404, "NOT_FOUND")),
        ("GET", "/web/nothing.js", (404, "NOT_FOUND")),
        ("GET", "/web/%2e%2e/app.py", (404, "NOT_FOUND")),
        ("GET", "/web/..%2fapp.py", (404, "NOT_FOUND")),
        ("GET", "/web/%00", (404, "NOT_FOUND")),
        ("GET", "/web/" + "a" * 300, (404, "NOT_FOUND")),
        ("DELETE", "/health", (405, "METHOD_NOT_ALLOWED")),
        ("GET", "/api/v1/ws", (400, "BAD_REQUEST")),
    ],
)
async def test_every_error_has_the_one_shape(start_server, http, method, path, expected):
    server = await start_server()
    async with http.request(method, server.url + path) as response:
        assert await error_of(response) == expected


async def test_an_error_of_the_servers_own_shows_no_trace(start_server, http, monkeypatch):
    server = await start_server()
    monkeypatch.setattr(ops.platform, "python_version", lambda: 1 / 0)
    async with http.get(server.url + "/api/v1/status") as response:
        assert await error_of(response) == (500, "INTERNAL")
        assert "ZeroDivision" not in await response.text()


async def test_a_broken_rule_names_its_field(start_server, http):
    server = await start_server()
    async with http.get(server.url + "/api/v1/songs?limit=0") as response:
        assert await error_of(response) == (422, "INVALID_FIELD")
        assert (await response.json())["details"] == {"field": "limit"}


async def test_a_database_is_closed_even_where_the_last_takes_are_lost(start_server, monkeypatch):
    async def fail(_keeper):
        raise OSError("the disk is full")

    closed = []
    server = await start_server()
    close = TakeStore.close

    async def note_close(store):
        closed.append(store)
        await close(store)

    with monkeypatch.context() as patch:
        patch.setattr(TakeKeeper, "close", fail)
        patch.setattr(TakeStore, "close", note_close)
        with pytest.raises(OSError, match="the disk is full"):
            await server.runner.cleanup()
    assert closed == [server.app[STORE]]


LOGGING = """
import structlog
from server.runner import set_up_logs
set_up_logs("info")
token = "a token of " + "Ada"
try:
    raise ValueError("broken")
except ValueError:
    structlog.get_logger().exception("request failed")
"""


def test_a_log_tells_where_it_broke_and_shows_no_variables():
    done = subprocess.run([sys.executable, "-c", LOGGING], capture_output=True, text=True)
    assert done.stdout == ""
    assert "request failed" in done.stderr and "ValueError: broken" in done.stderr
    assert "a token of Ada" not in done.stderr


async def test_the_page_runs_nothing_but_its_own_code(start_server, http):
    server = await start_server()
    for path in ("/", "/web/main.js", "/health", "/nothing"):
        async with http.get(server.url + path) as response:
            assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Permissions-Policy"].startswith(
                "microphone=(self), midi=(self)"
            )


async def test_the_files_of_the_page_have_their_types_and_are_asked_for_again(start_server, http):
    server = await start_server()
    for path in sorted(page.WEB.rglob("*.*")):
        expected = {".html": "text/html", ".js": "javascript", ".css": "text/css", ".svg": "svg"}
        address = f"{server.url}/web/{path.relative_to(page.WEB)}"
        async with http.get(address) as response:
            assert expected.get(path.suffix, "") in response.headers["Content-Type"]
            tag = response.headers["ETag"]
        async with http.get(address, headers={"If-None-Match": tag}) as response:
            assert response.status == 304


async def test_a_page_from_elsewhere_is_refused_and_one_of_the_list_let_in(start_server, http):
    server = await start_server(origins=("https://game.example",))
    status = server.url + "/api/v1/status"
    async with http.get(status, headers={"Origin": "https://evil.example"}) as response:
        assert await error_of(response) == (403, "ORIGIN_NOT_ALLOWED")
        assert "Access-Control-Allow-Origin" not in response.headers
    async with http.get(status, headers={"Origin": "https://game.example"}) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "https://game.example"
    for headers in ({}, {"Origin": server.url}, {"Origin": "https://game.example"}):
        async with http.get(status, headers=headers) as response:
            assert response.headers["Vary"] == "Origin"


async def test_a_page_of_the_list_may_ask_before_it_sends(start_server, http):
    server = await start_server(origins=("*",))
    asks = {
        "Origin": "https://game.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    async with http.options(server.url + "/api/v1/songs", headers=asks) as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
        assert "PATCH" in response.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "host", ["[", "[::1", "evil.example", "evil.example:8000", "127.0.0.1.evil.example"]
)
async def test_a_name_that_was_bent_to_this_machine_is_refused(start_server, http, host):
    server = await start_server()
    bent = {"Host": host, "Origin": f"http://{host}"}
    async with http.get(server.url + "/api/v1/status", headers=bent) as response:
        assert await error_of(response) == (421, "WRONG_HOST")


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "[::1]:8000"])
async def test_the_names_of_this_machine_are_its_own(start_server, http, host):
    server = await start_server()
    own = {"Host": host, "Origin": f"http://{host}"}
    async with http.get(server.url + "/api/v1/status", headers=own) as response:
        assert response.status == 200


async def test_a_server_for_others_goes_by_any_name(start_server, http):
    server = await start_server(host="0.0.0.0", secret=new_secret())
    async with http.get(server.url + "/health", headers={"Host": "etude.example"}) as response:
        assert response.status == 200
    assert not server.app[HUB].settings.allows_guests


async def test_behind_a_proxy_the_servers_own_pages_are_let_in(start_server, http):
    server = await start_server(public_url="https://Etude.example/music", secret=new_secret())
    host = {"Host": "etude.example"}
    for origin, status in (("https://etude.example", 200), ("https://else.example", 403)):
        async with http.get(server.url + "/health", headers={**host, "Origin": origin}) as response:
            assert response.status == status
    assert not server.app[HUB].settings.allows_guests


@pytest.mark.parametrize(
    ("host", "guests", "expected"),
    [
        ("127.0.0.1", None, True),
        ("localhost", None, True),
        ("::1", None, True),
        ("0.0.0.0", None, False),
        ("::", None, False),
        ("192.168.1.5", None, False),
        ("studio.example", None, False),
        ("0.0.0.0", True, True),
        ("127.0.0.1", False, False),
    ],
)
def test_guests_play_only_where_nobody_else_can_connect(host, guests, expected):
    assert Settings(host=host, guests=guests).allows_guests is expected


def test_settings_come_from_the_environment_under_those_given(monkeypatch, tmp_path):
    monkeypatch.setenv("ETUDE_HOST", "0.0.0.0")
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("ETUDE_ORIGINS", "https://a.example, https://b.example")
    monkeypatch.setenv("ETUDE_GUESTS", "true")
    settings = load_settings(port=9001, database_url=None)
    assert (settings.host, settings.port, settings.guests) == ("0.0.0.0", 9001, True)
    assert settings.origins == ("https://a.example", "https://b.example")
    assert settings.store_url == f"sqlite+aiosqlite:///{tmp_path / 'data' / 'etude.db'}"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        (
            "ETUDE_PORT",
            "70000",
            "port: expected a whole number from 0 to 65535, got '70000' (ETUDE_PORT)",
        ),
        (
            "ETUDE_PORT",
            "http",
            "port: expected a whole number from 0 to 65535, got 'http' (ETUDE_PORT)",
        ),
        (
            "ETUDE_LOG_LEVEL",
            "loud",
            "log_level: expected one of debug, error, info, warning, got 'loud' (ETUDE_LOG_LEVEL)",
        ),
    ],
)
def test_a_bad_setting_is_named_with_its_rule(monkeypatch, variable, value, message):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert str(caught.value) == message
