"""What the page shows of a sound: its level, its name, its cents, its trace."""

import pytest
from page_driver import Page


@pytest.fixture
def page(open_page, page_server) -> Page:
    return open_page(page_server)


def test_the_level_rises_at_once_falls_slowly_and_tells_of_clipping(page):
    told = page.evaluate(
        """async () => {
            const { Level } = await import("/web/level.js");
            const host = document.createElement("div");
            const level = new Level(host);
            const { style } = host.firstChild;
            const share = () => Number(/scaleX\\((.+)\\)/.exec(style.transform)[1]);
            const shown = [];
            const add = (peak, ms) => {
                level.add(new Float32Array(480).fill(-peak), ms);
                shown.push([share(), host.classList.contains("is-clipped")]);
            };
            add(0, 0);
            add(0.1, 100);
            add(0, 600);
            add(1, 700);
            add(0, 1000);
            add(0, 2500);
            return shown;
        }"""
    )
    assert told == [
        [0, False],
        [pytest.approx(2 / 3, abs=0.01), False],
        [pytest.approx(2 / 3, abs=0.06), False],
        [1, True],
        [pytest.approx(0.95, abs=0.06), True],
        [pytest.approx(0.8, abs=0.06), False],
    ]


@pytest.mark.parametrize(
    ("pitch", "tuning", "shown", "spoken"),
    [
        (69, {}, ["A", "4"], "A 4"),
        (70, {}, ["B♭", "4"], "B flat 4"),
        (61, {"tuning": "just", "tonic": "D"}, ["C♯", "4"], "C sharp 4"),
        (21, {}, ["A", "0"], "A 0"),
        (60, {"tuning": "sargam", "tonic": "C"}, ["Sa", ""], "Sa"),
        (66, {"tuning": "sargam", "tonic": "C"}, ["Ma", ""], "Ma"),
        (66, {"tuning": "sargam", "tonic": "C#"}, ["ma", ""], "ma"),
        (59, {"tuning": "sargam", "tonic": "C"}, ["Ni", "−1"], "Ni −1"),
        (81, {"tuning": "sargam", "tonic": "D"}, ["Pa", "+1"], "Pa +1"),
    ],
)
def test_pitches_have_the_names_of_their_tuning(page, pitch, tuning, shown, spoken):
    told = page.evaluate(
        """async ([pitch, tuning]) => {
            const { nameOf, spokenName } = await import("/web/tuning.js");
            const { name, octave } = nameOf(pitch, tuning);
            return [[name, octave], spokenName(pitch, tuning)];
        }""",
        [pitch, tuning],
    )
    assert told == [shown, spoken]


@pytest.mark.parametrize(
    ("cents", "words", "figures"),
    [
        (0.2, "in tune", "±0"),
        (-7.6, "in tune", "−8"),
        (12.4, "12 cents sharp", "+12"),
        (-49.6, "50 cents flat", "−50"),
    ],
)
def test_cents_are_told_in_words_and_figures(page, cents, words, figures):
    told = page.evaluate(
        """async (cents) => {
            const { centsInFigures, centsInWords } = await import("/web/tuning.js");
            return [centsInWords(cents), centsInFigures(cents)];
        }""",
        cents,
    )
    assert told == [words, figures]


def test_the_trace_is_a_line_that_breaks_between_notes(page):
    above, below, gaps = page.evaluate(
        """async () => {
            const { Trace } = await import("/web/trace.js");
            const canvas = document.createElement("canvas");
            canvas.style.cssText = "display: block; width: 600px; height: 100px; --accent: #f00";
            document.body.append(canvas);
            const trace = new Trace(canvas);
            for (let at = 0; at <= 6000; at += 20) {
                const isSecond = at >= 3000;
                if (at > 2500 && !isSecond) continue;
                trace.add({ cents: isSecond ? -30 : 20, midiNote: isSecond ? 62 : 60 }, 1000 + at);
            }
            trace.draw(7000);
            const { data, width, height } = canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height);
            const isRed = (x, y) => {
                const [red, green] = data.subarray(4 * (y * width + x));
                return red > 200 && green < 60;
            };
            const rows = (from, to) => Array.from({ length: to - from }, (_, k) => from + k);
            const columns = (from, to) =>
                rows(0, width)
                    .filter((x) => rows(from, to).some((y) => isRed(x, y)))
                    .map((x) => x / width);
            const [above, below] = [columns(0, height / 2), columns(height / 2, height)];
            const ends = (found) => [found[0], found.at(-1), found.length / width];
            return [ends(above), ends(below), above.at(-1) < below[0]];
        }"""
    )
    assert above == pytest.approx([0, 2500 / 6000, 2500 / 6000], abs=0.01)
    assert below == pytest.approx([0.5, 1, 0.5], abs=0.01)
    assert gaps is True
