"""What is over is not kept for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from newcomers import join, member
from sqlalchemy import select, update

from server.identity import housekeeping as housekeeping_module
from server.identity.audit import AUDIT_EVENTS
from server.identity.housekeeping import Housekeeping
from server.identity.logins import LOGINS
from server.identity.one_time_tokens import TOKENS, OneTimeTokens
from server.keys import STORE

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def make_old(api, table, column, condition, days):
    async with api.app[STORE].database.writing() as connection:
        old = datetime.now(UTC) - timedelta(days=days)
        await connection.execute(update(table).where(condition).values({column: old}))


async def test_what_is_too_old_goes_and_the_rest_stays(api):
    database = api.app[STORE].database
    ada = await join(api)
    stale = await member(api, ada.email)
    stale_id = (await stale.get("auth/logins?limit=1")).data[0]["id"]
    one_time = OneTimeTokens(database)
    used_up = await one_time.make("oauth", timedelta(seconds=-1))
    good = await one_time.make("oauth", timedelta(minutes=5))
    of_ada = AUDIT_EVENTS.c.user_id == ada.id
    await make_old(api, LOGINS, "expires_at", LOGINS.c.id == stale_id, 0)
    await make_old(api, AUDIT_EVENTS, "at", of_ada & (AUDIT_EVENTS.c.event == "logged_in"), 31)
    await make_old(api, AUDIT_EVENTS, "at", of_ada & (AUDIT_EVENTS.c.event == "registered"), 29)
    await Housekeeping(database, audit_days=30).sweep()
    assert [row.event for row in await database.rows(select(AUDIT_EVENTS).where(of_ada))] == [
        "registered"
    ]
    logins = await database.rows(select(LOGINS.c.id).where(LOGINS.c.user_id == ada.id))
    assert stale_id not in [row.id for row in logins]
    assert (await ada.get("auth/me")).status == 200
    assert await one_time.look("oauth", good) is not None
    digests = [row.digest for row in await database.rows(select(TOKENS.c.digest))]
    assert OneTimeTokens.digest_of(used_up) not in digests


async def test_it_is_tried_again_when_the_database_was_away(api, monkeypatch, capsys):
    monkeypatch.setattr(housekeeping_module, "INTERVAL_SEC", 0.0)
    swept = asyncio.Event()

    class Faltering(Housekeeping):
        tries = 0

        async def sweep(self):
            self.tries += 1
            if self.tries == 1:
                raise OSError("the database is away")
            await super().sweep()
            swept.set()

    running = asyncio.create_task(Faltering(api.app[STORE].database, 30).run())
    await asyncio.wait_for(swept.wait(), 30)
    running.cancel()
    assert "was not removed" in capsys.readouterr().out
