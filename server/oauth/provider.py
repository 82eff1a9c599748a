"""A provider to sign in with: where the browser is sent, and who has come back."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from server.oauth.errors import refused
from server.outside.asking import Asking
from server.outside.outsider import Outsider


class Beginning(NamedTuple):
    """What a sign-in began with: each is used in this one only.

    Attributes
    ----------
    redirect_uri : str
        Where the provider sends the browser.
    nonce : str
        Stands in the identity token.
    verifier : str
        PKCE: shows that who redeems the code is who began.
    """

    redirect_uri: str
    nonce: str
    verifier: str


class Provider(Protocol):
    """One of those that people may sign in with."""

    name: str
    sends_form: bool  # it comes back by a POST from its own pages

    def address(self, state: str, beginning: Beginning, challenge: str) -> str:
        """Say where the browser goes first."""
        ...

    async def redeem(self, code: str, beginning: Beginning, user: str) -> Outsider:
        """Find out who has come back.

        Raises
        ------
        OAuthError
            If the provider does not take the code, or says what must not be believed.
        AwayError
            If it does not answer.
        """
        ...


def with_query(url: str, query: Mapping[str, str]) -> str:
    """Add a query to an address that may have one."""
    parts = urlsplit(url)
    pairs = [*parse_qsl(parts.query), *query.items()]
    return urlunsplit(parts._replace(query=urlencode(pairs)))


async def redeemed(
    asking: Asking, provider: str, url: str, code: str, beginning: Beginning, client: dict[str, str]
) -> dict[str, Any]:
    """Exchange a code for tokens.

    References
    ----------
    RFC 6749, section 4.1.3; RFC 7636, section 4.5.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": beginning.redirect_uri,
        "code_verifier": beginning.verifier,
        **client,
    }
    told = await asking.post(provider, url, form)
    # GitHub tells an error with status 200.
    if told.status != 200 or not isinstance(told.data, dict) or "error" in told.data:
        reason = told.data.get("error") if isinstance(told.data, dict) else None
        raise refused(f"code not taken: {str(reason or told.status)[:100]}")
    return told.data
