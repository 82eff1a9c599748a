"""The room page in real windows, on a real music_server: who joins hears the same moment."""

import json
import re
from functools import partial
from pathlib import Path

import pytest
from page_driver import NAMELESS, expect, new_token, running_server
from room_driver import (
    KEEP_AUDIO,
    choose,
    code_of,
    difference_ms,
    join_room,
    move_to,
    open_room,
    plays,
    reading,
    running_site,
    wait_until,
)

ROOT = Path(__file__).resolve().parent.parent.parent
# Far more than is measured (docs/rooms-browser.md): a busy machine may be late, a wrong room is
# off by seconds.
TOGETHER_MS = 100.0
DOCUMENTATION = (ROOT / "docs" / "rooms-browser.md").read_text(encoding="utf-8")
PLAYER = "new HtmlAudioPlayer(alarms, { audio: new Audio() })"  # so that the test has it, too
GONE = "WebSocket|ERR_CONNECTION|ERR_EMPTY"


def are_together(host, client):
    """Whether both play the same place of the same file, within the bound."""
    here, there = reading(host), reading(client)
    if here["paused"] or there["paused"] or here["src"] != there["src"]:
        return False
    return abs(difference_ms(host, client)) < TOGETHER_MS


def is_at(page, position):
    return reading(page)["position"] == position


def wait_together(host, client):
    wait_until(lambda: are_together(host, client), "both play the same moment")


def test_two_windows_play_the_same_moment_whatever_the_host_does(open_page, music_server):
    host = open_room(open_page, music_server, "Anna")
    client = join_room(open_page, music_server, code_of(host), "Ben")
    choose(host, "This server", "First tone")
    wait_together(host, client)
    expect(client.locator("#track-name")).to_have_text("First tone")
    expect(client.locator("#time-all")).to_have_text("1:30")
    host.get_by_role("button", name="Pause").click()
    wait_until(lambda: not plays(client), "the client pauses")
    assert abs(reading(client)["position"] - reading(host)["position"]) < 1000
    host.get_by_role("button", name="Play").click()
    wait_together(host, client)
    move_to(host, 60_000)
    wait_together(host, client)
    assert reading(client)["position"] >= 60_000
    choose(host, "This server", "Second tone")
    wait_together(host, client)
    assert "Second" in reading(client)["src"]
    expect(client.locator("#track-name")).to_have_text("Second tone")


def test_keys_lead_wherever_the_focus_is_but_in_fields(open_page, music_server):
    host = open_room(open_page, music_server, "Anna")
    choose(host, "This server", "First tone")
    wait_until(lambda: plays(host), "it plays")
    expect(host.locator("#play")).to_be_focused()
    host.keyboard.press("ArrowRight")
    wait_until(lambda: reading(host)["position"] >= 10_000, "it moves on")
    host.keyboard.press(" ")
    wait_until(lambda: not plays(host), "it pauses")
    resting = reading(host)["position"]
    seek = host.locator("#seek")
    for key, ahead_ms in [("Right", 10_000), ("Up", 20_000), ("Down", 10_000), ("Left", 0)]:
        seek.press(f"Arrow{key}")
        there = pytest.approx(resting + ahead_ms, abs=1)
        wait_until(partial(is_at, host, there), f"Arrow{key} moves it")
    seek.press(" ")
    wait_until(lambda: plays(host), "it plays on")
    host.get_by_role("heading", name="Who is here").click()
    host.keyboard.press(" ")
    wait_until(lambda: not plays(host), "it pauses")
    host.get_by_role("button", name="Choose music").click()
    host.get_by_label("This server", exact=True).check(force=True)
    host.get_by_label("Find music").press("n")
    host.get_by_role("button", name="Put next: Second tone", exact=True).click()
    expect(host.locator("#track-name")).to_have_text("First tone")
    volume = host.get_by_label("Volume")
    loudness = volume.input_value()
    volume.press("ArrowLeft")
    assert volume.input_value() < loudness
    host.get_by_role("button", name="Copy link").focus()
    host.keyboard.press("n")
    expect(host.locator("#track-name")).to_have_text("Second tone")
    assert reading(host)["position"] < resting  # the volume's arrow moved the volume alone


