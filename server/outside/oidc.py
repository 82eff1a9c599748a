"""Signed tokens of OpenID Connect issuers: whose they are, for whom they were made, until when."""

from collections.abc import Sequence
from typing import Any

import jwt
from msgspec import Struct, structs

from server.config.kinds import SafeUrl
from server.config.providers import OidcIssuer
from server.errors import TokenError
from server.outside.asking import Asking, away
from server.outside.key_sets import ALGORITHMS, Jwk, KeySet
from server.outside.outsider import Outsider, outsider_of

CLOCKS_SEC = 30  # by which those of two machines may differ
DISCOVERY = "/.well-known/openid-configuration"
REQUIRED = ["iss", "aud", "exp", "sub"]


class Issuer(Struct, frozen=True):
    """An issuer, what tokens for this server name as their audience, and the keys that sign."""

    name: str
    issuer: str
    audience: str
    keys: KeySet

    async def claims(self, token: str, header: dict[str, Any]) -> dict[str, Any]:
        """Give what a token of this issuer says.

        Raises
        ------
        TokenError
            If it is not good; the message says why.
        AwayError
            If nobody knows the issuer's keys.
        """
        key = await self.keys.find(header)
        if key is None:
            raise TokenError(f"{self.name} has no key that the token could be signed with")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self.audience,
                issuer=self.issuer,
                leeway=CLOCKS_SEC,
                options={"require": REQUIRED},
            )
        except jwt.ExpiredSignatureError:
            raise TokenError(f"the token of {self.name} has expired: get a new one there") from None
        except jwt.InvalidAudienceError:
            raise TokenError(f"the token of {self.name} was made for another service") from None
        except jwt.PyJWTError as error:
            raise TokenError(f"the token of {self.name} is not good: {error}") from None
        return claims


class OidcTokens:
    """Reads the tokens of all issuers.

    Parameters
    ----------
    issuers : sequence of Issuer
        Several may be one issuer's, for different audiences.
    """

    def __init__(self, issuers: Sequence[Issuer]) -> None:
        self._issuers = issuers

    async def read(self, token: str, address: str = "") -> Outsider | None:
        """Give whose token it is; None: it does not say to come from any of the issuers.

        It matters not where it comes from: nobody is asked for a single token.

        Raises
        ------
        TokenError
            If it does, and is not good.
        AwayError
            If nobody knows the issuer's keys.
        """
        header, said = unchecked(token)
        issuers = [issuer for issuer in self._issuers if issuer.issuer == said.get("iss")]
        if not issuers:
            return None
        chosen = next((one for one in issuers if _names(said.get("aud"), one)), issuers[0])
        claims = await chosen.claims(token, header)
        outsider = outsider_of(chosen.name, claims["sub"], claims)
        if outsider is None:
            raise TokenError(f"the token of {chosen.name} does not say whose it is")
        return structs.replace(outsider, until_sec=float(claims["exp"]) + CLOCKS_SEC)


def issuer_of(configured: OidcIssuer, asking: Asking) -> Issuer:
    """Make an issuer of the settings; nothing is asked before its first token comes."""

    async def fetch() -> list[Jwk]:
        url = configured.jwks_url or await discovered(asking, configured.name, configured.issuer)
        return await fetch_keys(asking, configured.name, url)

    keys = KeySet(configured.name, fetch)
    return Issuer(configured.name, configured.issuer, configured.audience, keys)


async def discovered(asking: Asking, provider: str, issuer: str) -> str:
    """Ask an issuer where its keys are.

    References
    ----------
    OpenID Connect Discovery 1.0, section 4.
    """
    url = issuer.rstrip("/") + DISCOVERY
    _, told = await asking.get(provider, url)
    if not isinstance(told, dict) or told.get("issuer") != issuer:
        raise away(provider, url, f"it does not describe {issuer}")
    try:
        return SafeUrl(told["jwks_uri"])
    except (KeyError, ValueError):
        raise away(provider, url, "it names no safe jwks_uri") from None


async def fetch_keys(asking: Asking, provider: str, url: str) -> list[Jwk]:
    """Ask for a key set (RFC 7517, section 5)."""
    _, told = await asking.get(provider, url)
    keys = told.get("keys") if isinstance(told, dict) else None
    if not isinstance(keys, list):
        raise away(provider, url, "it has no keys")
    return [key for key in keys if isinstance(key, dict)]


def unchecked(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give what a signed token says in head and body, believing none of it; else nothing."""
    try:
        parts = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return {}, {}
    return parts["header"], parts["payload"]


def _names(audience: Any, issuer: Issuer) -> bool:
    return issuer.audience in (audience if isinstance(audience, list) else [audience])
