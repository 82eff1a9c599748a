"""Every setting with its names and its meaning, read off the structs that declare them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import NODEFAULT, Struct, inspect

from server.config.settings import PARTS, Settings

PREFIX = "ETUDE"


class Declared(Struct, frozen=True, kw_only=True):
    """One setting.

    Attributes
    ----------
    path : str
        Its name; within a table dotted, like ``oauth.google.client_id``.
    variables : tuple of str
        Environment variables; the first one that is set counts.
    meaning : str
        A sentence for operators.
    default : object
        As the struct has it; None also where there is none, or each machine has another.
    example : object
        What it may look like, where the default does not show it.
    is_required : bool
        The table it stands in needs it.
    is_hidden : bool
        It is never shown.
    is_list : bool
        It takes several values; as text, separated by commas or spaces.
    is_tables : bool
        It takes several tables; as text, JSON.
    is_path : bool
        It is a file or folder; ``~`` stands for the user's own.
    part : str
        What the part it belongs to is called.
    """

    path: str
    variables: tuple[str, ...]
    meaning: str
    default: Any
    example: Any
    is_required: bool
    is_hidden: bool
    is_list: bool
    is_tables: bool
    is_path: bool
    part: str


@cache
def declared() -> dict[str, Declared]:
    """Every setting by its path, in the order of the structs."""
    table = _struct(inspect.type_info(Settings))
    assert table is not None
    return {setting.path: setting for setting in _walk(table, "", "")}


def value_at(settings: Settings, path: str) -> Any:
    """Look up a setting by its path; None where its table is not given."""
    value: Any = settings
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    return value


def _walk(table: inspect.StructType, prefix: str, part: str) -> Iterator[Declared]:
    for field in table.fields:
        path = f"{prefix}{field.name}"
        part = PARTS.get(path, part)
        if (inner := _struct(field.type)) is not None:
            yield from _walk(inner, f"{path}.", part)
        else:
            yield _declared(field, path, part)


def _declared(field: inspect.Field, path: str, part: str) -> Declared:
    meta = field.type
    assert isinstance(meta, inspect.Metadata), f"{path} does not say what it means"
    assert meta.extra is not None and meta.extra_json_schema is not None
    own_variable = "_".join([PREFIX, *path.split(".")]).upper()
    items = meta.type.item_type if isinstance(meta.type, inspect.VarTupleType) else None
    return Declared(
        path=path,
        variables=(own_variable, *meta.extra["variables"]),
        meaning=meta.extra_json_schema["description"],
        default=None if field.default is NODEFAULT else field.default,
        example=meta.extra["example"],
        is_required=field.required,
        is_hidden=meta.extra["is_hidden"],
        is_list=items is not None,
        is_tables=isinstance(items, inspect.StructType),
        is_path=any(getattr(kind, "cls", None) is Path for kind in _kinds(meta.type)),
        part=part,
    )


def _kinds(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    """The types that a type may be."""
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _struct(kind: inspect.Type) -> inspect.StructType | None:
    """The table that a type is, or may be."""
    return next((one for one in _kinds(kind) if isinstance(one, inspect.StructType)), None)
