"""Who plays: tokens signed with a key of this server."""

import time
import uuid

import jwt
from msgspec import Struct

from server.errors import TokenError, UnknownTokenError

ALGORITHM = "HS256"
ISSUER = "etude"
DAY_SEC = 86_400
# The same name is the same user, whenever the token was made.
NAMESPACE = uuid.UUID("b9ae8ea2-6f0e-5f53-9d0e-6b0f1d1f7a10")


class User(Struct, frozen=True):
    """A person who may play: id (a UUID), the name shown, the sign-in by which they came."""

    id: str
    name: str
    login_id: str | None = None


def local_user(name: str) -> User:
    """Return the user of this server with that name."""
    return User(str(uuid.uuid5(NAMESPACE, name)), name)


class Tokens:
    """Signs and checks tokens.

    Parameters
    ----------
    key : bytes
        The server's own; whoever has it can be anybody.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, user: User, days: float) -> str:
        """Make a token for a user, good for so many days.

        One of a sign-in is good only while that is.
        """
        now = int(time.time())
        claims: dict[str, str | int] = {
            "iss": ISSUER,
            "sub": user.id,
            "name": user.name,
            "iat": now,
            "exp": now + int(days * DAY_SEC),
        }
        if user.login_id is not None:
            claims["sid"] = user.login_id
        return jwt.encode(claims, self._key, ALGORITHM)

    def verify(self, token: str) -> User:
        """Find out whose token this is.

        Raises
        ------
        TokenError
            If it has expired.
        UnknownTokenError
            If this server did not make it so.
        """
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={"require": ["exp", "sub", "iss"]},
            )
        except jwt.ExpiredSignatureError:
            raise TokenError("the token has expired: refresh it, or sign in again") from None
        except (jwt.InvalidTokenError, ValueError):
            raise UnknownTokenError("the token is not one of this server's") from None
        return User(claims["sub"], str(claims.get("name", "")), claims.get("sid"))
