"""GitHub, which is asked for the profile and the addresses of who has come back."""

from typing import Any

from server.config.providers import GithubSignIn
from server.oauth.errors import refused
from server.oauth.provider import Beginning, redeemed, with_query
from server.outside.asking import Asking
from server.outside.outsider import Outsider, outsider_of


class GithubProvider:
    """Sign in with GitHub.

    Parameters
    ----------
    configured : GithubSignIn
        Its addresses.
    asking : Asking
        Asks it.
    """

    name = "github"
    sends_form = False

    def __init__(self, configured: GithubSignIn, asking: Asking) -> None:
        self._configured = configured
        self._asking = asking

    def address(self, state: str, beginning: Beginning, challenge: str) -> str:
        """Say where the browser goes first."""
        query = {
            "response_type": "code",
            "client_id": self._configured.client_id,
            "redirect_uri": beginning.redirect_uri,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "scope": "read:user user:email",
        }
        return with_query(self._configured.authorize_url, query)

    async def redeem(self, code: str, beginning: Beginning, user: str) -> Outsider:
        """Find out who has come back, by asking with the token that the code is good for."""
        client = {
            "client_id": self._configured.client_id,
            "client_secret": self._configured.client_secret,
        }
        url = self._configured.token_url
        tokens = await redeemed(self._asking, self.name, url, code, beginning, client)
        token = str(tokens.get("access_token"))
        profile = await self._get(self._configured.profile_url, token)
        emails = await self._get(self._configured.emails_url, token)
        address = {"email": _primary(emails), "email_verified": True}
        said = profile if isinstance(profile, dict) else {}
        outsider = outsider_of(self.name, said.get("id"), said | address)
        if outsider is None:
            raise refused("the profile does not say who it is")
        return outsider

    async def _get(self, url: str, token: str) -> Any:
        told = await self._asking.get(self.name, url, {"Authorization": f"Bearer {token}"})
        if told.status != 200:
            raise refused(f"the profile is not told: status {told.status}")
        return told.data


def _primary(emails: Any) -> str | None:
    """The address that GitHub writes to, if its owner has shown that it is theirs."""
    for entry in emails if isinstance(emails, list) else []:
        if isinstance(entry, dict) and entry.get("primary") and entry.get("verified") is True:
            return str(entry.get("email"))
    return None
