"""The marks of the takes of one piece, one after the other."""

from collections.abc import Sequence

from engine.report import TakePoint
from server.reports.svg import (
    Frame,
    Scale,
    label,
    line,
    marks,
    picture,
    polyline,
    spaced_labels,
    value_axis,
)
from server.reports.words import day_text

HEIGHT_PX = 190.0
CIRCLE = "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0"
SQUARE = "m-4-4h8v8h-8z"


def draw_history(takes: Sequence[TakePoint], width: float, name: str) -> str:
    """Draw score and accuracy of each take, the oldest at the left.

    Parameters
    ----------
    takes : sequence of TakePoint
        At least two.
    width : float
        Pixels.
    name : str
        Unique on the page.
    """
    frame = Frame(width, HEIGHT_PX, top=24.0, right=20.0)
    x = Scale(0.0, len(takes) - 1.0, frame.left + 24, frame.end_x - 24)
    y = Scale(0.0, 100.0, frame.end_y, frame.top)
    parts = [value_axis(frame, y, "percent", (0, 25, 50, 75, 100))]
    parts.append(line(frame.left, frame.end_y, frame.end_x, frame.end_y, "axis"))
    days = [(x(k), day_text(take)) for k, take in enumerate(takes)]
    parts.append(spaced_labels(frame, days, frame.end_y + 17))
    parts.append(label(frame.end_x, frame.height - 5, "takes, oldest first", "unit", "end"))
    for kind, shape in (("accuracy", SQUARE), ("score", CIRCLE)):
        places = [(x(k), y(getattr(take, f"{kind}_percent"))) for k, take in enumerate(takes)]
        parts += [polyline(places, f"line {kind}"), marks(places, shape, kind)]
    return picture(frame, "Score and accuracy of each take", name, *parts)
