"""The server's secret, and the keys made from it: one for each purpose."""

import os
import secrets
import stat
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.config import Settings
from server.errors import KeyFileError, SecretError

KEY_BYTES = 32  # as long as the digest: RFC 7518, section 3.2
KEY_FILE = "signing.key"
TOKENS = "tokens"


class Secrets:
    """Gives each purpose a key of its own.

    Parameters
    ----------
    secret : bytes
        The server's own; whoever has it can be anybody.
    own_keys : dict of str to bytes, optional
        Keys that are not derived, by their purpose.
    """

    def __init__(self, secret: bytes, own_keys: dict[str, bytes] | None = None) -> None:
        self._secret = secret
        self._own_keys = own_keys or {}

    @classmethod
    def open(cls, settings: Settings, *, may_make: bool = False) -> "Secrets":
        """Take the secret of the settings, else the key file of the data folder.

        Parameters
        ----------
        settings : Settings
            Which secret, else which folder.
        may_make : bool
            Make the file even where others can connect: the operator asks for it.

        Raises
        ------
        SecretError
            If there is none, and a server that others can reach must not make one up.
        KeyFileError
            If the file cannot be read, is too short, or other users of this machine could read it.
        """
        if settings.secret is not None:
            return cls(settings.secret.encode())
        path = key_path(settings)
        if settings.is_development or settings.is_private or may_make:
            make_key_file(path)
        key = _read_key_file(path)
        # Tokens were signed with the file's very bytes before there were other purposes.
        return cls(key, {TOKENS: key})

    def key(self, purpose: str) -> bytes:
        """Give the key of a purpose, 32 bytes: always the same, and telling nothing of others.

        References
        ----------
        RFC 5869: HKDF with SHA-256, without salt; ``info`` is the purpose.
        """
        if purpose in self._own_keys:
            return self._own_keys[purpose]
        info = f"etude {purpose}".encode()
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(self._secret)


def key_path(settings: Settings) -> Path:
    """Where the key file is, or would be."""
    return settings.data_dir / KEY_FILE


def new_secret() -> str:
    """Make a secret up: 32 random bytes in hexadecimal."""
    return secrets.token_hex(KEY_BYTES)


def make_key_file(path: Path) -> bool:
    """Make the key file where there is none, readable by its owner alone; tells whether it did.

    Raises
    ------
    KeyFileError
        If it cannot be written.
    """
    try:
        return not path.exists() and _write_key_file(path)
    except OSError as error:
        raise _unusable(path, error) from None


def _write_key_file(path: Path) -> bool:
    """Write a new key; of two servers that start at once, one wins and both use its key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(new_secret().encode())
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)  # unlike a rename, this never replaces a key already in use
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _read_key_file(path: Path) -> bytes:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_bytes()
    except FileNotFoundError:
        raise SecretError(
            "others can reach this server, and it has no secret: set ETUDE_SECRET to what "
            f"`etude secret` prints, or run `etude secret --make` once to keep one in {path.parent}"
        ) from None
    except OSError as error:
        raise _unusable(path, error) from None
    if os.name == "posix" and mode & 0o077:
        raise KeyFileError(
            f"the signing key {path} must be readable by its owner only (mode 0600), "
            f"got mode {mode:04o}: run `chmod 600 {path}`, or delete it to make every token invalid"
        )
    try:
        key = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise KeyFileError(f"the signing key {path} must be {KEY_BYTES} bytes in hexadecimal")
    return key


def _unusable(path: Path, error: OSError) -> KeyFileError:
    return KeyFileError(f"cannot use the signing key {path}: {error.strerror}")