def test_everybody_sees_how_far_off_everybody_is(open_page, music_server):
    host = open_room(open_page, music_server, "Anna")
    client = join_room(open_page, music_server, code_of(host), "Ben")
    choose(host, "This server", "First tone")
    wait_together(host, client)
    for page in (host, client):
        rows = page.locator(".person")
        expect(rows).to_have_count(2)
        expect(rows.nth(0)).to_contain_text(re.compile("Anna.*leads"))
        ben = rows.nth(1)
        expect(ben.locator(".person-words")).to_have_text(
            re.compile(r"^Excellent: within \d+ ms, sure to ±[\d.]+ ms$")
        )
        expect(ben.locator(".person-drift")).to_have_text(re.compile(r"^[+−]?[\d.]+ ms$"))
        expect(ben.get_by_role("img")).to_have_attribute("aria-label", re.compile("Drift of Ben"))
        painted = ben.locator("canvas").evaluate(
            """(canvas) => canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value)"""
        )
        assert painted
        assert page.evaluate(NAMELESS) == []
    expect(client.locator("#news")).to_contain_text("You came in.")
    expect(host.locator("#news")).to_contain_text("Ben came in.")


def test_an_offset_is_heard_at_once(open_page, music_server):
    host = open_room(open_page, music_server, "Anna")
    client = join_room(open_page, music_server, code_of(host), "Ben")
    choose(host, "This server", "First tone")
    wait_together(host, client)
    slider = client.get_by_label("Hear it earlier or later than the host")
    slider.fill("400")
    expect(client.locator(".person-offset output")).to_have_text("400 ms ahead of the host")
    wait_until(lambda: abs(difference_ms(host, client) - 400) < TOGETHER_MS, "it is ahead")
    expect(host.locator(".person").nth(1)).to_contain_text("400 ms ahead of the host")
    expect(host.locator("#news")).to_contain_text("Ben hears it 400 ms ahead of the host.")
    expect(host.get_by_label("Hear it earlier or later than the host")).to_be_hidden()
    client.get_by_role("button", name="Sync now").click()
    expect(client.locator("#room-error")).to_be_empty()


def test_a_piece_and_what_is_put_next_are_rendered_by_each_window(open_page, music_server):
    host = open_room(open_page, music_server, "Anna")
    client = join_room(open_page, music_server, code_of(host), "Ben")
    choose(host, "Pieces", "Hot Cross Buns")
    host.get_by_role("button", name="Choose music").click()
    host.get_by_label("Find music").fill("ode joy")
    host.get_by_role("button", name="Put next: Ode to Joy", exact=True).click()
    expect(host.locator("#queue")).to_contain_text("Ode to Joy")
    expect(client.locator("#track-name")).to_have_text("Hot Cross Buns")
    wait_until(lambda: plays(client), "the client plays")
    wait_until(lambda: abs(difference_ms(host, client)) < TOGETHER_MS, "they are together")
    length = host.locator("#time-all").inner_text()
    minutes, seconds = map(int, length.split(":"))
    move_to(host, 1000 * (60 * minutes + seconds) - 500)  # what waits follows by itself
    expect(client.locator("#track-name")).to_have_text("Ode to Joy")
    expect(host.locator("#queue-box")).to_be_hidden()


def test_who_lacks_the_hosts_file_is_asked_for_a_copy(open_page, music_server, music):
    host = open_room(open_page, music_server, "Anna")
    client = join_room(open_page, music_server, code_of(host), "Ben")
    host.get_by_role("button", name="Choose music").click()
    host.get_by_label("A file of yours", exact=True).check(force=True)
    host.get_by_role("button", name="Play it").first.click()
    expect(host.locator("#chooser-error")).to_have_text("Choose a file first.")
    host.get_by_label("Audio file").set_input_files(music / "First tone.wav")
    host.get_by_role("button", name="Play it").first.click()
    expect(client.locator("#wanted")).to_contain_text("The host plays “First tone”.")
    client.get_by_label("Your copy").set_input_files(music / "Second tone.wav")
    expect(client.locator("#wanted .error")).to_contain_text("another file than the host’s")
    client.get_by_label("Your copy").set_input_files(music / "First tone.wav")
    wait_until(lambda: plays(client), "the client plays")
    wait_until(lambda: abs(difference_ms(host, client)) < TOGETHER_MS, "they are together")
    expect(client.locator("#wanted")).to_be_hidden()


def test_what_cannot_be_played_is_said_in_a_sentence(open_page, music_server):
    host = open_room(open_page, music_server, "Anna")
    choose(host, "This server", "broken")
    error = host.locator("#room-error")
    expect(error).to_have_text(
        "“broken” cannot be played here: this browser does not know that kind of sound, "
        "or the address leads nowhere."
    )
    expect(error).to_have_attribute("title", re.compile("[A-Z]+_ERROR"))
    choose(host, "This server", "First tone")
    expect(error).to_be_empty()
    expect(error).to_have_attribute("title", "")


