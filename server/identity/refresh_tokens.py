"""Refresh tokens: the sign-in, how often it was refreshed, and a signature over both."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import NamedTuple

from server.errors import UnknownTokenError

MAX_CHARS = 200


class Refresh(NamedTuple):
    """What a refresh token says: nothing is kept of it but the number that is good."""

    login_id: str
    generation: int


class RefreshTokens:
    """Makes and reads refresh tokens.

    Parameters
    ----------
    key : bytes
        For this purpose alone: no other token of this server can be mistaken for one.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, refresh: Refresh) -> str:
        """Make the token of one generation of a sign-in."""
        said = f"{refresh.login_id}.{refresh.generation}"
        return f"{said}.{self._signature(said)}"

    def read(self, token: str) -> Refresh:
        """Read a token; whether it is still good is for the store to say.

        Raises
        ------
        UnknownTokenError
            If this server did not make it so.
        """
        said, _, signature = token.rpartition(".")
        login_id, _, generation = said.partition(".")
        is_ours = token.isascii() and hmac.compare_digest(signature, self._signature(said))
        if not is_ours:
            raise UnknownTokenError("the refresh token is not one of this server's: sign in again")
        return Refresh(login_id, int(generation))

    def _signature(self, said: str) -> str:
        digest = hmac.new(self._key, said.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()
