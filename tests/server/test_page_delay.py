"""How late sound reaches the page, found by the page's own clicks."""

import pytest
from page_driver import Page


@pytest.fixture
def page(open_page, page_server) -> Page:
    return open_page(page_server)


# Clicks as the page makes them, heard `delayMs` late among a note and noise; gives what is found.
MEASURE = """async ([delayMs, level, jitterMs, rateHz]) => {
    const { delayOf } = await import("/web/delay.js");
    const startMs = 5000;
    const samples = new Float32Array(2.4 * rateHz);
    let seed = 1;
    for (let k = 0; k < samples.length; k += 1) {
        seed = (seed * 16807) % 2147483647;
        const noise = 0.002 * (seed / 2147483647 - 0.5);
        samples[k] = noise + 0.1 * Math.sin(2 * Math.PI * 220 * k / rateHz);
    }
    const clicksMs = [0, 1, 2, 3, 4].map((k) => startMs + 200 + 400 * k);
    clicksMs.forEach((ms, index) => {
        const begin = Math.round((ms + delayMs + jitterMs[index] - startMs) * rateHz / 1000);
        for (let k = 0; k < 0.07 * rateHz; k += 1) {
            const decay = Math.exp(-k / (0.01 * rateHz));
            samples[begin + k] += level * decay * Math.sin(2 * Math.PI * 7100 * k / rateHz);
        }
    });
    return delayOf({ samples, rateHz, startMs }, clicksMs);
}"""
STEADY = [0, 0, 0, 0, 0]


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize("delay_ms", [-35, 0, 8, 47.5, 190, 280])
def test_the_delay_of_the_pages_own_clicks_is_found(page, delay_ms, rate_hz):
    found = page.evaluate(MEASURE, [delay_ms, 0.2, STEADY, rate_hz])
    assert found == pytest.approx(delay_ms, abs=1.5)


def test_one_odd_click_does_not_matter(page):
    found = page.evaluate(MEASURE, [60, 0.2, [0, 90, 1, 0, -1], 48_000])
    assert found == pytest.approx(60, abs=2.5)


def test_what_is_no_click_has_no_delay(page):
    assert page.evaluate(MEASURE, [60, 0.0, STEADY, 48_000]) is None
    assert page.evaluate(MEASURE, [60, 0.2, [0, 50, 100, 150, 200], 48_000]) is None
