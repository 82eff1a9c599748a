"""What a type asks for, in words: "a whole number from 1 to 5"."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import inspect

Words = Callable[[Any], str]


def expected(infos: Iterable[Any]) -> str:
    """Say what may stand where one of some types is asked for.

    Parameters
    ----------
    infos : iterable of msgspec.inspect.Type
        Null, which may be left out, is not told beside others.

    Returns
    -------
    str
        Empty if there is a type that has no words.
    """
    choices = [value for info in infos for value in choices_of(info)]
    others = [info for info in infos if not choices_of(info)]
    said = [info for info in others if not isinstance(info, inspect.NoneType)]
    parts = [_one_of(choices)] if choices else []
    parts += [_words_of(info) for info in said or ([] if choices else others)]
    return " or ".join(dict.fromkeys(parts)) if all(parts) else ""


def choices_of(info: Any) -> list[Any]:
    """The values that may stand there, if they are listed."""
    if isinstance(info, inspect.EnumType):
        return [member.value for member in info.cls]
    return list(info.values) if isinstance(info, inspect.LiteralType) else []


def _one_of(choices: list[Any]) -> str:
    return (f"one of {', '.join(map(str, choices))}") if len(choices) > 1 else f"{choices[0]}"


def _words_of(info: Any) -> str:
    words = _WORDS.get(type(info))
    return words(info) if words else ""


def _number(name: str) -> Words:
    def words(info: inspect.IntType | inspect.FloatType) -> str:
        steps = f" in steps of {info.multiple_of:g}" if info.multiple_of is not None else ""
        return f"{name}{_range(info)}{steps}"

    return words


def _range(info: inspect.IntType | inspect.FloatType) -> str:
    if info.ge is not None and info.le is not None:
        return f" from {_plain(info.ge)} to {_plain(info.le)}"
    limits = {
        "of at least": info.ge,
        "above": info.gt,
        "of at most": info.le,
        "below": info.lt,
    }
    told = [f"{word} {_plain(limit)}" for word, limit in limits.items() if limit is not None]
    return "".join(f" {part}" for part in [" and ".join(told)] if part)


def _plain(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else str(limit)


def _sized(name: str, unit: str) -> Words:
    def words(info: Any) -> str:
        low, high = info.min_length or 0, info.max_length
        if high is None:
            return f"{name} of at least {_count(low, unit)}" if low else name
        if low == high:
            return f"{name} of {_count(high, unit)}"
        return (
            f"{name} of {low} to {_count(high, unit)}"
            if low
            else f"{name} of at most {_count(high, unit)}"
        )

    return words


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _datetime(info: inspect.DateTimeType) -> str:
    if info.tz:
        return "a time with its zone like 2026-11-01T10:00:00Z"
    return "a time like 2026-11-01T10:00:00" + ("Z" if info.tz is None else "")


def _tuple(info: inspect.TupleType) -> str:
    return f"a list of {_count(len(info.item_types), 'item')}"


def _always(words: str) -> Words:
    return lambda _info: words


_LIST = _sized("a list", "item")
_OBJECT = _always("an object with named fields")
_WORDS: dict[type, Words] = {
    inspect.BoolType: _always("true or false"),
    inspect.BytesType: _sized("bytes", "byte"),
    inspect.DateTimeType: _datetime,
    inspect.DateType: _always("a day like 2026-11-01"),
    inspect.DictType: _sized("an object", "field"),
    inspect.DataclassType: _OBJECT,
    inspect.DecimalType: _always("a decimal number"),
    inspect.FloatType: _number("a number"),
    inspect.FrozenSetType: _LIST,
    inspect.IntType: _number("a whole number"),
    inspect.ListType: _LIST,
    inspect.NamedTupleType: lambda info: f"a list of {_count(len(info.fields), 'item')}",
    inspect.NoneType: _always("null"),
    inspect.SetType: _LIST,
    inspect.StrType: _sized("text", "character"),
    inspect.StructType: _OBJECT,
    inspect.TimeDeltaType: _always("a span of time like PT90S"),
    inspect.TimeType: _always("a time of day like 10:30:00"),
    inspect.TupleType: _tuple,
    inspect.TypedDictType: _OBJECT,
    inspect.UUIDType: _always("a UUID"),
    inspect.VarTupleType: _LIST,
}