def test_an_address_is_asked_for_only_when_its_listener_allows_it(open_page, music_server, music):
    host = open_room(open_page, music_server, "Anna")
    client = join_room(open_page, music_server, code_of(host), "Ben")
    host.get_by_role("button", name="Choose music").click()
    host.get_by_label("An address", exact=True).check(force=True)
    host.get_by_label("Address", exact=True).fill("no address")
    host.locator("#address-box .primary").click()
    expect(host.locator("#chooser-error")).to_contain_text("This is no address.")
    with running_site((music / "First tone.wav").read_bytes()) as address:
        host.get_by_label("Address", exact=True).fill(address)
        host.locator("#address-box .primary").click()
        wait_until(lambda: plays(host), "the host plays")
        expect(client.locator("#wanted")).to_contain_text("127.0.0.1")
        assert reading(client)["src"] == ""
        client.get_by_role("button", name="Play it from there").click()
        wait_together(host, client)


def test_who_comes_back_is_where_the_host_is(open_page, music_server):
    host = open_room(open_page, music_server, "Anna")
    client = join_room(open_page, music_server, code_of(host), "Ben")
    choose(host, "This server", "First tone")
    wait_together(host, client)
    client.reload()
    expect(client.locator("#room-who")).to_have_text("Anna leads.")
    press = client.get_by_role("button", name="Press to listen")
    wait_until(lambda: press.is_visible() or plays(client), "it plays, or may not yet")
    if press.is_visible():
        press.click()
    wait_together(host, client)
    expect(client.locator(".person")).to_have_count(2)  # the place was kept


def test_a_host_whose_page_is_loaded_anew_goes_on(open_page, music_server):
    host = open_room(open_page, music_server, "Anna")
    client = join_room(open_page, music_server, code_of(host), "Ben")
    choose(host, "This server", "First tone")
    wait_together(host, client)
    move_to(host, 30_000)
    host.reload()
    press = host.get_by_role("button", name="Press to listen")
    wait_until(lambda: press.is_visible() or plays(host), "it plays, or may not yet")
    if press.is_visible():
        press.click()
    wait_together(host, client)
    assert reading(host)["position"] > 30_000


def test_a_server_that_starts_anew_interrupts_nothing(open_page, tmp_path, music):
    with running_server(tmp_path, 0, "--music", str(music)) as url:
        host = open_room(open_page, url, "Anna", expected=GONE)
        client = join_room(open_page, url, code_of(host), "Ben", expected=GONE)
        choose(host, "This server", "First tone")
        wait_together(host, client)
        client.evaluate(
            """() => {
                window.__jumps = [];
                for (const name of ["seeking", "pause", "waiting"]) {
                    window.__audio.addEventListener(name, () => window.__jumps.push(name));
                }
            }"""
        )
    expect(client.locator("#connection-text")).to_contain_text("The server is gone")
    expect(client.locator("#news")).to_contain_text("The connection was lost.")
    with running_server(tmp_path, int(url.rsplit(":", 1)[1]), "--music", str(music)):
        for page in (host, client):
            expect(page.locator("#connection-text")).to_have_text("Connected")
        expect(client.locator(".person-words").nth(1)).to_have_text(re.compile("within"))
        expect(host.locator("#room-who")).to_contain_text("You lead")
        wait_together(host, client)
        assert "pause" not in client.evaluate("window.__jumps")
        move_to(host, 40_000)
        wait_until(lambda: reading(client)["position"] > 40_000, "the room is led again")


def test_the_lead_is_handed_over_and_the_room_ended(open_page, music_server):
    host = open_room(open_page, music_server, "Anna")
    client = join_room(open_page, music_server, code_of(host), "Ben")
    leave = host.get_by_role("button", name="Leave")
    expect(leave).to_be_hidden()
    host.get_by_role("button", name="Make host").click()
    expect(client.locator("#room-who")).to_contain_text("You lead")
    expect(host.locator("#room-who")).to_have_text("Ben leads.")
    expect(client.locator("#news")).to_contain_text("You lead now.")
    choose(client, "This server", "First tone")
    wait_together(client, host)
    expect(host.get_by_role("button", name="End for all")).to_be_hidden()
    leave.click()
    expect(host.get_by_role("heading", name="Listen together")).to_be_visible()
    expect(client.locator(".person")).to_have_count(1)
    wait_until(lambda: not plays(host), "who left hears nothing")
    client.get_by_role("button", name="End for all").click()
    client.keyboard.press("Enter")  # a key pressed too long goes on listening
    expect(client.locator("#ending")).to_be_hidden()
    assert plays(client)
    client.get_by_role("button", name="End for all").click()
    client.get_by_role("button", name="End it").click()
    expect(client.locator("#entry-error")).to_have_text("The host ended the room.")
    expect(client.locator("#lobby")).to_be_visible()


