"""Accounts with a password: make one, change it, change what it says of its owner."""

import asyncio
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from aiohttp import web
from msgspec import UNSET, structs

from server.errors import ApiError, EmailTakenError, FieldError
from server.identity.account import Account
from server.identity.audit import Audit, Event
from server.identity.credentials import CredentialStore, Kept
from server.identity.emails import checked_email
from server.identity.passwords import Passwords
from server.identity.rest_models import ProfileChange, Registration
from server.takes.ids import uuid7

# Files of the folder that are no places: what they mean depends on the machine, or is nothing.
_NO_PLACES = {"localtime", "Factory"}


@cache
def all_time_zones() -> set[str]:
    """Give the names of the time zones that are the same everywhere; reads a folder."""
    return available_timezones() - _NO_PLACES


class Members:
    """Makes and changes accounts with a password.

    Parameters
    ----------
    credentials : CredentialStore
        Keeps them.
    passwords : Passwords
        Hashes and compares.
    audit : Audit
        Is told of all.
    """

    def __init__(self, credentials: CredentialStore, passwords: Passwords, audit: Audit) -> None:
        self._credentials = credentials
        self._passwords = passwords
        self._audit = audit

    async def add(self, body: Registration, request: web.Request | None) -> Account:
        """Make an account; without a request, it is the operator who does.

        Raises
        ------
        FieldError
            If address, name or password break a rule.
        EmailTakenError
            If somebody has it.
        """
        email = checked_email(body.email)
        name = _shown_name(body.name or email.partition("@")[0])
        kept = await self._passwords.accept(body.password, (email, name))
        account = Account(id=uuid7(), name=name, role=body.role, email=email)
        if not await self._credentials.add(account, kept):
            raise EmailTakenError
        await self._audit.record(Event.REGISTERED, account.id, request, role=account.role)
        return account

    async def set_password(
        self, kept: Kept, password: str, field: str, request: web.Request | None, event: Event
    ) -> None:
        """Give an account a new password, unless another one came in between.

        Raises
        ------
        FieldError
            If it breaks a rule.
        ApiError
            409 ``CONFLICT``, if another one came in between.
        """
        account = kept.account
        made = await self._passwords.accept(password, (account.email or "", account.name), field)
        if not await self._credentials.set_password(account.id, made, kept.password_hash):
            raise ApiError(409, "CONFLICT", "the password was changed meanwhile: try again")
        await self._audit.record(event, account.id, request)

    async def change_profile(
        self, account: Account, body: ProfileChange, request: web.Request
    ) -> Account:
        """Change what an account says of its owner.

        Raises
        ------
        FieldError
            If a field breaks a rule, or is none that changes here.
        """
        given = {k: v for k, v in structs.asdict(body).items() if v is not UNSET}
        for field in ("email", "role"):
            if given.pop(field, getattr(account, field)) != getattr(account, field):
                raise FieldError(field, f"{field}: it cannot be changed here")
        if "name" in given:
            given["name"] = _shown_name(given["name"])
        if "instrument" in given:
            given["instrument"] = _printable("instrument", given["instrument"])
        if "time_zone" in given:
            await check_time_zone(given["time_zone"])
        await self._change(account, given, request)
        return structs.replace(account, **given)

    async def _change(self, account: Account, values: dict[str, Any], request: web.Request) -> None:
        changed = {k: v for k, v in values.items() if v != getattr(account, k)}
        if changed:
            await self._credentials.change(account.id, changed)
            await self._audit.record(
                Event.PROFILE_CHANGED, account.id, request, fields=sorted(changed)
            )


async def check_time_zone(name: str, field: str = "time_zone") -> None:
    """Check the name of a time zone.

    Raises
    ------
    FieldError
        If it is none of the IANA's.
    """
    if name not in await asyncio.to_thread(all_time_zones):
        raise FieldError(field, f"{field}: expected an IANA name like Europe/Berlin, got {name!r}")


def _shown_name(text: str) -> str:
    name = _printable("name", text)
    if not name:
        raise FieldError("name", "name: it must not be empty")
    return name


def _printable(field: str, text: str) -> str:
    text = " ".join(text.split())
    if not text.isprintable():
        raise FieldError(field, f"{field}: it must not have control characters")
    return text
