"""A type of Python in TypeScript, as it stands in JSON."""

import inspect
import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec.inspect import DataclassType, StructType, type_info

Fields = StructType | DataclassType

PLAIN = {
    "AnyType": "unknown",
    "BoolType": "boolean",
    "BytesType": "string | Uint8Array",
    "DateTimeType": "string",
    "DateType": "string",
    "FloatType": "number",
    "IntType": "number",
    "NoneType": "null",
    "StrType": "string",
    "UUIDType": "string",
}


class Types:
    """Names the types that are asked for, and writes those that have fields.

    Parameters
    ----------
    asked : iterable of type
        What clients send: there a field with a default may be left out. What the server sends has
        all its fields, but for those that are unset or left out at their default.
    """

    def __init__(self, asked: Iterable[type[msgspec.Struct]]) -> None:
        self._names: dict[type, str] = {}
        self._infos: dict[type, Fields] = {}
        self._asked: set[type] = set()
        for kind in asked:
            self.of(kind)
        self._asked = set(self._names)

    def of(self, kind: Any) -> str:
        """Name a type; what has fields is written by :meth:`interfaces`."""
        return self._of(type_info(kind))

    def interfaces(self) -> Iterator[str]:
        """Write every type with fields that was named."""
        for kind in sorted(self._infos, key=self._names.__getitem__):
            yield from self._interface(kind, self._infos[kind])

    def _of(self, info: Any) -> str:
        name = type(info).__name__
        if name in PLAIN:
            return PLAIN[name]
        match name:
            case "UnionType":
                return " | ".join(dict.fromkeys(map(self._of, info.types)))
            case "LiteralType":
                return " | ".join(json.dumps(value) for value in info.values)
            case "EnumType":
                return " | ".join(json.dumps(member.value) for member in info.cls)
            case "ListType" | "VarTupleType" | "SetType" | "FrozenSetType":
                return _in_list(self._of(info.item_type))
            case "DictType":
                return f"Record<string, {self._of(info.value_type)}>"
            case "Metadata":
                return self._of(info.type)
            case "StructType" | "DataclassType":
                return self._struct(info)
        raise TypeError(f"{name} has no name in TypeScript")

    def _struct(self, info: Fields) -> str:
        kind = info.cls
        if kind not in self._names:
            self._names[kind] = self._free_name(kind)
            self._infos[kind] = info
            for field in info.fields:
                self._of(field.type)
        return self._names[kind]

    def _free_name(self, kind: type) -> str:
        """Its own name; of two of one name, the later has its package's before it."""
        name = kind.__name__
        if name in self._names.values():
            name = kind.__module__.split(".")[1].capitalize() + name
        if name in self._names.values():
            raise TypeError(f"two types are called {name}")
        return name

    def _interface(self, kind: type, info: Fields) -> Iterator[str]:
        yield from _comment(kind)
        yield f"export interface {self._names[kind]} {{"
        if isinstance(info, StructType) and info.tag_field is not None:
            yield f"  {info.tag_field}: {json.dumps(info.tag)};"
        optional = self._optional(kind, info)
        for field in info.fields:
            mark = "?" if field.encode_name in optional else ""
            yield f"  {field.encode_name}{mark}: {self._of(field.type)};"
        yield "}\n"

    def _optional(self, kind: type, info: Fields) -> set[str]:
        given = [field for field in info.fields if not field.required]
        config = getattr(
            kind, "__struct_config__", None
        )  # a dataclass has none, and leaves none out
        if kind not in self._asked and not (config and config.omit_defaults):
            given = [field for field in given if _is_unset(kind, field.name)]
        return {field.encode_name for field in given}


def _is_unset(kind: type, name: str) -> bool:
    if not issubclass(kind, msgspec.Struct):
        return False
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    return fields[name].default is msgspec.UNSET


def _in_list(item: str) -> str:
    return f"({item})[]" if " | " in item else f"{item}[]"


def _comment(kind: type) -> Iterator[str]:
    words = (inspect.getdoc(kind) or "").replace("``", "`").replace("*/", "* /").splitlines()
    if len(words) < 2:
        yield f"/** {''.join(words)} */"
        return
    yield "/**"
    yield from (f" * {line}".rstrip() for line in words)
    yield " */"
