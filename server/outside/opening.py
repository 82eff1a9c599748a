"""Everything about people from elsewhere, opened and closed with the application."""

from collections.abc import AsyncIterator

from aiohttp import web

from server.config import Settings
from server.identity.accounts import AccountStore
from server.identity.audit import Audit
from server.identity.claiming import ClaimStore
from server.identity.known import KnownAccounts
from server.keys import (
    ACCOUNTS,
    ASKING,
    AUDIT,
    MEMBERS,
    OAUTH,
    ONE_TIME,
    OUTSIDE,
    SETTINGS,
    SIGN_INS,
    SYNCING,
)
from server.oauth.flow import OAuthFlow
from server.oauth.opening import providers_of
from server.outside.asking import Asking
from server.outside.identities import IdentityStore
from server.outside.oidc import OidcTokens, issuer_of
from server.outside.opaque import OpaqueTokens
from server.outside.strangers import Strangers
from server.outside.sync import Syncing
from server.outside.tokens import OutsiderReader, OutsideTokens


async def open_asking(app: web.Application) -> AsyncIterator[None]:
    """Open the way to other servers, before anything that needs it."""
    app[ASKING] = asking = Asking()
    yield
    await asking.close()


async def open_outside(app: web.Application) -> AsyncIterator[None]:
    """Open it once accounts can be made."""
    identities = app[OUTSIDE].identities
    accounts, audit = app[ACCOUNTS], app[AUDIT]
    app[SYNCING] = Syncing(accounts, identities, app[MEMBERS], audit)
    providers = providers_of(app[SETTINGS].oauth, app[ASKING])
    claims = ClaimStore(accounts.database)
    app[OAUTH] = OAuthFlow(
        providers, app[ONE_TIME], accounts, identities, claims, app[SIGN_INS], audit
    )
    yield


def outside_tokens(
    settings: Settings, asking: Asking, accounts: AccountStore, known: KnownAccounts
) -> OutsideTokens:
    """Make the end of the chain of bearer tokens: the providers of the settings."""
    readers: list[OutsiderReader] = []
    if settings.oidc:
        readers.append(OidcTokens([issuer_of(configured, asking) for configured in settings.oidc]))
    if settings.opaque:
        per_minute = settings.rate_limits.unknown_tokens_per_address_per_minute
        readers.append(OpaqueTokens(settings.opaque, asking, Strangers(per_minute)))
    database = accounts.database
    return OutsideTokens(readers, IdentityStore(database), known, Audit(database))
