"""The needle in the terminal; plain lines where the output is none."""

from collections import deque
from math import isnan
from typing import Protocol, Self

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from engine.tuning import Tuning
from server.cli.listening.ear import Now
from server.reports.pitch_chart import IN_TUNE_CENTS, cents_text

FRAME_SEC = 1 / 25
NEEDLE_CELLS = 41  # odd: the middle one is in tune
NEEDLE_CENTS = 50.0
METER_CELLS = 40
METER_DB = 60.0  # the quietest that is shown below full scale
LOUD_DB = -6.0  # from here on a louder note may clip
KEPT_NOTES, KEPT_NOTICES = 8, 3


class ListenView(Protocol):
    """Shows what is heard."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def show(self, now: Now, time_sec: float) -> None:
        """Show a moment; ``time_sec`` is on any one clock."""

    def notice(self, text: str) -> None:
        """Tell of something other than notes."""


def make_view(tuning: Tuning) -> ListenView:
    """The view that fits the output."""
    console = Console()
    return NeedleView(tuning, console) if console.is_terminal else PlainListenView(tuning)


def note_text(note: np.void, tuning: Tuning) -> str:
    """Write a note that has ended as a line."""
    length_sec = float(note["offset_sec"] - note["onset_sec"])
    name, cents = tuning.name(int(note["pitch"])), cents_text(float(note["cents"]))
    sounded = f"{note['f0_hz']:7.1f} Hz  {length_sec:5.2f} s"
    return f"{note['onset_sec']:8.2f} s  {name:<4} {cents:>4} cents  {sounded}"


class PlainListenView:
    """A line for each note as it ends, for pipes and files.

    Parameters
    ----------
    tuning : Tuning
        Names the notes.
    """

    def __init__(self, tuning: Tuning) -> None:
        self._tuning = tuning

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def show(self, now: Now, time_sec: float) -> None:
        """Print the notes that have ended, and what is the matter with the sound."""
        for note in now.notes:
            print(note_text(note, self._tuning), flush=True)
        for finding in now.findings:
            self.notice(finding.message)

    def notice(self, text: str) -> None:
        """Print the text, marked as no note."""
        print(f"# {text}", flush=True)


class NeedleView:
    """Draws the needle, the level and the last notes.

    Parameters
    ----------
    tuning : Tuning
        Names the notes, and says where each lies.
    console : rich.console.Console
        The terminal.
    """

    def __init__(self, tuning: Tuning, console: Console) -> None:
        self._tuning = tuning
        self._live = Live(console=console, screen=True, auto_refresh=False)
        self._notes: deque[str] = deque(maxlen=KEPT_NOTES)
        self._notices: deque[str] = deque(maxlen=KEPT_NOTICES)
        self._finding = ""
        self._drawn_sec = float("-inf")

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def show(self, now: Now, time_sec: float) -> None:
        """Draw a frame if the last one is old enough."""
        self._notes += [note_text(note, self._tuning) for note in now.notes]
        for finding in now.findings:
            self._finding = finding.message
        if time_sec - self._drawn_sec >= FRAME_SEC:
            self._drawn_sec = time_sec
            self._live.update(self._frame(now), refresh=True)

    def notice(self, text: str) -> None:
        """Show a text until others follow."""
        self._notices.append(text)

    def _frame(self, now: Now) -> RenderableType:
        return Group(
            *needle(now, self._tuning),
            Text(),
            meter(now.level_db),
            Text(self._finding, style="yellow"),
            Text(),
            *(Text(line, style="dim") for line in self._notes),
            *(Text(line, style="cyan") for line in self._notices),
            Text("Ctrl-C ends", style="dim"),
        )


def needle(now: Now, tuning: Tuning) -> list[Text]:
    """Draw the note and how far off it is: a line of words and one with the needle."""
    middle = NEEDLE_CELLS // 2
    cells = ["·"] * NEEDLE_CELLS
    cells[middle] = "|"
    if isnan(now.f0_hz):
        return [Text("–", style="dim"), Text("".join(cells), style="dim")]
    pitch, cents = tuning.nearest(now.f0_hz)
    share = max(-1.0, min(cents / NEEDLE_CENTS, 1.0))
    cells[middle + round(share * middle)] = "▲"
    style = "bold green" if abs(cents) <= IN_TUNE_CENTS else "bold yellow"
    words = f"{tuning.name(pitch)}  {cents_text(cents)} cents  {now.f0_hz:.1f} Hz"
    return [Text(f"{words}  {100 * now.confidence:.0f} % sure", style), Text("".join(cells), style)]


def meter(level_db: float) -> Text:
    """Draw the level."""
    share = max(0.0, min(1.0 + level_db / METER_DB, 1.0))
    lit = round(share * METER_CELLS)
    style = "red" if level_db > LOUD_DB else "green"
    told = f" {max(level_db, -METER_DB):.0f} dB".replace("-", "−")
    return Text.assemble(("█" * lit, style), ("░" * (METER_CELLS - lit), "dim"), told)
