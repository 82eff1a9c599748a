"""Who plays: tokens signed with a key of this server."""

import os
import secrets
import stat
import time
import uuid
from pathlib import Path

import jwt
from msgspec import Struct

from server.errors import KeyFileError, TokenError

ALGORITHM = "HS256"
ISSUER = "etude"
KEY_BYTES = 32  # as long as the digest: RFC 7518, section 3.2
KEY_FILE = "signing.key"
DAY_SEC = 86_400
# The same name is the same user, whenever the token was made.
NAMESPACE = uuid.UUID("b9ae8ea2-6f0e-5f53-9d0e-6b0f1d1f7a10")


class User(Struct, frozen=True):
    """A person who may play: id (a UUID) and the name shown."""

    id: str
    name: str


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

    @classmethod
    def open(cls, folder: Path) -> "Tokens":
        """Read the key kept in ``folder``, making one at first.

        Raises
        ------
        KeyFileError
            If it cannot be read, is too short, or other users of this machine could read it.
        """
        path = folder / KEY_FILE
        try:
            if not path.exists():
                _make_key(path)
            return cls(_read_key(path))
        except OSError as error:
            raise KeyFileError(f"cannot use the signing key {path}: {error.strerror}") from None

    def issue(self, user: User, days: float) -> str:
        """Make a token for a user, good for so many days."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": user.id,
            "name": user.name,
            "iat": now,
            "exp": now + int(days * DAY_SEC),
        }
        return jwt.encode(claims, self._key, ALGORITHM)

    def verify(self, token: str) -> User:
        """Find out whose token this is.

        Raises
        ------
        TokenError
            If it is wrong, expired or tampered with.
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
            raise TokenError("the token has expired: make a new one with `etude token`") from None
        except (jwt.InvalidTokenError, ValueError):
            raise TokenError("the token is not one of this server's") from None
        return User(claims["sub"], str(claims.get("name", "")))


def _make_key(path: Path) -> None:
    """Write a new key; of two servers that start at once, one wins and both use its key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(KEY_BYTES).encode())
            file.flush()
            os.fsync(file.fileno())
        _publish(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)  # unlike a rename, this never replaces a key already in use
    except FileExistsError:
        return


def _read_key(path: Path) -> bytes:
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise KeyFileError(
            f"the signing key {path} must be readable by its owner only (mode 0600), "
            f"got mode {mode:04o}: run `chmod 600 {path}`, or delete it to make every token invalid"
        )
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise KeyFileError(f"the signing key {path} must be {KEY_BYTES} bytes in hexadecimal")
    return key
