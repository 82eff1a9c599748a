"""The reference of settings, made of their declarations.

``python -m server.config.reference > docs/configuration.md`` writes it anew; a test holds the two
equal.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import msgspec

from server.config.declared import Declared, declared
from server.config.providers import OidcIssuer, OpaqueProvider
from server.config.sources import OTHER_VARIABLES

HEAD = """# Configuration

Made by `python -m server.config.reference`; do not edit.

A setting comes from the first of these that has it:

1. the command line, like `etude serve --port 9000`;
2. a variable of the environment: `ETUDE_` and the setting's name (dots are underscores), or the
   name that hosting platforms use (`PORT`, `DATABASE_URL`, `REDIS_URL`, `SECRET_KEY` …);
3. the same variables in `.env` in the working directory, or in the file `ETUDE_ENV_FILE` names;
4. `etude.toml` in the working directory, else in the user's configuration folder, or the file that
   `ETUDE_CONFIG` names;
5. its default.

`etude config` shows what counts and where it came from, without secrets and passwords; `--json` is
for programs. `etude config --example > etude.toml` writes a file to begin with. A name that is no
setting is an error in both files. Lists are lists in TOML, and in variables text with commas or
spaces between. A variable without text is not set.

## Secret

Tokens are signed with a key made from `secret`. A server for this machine only needs none: at its
first start it makes a key and keeps it in the data folder, readable by its owner alone. A server
that others can reach does not start without one, so make one, once:

    etude secret                         # prints one for ETUDE_SECRET; all processes share it
    etude secret --make                  # or keeps one in the data folder of this machine

A secret has at least 32 random characters. Another secret makes every token invalid, and whatever
else was sealed with it, like second factors.

## On a hosting platform

Set `ETUDE_HOST=0.0.0.0` and `ETUDE_SECRET`; `PORT`, `DATABASE_URL` and `REDIS_URL` are taken as the
platform sets them. Behind a proxy, set `ETUDE_PUBLIC_URL` to the address that people type, and
`ETUDE_PROXIES` to the proxy's own.

The environment is `production` where others can connect: on an address that is not this machine's
own, or with a `public_url` that is not.
"""


def markdown() -> str:
    """Write the reference."""
    parts: list[str] = [HEAD]
    for part, settings in groupby(declared().values(), lambda setting: setting.part):
        parts.append(f"## {part}\n")
        parts.append("\n".join(_table(settings)) + "\n")
    parts += [_provider("oidc", OidcIssuer), _provider("opaque", OpaqueProvider)]
    parts.append("## Variables that are no settings\n")
    rows = (f"| `{name}` | {meaning} |" for name, meaning in OTHER_VARIABLES.items())
    parts.append("\n".join(["| variable | meaning |", "| --- | --- |", *rows]))
    return "\n".join(parts)


def _table(settings: Iterable[Declared]) -> Iterator[str]:
    yield "| setting | default | meaning | other names |"
    yield "| --- | --- | --- | --- |"
    for setting in settings:
        others = ", ".join(f"`{name}`" for name in setting.variables[1:])
        yield f"| `{setting.path}` | {_default(setting)} | {setting.meaning} | {others} |"


def _default(setting: Declared) -> str:
    if setting.is_required:
        return "required"
    return "" if setting.default in (None, ()) else f"`{setting.default}`"


def _provider(name: str, kind: type[msgspec.Struct]) -> str:
    """What the tables of a list have in them, and how a variable says it."""
    example = declared()[name].example
    fields = ", ".join(_field(field) for field in msgspec.structs.fields(kind))
    toml = [f"    {key} = {json.dumps(value)}" for key, value in example[0].items()]
    lines = [f"`[[{name}]]` has {fields}:", "", f"    [[{name}]]", *toml]
    variable = f"    ETUDE_{name.upper()}='{json.dumps(example)}'"
    return "\n".join([*lines, "", "or, as a variable, JSON:", "", variable, ""])


def _field(field: Any) -> str:
    if field.required:
        return f"`{field.name}`"
    return f"`{field.name}` (by default {'discovered' if field.default is None else field.default})"


if __name__ == "__main__":
    print(markdown())
