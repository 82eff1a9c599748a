"""The pitch of a recording as a picture: a piano roll, the contour over it, cents at each note."""

from math import ceil, floor, isfinite

import numpy as np
from numpy.typing import NDArray

from engine.pitch_names import NAMES
from engine.tuning import Tuning
from server.inputs.recorded_pitch import RecordedPitch
from server.reports.svg import (
    CHAR_PX,
    Frame,
    Scale,
    element,
    label,
    line,
    picture,
    polyline,
    time_axis,
    tooltip,
)

PX_PER_SEC = 80.0
LEAST_WIDTH_PX, MOST_WIDTH_PX = 720.0, 20_000.0
ROW_PX = 14.0
LEAST_ROWS = 12  # an octave: a drone should look like one
IN_TUNE_CENTS = 10.0
LOWEST, HIGHEST = 0.0, 127.0
MIDDLE = 60.0  # what an empty picture shows
TAIL_PERCENT = 2.0  # of the contour may lie outside: one slip must not flatten the rest
BREAK_SEC = 0.03  # a contour is drawn through no longer a silence
JUMP_SEMITONES = 5.0  # from one frame to the next nobody slides so far
STYLE = """
:root { --sheet: #fffefb; --ink: #1e1d1a; --soft: #66625a; --line: #e0dbd0; --edge: #8d877b;
  --good: #0b7a5c; --flat: #2560b5; --sharp: #a85200; --accent: #1d4e68; }
@media (prefers-color-scheme: dark) { :root { --sheet: #1f201f; --ink: #eae6dc; --soft: #a5a096;
  --line: #353633; --edge: #7d7a72; --good: #58cba5; --flat: #86b4ff; --sharp: #f3a851;
  --accent: #8fc3dc; } }
text { font-family: system-ui, sans-serif; }
.sheet { fill: var(--sheet); }
.label { fill: var(--ink); font-size: 12px; font-variant-numeric: tabular-nums; }
.label.unit, .label.cents { fill: var(--soft); font-size: 11px; }
.label.title { font-size: 14px; }
.grid { stroke: var(--line); }
.grid.octave { stroke: var(--edge); }
.axis { stroke: var(--edge); }
.contour { fill: none; stroke: var(--accent); stroke-width: 1.5; stroke-linejoin: round; }
.note { fill-opacity: 0.35; stroke-width: 1; }
.good { fill: var(--good); stroke: var(--good); }
.flat { fill: var(--flat); stroke: var(--flat); }
.unknown { fill: var(--soft); stroke: var(--soft); }
.sharp { fill: var(--sharp); stroke: var(--sharp); }
"""


def draw_pitch(heard: RecordedPitch, tuning: Tuning, title: str) -> str:
    """Draw a recording as an SVG file.

    Parameters
    ----------
    heard : RecordedPitch
        What was heard.
    tuning : Tuning
        Names the pitches, and says where each lies.
    title : str
        What was recorded.

    Returns
    -------
    str
        The file's text; it needs nothing beside it.
    """
    contour = _contour(heard, tuning)
    low, high = _pitch_range(heard, contour[:, 1])
    plot_px = heard.duration_sec * PX_PER_SEC
    width = min(max(plot_px, LEAST_WIDTH_PX), MOST_WIDTH_PX)
    frame = Frame(width, ROW_PX * (high - low) + 80.0)
    x = Scale(0.0, max(heard.duration_sec, 1e-3), frame.left, frame.end_x)
    y = Scale(low, high, frame.end_y, frame.top)
    parts = [
        element("style", STYLE),
        element("rect", width=frame.width, height=frame.height, class_="sheet"),
        label(2, 14, title, "title", "start"),
        label(2, 30, _legend(tuning), "unit", "start"),
        _rows(frame, y, tuning),
        time_axis(frame, x),
    ]
    parts += [_note(note, x, y, tuning) for note in heard.notes]
    parts += [
        polyline([(x(t), y(p)) for t, p in stretch.tolist()], "contour")
        for stretch in _stretches(contour, y)
    ]
    markup = picture(frame, title, "pitch", *parts)
    return markup.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1) + "\n"


