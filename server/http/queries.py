"""What a query string and a path bring, checked as strictly as a body is."""

from math import isfinite
from typing import Any, TypeVar

import msgspec
from multidict import MultiMapping

from server.checks import QUOTE_CHARS, checked, spelled
from server.errors import FieldError

NUL = "\0"  # no database keeps it in a text

T = TypeVar("T", bound=msgspec.Struct)


def read_query(query: MultiMapping[str], kind: type[T], spellings: dict[str, str]) -> T:
    """Check the query string of a request.

    A name that is not known is refused: a misspelled filter would give everything. A struct with
    ``TAKES_OTHERS`` passes it over, where somebody else writes the query string.

    Parameters
    ----------
    query : mapping
        As it came.
    kind : type
        What it should be.
    spellings : dict
        Of its fields, by :func:`server.checks.spellings_of`.

    Raises
    ------
    FieldError
        Naming the field that is not known, breaks a rule or is given twice.
    """
    unknown = next((name for name in query if name not in spellings), None)
    if unknown is not None and not getattr(kind, "TAKES_OTHERS", False):
        raise _unknown(unknown, kind)
    for name in spellings:
        if len(query.getall(name, ())) > 1:
            raise FieldError(name, f"{name} must be given once")
    given: dict[str, str] = spelled(dict(query), spellings)
    refuse_nul(given)
    return read_texts(given, kind)


def read_texts(given: dict[str, str], kind: type[T]) -> T:
    """Check values that come as text, each under its name.

    Text is taken for a number only where it is one: ``null`` and ``nan`` are words.

    Raises
    ------
    FieldError
        Naming the field that breaks a rule.
    """
    values = checked(given, kind, strict=False)
    for field in msgspec.structs.fields(kind):
        text = given.get(field.encode_name, "")
        if text and _is_none(getattr(values, field.name)):
            raise FieldError(field.encode_name, f"{field.encode_name}: no value is {text!r}")
    return values


def _unknown(name: str, kind: type[msgspec.Struct]) -> FieldError:
    shown = repr(name[:QUOTE_CHARS])
    known = ", ".join(field.encode_name for field in msgspec.structs.fields(kind))
    return FieldError(name[:QUOTE_CHARS], f"there is no parameter {shown} here; there are: {known}")


def _is_none(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not isfinite(value))


def refuse_nul(value: Any, path: str = "") -> None:
    """Refuse text with the character NUL, wherever it stands in plain data.

    Raises
    ------
    FieldError
        Naming the field.
    """
    if isinstance(value, str):
        if NUL in value:
            field = path or "data"
            raise FieldError(field, f"{field} must not contain the character NUL")
    elif isinstance(value, dict):
        for key, inner in value.items():
            refuse_nul(key, path)
            refuse_nul(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            refuse_nul(inner, f"{path}[{index}]")
