"""Codes that an authenticator shows: made of a shared secret and the time."""

import hmac
import os
from io import BytesIO

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ISSUER = "Etude"
STEP_SEC = 30  # RFC 6238, section 4.1
WINDOW_STEPS = 1  # either way: section 5.2
NONCE_BYTES = 12


class Seal:
    """Seals secrets, so that who reads the database cannot make codes.

    Parameters
    ----------
    key : bytes
        For this purpose alone.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, secret: str, user_id: str) -> bytes:
        """Seal a secret for its user; for another it cannot be opened."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), user_id.encode())

    def open(self, sealed: bytes, user_id: str) -> str | None:
        """Give a secret; None: the server has another key than when it was sealed."""
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, text, user_id.encode()).decode()
        except InvalidTag:
            return None


def new_secret() -> str:
    """Make a secret: 160 random bits, as RFC 4226, section 4, has them."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, now_sec: float) -> int | None:
    """Find the time step that a code belongs to; None: it is not one of about now."""
    totp = pyotp.TOTP(secret)
    current = int(now_sec) // STEP_SEC
    steps = range(current - WINDOW_STEPS, current + WINDOW_STEPS + 1)
    matches = [hmac.compare_digest(totp.generate_otp(step), code) for step in steps]
    return next((step for step, is_it in zip(steps, matches, strict=True) if is_it), None)


def address_of(secret: str, name: str) -> str:
    """Give what an authenticator takes: an ``otpauth`` address."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """Draw an address as a QR code: an SVG image; takes some milliseconds."""
    picture = BytesIO()
    segno.make(address, micro=False).save(
        picture, kind="svg", scale=4, light="#fff", xmldecl=False, nl=False
    )
    return picture.getvalue().decode()
