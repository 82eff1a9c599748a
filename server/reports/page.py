"""The report of a take as one HTML file: no script, nothing to load, fit for paper and phone."""

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from pathlib import Path

from engine.judging.verdicts import RESULT_NAMES
from engine.report import BarStats, Exercise, HandStats, Report, TakePoint
from engine.report.intonation import OFF_CENTS
from engine.report.values import BOTH, NEITHER
from server.reports.bar_chart import LEVELS, draw_bars
from server.reports.history_chart import CIRCLE, SQUARE, draw_history
from server.reports.models import command
from server.reports.svg import clock_text, element
from server.reports.time_charts import (
    INCIDENT_SHAPES,
    SHAPES,
    draw_loudness,
    draw_tempo,
    draw_timing,
)
from server.reports.words import (
    HAND_NAMES,
    MODE_NAMES,
    balance_text,
    cents_text,
    changes_text,
    exercise_head,
    number,
    time_text,
    timing_text,
    what_text,
)
from server.takes.format import TakeHeader
from server.version import __version__

STYLE = Path(__file__).with_name("report.css")
WIDTHS = {"wide": 744.0, "narrow": 328.0}  # pixels: a sheet of paper, a phone
PERCENT = "\u00a0%"  # stays with its number
MAX_EVENTS = 60  # in the list; who stops more often needs no list

Draw = Callable[[float, str], str]


def report_page(header: TakeHeader, report: Report) -> str:
    """Write a report as HTML; every text of the take is escaped.

    Parameters
    ----------
    header : TakeHeader
        Of the take.
    report : Report
        Its report.
    """
    title = header.title or "Untitled"
    head = "".join(
        (
            '<meta charset="utf-8"/>',
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "style-src 'unsafe-inline'\"/>",
            element("title", escape(f"{title} – report of a take")),
            element("style", STYLE.read_text(encoding="utf-8")),
        )
    )
    main = element("main", _heading(title, report.take), *_sections(header, report), _foot(header))
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{main}</body></html>\n'


def _sections(header: TakeHeader, report: Report) -> list[str]:
    asked = "written" if header.tempo_bpm is None else "asked for"
    parts = [_marks(report, asked)]
    if not report.totals.notes_played:
        return parts
    parts += [_practise(report, header.song), _bars(report), _time(report)]
    if report.tempo_curve:
        parts.append(_tempo(report, asked))
    parts += [_loudness(report), _incidents(report), _progress(report), _table(report)]
    return parts


def _heading(title: str, take: TakePoint) -> str:
    told = (time_text(take), what_text(take), MODE_NAMES[take.mode])
    return element(
        "header",
        element("h1", escape(title)),
        element("p", escape(" · ".join(told)), class_="soft"),
    )


def _marks(report: Report, asked: str) -> str:
    totals = report.totals
    figures = [
        ("score", number(totals.score_percent, 1, PERCENT)),
        ("accuracy", number(totals.accuracy_percent, 1, PERCENT)),
        ("notes played", f"{totals.notes_played}"),
        ("of the piece reached", number(totals.reached_percent, 0, PERCENT)),
        ("time", clock_text(totals.duration_sec)),
        ("tempo played", number(totals.tempo_bpm, 0)),
        (f"tempo {asked}", number(totals.asked_bpm, 0)),
    ]
    if totals.timing is not None:
        figures.append(("median timing", timing_text(totals.timing.median_ms)))
        figures.append(("timing spread", f"{totals.timing.iqr_ms:.0f} ms"))
    if totals.intonation is not None:
        tuned = totals.intonation
        habit = "" if tuned.tendency == NEITHER else f", {tuned.tendency}"
        figures.append(("mean pitch", cents_text(tuned.mean_cents) + habit))
        figures.append(("pitch spread", f"{tuned.iqr_cents:.0f} cents"))
        off = f"{tuned.notes_off} of {tuned.notes}"
        figures.append((f"notes over {OFF_CENTS} cents off", off))
    counts = [(name, f"{getattr(totals.counts, kind)}") for kind, name in RESULT_NAMES.items()]
    grade = element("p", escape(totals.grade), class_="grade")
    words = element("p", escape(totals.message))
    head = element("div", grade, words, class_="marks")
    return _section("", head, _figures(counts, "figures counts"), _figures(figures, "figures"))


