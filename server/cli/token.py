"""``etude token``: let somebody play on a server that asks who they are."""

import getpass
from typing import Annotated

import typer

MAX_DAYS = 3650


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name, as in some containers
        return "player"


def token(
    name: Annotated[
        str | None,
        typer.Option(help="Who plays; the same name is the same user.", show_default="your login"),
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=MAX_DAYS, help="How long the token is good for.")
    ] = 30,
) -> None:
    """Print a token for a user of this server."""
    from server.auth import Tokens, local_user
    from server.config import load_settings
    from server.secrets import TOKENS, Secrets

    if name is not None and not name.strip():
        raise typer.BadParameter("--name must not be empty")
    key = Secrets.open(load_settings(), may_make=True).key(TOKENS)
    print(Tokens(key).issue(local_user(_login_name() if name is None else name), days))
