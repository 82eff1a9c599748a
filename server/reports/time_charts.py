"""Charts along the time of a take: tempo, timing, loudness."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

import numpy as np

from engine.judging import RESULTS
from engine.judging.remarks import (
    HESITATION,
    JUMP_BACK,
    JUMP_ON,
    REPEAT_SKIPPED,
    REPEAT_TAKEN,
    RESTART,
    STOP,
)
from engine.judging.verdicts import RESULT_NAMES
from engine.report import Incident, LoudnessPoint, Report, TempoPoint
from engine.report.played import N_MATCHED, Judged
from engine.report.values import HANDS
from server.reports.svg import (
    Frame,
    Point,
    Scale,
    dots,
    element,
    label,
    line,
    marks,
    nice_ticks,
    picture,
    polyline,
    spaced_labels,
    time_axis,
    tooltip,
    value_axis,
)

P = TypeVar("P", TempoPoint, LoudnessPoint)

HEIGHT_PX = 228.0
RAIL_PX = 20.0  # a row of notes that have no time
BARS_Y = 26.0
MAX_VELOCITY = 127.0
TAIL_PERCENT = 2.0  # of the values may lie outside, at the edge: one slip must not flatten the rest
LEAST_TIMING_MS = 120.0  # either way
LEAST_TEMPO_SPAN = 0.2  # of the tempo: steady playing should look steady
SHAPES = {  # as paths around a point; no two kinds differ by colour alone
    "correct": "h0",
    "early": "m-4 3l4-7l4 7z",
    "late": "m-4-3l4 7l4-7z",
    "wrong_note": "m-4-4l8 8m-8 0l8-8",
    "missed": "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    "extra": "m-5 0h10m-5-5v10",
}
INCIDENT_SHAPES = {
    STOP: "m-3-6v10m6-10v10",
    HESITATION: "m0-6v10",
    JUMP_BACK: "m3-6l-7 5l7 5z",
    RESTART: "m3-6l-7 5l7 5zm-8 0v10",
    JUMP_ON: "m-3-6l7 5l-7 5z",
    REPEAT_TAKEN: "m3-6l-7 5l7 5z",
    REPEAT_SKIPPED: "m-3-6l7 5l-7 5z",
}
_RAIL = ("wrong_note", "missed", "extra")


def draw_tempo(report: Report, width: float, name: str) -> str:
    """Draw the tempo played beside the tempo asked for, and what broke it; needs a point."""
    points = report.tempo_curve
    frame = Frame(width, HEIGHT_PX)
    x, y = _time_scale(report, frame), _tempo_scale(points, frame)
    parts = [value_axis(frame, y, "tempo (♩ per minute)", nice_ticks(y.low, y.high, 5))]
    parts += [time_axis(frame, x), _bar_numbers(frame, x, report)]
    parts += [_incident(incident, x, frame) for incident in report.incidents]
    for stretch in _stretches(points):
        parts.append(polyline([(x(p.time_sec), y(p.asked_bpm)) for p in stretch], "line asked"))
        parts.append(_curve([(x(p.time_sec), y(p.tempo_bpm)) for p in stretch], "played"))
    return picture(frame, "Tempo over time", name, *parts)


def draw_timing(report: Report, width: float, name: str) -> str:
    """Draw each note's timing in the window of what is correct, and below, notes without one."""
    notes = report.notes
    has_timing = bool(np.isfinite(notes["timing_sec"]).any())
    rails_px = len(_RAIL) * RAIL_PX
    bottom = 44.0 + rails_px
    plot_px = HEIGHT_PX - 44.0 if has_timing else 42.0
    frame = Frame(width, plot_px + bottom, bottom=bottom)
    x = _time_scale(report, frame)
    parts = [_bar_numbers(frame, x, report)]
    if has_timing:
        parts.append(_timing_plot(notes, frame, x))
    for row, kind in enumerate(_RAIL):
        level = frame.end_y + 10 + (row + 0.5) * RAIL_PX
        rows = notes[notes["result"] == RESULTS.index(kind)]
        parts.append(label(frame.left - 6, level + 4, RESULT_NAMES[kind], anchor="end"))
        parts.append(line(frame.left, level, frame.end_x, level, "grid"))
        parts.append(marks(((x(t), level) for t in rows["time_sec"].tolist()), SHAPES[kind], kind))
    parts.append(time_axis(frame._replace(bottom=34.0), x))
    title = "Timing of each note" if has_timing else "Wrong, missed and extra notes over time"
    return picture(frame, title, name, *parts)


def draw_loudness(report: Report, width: float, name: str) -> str:
    """Draw how loud each hand played, bar by bar."""
    frame = Frame(width, HEIGHT_PX)
    x = _time_scale(report, frame)
    y = Scale(0.0, MAX_VELOCITY, frame.end_y, frame.top)
    parts = [value_axis(frame, y, "MIDI velocity (0 to 127)", (0, 32, 64, 96, 127))]
    parts += [time_axis(frame, x), _bar_numbers(frame, x, report)]
    for hand in HANDS:
        own = [point for point in report.loudness if point.hand == hand]
        for stretch in _stretches(own):
            parts.append(_curve([(x(p.time_sec), y(p.velocity)) for p in stretch], hand))
    return picture(frame, "Loudness of each hand over time", name, *parts)


