"""Where settings come from: the environment, a ``.env`` file and a TOML file."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from server.config.declared import PREFIX, Declared, declared
from server.errors import ConfigError

CONFIG_VARIABLE = "ETUDE_CONFIG"
ENV_FILE_VARIABLE = "ETUDE_ENV_FILE"
ENV_FILE = ".env"
TOML_FILE = "etude.toml"
# What is no setting of the server, and what it is.
OTHER_VARIABLES = {
    CONFIG_VARIABLE: "The TOML file of settings, in place of `etude.toml`.",
    ENV_FILE_VARIABLE: "The file of variables, in place of `.env`.",
    "ETUDE_CACHE_DIR": "Folder of scores that were read before; by default the user's cache.",
    "ETUDE_MIDI_API": "`jack`, where MIDI does not come over the system's own way.",
    "ETUDE_URL": "The server of `etude room`.",
    "ETUDE_TOKEN": "Who you are to it: what `etude token` printed.",
    "ETUDE_SPOTIFY_TOKEN": "The access token of `etude room --player spotify`.",
}


class Given(msgspec.Struct, frozen=True):
    """A value as it was given, and where."""

    value: Any
    source: str


def read_env_file() -> dict[str, str]:
    """Read the ``.env`` of the working directory, or what ``ETUDE_ENV_FILE`` names.

    Raises
    ------
    ConfigError
        If a file that was named is not there, or a line cannot be understood.
    """
    named = os.environ.get(ENV_FILE_VARIABLE)
    path = Path(named or ENV_FILE)
    if not path.exists() and not named:
        return {}
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    try:
        with path.open(encoding="utf-8") as file:
            broken = next((line.original.string for line in parse_stream(file) if line.error), None)
        values = dotenv_values(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the file {path} cannot be read: {_reason(error)}") from None
    if broken is not None:
        name = broken.strip().partition("\n")[0].partition("=")[0]
        raise ConfigError(f"{path}: expected lines like NAME=value, got one that begins {name!r}")
    return {name: value for name, value in values.items() if value}


def read_toml(env_file: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Read the TOML file, if there is one, and tell which.

    Parameters
    ----------
    env_file : mapping
        Variables of ``.env``, which may name the file as well.

    Raises
    ------
    ConfigError
        If a file that was named is not there, or it is no TOML.
    """
    path = _toml_path(env_file)
    if path is None:
        return {}, ""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the file {path} cannot be read: {_reason(error)}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is no TOML: {error}") from None


def from_variables(variables: Mapping[str, str], where: str = "") -> dict[str, Given]:
    """Find the settings among environment variables; one without text is not set."""
    found = {}
    for setting in declared().values():
        name = next((name for name in setting.variables if variables.get(name)), None)
        if name is not None:
            source = name + where
            found[setting.path] = Given(_from_text(setting, variables[name], source), source)
    return found


def from_table(table: Mapping[str, Any], where: str) -> dict[str, Given]:
    """Find the settings in a TOML document.

    Raises
    ------
    ConfigError
        If a name in it is no setting.
    """
    return {
        path: Given(_read(declared()[path], value), where)
        for path, value in _flat(table, "", where)
    }


def unknown_variables(variables: Iterable[str], where: str) -> list[str]:
    """Tell of each variable that begins like ours and is none of ours what may have been meant."""
    known = {*OTHER_VARIABLES, *(n for s in declared().values() for n in s.variables)}
    return [
        f"{where}: there is no setting {name}{_suggestion(name, known)}"
        for name in sorted(variables)
        if name.startswith(f"{PREFIX}_") and name not in known
    ]


def _toml_path(env_file: Mapping[str, str]) -> Path | None:
    if named := os.environ.get(CONFIG_VARIABLE) or env_file.get(CONFIG_VARIABLE):
        return Path(named)
    own = platformdirs.user_config_path("etude", appauthor=False) / TOML_FILE
    return next((path for path in (Path(TOML_FILE), own) if path.exists()), None)


def _flat(table: Mapping[str, Any], prefix: str, where: str) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        path = f"{prefix}{name}"
        if path in declared():
            yield path, value
        elif not any(known.startswith(f"{path}.") for known in declared()):
            here = {p.removeprefix(prefix).partition(".")[0] for p in _within(prefix)}
            raise ConfigError(f"{where}: there is no setting {path}{_suggestion(name, here)}")
        elif not isinstance(value, dict):
            raise ConfigError(f"{where}: {path}: expected a table [{path}], got {value!r}")
        else:
            yield from _flat(value, f"{path}.", where)


def _within(prefix: str) -> Iterator[str]:
    return (path for path in declared() if path.startswith(prefix))


def _from_text(setting: Declared, text: str, source: str) -> Any:
    if not setting.is_tables:
        return _read(setting, text)
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{setting.path}: expected JSON in {source}: {error}") from None


def _read(setting: Declared, value: Any) -> Any:
    """Take text apart where it stands for more than itself."""
    if setting.is_list and isinstance(value, str):
        return value.replace(",", " ").split()
    if setting.is_path and isinstance(value, str):
        # Unlike Path's, this one leaves what it cannot expand as it is.
        return os.path.expanduser(value)  # noqa: PTH111
    return value


def _suggestion(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f": did you mean {close[0]}?" if close else "; `etude config` lists them all"


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is not UTF-8"
