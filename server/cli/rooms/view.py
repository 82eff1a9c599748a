"""What the user of ``etude room`` sees: a picture, lines, or JSON for programs."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from server.cli.rooms.keys import CLIENT_HELP, HOST_HELP
from server.cli.rooms.words import (
    NO_REPORT,
    doubt_text,
    drift_text,
    name_text,
    person_text,
    reading_text,
)
from server.roomclient import Room
from server.roomclient.messages import Person

KEPT_DRIFTS = 40  # about as many seconds
KEPT_NOTICES = 3
SPARKS = "▁▂▃▄▅▆▇█"
NAME_WIDTHS = 12, 24  # a longer name gives way to the line of drifts
LEAST_SPARKS = 5  # fewer tell nothing
DRIFT_WIDTH, DOUBT_WIDTH, QUALITY_WIDTH, OFFSET_WIDTH = 12, 9, 9, 9
TOLD_SEC = 10.0  # a line of drift holds at least so long
TOLD_MS = 5.0  # and a drift that is nearer to it is no other one
LEAST_SCALE_MS = 10.0  # a drift below this does not fill the line
STYLES = {"excellent": "green", "good": "yellow", "fair": "dark_orange", "poor": "red"}


class RoomView(Protocol):
    """Shows a room."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def entered(self, room: Room) -> None:
        """The room is there."""

    def event(self, name: str, data: dict[str, Any]) -> None:
        """The server said something."""

    def notice(self, text: str) -> None:
        """Tell of anything else."""

    async def refresh(self) -> None:
        """Some time has passed."""


def make_view(as_json: bool) -> RoomView:
    """The view that is wanted, or fits the output."""
    if as_json:
        return JsonView()
    console = Console()
    return LiveRoomView(console) if console.is_terminal else PlainRoomView()


