"""``users/sync``: who has signed in elsewhere gets an account here, or a newer one."""

from typing import Annotated

from aiohttp import web
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from server.errors import ApiError
from server.identity.account import STUDENT, Account, Role
from server.identity.accounts import AccountStore
from server.identity.audit import Audit, Event
from server.identity.emails import checked_email
from server.identity.members import Members, check_time_zone
from server.identity.rest_models import Email, Name, ProfileChange
from server.outside.identities import IdentityStore
from server.outside.outsider import Outsider
from server.store.tables.accounts import NAME_CHARS, SUBJECT_CHARS, ZONE_CHARS

Claimed = Annotated[str, Meta(max_length=SUBJECT_CHARS)]


class SyncBody(Struct):
    """What a client knows of who has signed in elsewhere; all of it may be left out.

    ``sub``, ``subject``, ``user_id`` and ``id`` name the subject of the token or the account here:
    another one is refused. The token's address goes before that of the body, which nobody has
    verified. ``role`` counts when the account is made.
    """

    sub: Claimed | None = None
    subject: Claimed | None = None
    user_id: Claimed | None = None
    id: Claimed | None = None
    provider: Claimed | None = None
    email: Email | None = None
    name: Name | None = None
    role: Role | None = None
    instrument: Annotated[str, Meta(max_length=NAME_CHARS)] | UnsetType = UNSET
    time_zone: Annotated[str, Meta(min_length=1, max_length=ZONE_CHARS)] | UnsetType = UNSET


class Syncing:
    """Makes and updates the accounts of those who come from elsewhere.

    Parameters
    ----------
    accounts : AccountStore
        Gives accounts as they are now.
    identities : IdentityStore
        Knows which is whose.
    members : Members
        Changes what an account says of its owner.
    audit : Audit
        Is told of new accounts.
    """

    def __init__(
        self,
        accounts: AccountStore,
        identities: IdentityStore,
        members: Members,
        audit: Audit,
    ) -> None:
        self._accounts = accounts
        self._identities = identities
        self._members = members
        self._audit = audit

    async def sync(
        self, outsider: Outsider, body: SyncBody, request: web.Request
    ) -> tuple[Account, bool]:
        """Give the account of somebody, made or updated, and whether it was made.

        Raises
        ------
        ApiError
            403 ``SUBJECT_MISMATCH``, if the body claims to be about somebody else.
        FieldError
            If a field breaks a rule.
        """
        await self._check_claims(outsider, body)
        if body.time_zone is not UNSET:
            await check_time_zone(body.time_zone)
        if body.email is not None and outsider.email is None:
            outsider = structs.replace(outsider, email=checked_email(body.email))
        account, is_new = await self._identities.find_or_make(outsider, body.role or STUDENT)
        if is_new:
            event, provider = Event.REGISTERED, outsider.provider
            await self._audit.record(
                event, account.id, request, role=account.role, provider=provider
            )
        elif outsider.email is not None and outsider.email != account.email:
            await self._identities.set_address(account.id, outsider.email, outsider.is_verified)
        await self._members.change_profile(account, _changes(body), request)
        return await self._accounts.find(account.id) or account, is_new

    async def _check_claims(self, outsider: Outsider, body: SyncBody) -> None:
        claimed = {body.sub, body.subject, body.user_id, body.id} - {None, outsider.subject}
        if claimed:
            account = await self._identities.find(outsider.provider, outsider.subject)
            claimed -= {account and account.id}
        if claimed or body.provider not in (None, outsider.provider):
            raise ApiError(
                403,
                "SUBJECT_MISMATCH",
                "the token belongs to somebody else than the body says: send its own subject, "
                "or none",
            )


def _changes(body: SyncBody) -> ProfileChange:
    return ProfileChange(
        name=UNSET if body.name is None else body.name,
        role=UNSET if body.role is None else body.role,
        instrument=body.instrument,
        time_zone=body.time_zone,
    )
