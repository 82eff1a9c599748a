"""Whose an account is that was made with an address nobody had verified.

Anybody may register with another's address. Who shows later that the address is theirs, and says
that somebody else made the account, has it from then on, and they alone; so does who chooses a new
password by mail, or comes from a provider that has verified the address. Whatever was set before by
somebody who has not shown it, and would let them in or look on, is removed.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, or_, update

from server.identity.accounts import LOGINS, USERS, email_key
from server.identity.one_time_tokens import TOKENS
from server.identity.second_factors import RECOVERY
from server.people.links import INVITATIONS, LINKS
from server.store.transactions import Database

WHY = "address"


class ClaimStore:
    """Gives accounts to the owners of their addresses.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, user_id: str, email: str, password_hash: str | None = None) -> bool:
        """Give an account that nobody has verified to the owner of its address.

        Password and second factor, sign-ins, links under way, and teachers and students go at once
        or not at all.

        Parameters
        ----------
        user_id : str
            The account.
        email : str
            What its new owner has shown to be theirs.
        password_hash : str, optional
            Of the password that they chose.

        Returns
        -------
        bool
            False: it was verified before, or has another address; nothing was done.
        """
        now = datetime.now(UTC)
        is_unclaimed = (
            USERS.c.id == user_id,
            USERS.c.email_key == email_key(email),
            USERS.c.email_verified_at.is_(None),
        )
        change = update(USERS).where(*is_unclaimed)
        values: dict[str, Any] = dict.fromkeys(("totp_secret", "totp_enabled_at", "totp_step"))
        values |= {"password_hash": password_hash, "email_verified_at": now, "updated_at": now}
        is_running = (LOGINS.c.user_id == user_id, LOGINS.c.revoked_at.is_(None))
        is_linked = or_(LINKS.c.teacher_id == user_id, LINKS.c.student_id == user_id)
        async with self._database.writing() as connection:
            if not (await connection.execute(change.values(values))).rowcount:
                return False
            for query in (
                update(LOGINS).where(*is_running).values(revoked_at=now, revoked_why=WHY),
                delete(RECOVERY).where(RECOVERY.c.user_id == user_id),
                delete(TOKENS).where(TOKENS.c.user_id == user_id),
                delete(LINKS).where(is_linked),
                delete(INVITATIONS).where(INVITATIONS.c.inviter_id == user_id),
            ):
                await connection.execute(query)
        return True