def _figures(figures: Sequence[tuple[str, str]], class_: str) -> str:
    listed = [
        element("div", element("dt", name), element("dd", escape(value))) for name, value in figures
    ]
    return element("dl", *listed, class_=class_)


def _practise(report: Report, song: str) -> str:
    if not report.practise:
        return _section("What to practise next", element("p", "Nothing: every bar went well."))
    items = [_exercise(exercise, report, song) for exercise in report.practise]
    return _section("What to practise next", element("ol", *items, class_="practise"))


def _exercise(exercise: Exercise, report: Report, song: str) -> str:
    head = exercise_head(exercise, report.take.hands == BOTH)
    words = command(exercise, song).split(" ")
    return element(
        "li",
        element("h3", escape(head[0].upper() + head[1:])),
        element("p", escape(", ".join(exercise.reasons)) + ".", class_="soft"),
        element("p", escape(exercise.advice)),
        element("code", " ".join(element("span", escape(word)) for word in words)),
    )


def _bars(report: Report) -> str:
    legend = [_swatch("level-0", "no mistake")]
    for k, most in enumerate(LEVELS[1:], 1):
        legend.append(_swatch(f"level-{k}", f"up to {most:g}"))
    legend.append(_swatch(f"level-{len(LEVELS)}", "more"))
    legend.append(_swatch("unplayed", "not played"))
    return _section(
        "Bar by bar",
        element("p", "Mistakes in one pass of each bar.", class_="soft"),
        _figure(partial(draw_bars, report.bars), "bars", legend),
    )


def _time(report: Report) -> str:
    legend = [_mark(kind, name) for kind, name in RESULT_NAMES.items()]
    if report.totals.timing is None:
        legend = legend[3:]
        note = "Time is not judged here."
    else:
        legend.append(_swatch("window", "window of what is correct"))
        note = "Each note against the time it was due."
    return _section(
        "Timing",
        element("p", note, class_="soft"),
        _figure(partial(draw_timing, report), "timing", legend),
        _hands_table(report.hands),
    )


def _tempo(report: Report, asked: str) -> str:
    legend = [_stroke("played", "played"), _stroke("asked", asked)]
    there = {incident.kind for incident in report.incidents}
    signs = [(kind, shape) for kind, shape in INCIDENT_SHAPES.items() if kind in there]
    legend += [_sign(shape, kind.replace("_", " ")) for kind, shape in signs]
    spread = number(report.totals.tempo_spread_percent, 0, PERCENT)
    note = f"The middle half of the bars differs by {spread} of the tempo {asked}."
    return _section(
        "Tempo",
        element("p", escape(note), class_="soft"),
        _figure(partial(draw_tempo, report), "tempo", legend),
    )


def _loudness(report: Report) -> str:
    if not report.loudness:
        return ""
    legend = [_stroke(stats.hand, f"{HAND_NAMES[stats.hand]} hand") for stats in report.hands]
    balance = report.totals.hands_balance
    note = "The mean velocity of each hand, bar by bar."
    if balance is not None:
        note += f" On the whole: {balance_text(balance)}."
    return _section(
        "Loudness",
        element("p", escape(note), class_="soft"),
        _figure(partial(draw_loudness, report), "loudness", legend),
    )


def _incidents(report: Report) -> str:
    if not report.incidents:
        return ""
    items = [
        element("li", element("span", clock_text(incident.time_sec)), escape(incident.text))
        for incident in report.incidents[:MAX_EVENTS]
    ]
    more = len(report.incidents) - MAX_EVENTS
    if more > 0:
        items.append(element("li", f"and {more} more"))
    return _section("What happened", element("ul", *items, class_="events"))


def _progress(report: Report) -> str:
    takes = report.progress.takes
    if len(takes) < 2:
        return ""
    legend = [_mark("score", "score", CIRCLE), _mark("accuracy", "accuracy", SQUARE)]
    told = [element("p", escape(text)) for text in changes_text(report.progress)]
    head = ("Take", "Bars", "Mode", "Score", "Accuracy", "Tempo", "Mistakes")
    rows = [
        (
            time_text(take),
            what_text(take),
            MODE_NAMES[take.mode],
            number(take.score_percent, 1, PERCENT),
            number(take.accuracy_percent, 1, PERCENT),
            number(take.tempo_bpm),
            str(take.mistakes),
        )
        for take in takes
    ]
    figure = _figure(partial(draw_history, takes), "history", legend)
    return _section("Against earlier takes", *told, figure, _rows("All takes", head, rows))


