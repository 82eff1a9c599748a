"""A sign-in elsewhere, from the page that begins it to the code that the page is given."""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any, NamedTuple

from aiohttp import web

from server.errors import ApiError
from server.identity.account import Account
from server.identity.accounts import AccountStore
from server.identity.audit import Audit, Event
from server.identity.claiming import WHY as CLAIMED
from server.identity.claiming import ClaimStore
from server.identity.one_time_tokens import OneTimeTokens
from server.identity.sign_ins import SignIns
from server.oauth.errors import OAuthError, not_begun, not_configured
from server.oauth.models import BeginQuery, CallbackQuery, OAuthCode
from server.oauth.provider import Beginning, Provider
from server.oauth.returning import is_path
from server.outside.asking import AwayError
from server.outside.identities import IdentityStore
from server.outside.outsider import Outsider

STATE = "oauth"
CODE = "oauth_code"
UNDER_WAY = timedelta(minutes=10)
RETURNED = timedelta(minutes=1)
RANDOM_BYTES = 32


class Begun(NamedTuple):
    """Where the browser goes, and what it is known by when it comes back."""

    address: str
    browser: str


class OAuthFlow:
    """Signs people in with providers.

    Parameters
    ----------
    providers : dict of str to Provider
        Those that are configured.
    tokens : OneTimeTokens
        Keeps sign-ins that are under way.
    accounts : AccountStore
        Knows the accounts.
    identities : IdentityStore
        Knows which is whose.
    claims : ClaimStore
        Gives accounts to who has shown that their address is theirs.
    sign_ins : SignIns
        End then.
    audit : Audit
        Is told of all.
    """

    def __init__(
        self,
        providers: dict[str, Provider],
        tokens: OneTimeTokens,
        accounts: AccountStore,
        identities: IdentityStore,
        claims: ClaimStore,
        sign_ins: SignIns,
        audit: Audit,
    ) -> None:
        self.providers = providers
        self._tokens = tokens
        self._accounts = accounts
        self._identities = identities
        self._claims = claims
        self._sign_ins = sign_ins
        self._audit = audit

    def provider(self, name: str) -> Provider:
        """Give a provider by its name.

        Raises
        ------
        ApiError
            404 ``PROVIDER_NOT_CONFIGURED``.
        """
        if name not in self.providers:
            raise not_configured(name)
        return self.providers[name]

    async def begin(self, provider: Provider, redirect_uri: str, query: BeginQuery) -> Begun:
        """Begin a sign-in; where to return to has been checked."""
        browser, nonce, verifier = (secrets.token_urlsafe(RANDOM_BYTES) for _ in range(3))
        data = {
            "provider": provider.name,
            "browser": _digest(browser),
            "redirect": query.redirect,
            "challenge": query.challenge,
            "beginning": [redirect_uri, nonce, verifier],
        }
        state = await self._tokens.make(STATE, UNDER_WAY, data=data)
        beginning = Beginning(redirect_uri, nonce, verifier)
        return Begun(provider.address(state, beginning, _digest(verifier)), browser)

    async def finish(
        self, provider: Provider, answer: CallbackQuery, browser: str, request: web.Request
    ) -> str:
        """Give the address to return to, with a code or an error in its fragment.

        Raises
        ------
        ApiError
            400 ``OAUTH_STATE_INVALID``, if this browser did not begin it here.
        """
        known = await self._tokens.use(STATE, answer.state)
        data: dict[str, Any] = known.data if known is not None else {}
        if data.get("provider") != provider.name or not _is(browser, data["browser"]):
            await self._failed(provider, request, "state")
            raise not_begun()
        redirect: str = data["redirect"]
        try:
            outsider = await self._outsider(provider, answer, Beginning(*data["beginning"]))
        except OAuthError as error:
            await self._failed(provider, request, error.reason)
            return f"{redirect}#oauth_error={error.code}"
        except AwayError as error:
            return f"{redirect}#oauth_error={error.code}"
        account = await self._account(outsider, request)
        # Pages of other origins are not sent this server's cookies.
        browser_digest = data["browser"] if is_path(redirect) else None
        needed = {"challenge": data["challenge"], "browser": browser_digest}
        good_for = {"provider": provider.name, **needed}
        code = await self._tokens.make(CODE, RETURNED, account.id, good_for)
        return f"{redirect}#oauth_code={code}"

    async def redeem(self, body: OAuthCode, browsers: dict[str, str]) -> tuple[Account, str]:
        """Give the account that a code of :meth:`finish` is good for, and the provider.

        Parameters
        ----------
        body : OAuthCode
            The code; what shows that the page began the sign-in, where it said to.
        browsers : dict of str to str
            What the browser is known by, by provider.

        Raises
        ------
        ApiError
            401 ``INVALID_CODE``.
        """
        known = await self._tokens.use(CODE, body.code)
        account = await self._accounts.find(known.user_id) if known and known.user_id else None
        if known is None or account is None:
            raise _invalid_code()
        provider, data = known.data["provider"], known.data
        is_same = data["browser"] is None or _is(browsers.get(provider, ""), data["browser"])
        challenge = data["challenge"]
        is_page = challenge is None or _is(body.verifier or "", challenge)
        if not is_same or not is_page:
            raise _invalid_code()
        return account, provider

    async def _outsider(
        self, provider: Provider, answer: CallbackQuery, beginning: Beginning
    ) -> Outsider:
        if answer.error or not answer.code:
            reason = "".join(filter(str.isprintable, answer.error))[:100]
            raise OAuthError("ACCESS_DENIED", reason or "no code")
        return await provider.redeem(answer.code, beginning, answer.user)

    async def _account(self, outsider: Outsider, request: web.Request) -> Account:
        """Give the account of somebody: theirs, that of the address that is theirs, or a new.

        Raises nothing: who cannot be told to be somebody known is somebody new.
        """
        found = await self._identities.find(outsider.provider, outsider.subject)
        if found is not None:
            return found
        if outsider.email is not None and outsider.is_verified:
            holder = await self._holder(outsider.email, request)
            if holder is not None and await self._identities.add(holder.id, outsider):
                event, provider = Event.IDENTITY_LINKED, outsider.provider
                await self._audit.record(event, holder.id, request, provider=provider)
                return holder
        account, is_new = await self._identities.find_or_make(outsider)
        if is_new:
            event, provider = Event.REGISTERED, outsider.provider
            await self._audit.record(event, account.id, request, provider=provider)
        return account

    async def _holder(self, email: str, request: web.Request) -> Account | None:
        """Give the account of an address that a provider has verified.

        Whoever made it may not have shown that the address is theirs. It is its owner's now, and
        nothing that its maker set is left.
        """
        holder = await self._identities.holder(email)
        if holder is None or holder.is_verified:
            return holder
        if await self._claims.claim(holder.id, email):
            await self._sign_ins.end_all(holder.id, CLAIMED)
            await self._audit.record(Event.ACCOUNT_CLAIMED, holder.id, request)
        return await self._accounts.find(holder.id)

    async def _failed(self, provider: Provider, request: web.Request, reason: str) -> None:
        event = Event.OAUTH_FAILED
        await self._audit.record(event, None, request, provider=provider.name, reason=reason)


def _digest(text: str) -> str:
    """SHA-256 in Base64, as PKCE has it (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _is(text: str, digest: str) -> bool:
    return hmac.compare_digest(_digest(text), digest)


def _invalid_code() -> ApiError:
    return ApiError(
        401, "INVALID_CODE", "the code is not good, or not any more: begin the sign-in again"
    )
