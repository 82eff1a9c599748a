"""The results as a picture: who follows what, and at what cost.

The axis of F1 is one of errors, logarithmic: the step from 99 to 99.9 % is as wide as the one
from 90 to 99 %, as both take nine mistakes of ten away.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import BenchError
from bench.matching.summary import Measured
from bench.matching.tasks import MEDIAN_US, P99_US, TARGETS

# Okabe and Ito: told apart by everyone; markers tell apart in grey.
STYLES = (
    ("#000000", "D"),
    ("#E69F00", "s"),
    ("#56B4E9", "o"),
    ("#009E73", "^"),
    ("#CC79A7", "v"),
    ("#999999", "x"),
)
TARGET_COLOUR = "#D55E00"
ABOVE_AXES = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
F1_TICKS = (0, 50, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9)
LEAST_ERROR = 0.05  # percent; better than that is drawn there


def draw(measured: Sequence[Measured], conditions: Sequence[str], path: Path) -> None:
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
        figure = Figure(figsize=(12, 0.36 * len(conditions) + 2.2), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(3, 1.2))
        draw_f1(left, measured, conditions)
        draw_times(right, measured)
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        figure.savefig(path, metadata={"Date": None})


def error_place(f1: float) -> float:
    """Where on the axis an F1 in percent stands."""
    return -float(np.log10(max(100 - f1, LEAST_ERROR)))


def draw_f1(axes: Any, measured: Sequence[Measured], conditions: Sequence[str]) -> None:
    """One line of dots per condition; Etude's targets are strokes."""
    for place, condition in enumerate(conditions):
        axes.plot(
            [error_place(TARGETS[condition].f1)],
            [place],
            linestyle="none",
            marker="|",
            markersize=15,
            markeredgewidth=2,
            color=TARGET_COLOUR,
            label=None if place else "target for Etude",
        )
    for m, (colour, marker) in zip(measured, STYLES, strict=False):
        found = {i: f1 for i, c in enumerate(conditions) if (f1 := m.f1(c)) is not None}
        if found:
            axes.plot(
                [error_place(f1) for f1 in found.values()],
                list(found),
                linestyle="none",
                marker=marker,
                markersize=7,
                color=colour,
                label=m.title,
            )
    axes.set_yticks(range(len(conditions)), conditions)
    axes.invert_yaxis()
    axes.set_xticks([error_place(f1) for f1 in F1_TICKS], [f"{f1:g}" for f1 in F1_TICKS])
    axes.set_xlabel("note-match F1 of first answers, %")
    axes.grid(alpha=0.3)


def draw_times(axes: Any, measured: Sequence[Measured]) -> None:
    """Median to 99th percentile of the time per note, logarithmic."""
    place = 0
    titles = []
    for m, (colour, marker) in zip(measured, STYLES, strict=False):
        if times := m.times():
            ends = [times.median, times.p99]
            axes.plot(ends, [place, place], color=colour, linewidth=2, alpha=0.5)
            axes.plot(ends[:1], [place], marker=marker, markersize=7, color=colour)
            told, above = f"{times.median:.{0 if times.median >= 10 else 1}f}", (0, 8)
            axes.annotate(told, (ends[0], place), above, textcoords="offset points", ha="center")
            titles.append(m.title.replace(", ", "\n"))
            place += 1
    for us, what in ((MEDIAN_US, "median"), (P99_US, "99th")):
        axes.axvline(us, color=TARGET_COLOUR, linewidth=1, linestyle=":")
        axes.annotate(what, (us, 1), (0, 3), **ABOVE_AXES, ha="center", color=TARGET_COLOUR)
    axes.set_xlim(1, 1e4)
    axes.set_xscale("log")
    axes.set_xticks([1, 10, 100, 1000, 10000], ["1", "10", "100", "1000", "10⁴"])
    axes.set_yticks(range(len(titles)), titles)
    axes.invert_yaxis()
    axes.margins(y=0.15)
    axes.set_xlabel("µs per note: median to 99th percentile")
    axes.grid(axis="x", alpha=0.3)
