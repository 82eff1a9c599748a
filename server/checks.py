"""One way to check what came from outside, and one way to say what is wrong with it."""

import re
import reprlib
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from server.errors import FieldError
from server.expected import expected
from server.patterns import in_words

T = TypeVar("T")

# A value is quoted in an error message up to this many characters.
QUOTE_CHARS = 60
# ... but for what must not stand in anybody's log, even if it is wrong.
SECRET_FIELDS = ("password", "token")

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_PLACE = re.compile(r"(.*?)(?: - at (`key` in )?`\$([^`]*)`)?", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(.+)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.+)`$")
# How msgspec begins what it says of patterns, and of all its own types.
_OF_PATTERN = "Expected `str` matching regex "
_OF_TYPE = re.compile(
    "Expected `|(Number|Integer value|Timestamp|Duration)( is)? out of range|"
    "Invalid (enum value|value|RFC3339|UUID|base64|decimal|ISO8601|epoch|MessagePack)"
)


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
    rule, key_of, path = _parted(str(error))
    if missing := _MISSING.match(rule):
        field = f"{path}.{missing[1]}" if path else missing[1]
        return FieldError(field, f"{field} is missing")
    if unknown := _UNKNOWN.match(rule):
        field = f"{path}.{unknown[1]}" if path else unknown[1]
        names = _names_of(_infos_at(kind, path))
        return FieldError(field, f"{field}: there is no such field here; there are: {names}")
    field = path or "data"
    rule = _rule_in_words(rule, _infos_at(kind, path, is_key=bool(key_of)))
    # msgspec does not say which key or item of an unsized container
    is_shown = not key_of and "..." not in path and not field.endswith(SECRET_FIELDS)
    got = f", got {_quoted(_value_at(source, path))}" if is_shown else ""
    return FieldError(field, f"{field}: {rule}{got}")


def _parted(told: str) -> tuple[str, str, str]:
    """The rule, whether it is one of a key, and the path: as msgspec tells it."""
    rule, key_of, path = _PLACE.fullmatch(told).groups("")  # type: ignore[union-attr]
    return rule, key_of, path.lstrip(".")


def _rule_in_words(rule: str, infos: list[Any]) -> str:
    if rule.startswith(_OF_PATTERN):
        return in_words(rule)
    if not _OF_TYPE.match(rule):
        return rule[:1].lower() + rule[1:]  # the words of a type of our own
    return f"expected {expected(infos) or 'another value'}"


def _quoted(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(msgspec.json.encode(value), "ascii")
    quoted = reprlib.repr(value) if isinstance(value, list | dict) else repr(value)
    return quoted if len(quoted) <= QUOTE_CHARS else quoted[:QUOTE_CHARS] + "…"


def _value_at(source: Any, path: str) -> Any:
    for key, index in _steps(path):
        source = source[key] if key else source[int(index)]
    return source


def _steps(path: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = _STEP.findall("." + path if path and path[0] != "[" else path)
    return found


def _names_of(infos: list[Any]) -> str:
    return ", ".join(field.encode_name for info in infos for field in getattr(info, "fields", ()))


@cache
def _info_of(kind: Any) -> msgspec.inspect.Type:
    return msgspec.inspect.type_info(kind)


def _infos_at(kind: Any, path: str, *, is_key: bool = False) -> list[Any]:
    """The types that may stand at a path of a type, or be keys there."""
    infos = _parts(_info_of(kind))
    for key, index in _steps(path):
        infos = [inner for info in infos for inner in _within(info, key, index)]
    if is_key:
        infos = [part for info in infos for part in _parts(getattr(info, "key_type", None))]
    return infos


def _within(info: Any, key: str, index: str) -> list[Any]:
    """What lies in a type under a key or a number."""
    found = [field.type for field in getattr(info, "fields", ()) if field.encode_name == key]
    if key and getattr(info, "tag_field", None) == key:
        found.append(msgspec.inspect.LiteralType((info.tag,)))
    if not key:
        found += [info.item_type] if hasattr(info, "item_type") else []
        found += [info.value_type] if hasattr(info, "value_type") else []
        found += [info.item_types[int(index)]] if hasattr(info, "item_types") else []
    return [part for each in found for part in _parts(each)]


def _parts(info: Any) -> list[Any]:
    """The types that a type may be, without what is said about them."""
    if isinstance(info, msgspec.inspect.Metadata):
        return _parts(info.type)
    return [part for each in getattr(info, "types", ()) for part in _parts(each)] or [info]
