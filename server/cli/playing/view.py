"""What a player sees: plain lines where the output is no terminal."""

from typing import Protocol, Self

from engine.judging import Verdict
from server.cli.playing.report import Report


class View(Protocol):
    """Shows a take while it is played."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(self, *exc: object) -> None:
        """Give the terminal back."""

    def show(self, verdicts: list[Verdict]) -> None:
        """Tell what was said of notes just now."""

    def notice(self, text: str) -> None:
        """Tell of something other than notes: a keyboard that came or went."""

    def refresh(self, now_sec: float) -> None:
        """Time has passed."""


class PlainView:
    """One line a verdict, for pipes and files.

    Parameters
    ----------
    report : Report
        Knows how to write a verdict.
    """

    def __init__(self, report: Report) -> None:
        self._report = report

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def show(self, verdicts: list[Verdict]) -> None:
        """Print the verdicts at once: whoever reads along should not wait for a full buffer."""
        for verdict in verdicts:
            print(self._report.line(verdict), flush=True)

    def notice(self, text: str) -> None:
        """Print the text, marked as no verdict."""
        print(f"# {text}", flush=True)

    def refresh(self, now_sec: float) -> None:
        """Show nothing: lines stay as they are."""
