"""``etude secret``: what a server that others can reach signs tokens with."""

from typing import Annotated

import typer


def secret(
    make: Annotated[
        bool,
        typer.Option("--make", help="Keep one in the data folder instead, for you alone."),
    ] = False,
) -> None:
    """Print a new secret for ETUDE_SECRET, or keep one on this machine."""
    from server.secrets import new_secret

    print(_keep() if make else new_secret())


def _keep() -> str:
    from server.config import load_settings
    from server.secrets import key_path, make_key_file

    settings = load_settings()
    path = key_path(settings)
    kept = f"made {path}" if make_key_file(path) else f"{path} is there already, and stays"
    return kept if settings.secret is None else f"{kept}; ETUDE_SECRET comes before it"
