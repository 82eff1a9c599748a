"""The report as a page and as JSON: well-formed, escaped, self-contained, to be read anywhere."""

import json
import re
import tomllib
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest

from engine.events import Event, Kind, note_ended
from engine.report import Exercise
from engine.score import Score
from server.reports import making
from server.reports.bar_chart import LEVELS, level
from server.reports.errors import ReportFileError
from server.reports.files import refuse_existing, write_text
from server.reports.models import ReportFile, command, report_file, report_json, schema
from server.reports.page import STYLE, report_page
from server.reports.svg import (
    Frame,
    Scale,
    clock_text,
    element,
    nice_ticks,
    polyline,
    spaced_labels,
)
from server.reports.words import balance_text
from server.takes.format import StoredTake
from server.takes.take import Take

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NASTY = "Für <script>alert('x')</script> & \"Elise\""


def make_score():
    notes = np.zeros(
        64, [("pitch", "i4"), ("onset_beat", "f8"), ("staff", "i4"), ("duration_beat", "f8")]
    )
    notes["onset_beat"] = np.repeat(np.arange(32), 2)
    notes["staff"], notes["duration_beat"] = np.tile([1, 2], 32), 1.0
    notes["pitch"] = np.where(notes["staff"] == 1, 72, 40) + notes["onset_beat"] * 5 % 13
    return Score.from_notes(notes, title="Eight bars")


def make_take(mode="tempo", slips=(5,), n_notes=64, stop_sec=0.0, **options):
    """The first notes of the piece; some bars wrong in the left hand, a stop before bar 5."""
    take = Take(make_score(), mode=mode, **{"title": NASTY, "started_at": AT} | options)
    events = []
    for note in make_score().notes[:n_notes]:
        is_slip = note["measure"] in slips and note["staff"] == 2
        on_sec = float(note["onset_beat"]) * 0.502  # a little slower than asked for
        on_sec += stop_sec if note["onset_beat"] >= 16 else 0.0
        pitch = int(note["pitch"]) + int(is_slip)
        events.append(Event(on_sec, Kind.NOTE_ON, pitch, 60))
        events.append(Event(on_sec + 0.3, Kind.NOTE_OFF, pitch))
    for event in [*sorted(events), Event(40.0, Kind.END)]:
        take.process(event)
    return stored(take)


def stored(take):
    chunk = take.drain()
    chunks = [] if chunk is None else [chunk]
    return StoredTake(take.header(), take.status, take.performance.summary(), chunks)


def page_of(take, earlier=()):
    made = making.report(take, earlier)
    return report_page(made.take.header, made.report)


def parse(page):
    """Read a page strictly: what is well-formed XML is well-formed HTML of the same meaning."""
    doctype, _, rest = page.partition("\n")
    assert doctype == "<!doctype html>"
    return ElementTree.fromstring(rest)


def words(element):
    return " ".join("".join(element.itertext()).split())


@pytest.mark.parametrize("mode", ["tempo", "follow", "wait"])
@pytest.mark.parametrize("n_notes", [0, 1, 7, 64])
def test_page_is_well_formed_for_every_mode_and_length(mode, n_notes):
    root = parse(page_of(make_take(mode, n_notes=n_notes)))
    assert root.tag == "html" and root.get("lang") == "en"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert bool(list(root.iter("svg"))) == (n_notes > 0)


def test_texts_of_the_take_are_escaped():
    page = page_of(make_take(user_id="<b>Bob</b>", source="<i>"))
    root = parse(page)
    assert "<script" not in page and not list(root.iter("script"))
    assert not list(root.iter("b")) and not list(root.iter("i"))
    assert words(root.find("body/main/header/h1")) == NASTY
    assert NASTY in words(root.find("head/title"))
    assert "<b>Bob</b>" in words(root.find("body/main/footer"))


def test_page_needs_nothing_from_elsewhere():
    page = page_of(make_take(), [make_take(started_at=AT - timedelta(days=1))])
    root = parse(page)
    loading = {"script", "link", "img", "iframe", "object", "embed", "audio", "video", "use"}
    assert not {element.tag for element in root.iter()} & loading
    assert not {"src", "href", "onclick", "onload", "style"} & {
        name for element in root.iter() for name in element.attrib
    }
    assert not re.search(r"url\(|@import|https?:", page)


def test_every_chart_has_a_name_and_stays_in_its_frame():
    earlier = make_take(started_at=AT - timedelta(days=1))
    root = parse(page_of(make_take("follow", stop_sec=4.0), [earlier]))
    charts = [chart for chart in root.iter("svg") if chart.get("role") == "img"]
    assert len(charts) == 2 * 5  # for paper and for a phone
    for chart in charts:
        title = chart.find("title")
        assert title.text and title.get("id") == chart.get("aria-labelledby")
        width, height = float(chart.get("width")), float(chart.get("height"))
        for x, y in drawn(chart):
            assert 0 <= x <= width and 0 <= y <= height