class JsonView:
    """A JSON object a line: every event of the server, and ``room`` and ``notice`` of our own."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def entered(self, room: Room) -> None:
        """Tell code, role and who this is."""
        told = {"code": room.code, "role": room.member.role, "userId": room.who.user_id}
        self.event("room", told | {"link": room_link(room)})

    def event(self, name: str, data: dict[str, Any]) -> None:
        """Print it as it came."""
        print(json.dumps({"event": name, "data": data}, ensure_ascii=False), flush=True)

    def notice(self, text: str) -> None:
        """Print a text."""
        self.event("notice", {"text": text})

    async def refresh(self) -> None:
        """Say nothing."""


class Told(NamedTuple):
    """What the last line of a member said, and when."""

    person: Person
    at_sec: float


class PlainRoomView:
    """Lines for pipes and files: who comes and goes, every new quality, and drift that changed.

    Parameters
    ----------
    now_sec : callable
        A clock that never steps.
    """

    def __init__(self, now_sec: Callable[[], float] = time.monotonic) -> None:
        self._now_sec = now_sec
        self._room: Room | None = None
        self._told: dict[str, Told] = {}
        self._playing: tuple[str, bool] | None = None
        self._last_notice = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def entered(self, room: Room) -> None:
        """Tell the code."""
        self._room = room
        print(f"room {room.code}: {room_link(room)}", flush=True)

    def event(self, name: str, data: dict[str, Any]) -> None:
        """Tell what is new about the members."""
        if name == "room_state":
            self._tell_members()

    def notice(self, text: str) -> None:
        """Print a text, marked as no member; not twice in a row."""
        if text != self._last_notice:
            print(f"# {text}", flush=True)
        self._last_notice = text

    async def refresh(self) -> None:
        """Tell a track that begins or stops, and drift that is not what was told."""
        reading = self._room.member.reading if self._room is not None else None
        playing = None if reading is None else (reading.track.uri, reading.is_playing)
        if playing != self._playing:
            self._playing = playing
            print(reading_text(reading), flush=True)
        self._tell_members()

    def _tell_members(self) -> None:
        if self._room is None:
            return
        people = {person.user_id: person for person in self._room.member.room.members}
        for user_id in [user_id for user_id in self._told if user_id not in people]:
            print(f"{name_text(self._told.pop(user_id).person)}: left", flush=True)
        for user_id, person in people.items():
            if self._is_news(person):
                self._told[user_id] = Told(person, self._now_sec())
                print(person_text(person), flush=True)

    def _is_news(self, person: Person) -> bool:
        told = self._told.get(person.user_id)
        if told is None or state_of(person) != state_of(told.person):
            return True
        if person.role == "host" or self._now_sec() - told.at_sec < TOLD_SEC:
            return False
        return is_other_drift(told.person.drift, person.drift)


def state_of(person: Person) -> tuple[str, bool, str | None]:
    """What is told of a member at once."""
    return person.role, person.online, person.quality


def is_other_drift(told_ms: float | None, drift_ms: float | None) -> bool:
    """Whether a drift is more than twice, less than half, or opposite to what was told."""
    if told_ms is None or drift_ms is None:
        return told_ms is not drift_ms
    return abs(drift_ms - told_ms) > max(TOLD_MS, min(abs(drift_ms), abs(told_ms)))


class LiveRoomView:
    """Draws the room on the whole terminal.

    Parameters
    ----------
    console : rich.console.Console
        The terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, screen=True, auto_refresh=False)
        self._room: Room | None = None
        self._drifts: dict[str, deque[float]] = {}
        self._notices: deque[str] = deque(maxlen=KEPT_NOTICES)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def entered(self, room: Room) -> None:
        """Draw this room from now on."""
        self._room = room

    def event(self, name: str, data: dict[str, Any]) -> None:
        """Remember how everybody drifted."""
        if name != "room_state" or self._room is None:
            return
        for person in self._room.member.room.members:
            if person.drift is not None and person.online:
                drifts = self._drifts.setdefault(person.user_id, deque(maxlen=KEPT_DRIFTS))
                drifts.append(person.drift)

    def notice(self, text: str) -> None:
        """Show a text until others follow."""
        if not self._notices or self._notices[-1] != text:
            self._notices.append(text)

    async def refresh(self) -> None:
        """Draw a frame; off the loop, as a terminal may be slow, or stopped by Ctrl-S."""
        if self._room is not None:
            frame = self.frame(self._room)
            await asyncio.to_thread(self._live.update, frame, refresh=True)

    def frame(self, room: Room) -> RenderableType:
        """The room as it is now."""
        help_text = HOST_HELP if room.member.role == "host" else CLIENT_HELP
        return Padding(
            Group(
                self._header(room),
                Text(),
                *self._music(room),
                Text(),
                self._people(room),
                Text(),
                *(Text(text, style="cyan") for text in self._notices),
                Text(help_text, style="dim"),
            ),
            (0, 1),
        )

    def _header(self, room: Room) -> RenderableType:
        grid = Table.grid(expand=True)
        grid.add_column()
        grid.add_column(justify="right")
        state = Text(room_link(room), style="dim")
        if not room.is_connected:
            state = Text("connecting…", style="bold red")
        grid.add_row(Text(f"Room {room.code}", style="bold"), state)
        return grid

    def _music(self, room: Room) -> list[RenderableType]:
        reading = room.member.reading_now()
        shown: list[RenderableType] = [Text(reading_text(reading), no_wrap=True)]
        if reading is not None and reading.track.duration_ms:
            shown.append(ProgressBar(reading.track.duration_ms, reading.position_ms))
            shown.append(Text())  # a bar by itself does not end its line
        return shown

    def _people(self, room: Room) -> RenderableType:
        rows = [self._row(room, person) for person in room.member.room.members]
        quality_width = max([QUALITY_WIDTH, *(row[4].cell_len for row in rows)])
        n_sparks = self._n_sparks([row[0].cell_len for row in rows], quality_width)
        table = Table(box=None, expand=True, header_style="dim", padding=(0, 1))
        table.add_column("who", ratio=1, min_width=NAME_WIDTHS[0], no_wrap=True)
        table.add_column("drift", justify="right", width=DRIFT_WIDTH)
        table.add_column("sure to", justify="right", width=DOUBT_WIDTH)
        if n_sparks:
            table.add_column("the last seconds"[:n_sparks], width=n_sparks, no_wrap=True)
        table.add_column("quality", width=quality_width)
        table.add_column("offset", justify="right", width=OFFSET_WIDTH)
        for person, (name, drift, doubt, sparks, told, offset) in zip(
            room.member.room.members, rows, strict=True
        ):
            shown = [sparks[-n_sparks:]] if n_sparks else []
            style = "" if person.online else "dim"
            table.add_row(name, drift, doubt, *shown, told, offset, style=style)
        return table

    def _n_sparks(self, name_lengths: list[int], quality_width: int) -> int:
        """How many seconds of drift fit beside all else that is told."""
        least, most = NAME_WIDTHS
        name_width = min(max([least, *name_lengths]), most)
        others = (name_width, DRIFT_WIDTH, DOUBT_WIDTH, quality_width, OFFSET_WIDTH)
        n_left = self._console.width - 2 - sum(width + 2 for width in others) - 2
        return min(n_left, KEPT_DRIFTS) if n_left >= LEAST_SPARKS else 0

    def _row(self, room: Room, person: Person) -> list[Text]:
        name = Text(name_text(person))
        if person.user_id == room.who.user_id:
            name.append(" (you)", style="dim")
        quality = person.quality or ""
        if person.role == "host":
            quality, told = "", Text("host", style="bold")
        else:
            heard = quality if quality and person.drift is not None else NO_REPORT
            told = Text(heard if person.online else "away", style=STYLES.get(quality, ""))
        drifts = self._drifts.get(person.user_id, ()) if person.role != "host" else ()
        return [
            name,
            Text(drift_text(person)),
            Text(doubt_text(person)),
            Text(sparkline(list(drifts)), style=STYLES.get(quality, "dim")),
            told,
            Text(f"{person.offset_ms:+.0f} ms" if person.offset_ms else ""),
        ]


def sparkline(drifts_ms: list[float]) -> str:
    """Drifts as a line of blocks: half high is none, a full one is ahead."""
    scale_ms = max([LEAST_SCALE_MS, *map(abs, drifts_ms)])
    middle = (len(SPARKS) - 1) / 2
    return "".join(SPARKS[round(middle + middle * drift / scale_ms)] for drift in drifts_ms)


def room_link(room: Room) -> str:
    """Where a browser joins."""
    return f"{room.service.origin}/room/{room.code}"