def _hands_table(hands: Sequence[HandStats]) -> str:
    head = ("Hand", "Correct", "Mistakes", "Median timing", "Spread", "Velocity", "Length")
    return _rows("Hands", head, [_hand_row(HAND_NAMES[stats.hand], stats) for stats in hands])


def _hand_row(name: str, stats: HandStats) -> tuple[str, ...]:
    timing, velocity, ratio = stats.timing, stats.velocity, stats.length_ratio
    return (
        name,
        str(stats.counts.correct),
        str(stats.counts.mistakes),
        "–" if timing is None else timing_text(timing.median_ms),
        "–" if timing is None else f"{timing.iqr_ms:.0f} ms",
        "–" if velocity is None else f"{velocity.mean:.0f} ({velocity.lowest}–{velocity.highest})",
        "–" if ratio is None else f"{100 * ratio:.0f} %",
    )


def _table(report: Report) -> str:
    head = ("Bar", "Hand", "Passes", "Tempo", *(RESULT_NAMES.values()), "Timing", "Spread",
            "Velocity", "Length")  # fmt: skip
    rows = [_bar_row(bar, stats) for bar in report.bars for stats in bar.hands]
    heading = element("summary", element("h2", "All bars in figures"))
    note = (
        "Tempo in quarter notes a minute, timing in ms (late is positive), velocity as mean and "
        "range, length of notes against what is written."
    )
    return element(
        "section",
        element("details", heading, element("p", note, class_="soft"), _rows("Bars", head, rows)),
    )


def _bar_row(bar: BarStats, stats: HandStats) -> tuple[str, ...]:
    counts = [str(getattr(stats.counts, kind)) for kind in RESULT_NAMES]
    _, _, _, *rest = _hand_row("", stats)
    hand = HAND_NAMES[stats.hand]
    return (str(bar.measure), hand, str(bar.passes), number(bar.tempo_bpm), *counts, *rest)


def _foot(header: TakeHeader) -> str:
    told = f"Take {header.id} by {header.user_id}, from {header.source}. Etude {__version__}."
    return element("footer", element("p", escape(told)))


def _section(heading: str, *parts: str) -> str:
    return element("section", element("h2", escape(heading)) if heading else "", *parts)


def _figure(draw: Draw, name: str, legend: Sequence[str]) -> str:
    """A chart drawn once for paper and once for a phone, where its text would be too small."""
    drawn = [
        element("div", draw(width, f"{name}-{size}"), class_=size) for size, width in WIDTHS.items()
    ]
    return element("figure", *drawn, element("ul", *legend, class_="legend"))


def _swatch(class_: str, words: str) -> str:
    box = element("rect", x=1, y=1, width=14, height=14, rx=3, class_=class_)
    return _key(box, words)


def _mark(class_: str, words: str, shape: str = "") -> str:
    return _key(element("path", d=f"M8 8{shape or SHAPES[class_]}", class_=class_), words)


def _sign(shape: str, words: str) -> str:
    return _key(element("path", d=f"M8 9{shape}", class_="sign"), words)


def _stroke(class_: str, words: str) -> str:
    stroke = element("path", d="M1 8h26", class_=f"line {class_}")
    return _key(stroke, words, 28)


def _key(drawing: str, words: str, width: int = 16) -> str:
    picture = element("svg", drawing, width=width, height=16, aria_hidden="true")
    return element("li", picture, escape(words))


def _rows(name: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that scrolls by itself where the page is narrow."""
    heading = element("tr", *(element("th", escape(cell), scope="col") for cell in head))
    body = [element("tr", *(element("td", escape(cell)) for cell in row)) for row in rows]
    table = element("table", element("thead", heading), element("tbody", *body))
    return element("div", table, class_="table", tabindex=0, role="region", aria_label=name)
