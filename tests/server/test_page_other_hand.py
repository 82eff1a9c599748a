"""The other hand on the practice page: played by the machine, or free to play."""

import itertools
import re
from typing import Any

import numpy as np
import pytest
from page_driver import (
    PLAY_ON_FAKE_MIDI,
    RIGHT_KEY,
    TWO_HANDS,
    Page,
    expect,
    get_json,
    open_piece,
    press,
    verdict_of,
)

RECORD_SOUND = """
    window.__struck = [];
    const { start } = AudioScheduledSourceNode.prototype;
    AudioScheduledSourceNode.prototype.start = function (when = 0) {
        __struck.push({ hz: this.frequency.value, when, now: this.context.currentTime });
        return start.call(this, when);
    };
"""


def hands_of(server_url: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    address = f"{server_url}/api/v1/songs/{TWO_HANDS}/notes"
    right, left = (get_json(f"{address}?tempo=120&hands={hands}") for hands in ("right", "left"))
    return right, left


def choose_right_hand(page: Page, other_hand: str) -> None:
    """Take the right hand and leave the other one to somebody."""
    expect(page.get_by_label("Other hand")).to_be_hidden()
    with page.expect_response(re.compile(r"/notes\?.*hands=right")):
        page.get_by_label("Hands", exact=True).select_option("Right")
    page.get_by_label("Other hand").select_option(other_hand)
    expect(page.locator("#start")).to_be_enabled()


def struck_by_machine(
    page: Page, notes: list[dict[str, Any]], count: int
) -> list[dict[str, float]]:
    """When the first of these notes were scheduled and when they begin, on the audio clock."""
    hertz = sorted({round(440 * 2 ** ((note["pitch"] - 69) / 12), 2) for note in notes})
    wanted = f"__struck.filter(({{ hz }}) => {hertz}.some((one) => Math.abs(one - hz) < 0.1))"
    page.wait_for_function(f"() => {wanted}.length >= {count}")
    return page.evaluate(f"() => {wanted}.slice(0, {count})")


def test_the_machine_s_hand_is_scheduled_by_the_clock(open_page, page_server):
    page = open_piece(open_page, page_server, "Tempo", slug=TWO_HANDS, script=RECORD_SOUND)
    choose_right_hand(page, "Played by Etude")
    page.locator("#tempo").fill("120")
    _, left = hands_of(page_server)
    page.get_by_role("button", name="Start").click()
    struck = struck_by_machine(page, left, 8)
    begun = np.diff([one["when"] for one in struck])
    due = np.diff([note["start_ms"] / 1000 for note in left[:8]])
    off_sec = np.abs(begun - due)
    # On a busy machine the page may learn meanwhile that its clocks go otherwise than it thought.
    assert np.median(off_sec) < 0.005, off_sec
    assert off_sec.max() < 0.1, off_sec
    assert sum(one["when"] > one["now"] for one in struck) >= 6  # a busy machine may be late
    assert struck[0]["hz"] == pytest.approx(440 * 2 ** ((left[0]["pitch"] - 69) / 12), rel=1e-5)
    page.get_by_role("button", name="Finish").click()


def test_the_machine_s_hand_sounds_with_the_player_s_and_lights_up(open_page, page_server):
    page = open_piece(open_page, page_server, "Follow", slug=TWO_HANDS, script=RECORD_SOUND)
    choose_right_hand(page, "Played by Etude")
    right, left = hands_of(page_server)
    for mine, other in itertools.islice(zip(right, left, strict=True), 3):
        press(page, mine["pitch"])
        page.locator(f"#score [id='{other['note_id']}'].is-sounding").wait_for()
        verdict_of(page, mine["note_id"]).to_have_attribute("data-verdict", RIGHT_KEY)
    struck_by_machine(page, left, 3)
    expect(page.locator(f"#score [id='{left[0]['note_id']}'].is-sounding")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".counts [data-result=extra] strong")).to_have_text("0")


def test_a_hand_that_is_free_to_play_is_not_judged(open_page, page_server, shared):
    script = (shared / "virtual_devices" / "fake_webmidi.js").read_text(encoding="utf-8")
    page = open_piece(open_page, page_server, "Wait", slug=TWO_HANDS, script=script)
    choose_right_hand(page, "Free to play")
    if page.get_by_role("button", name="Connect MIDI").is_visible():
        page.get_by_role("button", name="Connect MIDI").click()
    expect(page.locator("#status")).to_contain_text("is ready")
    right, left = hands_of(page_server)
    page.evaluate(PLAY_ON_FAKE_MIDI, [left[0]["pitch"], right[0]["pitch"], left[0]["pitch"]])
    verdict_of(page, right[0]["note_id"]).to_have_attribute("data-verdict", "correct")
    page.keyboard.press("Escape")
    expect(page.locator(".counts [data-result=correct] strong")).to_have_text("1")
    expect(page.locator(".counts [data-result=wrong_note] strong")).to_have_text("1")
