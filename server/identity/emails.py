"""E-mail addresses: which are taken, and how they are compared."""

from email_validator import EmailNotValidError, validate_email

from server.errors import FieldError
from server.identity.accounts import email_key


def checked_email(text: str, field: str = "email") -> str:
    """Give an address in its one form.

    Nobody is asked whether it exists. Names of a local network are fine: a server may be at home.

    Raises
    ------
    FieldError
        If it cannot be one.
    """
    try:
        return _normalized(text)
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise FieldError(field, f"{field}: {reason[:1].lower()}{reason[1:]}") from None


def key_of(text: str) -> str:
    """Give what an address is compared by, however it is written; for what is none, itself."""
    try:
        return email_key(_normalized(text))
    except EmailNotValidError:
        return email_key(text.replace("\0", "\N{REPLACEMENT CHARACTER}"))  # as no database has it


def _normalized(text: str) -> str:
    found = validate_email(text.strip(), check_deliverability=False, globally_deliverable=False)
    return found.normalized