def test_stop_is_marked_in_the_tempo_and_listed():
    root = parse(page_of(make_take("follow", slips=(), stop_sec=4.0)))
    tempo = next(c for c in root.iter("svg") if c.get("aria-labelledby") == "tempo-wide")
    (mark,) = [group for group in tempo.iter("g") if group.find("title") is not None]
    (item,) = root.findall(".//ul[@class='events']/li")
    assert words(mark).startswith("stopped for 4.0 s") and words(mark) in words(item)


def drawn(chart):
    """Every place that a chart draws at."""
    for part in chart.iter():
        if part.tag in ("polyline", "polygon"):
            for pair in part.get("points").split():
                yield tuple(map(float, pair.split(",")))
        elif part.tag == "path":
            for x, y in re.findall(r"M([-\d.]+) ([-\d.]+)", part.get("d")):
                yield float(x), float(y)
        elif part.tag == "text":
            yield float(part.get("x")), float(part.get("y"))


def test_cells_tell_the_mistakes_of_their_bar():
    root = parse(page_of(make_take(slips=(5,))))
    titles = {words(title) for cell in root.iter("rect") for title in cell.iter("title")}
    assert "bar 5, left: 4 wrong" in titles and "bar 5, right: 4 correct" in titles
    cells = [cell for cell in root.iter("rect") if cell.find("title") is not None]
    (wide, narrow) = [cell for cell in cells if words(cell) == "bar 5, left: 4 wrong"]
    assert wide.get("class") == narrow.get("class") == f"cell level-{level(4.0)}"


def test_table_has_every_bar_and_hand():
    made = making.report(make_take())
    root = parse(report_page(made.take.header, made.report))
    rows = [[words(cell) for cell in row] for row in root.find(".//details").iter("tr")]
    assert len(rows) == 1 + 8 * 2
    row = next(row for row in rows if row[:2] == ["5", "left"])
    assert row[2:10] == ["1", "120", "0", "0", "0", "4", "0", "0"]


def test_practice_names_the_bars_and_a_command():
    root = parse(page_of(make_take(slips=(5,), song="minuet-in-g")))
    (item,) = root.findall(".//ol/li")
    assert words(item.find("h3")) == "Bar 5, left hand"
    line = "etude play minuet-in-g --from-bar 5 --to-bar 5 --hands left --mode wait"
    assert words(item.find("code")) == line


def test_earlier_takes_are_compared():
    earlier = make_take(slips=(2,), started_at=AT - timedelta(days=1))
    root = parse(page_of(make_take(slips=(5,)), [earlier]))
    text = words(root)
    assert "Better: bar 2 left (4 → 0)." in text and "Worse: bar 5 left (0 → 4)." in text
    assert "Against earlier takes" not in words(parse(page_of(make_take())))


def test_waiting_music_judges_no_time_and_the_page_says_so():
    text = words(parse(page_of(make_take("wait"))))
    assert "Time is not judged here." in text and "median timing" not in text


def test_the_page_tells_how_in_tune_a_singer_was():
    take = make_take(slips=())
    assert "cents" not in page_of(take)
    take = Take(make_score().section(hands="right"), title="Sung", started_at=AT)
    for k, note in enumerate(take.performance.score.notes[:8]):
        take.process(Event(0.5 * k, Kind.NOTE_ON, int(note["pitch"]), 64))
        for event in note_ended(0.5 * k + 0.4, int(note["pitch"]), 17.0):
            take.process(event)
    page = page_of(StoredTake(take.header(), take.status, None, [take.drain()]))
    assert "<dt>mean pitch</dt><dd>+17 cents, sharp</dd>" in page
    assert "<dt>notes over 30 cents off</dt><dd>0 of 8</dd>" in page


