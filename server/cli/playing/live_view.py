"""The live terminal view: the music coming up, and verdicts as they fall."""

from typing import Self

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from engine.judging import Verdict
from engine.judging.verdicts import RESULT_NAMES
from engine.pitch_names import PITCH_NAMES
from server.cli.playing.metronome import Beat
from server.cli.playing.report import (
    SIGNS,
    STYLES,
    Report,
    beat_name,
    tempo_text,
    timing_text,
)
from server.cli.playing.session import PlaySession
from server.inputs.computer_keys import legend

FRAME_SEC = 1 / 20  # drawing takes milliseconds of the time in which notes are heard
PAST_SHARE = 3  # a third of the rows is for what was just played
FRAME_LINES = 9  # header, footer and the space around them
MIN_ROWS = 5
NOTICES = 2


class LiveView:
    """Draws the take on the whole terminal.

    Parameters
    ----------
    session : PlaySession
        What is played.
    report : Report
        What was said of it.
    console : rich.console.Console
        The terminal.
    title : str
        What is played, in words.
    has_keys : bool
        Whether the computer's keys are the instrument, so that they must be shown.
    """

    def __init__(
        self, session: PlaySession, report: Report, console: Console, title: str, has_keys: bool
    ) -> None:
        self._session = session
        self._performance = session.performance
        self._report = report
        self._console = console
        self._title = title
        self._has_keys = has_keys
        self._notices: list[str] = []
        self._is_stale = True
        self._drawn_sec = float("-inf")
        self._drawn: tuple[int, int] | None = None
        self._here = 0  # the row where the player is or, with a metronome, should be
        self._live = Live(console=console, screen=True, auto_refresh=False)
        self._lay_out()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def show(self, verdicts: list[Verdict]) -> None:
        """Draw the verdicts with the next frame; the report holds them already."""
        self._is_stale = True

    def notice(self, text: str) -> None:
        """Show a text below the music until others follow."""
        self._notices = [*self._notices, text][-NOTICES:]
        self._is_stale = True

    def refresh(self, now_sec: float) -> None:
        """Draw a frame if there is something new and the last one is old enough."""
        beat = self._beat(now_sec)
        self._here = self._row_at(now_sec)
        shown = (self._here, 0 if beat is None else beat.number)
        if shown == self._drawn and (not self._is_stale or now_sec - self._drawn_sec < FRAME_SEC):
            return
        self._is_stale, self._drawn_sec, self._drawn = False, now_sec, shown
        self._live.update(self._frame(beat), refresh=True)

    def _lay_out(self) -> None:
        """Group the notes into moments, each a row."""
        notes = self._performance.score.notes
        onsets, first = np.unique(notes["onset_beat"], return_index=True)
        ends = [*first[1:].tolist(), len(notes)]
        self._onset_beat = onsets
        self._moments = [range(a, b) for a, b in zip(first.tolist(), ends, strict=True)]
        self._is_left: list[bool] = (notes["staff"] > 1).tolist()
        self._pitch: list[int] = notes["pitch"].tolist()
        self._measure: list[int] = notes["measure"].tolist()
        self._beat_in_bar: list[float] = notes["beat"].tolist()

    def _beat(self, now_sec: float) -> Beat | None:
        """The metronome's beat; None where the player leads."""
        take_sec = self._session.take_sec(now_sec)
        if self._performance.mode != "tempo" or take_sec is None:
            return None
        return self._session.metronome.at(take_sec)

    def _row_at(self, now_sec: float) -> int:
        take_sec = self._session.take_sec(now_sec)
        if self._performance.mode != "tempo" or take_sec is None:
            return int(np.searchsorted(self._onset_beat, self._performance.position.beat))
        now_beat = self._performance.clock.beats(take_sec)
        return max(0, int(np.searchsorted(self._onset_beat, now_beat, "right")) - 1)

    def _frame(self, beat: Beat | None) -> RenderableType:
        parts: list[RenderableType] = [self._header(), Text(), self._music(), Text()]
        parts += [self._footer(beat), *map(_notice, self._notices)]
        if self._has_keys:
            parts += [Text(row, style="dim") for row in legend()]
        parts.append(Text(self._help(), style="dim"))
        return Padding(Group(*parts), (0, 1))

    def _header(self) -> RenderableType:
        grid = Table.grid(expand=True)
        grid.add_column()
        grid.add_column(justify="right")
        told = f"{self._performance.mode}   {tempo_text(self._performance.position.tempo_bpm)}"
        grid.add_row(Text(self._title, style="bold", overflow="ellipsis"), Text(told))
        return grid

    def _music(self) -> RenderableType:
        """A window of rows around the place where the player is."""
        height = self._console.height - FRAME_LINES - (2 if self._has_keys else 0)
        n_rows = max(MIN_ROWS, height)
        start = max(0, min(self._here - n_rows // PAST_SHARE, len(self._moments) - n_rows))
        table = Table(box=None, expand=True, header_style="dim", padding=(0, 1))
        for name, width in ((" ", 1), ("bar", 4), ("beat", 4)):
            table.add_column(name, width=width, justify="left" if name == "beat" else "right")
        names = ("left hand", "right hand") if any(self._is_left) else ("",)
        for name in names:
            table.add_column(name, ratio=1, no_wrap=True)
        for row in range(start, min(start + n_rows, len(self._moments))):
            cells = self._row(row, has_two_hands=len(names) == 2)
            table.add_row(*cells, style="on grey23" if row == self._here else "")
        missing = n_rows - len(table.rows)
        return Group(table, *(Text() for _ in range(missing)))

    def _row(self, row: int, has_two_hands: bool) -> list[Text]:
        indices = self._moments[row]
        first = indices[0]
        is_new_bar = row == 0 or self._measure[self._moments[row - 1][0]] != self._measure[first]
        cells = [
            Text("▶" if row == self._here else " "),
            Text(str(self._measure[first]) if is_new_bar else "", style="bold"),
            Text(beat_name(self._beat_in_bar[first]), style="dim"),
        ]
        if not has_two_hands:
            return [*cells, self._notes(list(indices))]
        left = [index for index in indices if self._is_left[index]]
        right = [index for index in indices if not self._is_left[index]]
        return [*cells, self._notes(left), self._notes(right)]

    def _notes(self, indices: list[int]) -> Text:
        text = Text()
        for index in indices:
            verdict = self._report.latest.get(index)
            name = PITCH_NAMES[self._pitch[index]]
            if verdict is None:
                text.append(f"{name}  ")
            else:
                text.append(f"{name}{SIGNS[verdict.result]} ", style=STYLES[verdict.result])
        return text

    def _footer(self, beat: Beat | None) -> RenderableType:
        performance = self._performance
        grid = Table.grid(expand=True, padding=(0, 2))
        grid.add_column(ratio=1, no_wrap=True)
        grid.add_column(justify="right", no_wrap=True)
        summary = performance.summary()
        grid.add_row(self._last_played(), Text("" if beat is None else _metronome(beat)))
        counts = Text()
        for result, count in summary.counts.items():
            counts.append(f"{SIGNS[result]} {count}  ", style=STYLES[result])
        counts.append(f"{performance.points} points", style="bold")
        progress = f"accuracy {summary.accuracy:.0f} %  {performance.progress:.0f} % played"
        grid.add_row(counts, Text(progress))
        bar = ProgressBar(total=100.0, completed=performance.progress)
        return Group(grid, Padding(bar, 0))  # a bar by itself does not end its line

    def _last_played(self) -> Text:
        verdict = self._report.last_played
        if verdict is None:
            return Text("waiting for the first note", style="dim")
        word = RESULT_NAMES[verdict.result]
        told = f"{PITCH_NAMES[verdict.pitch]}  {SIGNS[verdict.result]} {word}"
        return Text(f"{told} {timing_text(verdict.timing_sec)}", style=STYLES[verdict.result])

    def _help(self) -> str:
        signs = "  ".join(f"{SIGNS[r]} {RESULT_NAMES[r]}" for r in SIGNS)
        keys = "z x octave   q end" if self._has_keys else "q end"
        return f"{keys}   {signs}"  # a narrow terminal cuts what is less needed


def _notice(text: str) -> Text:
    return Text(text, style="cyan", no_wrap=True, overflow="ellipsis")


def _metronome(beat: Beat) -> str:
    """A lamp for each beat of the bar, the present one lit, and its number."""
    lamps = " ".join("●" if k == beat.number else "○" for k in range(1, beat.n_beats + 1))
    return f"{lamps}  {beat.number}"
