"""The audit log: every security event, kept for a while, shown to whom it concerns."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from aiohttp import web
from sqlalchemy import Table

from server.http.visitor import OPERATOR, Visitor
from server.store.tables import Base
from server.store.transactions import Database
from server.takes.ids import uuid7

AUDIT_EVENTS: Table = Base.metadata.tables["audit_events"]


class Event(StrEnum):
    """What is written down; the names are part of the protocol and never change."""

    REGISTERED = "registered"
    LOGGED_IN = "logged_in"
    LOGIN_FAILED = "login_failed"
    REFRESHED = "refreshed"
    REFRESH_REUSED = "refresh_reused"
    LOGGED_OUT = "logged_out"
    LOGIN_ENDED = "login_ended"  # one of one's other sign-ins, by hand
    PASSWORD_FORGOTTEN = "password_forgotten"
    PASSWORD_RESET = "password_reset"
    PASSWORD_CHANGED = "password_changed"
    EMAIL_VERIFIED = "email_verified"
    ACCOUNT_CLAIMED = "account_claimed"  # what was set before the address was verified is gone
    EMAIL_CHANGED = "email_changed"
    PROFILE_CHANGED = "profile_changed"
    LIMIT_HIT = "limit_hit"
    TWO_FACTOR_ENABLED = "two_factor_enabled"
    TWO_FACTOR_DISABLED = "two_factor_disabled"
    TWO_FACTOR_FAILED = "two_factor_failed"
    RECOVERY_CODE_USED = "recovery_code_used"
    OAUTH_LOGGED_IN = "oauth_logged_in"
    OAUTH_FAILED = "oauth_failed"
    IDENTITY_LINKED = "identity_linked"
    OUTSIDE_TOKEN_REFUSED = "outside_token_refused"
    DATA_EXPORTED = "data_exported"
    ACCOUNT_DELETED = "account_deleted"
    INVITATION_ACCEPTED = "invitation_accepted"
    LINK_ENDED = "link_ended"


class Audit:
    """Writes security events down.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self, event: Event, user_id: str | None, request: web.Request | None, **details: Any
    ) -> None:
        """Write an event down; it is on the disk when this returns.

        Parameters
        ----------
        event : Event
            What happened.
        user_id : str or None
            Whom it concerns; None where nobody is known.
        request : Request or None
            By which it came; None: by the operator's command line.
        **details
            What else is to be known, as JSON: never a password, a token or a code.
        """
        visitor = OPERATOR if request is None else Visitor.of(request)
        row = {
            "id": uuid7(),
            "at": datetime.now(UTC),
            "user_id": user_id,
            "event": event.value,
            "address": visitor.address,
            "agent": visitor.agent,
            "details": details,
        }
        async with self._database.writing() as connection:
            await connection.execute(AUDIT_EVENTS.insert().values(row))