def test_a_code_that_is_none_is_said_to_be_none(open_page, music_server):
    page = open_page(f"{music_server}/room", expected="404")
    page.get_by_label("Your name").fill("Ben")
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.locator("#entry-error")).to_contain_text("Say the code of the room")
    page.get_by_label("Code of the room").fill("nowhere")
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.locator("#entry-error")).to_contain_text("There is no room of this code.")


def test_a_room_that_is_over_is_said_to_be_over_to_who_comes_back(open_page, music_server):
    place = {"sessionId": "QQQQQQ", "userId": "ben", "userName": "Ben", "role": "client"}
    script = f"sessionStorage.setItem('etude.room', '{json.dumps(place)}');"
    page = open_page(f"{music_server}/room/QQQQQQ", script=script)
    expect(page.locator("#entry-error")).to_contain_text("There is no room of this code.")
    expect(page.locator("#lobby")).to_be_visible()


def test_who_goes_on_in_another_window_is_told_so_in_the_first(open_page, music_server):
    host = open_room(open_page, music_server, "Anna")
    first = join_room(open_page, music_server, code_of(host), "Ben")
    place = first.evaluate("() => sessionStorage.getItem('etude.room')")
    script = f"sessionStorage.setItem('etude.room', {json.dumps(place)});"
    second = open_page(f"{music_server}/room/{code_of(host)}", script=script)
    expect(first.locator("#entry-error")).to_have_text("You have gone on in another window.")
    expect(second.locator("#room-who")).to_have_text("Anna leads.")
    expect(second.locator(".person")).to_have_count(2)


def test_where_no_guest_may_play_a_token_opens_rooms_and_music(open_page, tmp_path, music):
    with running_server(tmp_path, 0, "--no-guests", "--music", str(music)) as url:
        page = open_page(f"{url}/room", script=KEEP_AUDIO)
        page.get_by_text("Enter with a token").click()
        page.get_by_label("Paste the token").fill(new_token(tmp_path))
        page.get_by_role("button", name="Enter").click()
        expect(page.locator("#connection-text")).to_have_text("Connected")
        page.get_by_label("Your name").fill("Anna")
        page.get_by_role("button", name="Open a room").click()
        choose(page, "This server", "Second tone")
        wait_until(lambda: plays(page), "the host plays")
        assert reading(page)["src"].startswith("blob:")
        page.close()  # before its server: a connection refused would be a complaint


def test_a_page_of_ones_own_takes_part_as_the_documentation_says(open_page, music_server):
    host = open_room(open_page, music_server, "Anna")
    choose(host, "This server", "First tone")
    (code,) = re.findall(
        r"\n( {4}import .*?await client\.connect\(\);\n)", DOCUMENTATION, re.DOTALL
    )
    code = re.sub(r"import (\{.*?\}) from (\".*?\");", r"const \1 = await import(\2);", code)
    code = code.replace("K7PQ2M", code_of(host)).replace("new HtmlAudioPlayer(alarms)", PLAYER)
    page = open_page(f"{music_server}/room", script=KEEP_AUDIO.replace("??=", "="))
    page.evaluate(f"async () => {{ {code} }}")
    wait_together(host, page)


def test_a_narrow_window_shows_all(open_page, music_server):
    page = open_room(open_page, music_server, "Anna", viewport={"width": 360, "height": 700})
    join_room(open_page, music_server, code_of(page), "Benedict the Second of Somewhere Long")
    expect(page.locator(".person")).to_have_count(2)
    assert page.evaluate("() => document.body.scrollWidth") <= 360
    page.get_by_role("button", name="Choose music").click()
    assert page.evaluate("() => document.getElementById('chooser').scrollWidth") <= 360
    assert page.evaluate(NAMELESS) == []
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids))


def test_the_practice_page_leads_to_rooms(open_page, music_server):
    page = open_page(music_server)
    page.get_by_role("link", name="Rooms").click()
    expect(page.get_by_role("heading", name="Listen together")).to_be_visible()
