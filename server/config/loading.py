"""Settings put together: command line over environment over ``.env`` over TOML over defaults."""

import os
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, structs

from server.checks import checked
from server.config.declared import declared
from server.config.kinds import without_password
from server.config.settings import Settings
from server.config.sources import (
    OTHER_VARIABLES,
    Given,
    from_table,
    from_variables,
    read_env_file,
    read_toml,
    unknown_variables,
)
from server.errors import ConfigError, FieldError

COMMAND_LINE = "command line"
DEFAULT = "default"


class Loaded(Struct, frozen=True):
    """Settings, and where each one that is no default came from.

    Attributes
    ----------
    settings : Settings
        All of them, checked.
    sources : mapping of str to str
        Of those given, by their path: ``ETUDE_PORT``, ``PORT in .env``, ``etude.toml`` …
    """

    settings: Settings
    sources: Mapping[str, str]

    def source(self, path: str) -> str:
        """Tell where a setting came from."""
        return self.sources.get(path, DEFAULT)


def load_settings(**overrides: Any) -> Settings:
    """Give the settings alone; see :func:`load`."""
    return load(**overrides).settings


def load(**overrides: Any) -> Loaded:
    """Read settings from everywhere.

    Parameters
    ----------
    **overrides
        What the command line says, above all else; None: nothing.

    Raises
    ------
    ConfigError
        If a value breaks its rule or a name is unknown; the message names setting, rule, value
        and source.
    """
    env_file = read_env_file()
    if unknown := unknown_variables(env_file, ".env"):
        raise ConfigError(unknown[0])
    table, toml_name = read_toml(env_file)
    given = {
        **from_table(table, toml_name),
        **from_variables(env_file, " in .env"),
        **from_variables(os.environ),
        **{k: Given(v, COMMAND_LINE) for k, v in overrides.items() if v is not None},
    }
    return Loaded(_settings(given), {path: one.source for path, one in given.items()})


def export_other_variables() -> None:
    """Put what ``.env`` has that is no setting into the environment, where it is looked for."""
    for name, value in read_env_file().items():
        if name in OTHER_VARIABLES:
            os.environ.setdefault(name, value)


def _settings(given: Mapping[str, Given]) -> Settings:
    try:
        settings = checked(_nested(given), Settings, strict=False)
    except FieldError as error:
        raise ConfigError(_told(error, given)) from None
    if settings.music is not None and not settings.music.is_dir():
        message = f"music: expected a folder, got {str(settings.music)!r}"
        raise ConfigError(_told(FieldError("music", message), given))
    names = [issuer.name for issuer in settings.oidc]
    names += [provider.name for provider in settings.opaque]
    names += [name for name, one in structs.asdict(settings.oauth).items() if one is not None]
    if doubled := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"oauth, oidc, opaque: expected each name once, got {doubled!r} twice")
    return settings


def _nested(given: Mapping[str, Given]) -> dict[str, Any]:
    """Put dotted names into tables."""
    root: dict[str, Any] = {}
    for path, one in given.items():
        *tables, name = path.split(".")
        table = root
        for each in tables:
            table = table.setdefault(each, {})
        table[name] = one.value
    return root


def _told(error: FieldError, given: Mapping[str, Given]) -> str:
    """The error with its source, and without what must not be shown."""
    path = re.sub(r"\[.*", "", error.field)
    message = str(error)
    setting = declared().get(path)
    if setting is not None and setting.is_hidden:
        message = message.partition(", got ")[0]
    source = given[path].source if path in given else COMMAND_LINE
    return without_password(message) + ("" if source == COMMAND_LINE else f" ({source})")
