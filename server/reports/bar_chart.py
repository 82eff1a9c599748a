"""The mistakes of each bar and hand, and how often each bar was played."""

from collections.abc import Sequence

from engine.report import BarStats, HandStats
from engine.report.values import HANDS
from server.reports.svg import CHAR_PX, Frame, element, label, picture, tooltip
from server.reports.words import HAND_NAMES, counts_text

LEVELS = (0.0, 1.0, 2.0, 4.0)  # mistakes a pass: up to so many; more are a level above
CELL_PX = 30.0
ROW_PX = 26.0
HEAD_PX = 16.0  # the bars' numbers
LINE_GAP_PX = 14.0
LEFT_PX = 50.0
LEAST_PASSES = 2  # a bar played once needs no count


def draw_bars(bars: Sequence[BarStats], width: float, name: str) -> str:
    """Draw one cell a bar and hand, as many lines of them as it takes.

    Parameters
    ----------
    bars : sequence of BarStats
        In the order of the score.
    width : float
        Pixels.
    name : str
        Unique on the page.
    """
    hands = [
        hand for hand in HANDS if any(stats.hand == hand for bar in bars for stats in bar.hands)
    ]
    has_passes = any(bar.passes >= LEAST_PASSES for bar in bars)
    per_line = max(int((width - LEFT_PX) // CELL_PX), 1)
    n_rows = len(hands) + has_passes
    line_px = HEAD_PX + n_rows * ROW_PX + LINE_GAP_PX
    n_lines = -(-len(bars) // per_line)
    parts = []
    for k in range(n_lines):
        part = bars[k * per_line : (k + 1) * per_line]
        parts.append(_line(part, hands, k * line_px, has_passes))
    frame = Frame(width, max(n_lines * line_px - LINE_GAP_PX, 1.0))
    return picture(frame, "Mistakes in one pass, by bar and hand", name, *parts)


def level(rate: float) -> int:
    """How dark a cell is, 0 to ``len(LEVELS)``."""
    return sum(rate > most for most in LEVELS)


def _line(bars: Sequence[BarStats], hands: Sequence[str], top: float, has_passes: bool) -> str:
    names = [HAND_NAMES[hand] for hand in hands] + (["passes"] if has_passes else [])
    parts = [
        label(LEFT_PX - 8, top + HEAD_PX + (row + 0.5) * ROW_PX + 4, name, anchor="end")
        for row, name in enumerate(names)
    ]
    parts.append(label(LEFT_PX - 8, top + HEAD_PX - 5, "bar", "unit", "end"))
    for k, bar in enumerate(bars):
        x = LEFT_PX + k * CELL_PX
        parts.append(label(x + CELL_PX / 2, top + HEAD_PX - 5, str(bar.measure), _fit(bar.measure)))
        for row, hand in enumerate(hands):
            stats = next((stats for stats in bar.hands if stats.hand == hand), None)
            parts.append(_cell(bar, stats, x, top + HEAD_PX + row * ROW_PX))
        if has_passes and bar.passes:
            y = top + HEAD_PX + (len(hands) + 0.5) * ROW_PX + 4
            parts.append(label(x + CELL_PX / 2, y, f"{bar.passes}×"))
    return "".join(parts)


def _cell(bar: BarStats, stats: HandStats | None, x: float, y: float) -> str:
    size = {"x": x + 1, "y": y + 1, "width": CELL_PX - 2, "height": ROW_PX - 2, "rx": 3}
    if stats is None:
        return element("rect", **size, class_="cell rest")
    told = f"bar {bar.measure}, {HAND_NAMES[stats.hand]}: "
    if not stats.counts.total:
        title = tooltip(told + "not played")
        return element("rect", title, **size, class_="cell unplayed")
    rate = stats.counts.mistakes / max(bar.passes, 1)
    title = tooltip(told + counts_text(stats.counts))
    cell = element("rect", title, **size, class_=f"cell level-{level(rate)}")
    if not rate:
        return cell
    number = f"{rate:.1f}".removesuffix(".0") if rate < 10 else f"{rate:.0f}"
    text = label(x + CELL_PX / 2, y + ROW_PX / 2 + 4, number, f"on-{level(rate)}")
    return cell + text


def _fit(measure: int) -> str:
    """Smaller figures where the number would not fit above its cell."""
    return "small" if CHAR_PX * len(str(measure)) > CELL_PX - 4 else ""
