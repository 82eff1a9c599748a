"""The store of what somebody signs in with here: an address and a password."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from server.identity.account import Account
from server.identity.accounts import SHOWN, USERS, account_of, email_key, user_values
from server.practice.days import move_days
from server.store.transactions import Database


class Kept(NamedTuple):
    """An account and what is kept of its password; None where it has none."""

    account: Account
    password_hash: str | None


class CredentialStore:
    """Keeps addresses and passwords.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_email(self, key: str) -> Kept | None:
        """Find the account of an address, as addresses are compared."""
        return await self._kept(USERS.c.email_key == key)

    async def by_id(self, user_id: str) -> Kept | None:
        """Find an account with what is kept of its password."""
        return await self._kept(USERS.c.id == user_id)

    async def add(self, account: Account, password_hash: str) -> bool:
        """Make an account with a password; False: its address has one already."""
        values = user_values(account) | {"password_hash": password_hash}
        make = self._database.insert(USERS).values(values)
        make = make.on_conflict_do_nothing(index_elements=[USERS.c.email_key])
        async with self._database.writing() as connection:
            return bool((await connection.execute(make)).rowcount)

    async def set_password(self, user_id: str, password_hash: str, was: str | None = None) -> bool:
        """Change a password, unless it is no longer what it ``was``; tells whether it did."""
        conditions = [USERS.c.id == user_id]
        if was is not None:
            conditions.append(USERS.c.password_hash == was)
        return await self._change(conditions, {"password_hash": password_hash})

    async def verify_email(self, user_id: str, email: str) -> bool:
        """Note that an address is its user's; False: it no longer is that user's address."""
        conditions = [USERS.c.id == user_id, USERS.c.email_key == email_key(email)]
        return await self._change(conditions, {"email_verified_at": datetime.now(UTC)})

    async def set_email(self, user_id: str, email: str) -> bool:
        """Give an account an address that was verified; False: another account has it."""
        now = datetime.now(UTC)
        values = {"email": email, "email_key": email_key(email), "email_verified_at": now}
        try:
            return await self._change([USERS.c.id == user_id], values)
        except IntegrityError:
            return False

    async def change(self, user_id: str, values: dict[str, Any]) -> bool:
        """Change what an account says of its owner; their days begin in their time zone."""
        values = {**values, "updated_at": datetime.now(UTC)}
        async with self._database.writing() as connection:
            query = update(USERS).where(USERS.c.id == user_id).values(values)
            is_there = bool((await connection.execute(query)).rowcount)
            if is_there and "time_zone" in values:
                await move_days(connection, user_id, values["time_zone"])
        return is_there

    async def _change(self, conditions: list[Any], values: dict[str, Any]) -> bool:
        values = {**values, "updated_at": datetime.now(UTC)}
        async with self._database.writing() as connection:
            done = await connection.execute(update(USERS).where(*conditions).values(values))
            return bool(done.rowcount)

    async def _kept(self, condition: Any) -> Kept | None:
        row = await self._database.row(select(*SHOWN, USERS.c.password_hash).where(condition))
        return row and Kept(account_of(row), row.password_hash)
