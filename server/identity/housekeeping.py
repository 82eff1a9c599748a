"""What is over is not kept for ever: old security events, sign-ins, links."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import delete

from server.identity.audit import AUDIT_EVENTS
from server.identity.logins import LOGINS
from server.identity.one_time_tokens import TOKENS
from server.store.database import FAILURES
from server.store.transactions import Database

log = structlog.get_logger()

INTERVAL_SEC = 24 * 3600.0


class Housekeeping:
    """Removes daily what is too old.

    Parameters
    ----------
    database : Database
        Stays open.
    audit_days : int
        How long security events are kept.
    """

    def __init__(self, database: Database, audit_days: int) -> None:
        self._database = database
        self._audit_lasting = timedelta(days=audit_days)

    async def run(self) -> None:
        """Sweep now and every day, for ever."""
        while True:
            try:
                await self.sweep()
            except FAILURES as error:
                log.warning("what is too old was not removed: tomorrow again", error=str(error))
            await asyncio.sleep(INTERVAL_SEC)

    async def sweep(self) -> None:
        """Remove what is too old; of several processes, any may."""
        now = datetime.now(UTC)
        async with self._database.writing() as connection:
            for too_old in (
                delete(AUDIT_EVENTS).where(AUDIT_EVENTS.c.at < now - self._audit_lasting),
                delete(LOGINS).where(LOGINS.c.expires_at < now),
                delete(TOKENS).where(TOKENS.c.expires_at < now),
            ):
                await connection.execute(too_old)
