"""The command ``etude``."""

import sys
from typing import Annotated

import typer

from engine.errors import EngineError
from native.errors import NativeError
from server.cli.backup import backup, restore
from server.cli.config import config
from server.cli.devices import devices
from server.cli.follow import follow
from server.cli.hearing import MicCommand
from server.cli.lessons import lessons
from server.cli.listen import listen
from server.cli.pitch import pitch
from server.cli.play import play
from server.cli.report import report
from server.cli.room import room_app
from server.cli.secret import secret
from server.cli.serve import serve
from server.cli.songs import songs
from server.cli.takes import db_app, replay, takes_app
from server.cli.token import token
from server.cli.users import users_app
from server.config.loading import export_other_variables
from server.errors import ServerError
from server.version import __version__

FAILED = 1  # exit status; usage errors are 2, as typer has them
INTERRUPTED = 130  # as a shell reports a program ended by Ctrl-C

app = typer.Typer(
    help="Etude listens while you play and tells you, note by note, how it went.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"etude {__version__}")
        raise typer.Exit


@app.callback()
def etude(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Etude listens while you play and tells you, note by note, how it went."""


for command in (
    serve,
    play,
    follow,
    pitch,
    listen,
    songs,
    lessons,
    devices,
    replay,
    report,
    token,
    secret,
    config,
    backup,
    restore,
):
    app.command(cls=MicCommand if command in (play, listen) else None)(command)
app.add_typer(takes_app, name="takes")
app.add_typer(room_app, name="room")
app.add_typer(db_app, name="db")
app.add_typer(users_app, name="users")


def main() -> None:
    """Run the command line; an expected error is one line on stderr and exit status 1."""
    try:
        export_other_variables()
        app()
    except ServerError as error:
        hint = f" (`{error.see}` lists them all)" if error.see else ""
        print(f"etude: {error}{hint}", file=sys.stderr)
        sys.exit(FAILED)
    except (NativeError, EngineError) as error:
        print(f"etude: {error}", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone: not an error of ours
        sys.exit(FAILED)
    except OSError as error:
        print(f"etude: {error}", file=sys.stderr)
        sys.exit(FAILED)