def test_schema_in_the_docs_is_that_of_the_code():
    kept = (ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8")
    assert kept == schema() + "\n", "run `python -m server.reports.models`"


@pytest.mark.parametrize("mode", ["tempo", "follow", "wait"])
@pytest.mark.parametrize("n_notes", [0, 1, 64])
def test_json_is_of_the_schema_and_comes_back(mode, n_notes):
    made = making.report(make_take(mode, n_notes=n_notes))
    text = report_json(made.take.header, made.report)
    assert msgspec.json.decode(text, type=ReportFile) == report_file(made.take.header, made.report)
    json.loads(text, parse_constant=pytest.fail)  # no NaN, no infinity


def test_json_says_what_was_played():
    made = making.report(make_take(slips=(5,)))
    told = json.loads(report_json(made.take.header, made.report))
    assert told["version"] == 1 and told["take"]["title"] == NASTY
    (bar,) = [bar for bar in told["bars"] if bar["measure"] == 5]
    (left,) = [hand for hand in bar["hands"] if hand["hand"] == "left"]
    assert left["counts"]["wrong_note"] == 4 and told["totals"]["counts"]["wrong_note"] == 4
    assert told["practise"][0]["command"].startswith("etude play SCORE.musicxml --from-bar 5")


def exercise(**changes):
    fields = {"from_measure": 5, "to_measure": 6, "hands": "left", "mode": "tempo"}
    fields |= {"tempo_bpm": 60.0, "cost": 9.0, "reasons": (), "advice": ""}
    return Exercise(**fields | changes)


BY_HAND = {"mode": "wait", "tempo_bpm": None}


@pytest.mark.parametrize(
    ("song", "changes", "told"),
    [
        ("minuet-in-g", {}, "minuet-in-g {} --hands left --mode tempo --tempo 60"),
        ("minuet-in-g", {"hands": "both"}, "minuet-in-g {} --mode tempo --tempo 60"),
        ("five-finger-left", {}, "five-finger-left {} --mode tempo --tempo 60"),
        ("", BY_HAND, "SCORE.musicxml {} --hands left --mode wait"),
        ("a song; rm", {"hands": "both"}, "'a song; rm' {} --mode tempo --tempo 60"),
    ],
)
def test_command_practises_what_the_exercise_says(song, changes, told):
    assert command(exercise(**changes), song) == "etude play " + told.format(
        "--from-bar 5 --to-bar 6"
    )


def test_file_that_is_there_is_kept(tmp_path):
    path = tmp_path / "report.html"
    write_text(path, "one")
    with pytest.raises(ReportFileError, match=r"report\.html exists already"):
        write_text(path, "two")
    with pytest.raises(ReportFileError, match=r"report\.html exists already"):
        refuse_existing(None, tmp_path / "other", path)
    assert path.read_text() == "one"
    write_text(path, "three", may_replace=True)
    assert path.read_text() == "three"


def test_style_is_shipped():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["server"]
    assert STYLE in {path for pattern in patterns for path in (ROOT / "server").glob(pattern)}


def test_damaged_earlier_take_is_left_out_and_told():
    earlier = make_take(started_at=AT - timedelta(days=1))
    damaged = earlier._replace(chunks=[b"\xc1"])
    made = making.report(make_take(), [damaged, earlier])
    assert len(made.report.progress.takes) == 2
    (message,) = made.left_out
    assert message.startswith(
        f"take {damaged.header.id} is left out: chunk 0 of the take is damaged"
    )


def test_progress_of_the_work_reaches_its_end():
    told = []
    making.report(make_take(), [make_take()], lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] == len(told) > 2 * 64


def test_attributes_are_escaped_and_none_is_left_out():
    told = ElementTree.fromstring(element("g", id="\"<&'", class_="x", rx=None, aria_hidden="true"))
    assert told.attrib == {"id": "\"<&'", "class": "x", "aria-hidden": "true"}


def test_scale_keeps_values_inside():
    scale = Scale(0.0, 10.0, 100.0, 200.0)
    assert [scale(value) for value in (-5, 0, 5, 10, 99)] == [100, 100, 150, 200, 200]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (-150, 150, [-100, 0, 100]),
        (92.1, 94.4, [92.5, 93, 93.5, 94]),
    ],
)
def test_ticks_are_round_and_inside(low, high, ticks):
    assert nice_ticks(low, high, 5) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (61.4, "1:01"), (3725, "1:02:05"), (-2.2, "−0:02")]
)
def test_times_are_minutes_and_seconds(seconds, text):
    assert clock_text(seconds) == text


def test_labels_that_would_overlap_are_left_out():
    places = [(100.0 + 5 * k, str(k)) for k in range(100)]
    drawn = ElementTree.fromstring(f"<g>{spaced_labels(Frame(400, 100), places, 10.0)}</g>")
    at = [float(label.get("x")) for label in drawn]
    assert len(at) > 10 and min(np.diff(at)) >= 15


def test_line_of_many_points_keeps_its_peaks_and_no_more_than_can_be_seen():
    height = np.where(np.arange(10_000) == 5050, 99.0, 1.0)
    points = [(k / 100, float(height[k])) for k in range(10_000)]
    kept = ElementTree.fromstring(polyline(points, "x")).get("points").split()
    assert len(kept) < 500 and any(pair.endswith(",99.0") for pair in kept)


def test_levels_begin_with_none():
    assert level(0.0) == 0 and level(0.2) == 1 and level(99.0) == len(LEVELS)


@pytest.mark.parametrize(("width", "shown"), [(360, "narrow"), (1000, "wide")])
def test_page_fits_its_window_and_shows_one_of_each_chart(chromium, tmp_path, width, shown):
    path = tmp_path / "report.html"
    earlier = make_take(started_at=AT - timedelta(days=1))
    path.write_text(page_of(make_take("follow"), [earlier]), encoding="utf-8")
    told = []
    with closing(chromium.new_page(viewport={"width": width, "height": 800})) as page:
        page.on("console", lambda message: told.append(message.text))
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        visible = [chart for chart in page.locator("svg[role=img]").all() if chart.is_visible()]
        assert len(visible) == 5
        for chart in visible:
            assert chart.get_attribute("aria-labelledby").endswith(shown)
    assert told == []


@pytest.mark.parametrize(
    ("balance", "told"),
    [
        (0.4, "both hands equally loud"),
        (-0.4, "both hands equally loud"),
        (12.6, "right hand louder by 13 of 127"),
        (-3.0, "left hand louder by 3 of 127"),
    ],
)
def test_the_louder_hand_is_named_where_there_is_one(balance, told):
    assert balance_text(balance) == told
