"""Google and Apple, which say who somebody is by a signed token."""

import hmac
import time
from collections.abc import Callable
from typing import Any

import jwt
import msgspec

from server.config.providers import AppleSignIn, GoogleSignIn
from server.oauth.errors import refused
from server.oauth.provider import Beginning, redeemed, with_query
from server.outside.asking import Asking
from server.outside.key_sets import ALGORITHMS, Jwk, KeySet
from server.outside.oidc import CLOCKS_SEC, REQUIRED, fetch_keys, unchecked
from server.outside.outsider import Outsider, outsider_of

APPLE_AUDIENCE = "https://appleid.apple.com"
APPLE_SECRET_SEC = 300


class OpenIdProvider:
    """A provider of OpenID Connect.

    Parameters
    ----------
    name : str
        Its users are kept under it.
    configured : GoogleSignIn or AppleSignIn
        Its addresses.
    asking : Asking
        Asks it.
    secret : callable
        Makes what shows that this server asks.
    extra : dict, optional
        What its address takes beside what the standards have.
    """

    def __init__(
        self,
        name: str,
        configured: GoogleSignIn | AppleSignIn,
        asking: Asking,
        secret: Callable[[], str],
        extra: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.sends_form = (extra or {}).get("response_mode") == "form_post"
        self._configured = configured
        self._asking = asking
        self._secret = secret
        self._extra = extra or {}
        self._keys = KeySet(name, self._fetch)

    def address(self, state: str, beginning: Beginning, challenge: str) -> str:
        """Say where the browser goes first."""
        query = {
            "response_type": "code",
            "client_id": self._configured.client_id,
            "redirect_uri": beginning.redirect_uri,
            "state": state,
            "nonce": beginning.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "scope": "openid email profile",
        }
        return with_query(self._configured.authorize_url, query | self._extra)

    async def redeem(self, code: str, beginning: Beginning, user: str) -> Outsider:
        """Find out who has come back, by the identity token that the code is good for."""
        client = {"client_id": self._configured.client_id, "client_secret": self._secret()}
        url = self._configured.token_url
        tokens = await redeemed(self._asking, self.name, url, code, beginning, client)
        claims = await self._claims(str(tokens.get("id_token")), beginning.nonce)
        named = {"name": _first_name_and_last(user)}
        outsider = outsider_of(self.name, claims["sub"], named | claims)
        if outsider is None:
            raise refused("the identity token does not say who it is")
        return outsider

    async def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """Check an identity token.

        References
        ----------
        OpenID Connect Core 1.0, section 3.1.3.7.
        """
        key = await self._keys.find(unchecked(token)[0])
        if key is None:
            raise refused("the identity token is signed by no key of the provider")
        issuer = self._configured.issuer
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._configured.client_id,
                # Google's tokens may leave the scheme out.
                issuer=[issuer, issuer.removeprefix("https://")],
                leeway=CLOCKS_SEC,
                options={"require": [*REQUIRED, "iat"]},
            )
        except jwt.PyJWTError as error:
            raise refused(f"the identity token is not good: {error}") from None
        if not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
            raise refused("the identity token is of another sign-in")
        if claims.get("azp", self._configured.client_id) != self._configured.client_id:
            raise refused("the identity token was made for another service")
        return claims

    async def _fetch(self) -> list[Jwk]:
        return await fetch_keys(self._asking, self.name, self._configured.jwks_url)


def google(configured: GoogleSignIn, asking: Asking) -> OpenIdProvider:
    """Sign in with Google."""
    return OpenIdProvider("google", configured, asking, lambda: configured.client_secret)


def apple(configured: AppleSignIn, asking: Asking) -> OpenIdProvider:
    """Sign in with Apple, which sends a form where name and address are asked for."""
    extra = {"response_mode": "form_post", "scope": "openid email name"}
    return OpenIdProvider("apple", configured, asking, lambda: apple_secret(configured), extra)


def apple_secret(configured: AppleSignIn) -> str:
    """Sign what Apple takes in place of a secret.

    References
    ----------
    Apple, "Creating a client secret": ES256, with the team as the issuer.
    """
    now = int(time.time())
    claims = {
        "iss": configured.team_id,
        "iat": now,
        "exp": now + APPLE_SECRET_SEC,
        "aud": APPLE_AUDIENCE,
        "sub": configured.client_id,
    }
    return jwt.encode(claims, configured.private_key, "ES256", {"kid": configured.key_id})


def _first_name_and_last(user: str) -> str:
    """Apple tells a name beside the token, once; it is what its owner typed there."""
    try:
        name = msgspec.json.decode(user)["name"]
        return " ".join(str(name[part]) for part in ("firstName", "lastName") if name.get(part))
    except (msgspec.DecodeError, LookupError, TypeError, AttributeError, ValueError):
        return ""