def _time_scale(report: Report, frame: Frame) -> Scale:
    played = report.notes["time_sec"][report.notes["played_index"] >= 0]
    low, high = float(played.min()), float(played.max())
    pad_sec = max(0.02 * (high - low), 0.5)
    return Scale(low - pad_sec, high + pad_sec, frame.left, frame.end_x)


def _tempo_scale(points: Sequence[TempoPoint], frame: Frame) -> Scale:
    tempi = [point.tempo_bpm for point in points]
    low, high = np.percentile(tempi, [TAIL_PERCENT, 100.0 - TAIL_PERCENT]).tolist()
    for point in points:
        low, high = min(low, point.asked_bpm), max(high, point.asked_bpm)
    pad_bpm = max(0.1 * (high - low), 0.5 * LEAST_TEMPO_SPAN * high)
    return Scale(max(low - pad_bpm, 0.0), high + pad_bpm, frame.end_y, frame.top)


def _timing_plot(notes: Judged, frame: Frame, x: Scale) -> str:
    timed = notes[np.isfinite(notes["timing_sec"])]
    timing_ms = 1000.0 * timed["timing_sec"]
    windows_ms = 1000.0 * timed["window_sec"]
    edge_ms = float(np.percentile(np.abs(timing_ms), 100.0 - TAIL_PERCENT))
    widest_ms = float(np.nanmax(windows_ms)) if np.isfinite(windows_ms).any() else 0.0
    reach_ms = 1.15 * max(edge_ms, widest_ms, LEAST_TIMING_MS)
    y = Scale(-reach_ms, reach_ms, frame.end_y, frame.top)
    parts = [_window(timed, x, y)]
    ticks = nice_ticks(-reach_ms, reach_ms, 5)
    parts.append(value_axis(frame, y, "timing (ms; late is up)", ticks))
    places = list(zip(timed["time_sec"].tolist(), timing_ms.tolist(), strict=True))
    for k, kind in enumerate(RESULTS[:N_MATCHED]):
        rows = np.flatnonzero(timed["result"] == k).tolist()
        own = [(x(places[row][0]), y(places[row][1])) for row in rows]
        parts.append(dots(own, kind) if kind == "correct" else marks(own, SHAPES[kind], kind))
    return "".join(parts)


def _window(timed: Judged, x: Scale, y: Scale) -> str:
    """The band in which a note is correct: the mean of the windows in each column of pixels."""
    columns: dict[int, list[float]] = {}
    known = timed[np.isfinite(timed["window_sec"])]
    for time_sec, window_sec in zip(
        known["time_sec"].tolist(), known["window_sec"].tolist(), strict=True
    ):
        columns.setdefault(2 * round(x(time_sec) / 2), []).append(1000.0 * window_sec)
    means = [(px, sum(values) / len(values)) for px, values in sorted(columns.items())]
    upper = [(float(px), y(window_ms)) for px, window_ms in means]
    lower = [(float(px), y(-window_ms)) for px, window_ms in reversed(means)]
    told = " ".join(f"{px:.0f},{py:.1f}" for px, py in [*upper, *lower])
    return element("polygon", points=told, class_="window")


def _bar_numbers(frame: Frame, x: Scale, report: Report) -> str:
    """The written bar above where each pass of one begins."""
    last: dict[int, int] = {}  # the bar reached in each stretch: hands are not together
    places: list[tuple[float, str]] = []
    for point in sorted(report.loudness, key=attrgetter("time_sec")):
        if last.get(point.stretch) != point.measure:
            last[point.stretch] = point.measure
            places.append((x(point.time_sec), str(point.measure)))
    numbers = spaced_labels(frame, places, BARS_Y)
    return label(frame.left - 6, BARS_Y, "bar", "unit", "end") + numbers


def _incident(incident: Incident, x: Scale, frame: Frame) -> str:
    shape = INCIDENT_SHAPES.get(incident.kind)
    if shape is None:
        return ""
    px = x(incident.time_sec)
    title = tooltip(incident.text)
    stem = line(px, frame.top, px, frame.end_y, "incident")
    sign = element("path", d=f"M{px:.1f} {frame.top + 4:.1f}{shape}", class_="sign")
    return element("g", title, stem, sign)


def _stretches(points: Sequence[P]) -> list[list[P]]:
    """The points of each stretch: across a break there is no line."""
    return [list(group) for _, group in groupby(points, attrgetter("stretch"))]


def _curve(points: Sequence[Point], class_: str) -> str:
    """A line, or a dot where there is but one point."""
    if len(points) == 1:
        return dots(points, f"lone {class_}")
    return polyline(points, f"line {class_}")
