"""Who has a place in a room, and who may act as them."""

import secrets
from hashlib import sha256
from hmac import compare_digest

from msgspec import Struct

KEY_BYTES = 16


class Member(Struct):
    """One place in a room.

    Attributes
    ----------
    id : str
        As the client calls itself; unique in the room.
    name : str
        As the others see it.
    account : str
        The user whose place it is; all guests are one.
    key_digest : str
        Of the key that was answered or brought; empty where there is none yet.
    is_locked : bool
        The key was shown once, and is asked for ever since.
    left_ms : float
        When the last connection was lost, or the place was made.
    has_joined : bool
        The engine's room knows the member.
    awaited_offset_ms : float or None
        An offset to be told it then.
    """

    id: str
    name: str
    account: str
    key_digest: str = ""
    is_locked: bool = False
    left_ms: float = 0.0
    has_joined: bool = False
    awaited_offset_ms: float | None = None

    def new_key(self) -> str:
        """Make a key; the one before is worth nothing any more."""
        key = secrets.token_urlsafe(KEY_BYTES)
        self.key_digest = _digest(key)
        return key

    def admits(self, account: str, key: str | None) -> bool:
        """Tell whether this account may act as the member, with this key or without one."""
        if account != self.account:
            return False
        if key is None:
            return not self.is_locked
        return not self.key_digest or compare_digest(self.key_digest, _digest(key))

    def show(self, key: str | None) -> None:
        """Ask for the key that was shown from now on."""
        if key is not None:
            self.key_digest = _digest(key)
            self.is_locked = True


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
