"""Operation: alive, ready, status and figures."""

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.keys import STORE
from server.store import Database
from server.store.database import database_url, make_engine
from server.version import __version__

TUNE = [{"midiNote": 60, "startTime": 0}, {"midiNote": 62, "startTime": 500}]


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def figures(http, server):
    async with http.get(server.url + "/metrics") as response:
        text = await response.text()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_server_is_alive_and_ready(start_server, http):
    server = await start_server()
    async with http.get(server.url + "/health") as response:
        assert (response.status, await response.json()) == (200, {"status": "ok"})
    async with http.get(server.url + "/health/ready") as response:
        assert (await response.json())["checks"] == {"database": "ok"}


async def test_a_server_whose_database_is_gone_is_alive_but_not_ready(start_server, http):
    server = await start_server()
    store = server.app[STORE]
    gone = Database(make_engine(database_url("postgresql://127.0.0.1:1/gone")))
    good, store.database = store.database, gone
    async with http.get(server.url + "/health") as response:
        assert response.status == 200
    async with http.get(server.url + "/health/ready") as response:
        assert (response.status, (await response.json())["code"]) == (503, "NOT_READY")
    store.database = good


async def test_the_status_tells_version_counts_and_features(start_server, http):
    server = await start_server()
    async with (
        http.ws_connect(server.url + "/api/v1/ws"),
        http.get(server.url + "/api/v1/status") as response,
    ):
        status = await response.json()
    assert (status["version"], status["connections"], status["sessions"]) == (__version__, 1, 0)
    assert status["features"]["guests"] is True
    assert status["uptime_seconds"] > 0


async def test_the_figures_count_connections_sessions_notes_verdicts_and_errors(start_server, http):
    server = await start_server()
    async with http.ws_connect(server.url + "/api/v1/ws") as socket:
        await socket.send_json({"event": "end_session"})
        await socket.receive_json()
        await socket.send_json({"event": "start_session", "data": {"expectedNotes": TUNE}})
        await socket.receive_json()
        note = {"midiNote": 60, "timestamp": 0}
        await socket.send_json({"event": "note_played", "data": note})
        await socket.receive_json()
        await socket.receive_json()
        during = await figures(http, server)
        await socket.send_json({"event": "end_session"})
        await socket.receive_json()
        after = await figures(http, server)
    assert during["etude_connections", "ws"] == during["etude_sessions",] == 1
    assert during["etude_notes_played_total",] == after["etude_notes_played_total",] == 1
    assert during["etude_errors_total", "WRONG_ORDER"] == 1
    assert (after["etude_sessions",], after["etude_sessions_started_total",]) == (0, 1)
    assert after["etude_verdicts_total", "correct"] == 1
    assert after["etude_reply_seconds_count",] == 2
    assert after["etude_reply_seconds_bucket", "+Inf"] == 2
    assert 0 < after["etude_reply_seconds_sum",] < 10
