"""Settings as people read them: a value without its secrets, an example file."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from textwrap import fill
from typing import Any

import msgspec

from server.config.declared import Declared, declared, value_at
from server.config.kinds import HIDDEN, without_password
from server.config.loading import Loaded

COLUMNS = 100
EXAMPLE_HEAD = """\
# Settings of Etude. Take the # away before what you change, and keep this file as `etude.toml` in
# the working directory or in your configuration folder, or name it in ETUDE_CONFIG. Variables of
# the environment and of `.env` come before it; `etude config` shows what counts.
"""


class Shown(msgspec.Struct, frozen=True):
    """A setting as it stands; ``value`` is plain, and nothing in it is secret."""

    part: str
    name: str
    value: Any
    source: str
    variables: tuple[str, ...]
    meaning: str


def shown(loaded: Loaded) -> list[Shown]:
    """Every setting as it stands, in the order of their declaration."""
    return [
        Shown(
            part=setting.part,
            name=path,
            value=_value(loaded, setting),
            source=loaded.source(path),
            variables=setting.variables,
            meaning=setting.meaning,
        )
        for path, setting in declared().items()
    ]


def plain(value: Any) -> Any:
    """Make a value JSON, without the passwords in addresses."""
    if isinstance(value, str):
        return without_password(str(value))
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, msgspec.Struct):
        return {name: plain(item) for name, item in msgspec.structs.asdict(value).items()}
    return value


def example_toml() -> str:
    """Write a file of every setting, each with what it means and all of it commented out."""
    lines = [EXAMPLE_HEAD]
    for part, settings in groupby(declared().values(), lambda setting: setting.part):
        lines += [f"\n# ---- {part}", *_example_part(settings)]
    return "\n".join(lines) + "\n"


def _value(loaded: Loaded, setting: Declared) -> Any:
    value = value_at(loaded.settings, setting.path)
    return HIDDEN if setting.is_hidden and value is not None else plain(value)


def _example_part(settings: Iterable[Declared]) -> Iterator[str]:
    table = ""
    for setting in settings:
        *tables, name = setting.path.split(".")
        if tables and ".".join(tables) != table:
            table = ".".join(tables)
            yield f"\n#[{table}]"
        yield "\n" + fill(setting.meaning, COLUMNS, initial_indent="# ", subsequent_indent="# ")
        if setting.is_tables:
            yield from _example_tables(setting)
        else:
            yield _example_line(name, _example(setting))


def _example_tables(setting: Declared) -> Iterator[str]:
    for table in setting.example:
        yield f"#[[{setting.path}]]"
        yield from (_example_line(name, value) for name, value in table.items())


def _example_line(name: str, value: Any) -> str:
    """One setting as TOML, which but for tables is like JSON."""
    return f"#{name} = {json.dumps(value, ensure_ascii=False)}"


def _example(setting: Declared) -> Any:
    if setting.is_hidden:
        return ""
    return setting.default if setting.example is None else setting.example
