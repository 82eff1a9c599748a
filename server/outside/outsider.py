"""Somebody whom a provider vouches for."""

from collections.abc import Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email
from msgspec import Struct

from server.store.tables.accounts import EMAIL_CHARS, NAME_CHARS, SUBJECT_CHARS

NAME_CLAIMS = ("name", "nickname", "preferred_username", "login")


class Outsider(Struct, frozen=True, kw_only=True):
    """A user as a provider knows them.

    Attributes
    ----------
    provider, subject : str
        Together they name one person, for ever.
    name : str
        As shown to others; empty where the provider does not tell.
    email : str or None
        Their address, as the provider says.
    is_verified : bool
        Whether the provider has seen that the address is theirs.
    until_sec : float or None
        When the provider says that their token is over, in seconds since 1970.
    """

    provider: str
    subject: str
    name: str = ""
    email: str | None = None
    is_verified: bool = False
    until_sec: float | None = None


def outsider_of(
    provider: str,
    subject: Any,
    claims: Mapping[str, Any],
    email_field: str = "email",
    name_field: str = "name",
) -> Outsider | None:
    """Read what a provider says of somebody; None where it does not say who they are.

    Parameters
    ----------
    provider : str
        Who says it.
    subject : object
        Text, or a number.
    claims : mapping
        What else it says; what is not usable counts as not said.
    email_field, name_field : str
        What it calls them.
    """
    if isinstance(subject, int) and not isinstance(subject, bool):
        subject = str(subject)
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARS or "\0" in subject:
        return None
    email = _address(claims.get(email_field))
    names = (_shown(claims.get(field)) for field in (name_field, *NAME_CLAIMS))
    return Outsider(
        provider=provider,
        subject=subject,
        name=next(filter(None, names), ""),
        email=email,
        # Apple says "true".
        is_verified=email is not None and claims.get("email_verified") in (True, "true"),
    )


def _address(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > EMAIL_CHARS:
        return None
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def _shown(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in " ".join(value.split()) if letter.isprintable())[
        :NAME_CHARS
    ]