def _contour(heard: RecordedPitch, tuning: Tuning) -> NDArray[np.float64]:
    """Rows of time in seconds and pitch in semitones of the tuning, where there is a pitch."""
    voiced = heard.frames[heard.frames["is_voiced"]]
    rows = []
    for time_sec, f0_hz in zip(voiced["time_sec"].tolist(), voiced["f0_hz"].tolist(), strict=True):
        if f0_hz > 0.0 and isfinite(f0_hz):
            pitch, cents = tuning.nearest(f0_hz)
            rows.append((time_sec, pitch + cents / 100.0))
    return np.array(rows, np.float64).reshape(-1, 2)


def _pitch_range(heard: RecordedPitch, contour: NDArray[np.float64]) -> tuple[float, float]:
    """Whole semitones around the notes and nearly all of the contour, an octave at least."""
    pitches = heard.notes["pitch"].astype(np.float64)
    if len(contour):
        pitches = np.append(pitches, np.percentile(contour, [TAIL_PERCENT, 100.0 - TAIL_PERCENT]))
    if not len(pitches):
        pitches = np.array([MIDDLE])
    low, high = floor(pitches.min()) - 2.0, ceil(pitches.max()) + 2.0
    missing = max(0.0, LEAST_ROWS - (high - low))
    low, high = low - floor(missing / 2), high + ceil(missing / 2)
    return max(low, LOWEST - 1.0), min(high, HIGHEST + 1.0)


def _stretches(contour: NDArray[np.float64], y: Scale) -> list[NDArray[np.float64]]:
    """The contour between silences and jumps; what lies outside the picture is left out."""
    seen = contour[(contour[:, 1] >= y.low) & (contour[:, 1] <= y.high)]
    step = np.abs(np.diff(seen, axis=0))
    breaks = np.flatnonzero((step[:, 0] > BREAK_SEC) | (step[:, 1] > JUMP_SEMITONES)) + 1
    return [part for part in np.split(seen, breaks) if len(part) > 1]


def _rows(frame: Frame, y: Scale, tuning: Tuning) -> str:
    """A line for each semitone, a stronger one for each C or key note, and the names of all."""
    parts = []
    for pitch in range(ceil(y.low), floor(y.high) + 1):
        if not LOWEST <= pitch <= HIGHEST:
            continue
        at = y(pitch)
        kind = "grid octave" if (pitch - tuning.tonic_class) % 12 == 0 else "grid"
        parts.append(line(frame.left, at, frame.end_x, at, kind))
        parts.append(label(frame.left - 6, at + 4, tuning.name(pitch), anchor="end"))
    return "".join(parts)


def _note(note: np.void, x: Scale, y: Scale, tuning: Tuning) -> str:
    left, right = x(float(note["onset_sec"])), x(float(note["offset_sec"]))
    pitch, cents = int(note["pitch"]), float(note["cents"])
    told = cents_text(cents)
    words = f"{tuning.name(pitch)} {told} cents, {note['onset_sec']:.2f} s"
    box = element(
        "rect", tooltip(words), x=left, y=y(pitch) - ROW_PX / 2, width=max(right - left, 1.0),
        height=ROW_PX, rx=3, class_=f"note {_kind(cents)}",
    )  # fmt: skip
    if right - left < CHAR_PX * len(told):
        return box
    return box + label((left + right) / 2, y(pitch) - ROW_PX / 2 - 3, told, "cents")


def _kind(cents: float) -> str:
    """How a note is coloured; what cannot be told is not."""
    if not isfinite(cents):
        return "unknown"
    return "good" if abs(cents) <= IN_TUNE_CENTS else "sharp" if cents > 0 else "flat"


def cents_text(cents: float) -> str:
    """Write how far off a note is: a whole number of cents with its sign."""
    return f"{round(cents):+d}".replace("-", "−") if isfinite(cents) else "–"


def _legend(tuning: Tuning) -> str:
    good = f"{IN_TUNE_CENTS:g}"
    return (
        f"cents above or below {tuning_text(tuning)};"
        f" green: within {good}, blue: flat, brown: sharp"
    )


def tuning_text(tuning: Tuning) -> str:
    """Name a tuning in words."""
    a4 = f"A4 = {tuning.a4_hz:g} Hz"
    tonic = tonic_name(tuning)
    if tonic is None:
        return f"equal temperament, {a4}"
    name = "just intonation on" if tuning.temperament == "just" else "sargam, Sa ="
    return f"{name} {tonic}, {a4}"


def tonic_name(tuning: Tuning) -> str | None:
    """The key note of a tuning; None where all are alike."""
    return None if tuning.temperament == "equal" else NAMES[tuning.tonic_class]
