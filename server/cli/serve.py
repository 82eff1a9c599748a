"""``etude serve``: run the server."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

HTTPS_HINT = (
    "(their browsers let a page hear microphones and MIDI keyboards only over https: "
    "for that, put a proxy in front and set ETUDE_PUBLIC_URL)"
)


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; 0 takes any free one.", show_default="8000")
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the practice page in a browser.")
    ] = False,
    guests: Annotated[
        bool | None,
        typer.Option(
            "--guests/--no-guests",
            help="Let people play without a token.",
            show_default="only where nobody else can connect",
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            "--database-url", help="Where takes are kept.", show_default="SQLite in the data folder"
        ),
    ] = None,
    music: Annotated[
        Path | None, typer.Option(help="Folder of audio files for listening rooms.")
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(help="debug, info, warning or error.", show_default="info")
    ] = None,
) -> None:
    """Run the server and the practice page until Ctrl-C."""
    from server.config import load_settings
    from server.reachable import url_for_others
    from server.runner import run

    settings = load_settings(
        host=host,
        port=port,
        guests=guests,
        database_url=database_url,
        music=music,
        log_level=log_level,
    )

    def on_ready(url: str) -> None:
        who = "anybody who can connect" if settings.allows_guests else "holders of a token"
        where = "programs on this machine" if settings.is_loopback else who
        print(f"Etude is ready at {url} for {where} (Ctrl-C stops it)", flush=True)
        port = urlsplit(url).port or settings.port
        if settings.public_url is not None:
            print(f"Everybody else finds it at {settings.public_url}", flush=True)
        elif others := url_for_others(settings.host, port):
            print(f"Other devices of this network find it at {others}", flush=True)
            print(HTTPS_HINT, flush=True)
        if open_page:
            import webbrowser

            webbrowser.open(url)

    run(settings, on_ready)
