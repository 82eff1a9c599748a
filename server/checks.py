"""One way to check what came from outside, and one way to say what is wrong with it."""

import re
import reprlib
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from server.errors import FieldError
from server.patterns import in_words

T = TypeVar("T")

# A value is quoted in an error message up to this many characters.
QUOTE_CHARS = 60
# ... but for what must not stand in anybody's log, even if it is wrong.
SECRET_FIELDS = ("password", "token")

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_MISSING = re.compile(r"^Object missing required field `(.+)`$")


def checked(source: Any, kind: type[T], *, strict: bool = True) -> T:
    """Convert plain data to a struct.

    Parameters
    ----------
    source : object
        Dicts, lists, strings and numbers.
    kind : type
        What it should be.
    strict : bool
        False also takes numbers and booleans written as text.

    Raises
    ------
    FieldError
        Naming field, rule and value.
    """
    try:
        return msgspec.convert(source, kind, strict=strict, dec_hook=_construct)
    except msgspec.ValidationError as error:
        raise _field_error(error, source, kind) from None


def spelled(source: Any, spellings: Mapping[str, str]) -> Any:
    """Spell the fields of an object as the struct does: a request may use either spelling.

    Parameters
    ----------
    source : object
        Plain data; what is no dict is left as it is.
    spellings : mapping
        Of the struct's fields, by :func:`spellings_of`; other keys are left out.
    """
    if not isinstance(source, dict):
        return source
    return {spellings[key]: value for key, value in source.items() if key in spellings}


@cache
def spellings_of(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Give the name on the wire of each field, by that name and by the other spelling of it."""
    names: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        names[_camel(field.name)] = names[field.name] = field.encode_name
        names[field.encode_name] = field.encode_name
    return names


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _construct(kind: type[T], value: Any) -> T:
    return kind(value)  # type: ignore[call-arg]


def _field_error(error: msgspec.ValidationError, source: Any, kind: Any) -> FieldError:
    rule, _, path = str(error).partition(" - at `$")
    path = path.rstrip("`").lstrip(".")
    if missing := _MISSING.match(rule):
        field = f"{path}.{missing[1]}" if path else missing[1]
        return FieldError(field, f"{field} is missing")
    rule = in_words((rule[:1].lower() + rule[1:]).partition(", got ")[0])
    field = path or "data"
    if "..." in path:  # msgspec does not say which key or item of an unsized container
        return FieldError(field, f"{field}: {rule}")
    if rule.startswith("invalid enum value"):
        rule = f"expected one of {', '.join(_allowed(msgspec.inspect.type_info(kind), path))}"
    if field.endswith(SECRET_FIELDS):
        return FieldError(field, f"{field}: {rule}")
    value = _value_at(source, path)
    quoted = reprlib.repr(value) if isinstance(value, list | dict) else repr(value)
    if len(quoted) > QUOTE_CHARS:
        quoted = quoted[:QUOTE_CHARS] + "…"
    return FieldError(field, f"{field}: {rule}, got {quoted}")


def _value_at(source: Any, path: str) -> Any:
    for key, index in _STEP.findall("." + path if path and path[0] != "[" else path):
        source = source[key] if key else source[int(index)]
    return source


def _allowed(info: Any, path: str) -> list[str]:
    """The values that may stand at a path of a type."""
    infos = [info]
    for key, _ in _STEP.findall("." + path if path and path[0] != "[" else path):
        infos = [inner for info in infos for inner in _within(info, key)]
    return [str(value) for info in infos for value in getattr(info, "values", ())]


def _within(info: Any, key: str) -> list[Any]:
    """What lies in a type under a key, or without one in its items; of a union, in any part."""
    found = [info.item_type] if not key and hasattr(info, "item_type") else []
    found += [field.type for field in getattr(info, "fields", ()) if field.encode_name == key]
    return [part for each in found for part in _parts(each)]


def _parts(info: Any) -> list[Any]:
    """The types that a type may be, without what is said about them."""
    if isinstance(info, msgspec.inspect.Metadata):
        return _parts(info.type)
    return [part for each in getattr(info, "types", ()) for part in _parts(each)] or [info]
