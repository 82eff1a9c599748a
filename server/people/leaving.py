"""Leaving: an account goes, with everything in it."""

from typing import Any

import structlog
from sqlalchemy import Table, delete, update

from server.files.store import FilesError, FileStore
from server.identity.accounts import USERS
from server.identity.bearers import OwnTokens
from server.live.hub import Hub
from server.store.tables import Base
from server.store.transactions import Database

TAKES: Table = Base.metadata.tables["takes"]
AUDIT: Table = Base.metadata.tables["audit_events"]
_log = structlog.get_logger(__name__)


class Leaving:
    """Deletes accounts.

    Parameters
    ----------
    database : Database
        Stays open.
    hub : Hub
        Live connections: those of who leaves are closed, and nothing of them is kept any more.
    own : OwnTokens
        Forgets the account.
    files : FileStore
        Their files go once the account has gone; what is left of them is swept away later.
    """

    def __init__(self, database: Database, hub: Hub, own: OwnTokens, files: FileStore) -> None:
        self._files = files
        self._database = database
        self._hub = hub
        self._own = own

    async def leave(self, user_id: str) -> None:
        """Delete an account and all that belongs to it.

        What the log of security events has of them stays for those who answer for the server, and
        names nobody any more.
        """
        async with self._hub.forgetting(user_id), self._database.writing() as connection:
            await connection.execute(delete(TAKES).where(TAKES.c.user_id == user_id))
            await connection.execute(delete(USERS).where(USERS.c.id == user_id))
            nobody: dict[str, Any] = {"user_id": None, "address": "", "agent": "", "details": {}}
            of_them = update(AUDIT).where(AUDIT.c.user_id == user_id)
            await connection.execute(of_them.values(nobody))
        self._own.forget(user_id)
        try:
            await self._files.delete_under(user_id)
        except FilesError:
            _log.warning("the files of a user who left wait for the next sweep")
