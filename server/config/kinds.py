"""Texts with rules: what a secret or an address in the settings must be like.

Each kind is a ``str`` that checks itself as it is made, so that a wrong value is refused where
settings are read, by words that tell the rule.
"""

import math
import re
from collections import Counter
from email.utils import parseaddr
from typing import Self
from urllib.parse import SplitResult, urlsplit

SECRET_MIN_CHARS = 32
# 32 random hexadecimal digits have 128 bits, of which so few letters show some 115.
SECRET_MIN_BITS = 80.0
PLACEHOLDERS = ("change", "secret", "example", "password", "default", "placeholder")

HIDDEN = "(hidden)"
_PASSWORD = re.compile(r"(?<=://)([^/?#@:]*):[^/?#]*@")
_SECRET_QUERY = re.compile(r"([?&][^=&#]*(?:pass|secret|token|key)[^=&#]*=)[^&#]*", re.IGNORECASE)


class Kind(str):
    """Text with a rule.

    Raises
    ------
    ValueError
        In words that end where the value would follow, if it breaks the rule.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not isinstance(text, str):
            raise ValueError("expected text")
        return super().__new__(cls, cls.read(text))

    @staticmethod
    def read(text: str) -> str:
        """Check the text and give it as it is kept."""
        return text


class Secret(Kind):
    """A key as text: long, and nothing that a person would make up."""

    __slots__ = ()

    @staticmethod
    def read(text: str) -> str:
        """Refuse what could be guessed."""
        if len(text) < SECRET_MIN_CHARS:
            raise ValueError(f"expected at least {SECRET_MIN_CHARS} random characters")
        if word := next((word for word in PLACEHOLDERS if word in text.lower()), None):
            raise ValueError(f"expected random characters, not words like {word!r}")
        if shown_bits(text) < SECRET_MIN_BITS or text in (text + text)[1:-1]:
            raise ValueError("expected random characters, not some that repeat themselves")
        return text

    def __repr__(self) -> str:
        return HIDDEN


class PemKey(Kind):
    """A private key as text; where a line break does not fit in, ``\\n`` stands for it."""

    __slots__ = ()

    @staticmethod
    def read(text: str) -> str:
        """Refuse what is none, like the name of the file."""
        text = text.replace("\\n", "\n")
        if not text.lstrip().startswith("-----BEGIN"):
            raise ValueError("expected the text of a key, which begins with -----BEGIN")
        return text

    def __repr__(self) -> str:
        return HIDDEN


class WebUrl(Kind):
    """The address of a site: ``http`` or ``https``, kept without the slash at its end."""

    __slots__ = ()

    @staticmethod
    def read(text: str) -> str:
        """Refuse what links cannot begin with."""
        parts = _split(text, "http", "https")
        if parts.query or parts.fragment or parts.username is not None:
            raise ValueError("expected an address like https://host, without anything after it")
        return text.rstrip("/")


class SafeUrl(Kind):
    """An address that secrets are sent to: ``https``, or on this machine ``http``."""

    __slots__ = ()

    @staticmethod
    def read(text: str) -> str:
        """Refuse what others could listen in on."""
        parts = _split(text, "http", "https")
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("expected https://…, or http:// on this machine")
        return text


class ServiceUrl(Kind):
    """An address with an account in it, whose password is not shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(without_password(self))


class RedisUrl(ServiceUrl):
    """The address of a Redis server."""

    __slots__ = ()

    @staticmethod
    def read(text: str) -> str:
        """Refuse what is none."""
        if not text.startswith("unix:///"):
            _split(text, "rediss", "redis")
        return text


class MailUrl(ServiceUrl):
    """The address of a mail server."""

    __slots__ = ()

    @staticmethod
    def read(text: str) -> str:
        """Refuse what is none."""
        _split(text, "smtp", "smtps")
        return text


class FilesUrl(ServiceUrl):
    """The address of a store of files."""

    __slots__ = ()

    @staticmethod
    def read(text: str) -> str:
        """Refuse what is none."""
        if not re.match(r"[a-z][a-z0-9+.-]*://.", text):
            raise ValueError("expected an address like s3://bucket/folder")
        return text


class MailAddress(Kind):
    """Whom a mail comes from: an address, maybe after a name."""

    __slots__ = ()

    @staticmethod
    def read(text: str) -> str:
        """Refuse what no mail server takes."""
        _, address = parseaddr(text)
        user, _, host = address.rpartition("@")
        if not user or not host or "\n" in text or "\r" in text:
            raise ValueError("expected an address like Etude <etude@host>")
        return text


def shown_bits(text: str) -> float:
    """Estimate how random a text is: its length times the Shannon entropy of its characters."""
    return -sum(count * math.log2(count / len(text)) for count in Counter(text).values())


def without_password(text: str) -> str:
    """Show an address without the password or key that is in it."""
    return _SECRET_QUERY.sub(r"\1…", _PASSWORD.sub(r"\1:…@", text))


def _split(text: str, *schemes: str) -> SplitResult:
    """The parts of an address; of the schemes, the last one is suggested."""
    wanted = ValueError(f"expected an address like {schemes[-1]}://host")
    try:
        parts = urlsplit(text)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise wanted from None
    if parts.scheme not in schemes or not has_host:
        raise wanted
    return parts
