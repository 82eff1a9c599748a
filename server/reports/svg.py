"""Drawing charts: elements, scales, axes. Everything is text; nothing here knows of music."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from math import ceil, floor, log10
from typing import NamedTuple

TICK_STEPS = (1.0, 2.0, 5.0, 10.0)
TIME_STEPS_SEC = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
CHAR_PX = 6.5  # of the smaller text: about
Point = tuple[float, float]


class Frame(NamedTuple):
    """Where a chart draws, in pixels: the whole picture and its margins."""

    width: float
    height: float
    left: float = 54.0
    right: float = 12.0
    top: float = 38.0
    bottom: float = 40.0

    @property
    def end_x(self) -> float:
        """The right edge of the plot."""
        return self.width - self.right

    @property
    def end_y(self) -> float:
        """The lower edge of the plot."""
        return self.height - self.bottom


class Scale(NamedTuple):
    """A straight line from values to pixels; values outside stay at the edge."""

    low: float
    high: float
    from_px: float
    to_px: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.from_px + min(max(share, 0.0), 1.0) * (self.to_px - self.from_px)


def element(name: str, *children: str, **attributes: object) -> str:
    """Write an element; children are markup already, attribute values are escaped.

    An underscore at the end of an attribute's name is dropped, others become hyphens.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{told}>{''.join(children)}</{name}>"


def picture(frame: Frame, title: str, name: str, *children: str) -> str:
    """Put a chart together; ``name`` is unique on the page."""
    heading = element("title", escape(title), id=name)
    box = f"0 0 {frame.width:g} {frame.height:g}"
    return element(
        "svg", heading, *children, viewBox=box, width=frame.width, height=frame.height,
        role="img", aria_labelledby=name,
    )  # fmt: skip


def tooltip(words: str) -> str:
    """What is shown when a pointer rests on an element: its first child."""
    return element("title", escape(words))


def label(x: float, y: float, words: str, class_: str = "", anchor: str = "middle") -> str:
    """Write text at a place."""
    kind = f"label {class_}".strip()
    return element("text", escape(words), x=x, y=y, text_anchor=anchor, class_=kind)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """Draw a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def polyline(points: Sequence[Point], class_: str) -> str:
    """Draw a line through points; of many on one pixel, what can be seen of them."""
    told = " ".join(f"{x:.1f},{y:.1f}" for x, y in _visible(points))
    return element("polyline", points=told, class_=class_)


def dots(points: Iterable[Point], class_: str) -> str:
    """Draw many dots as one path; those that fall on the same pixel are one."""
    pixels = sorted({(round(x), round(y)) for x, y in points})
    return element("path", d="".join(f"M{x} {y}h0" for x, y in pixels), class_=class_)


def marks(points: Iterable[Point], shape: str, class_: str) -> str:
    """Draw the same shape at many points; ``shape`` is a path relative to the point."""
    pixels = sorted({(round(x), round(y)) for x, y in points})
    return element("path", d="".join(f"M{x} {y}{shape}" for x, y in pixels), class_=class_)


def value_axis(frame: Frame, scale: Scale, unit: str, ticks: Sequence[float]) -> str:
    """Draw the vertical axis: a line across the plot at each tick, and the unit above."""
    parts = [label(2, 11, unit, "unit", "start")]
    for tick in ticks:
        y = scale(tick)
        parts.append(line(frame.left, y, frame.end_x, y, "grid"))
        parts.append(label(frame.left - 6, y + 4, f"{tick:g}".replace("-", "−"), anchor="end"))
    return "".join(parts)


def time_axis(frame: Frame, scale: Scale) -> str:
    """Draw the horizontal axis in minutes and seconds."""
    span_sec = scale.high - scale.low
    room = max((frame.end_x - frame.left) / 56, 1.0)
    step = next((s for s in TIME_STEPS_SEC if span_sec / s <= room), TIME_STEPS_SEC[-1])
    parts = [line(frame.left, frame.end_y, frame.end_x, frame.end_y, "axis")]
    for k in range(ceil(scale.low / step), floor(scale.high / step) + 1):
        x = scale(k * step)
        parts.append(line(x, frame.end_y, x, frame.end_y + 4, "axis"))
        parts.append(label(x, frame.end_y + 17, clock_text(k * step)))
    parts.append(label(frame.end_x, frame.height - 5, "time (min:s)", "unit", "end"))
    return "".join(parts)


def spaced_labels(frame: Frame, places: Iterable[tuple[float, str]], y: float) -> str:
    """Write as many labels along a line as there is room for, the first ones first."""
    parts: list[str] = []
    free_px = frame.left - 2.0
    for x, words in places:
        half = CHAR_PX * len(words) / 2
        if x - half >= free_px and x + half <= frame.width:
            parts.append(label(x, y, words, "bar"))
            free_px = x + half + 8
    return "".join(parts)


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Round values from low to high, at most so many."""
    power = 10.0 ** floor(log10((high - low) / most))
    step = next(s * power for s in TICK_STEPS if (high - low) / (s * power) <= most)
    return [k * step for k in range(ceil(low / step), floor(high / step) + 1)]


def clock_text(seconds: float) -> str:
    """Minutes and seconds, and hours where there are any; negative before the take began."""
    minutes, sec = divmod(abs(round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "−" if round(seconds) < 0 else ""
    return f"{sign}{hours}:{minutes:02}:{sec:02}" if hours else f"{sign}{minutes}:{sec:02}"


def _visible(points: Sequence[Point]) -> list[Point]:
    """First, highest, lowest and last point of each column of pixels, in their order."""
    visible: list[Point] = []
    for _, group in groupby(points, lambda point: round(point[0])):
        column = list(group)
        heights = [y for _, y in column]
        ends = {0, heights.index(min(heights)), heights.index(max(heights)), len(column) - 1}
        visible += [column[k] for k in sorted(ends)]
    return visible


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
