"""Requests at a fixed rate, timed from when they were due."""

import asyncio

import pytest
from aiohttp import web

from bench.rest.bare import filled, make_app
from bench.rest.http import Ask
from bench.rest.load import Plan, run

ASKS = [Ask("GET", "/api/v1/sessions"), Ask("POST", "/api/v1/sessions", '{"notes": "x"}')]


async def serve(app):
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def test_every_request_is_sent_and_answered():
    runner, url = await serve(make_app(300, 40))
    outcome = await run(Plan(url, ASKS, rate_hz=400, seconds=0.25, connections=5, warm_sec=0))
    await runner.cleanup()
    assert outcome.statuses == {"200": 50, "201": 50}
    assert (len(outcome.answers_ms), outcome.answer_bytes) == (100, 300)


async def test_who_waits_for_a_connection_is_timed_from_when_it_was_due():
    async def stall(_):
        await asyncio.sleep(0.01)
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/api/v1/sessions", stall)
    runner, url = await serve(app)
    outcome = await run(Plan(url, ASKS[:1], rate_hz=1000, seconds=0.05, connections=1, warm_sec=0))
    await runner.cleanup()
    assert len(outcome.answers_ms) == 50
    assert max(outcome.answers_ms) > 400  # the last of 50 that take 10 ms one after the other


@pytest.mark.parametrize("n_bytes", [13, 300, 70_000])
def test_the_yardstick_answers_as_many_bytes_as_are_asked_for(n_bytes):
    assert len(filled(n_bytes)) == n_bytes
