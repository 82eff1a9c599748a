"""The figures as a picture: how far apart listeners are, kind by kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.rooms.laboratory import ETUDE, NAIVE, RULES
from bench.rooms.summary import Row
from bench.rooms.tables import counted

# Okabe and Ito: told apart by everyone; markers tell apart in grey.
STYLES = {ETUDE: ("#000000", "D"), NAIVE: ("#E69F00", "s")}
JELLYFIN = ("#56B4E9", "o")
TARGET_COLOUR = "#D55E00"
LEAST_MS = 0.1  # better than that is drawn there
SPREAD = 0.22  # of the lines of one kind


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw ``path`` as SVG.

    Raises
    ------
    BenchError
        If matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BenchError(f"no picture: {error}; pip install '.[bench]'") from None
    with matplotlib.rc_context({"svg.hashsalt": "etude", "svg.fonttype": "none"}):
        figure = Figure(figsize=(11, 0.62 * len(rows) + 1.6), layout="constrained")
        axes = figure.subplots()
        draw_errors(axes, rows)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        figure.savefig(path, metadata={"Date": None})


def draw_errors(axes: Any, rows: Sequence[Row]) -> None:
    """A line from p50 to p99 for each rule, with a mark on p50 and p95."""
    for place, row in enumerate(rows):
        lines = [(rule, counted(row, found)) for rule, found in row.by_rule.items()]
        drawn = [(RULES[rule], STYLES[rule], errors) for rule, errors in lines]
        drawn.append(("Jellyfin's rule", JELLYFIN, row.kind.jellyfin_ms))
        for k, (title, style, errors) in enumerate(drawn):
            at = place + SPREAD * (k - 1)
            draw_line(axes, at, errors, style, None if place else f"{title}: p50, p95, p99")
        axes.plot(
            row.kind.error_ms,
            [place - SPREAD] * 3,
            linestyle="none",
            marker="|",
            markersize=11,
            markeredgewidth=1.5,
            color=TARGET_COLOUR,
            label=None if place else "targets for Etude",
        )
    titles = [row.kind.title.replace(", ", "\n").replace(" (", "\n(") for row in rows]
    axes.set_yticks(range(len(rows)), titles)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xticks([0.1, 1, 10, 100, 1000], ["0.1", "1", "10", "100", "1000"])
    axes.set_xlabel("how far a client is from the host, ms")
    axes.grid(axis="x", alpha=0.3)


def draw_line(
    axes: Any, at: float, errors: Sequence[float], style: tuple[str, str], label: str | None
) -> None:
    """Percentiles of one rule."""
    colour, marker = style
    ends = [max(error, LEAST_MS) for error in errors]
    axes.plot(ends, [at] * 3, color=colour, linewidth=1.5, alpha=0.5)
    axes.plot(
        ends, [at] * 3, linestyle="none", marker=marker, markersize=4, color=colour, label=label
    )
