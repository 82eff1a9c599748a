"""``etude room``: listen together, from the terminal."""

import getpass
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

DEFAULT_SERVER = "http://127.0.0.1:8000"
OFFSET_MAX_MS = 60_000.0
DELAY_MAX_MS = 5_000.0
LINK = re.compile(r"(?P<server>https?://[^/]+)/room/(?P<code>[^/?#]+)/?")

room_app = typer.Typer(
    help="Listen together: a host plays, everybody in the room hears the same moment of it.",
    no_args_is_help=True,
)


class PlayerKind(StrEnum):
    """What plays."""

    AUDIO = "audio"
    SILENT = "silent"
    SPOTIFY = "spotify"


ServerOption = Annotated[
    str | None,
    typer.Option(envvar="ETUDE_URL", help="The server.", show_default=DEFAULT_SERVER),
]
TokenOption = Annotated[
    str | None,
    typer.Option(envvar="ETUDE_TOKEN", help="Who you are to the server.", show_default="a guest"),
]
NameOption = Annotated[
    str | None, typer.Option(help="What the others see.", show_default="your user name")
]
PlayerOption = Annotated[
    PlayerKind,
    typer.Option(
        "--player",
        help="audio plays files through the sound card, silent by the clock alone, spotify lets "
        "Spotify play.",
    ),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(help="Sound output: name or part of it.", show_default="the system's own"),
]
DelayOption = Annotated[
    float,
    typer.Option(
        "--output-delay",
        min=0.0,
        max=DELAY_MAX_MS,
        help="Milliseconds that the sound is late unknown to its driver, as by Bluetooth.",
    ),
]
OffsetOption = Annotated[
    float,
    typer.Option(
        min=-OFFSET_MAX_MS, max=OFFSET_MAX_MS, help="Milliseconds to play ahead of the host."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="A JSON object a line, for programs.")]


@room_app.command()
def host(
    music: Annotated[
        list[str] | None,
        typer.Argument(help="Files and folders to play, or names of tracks on the server."),
    ] = None,
    server: ServerOption = None,
    token: TokenOption = None,
    name: NameOption = None,
    player: PlayerOption = PlayerKind.AUDIO,
    device: DeviceOption = None,
    output_delay: DelayOption = 0.0,
    paused: Annotated[bool, typer.Option("--paused", help="Wait for the space bar.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a room and play to it. Space pauses, arrows seek, n plays the next, q ends the room."""
    if not music and player != PlayerKind.SPOTIFY:
        raise typer.BadParameter("name at least one file to play")
    _sit(
        as_json, code=None, music=tuple(music or ()), server=server, token=token, name=name,
        player=player.value, device=device, delay_ms=output_delay, is_playing=not paused,
    )  # fmt: skip


@room_app.command()
def join(
    code: Annotated[str, typer.Argument(help="The room's code, or the link to it.")],
    music: Annotated[
        list[Path] | None,
        typer.Argument(help="Files and folders in which your copy of the music may be."),
    ] = None,
    server: ServerOption = None,
    token: TokenOption = None,
    name: NameOption = None,
    player: PlayerOption = PlayerKind.AUDIO,
    device: DeviceOption = None,
    output_delay: DelayOption = 0.0,
    offset: OffsetOption = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Come into a room and hear what its host plays. Ctrl-C leaves."""
    if (link := LINK.fullmatch(code)) is not None:
        server, code = server or link["server"], link["code"]
    _sit(
        as_json, code=code, music=tuple(map(str, music or ())), server=server, token=token,
        name=name, player=player.value, device=device, delay_ms=output_delay, offset_ms=offset,
    )  # fmt: skip


def _sit(as_json: bool, server: str | None, name: str | None, **wish: Any) -> None:
    from server.cli.rooms.setup import Wish, run
    from server.cli.rooms.view import make_view

    whole = Wish(server=server or DEFAULT_SERVER, name=name or getpass.getuser(), **wish)
    reason = run(whole, make_view(as_json))
    if reason and not as_json:
        print(reason)
