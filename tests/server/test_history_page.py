"""The history page in a real browser, against a real server with real practice."""

import io
import json
import re
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import soundfile
from page_driver import NAMELESS, expect, notes_of, open_piece, press, running_server, verdict_of
from practisers import link, new_practiser

AWAY = "ERR_INTERNET_DISCONNECTED|ERR_FAILED|412"
BATCH = "**/api/v1/sessions/batch"


def day(before: int = 0) -> date:
    return datetime.now(UTC).date() - timedelta(days=before)


def at(before: int = 0, time: str = "00:00:30") -> str:
    return f"{day(before)}T{time}Z"


@pytest.fixture
def ada(page_server):
    return new_practiser(page_server)


@pytest.fixture
def open_history(open_page):
    """Opens the history of somebody."""

    def open_one(person, address="", **options):
        options = {"expected": AWAY, "script": person.script} | options
        page = open_page(f"{person.url}/history{address}", **options)
        expect(page.locator("#account")).to_have_text(person.user["name"])
        return page

    return open_one


def open_session(open_history, person, session_id, **options):
    page = open_history(person, f"#/session/{session_id}", **options)
    expect(page.locator("#one h1")).to_be_visible()
    return page


def titles(page):
    return page.locator(".entry-title")


def go_offline(page):
    page.context.set_offline(True)


def come_back(page):
    """The network is there again, which the browser tells the page."""
    page.context.set_offline(False)


def add_practice(page, piece, **more):
    page.goto(page.url.split("#")[0] + "#/new")
    form = page.get_by_role("form", name="Add practice")
    form.get_by_label("Piece").fill(piece)
    for name, value in more.items():
        form.get_by_label(name).fill(value)
    form.get_by_role("button", name="Keep it").click()
    expect(page.locator("#overview-title")).to_be_visible()


def test_who_is_not_signed_in_is_led_to_where_that_is_done(open_page, page_server):
    page = open_page(f"{page_server}/history?tag=slow")
    sign_in = page.locator("#main").get_by_role("link", name="Sign in")
    expect(sign_in).to_have_attribute("href", "/account?back=%2Fhistory%3Ftag%3Dslow")
    assert page.evaluate(NAMELESS) == []


def test_who_never_practised_is_told_how_to_begin(open_history, ada):
    page = open_history(ada)
    expect(page.locator(".empty")).to_contain_text("Play a piece and it is kept here.")
    expect(page.locator(".year-summary")).to_have_text("No practice in the last year.")
    page.get_by_role("link", name="add practice", exact=True).click()
    expect(page.get_by_role("heading", name="Add practice")).to_be_visible()


def test_pictures_show_the_right_days_and_sums(open_history, page_server):
    ada = new_practiser(page_server, zone="Asia/Tokyo")  # where this is tomorrow already:
    ada.practise(at(3, "20:00:00"), 20, "Minuet in G", rating=4, score_accuracy=80)
    ada.practise(at(1, "20:00:00"), 25, "Minuet in G", score_accuracy=92.7)
    ada.practise(at(1, "21:00:00"), 50, "Ode to Joy")
    page = open_history(ada)
    cell = page.locator(f".heat-map [data-day='{day()}']")
    expect(cell).to_have_attribute("data-level", "4")
    expect(cell).to_have_attribute("aria-label", re.compile(": 1 h 15 min, 2 sessions$"))
    expect(page.locator(f".heat-map [data-day='{day(2)}']")).to_have_attribute("data-level", "2")
    expect(page.locator(f".heat-map [data-day='{day(1)}']")).to_have_attribute("data-level", "0")
    expect(page.locator(".year-summary")).to_contain_text("on 2 days, 1 h 35 min in all")
    expect(page.locator(".figure-card").nth(2)).to_contain_text("1 h 35 min")
    expect(page.locator(".figure-card").nth(2)).to_contain_text("3 sessions")
    expect(page.locator(".piece-bar a")).to_have_text(["Ode to Joy", "Minuet in G"])
    expect(page.locator(".piece-bar").nth(1)).to_contain_text("45 min · 2 times · best 93 %")
    line = page.locator(".accuracy-line")
    expect(line.locator(".dot")).to_have_count(2)
    expect(line).to_have_attribute(
        "aria-label", "Accuracy of the last 2 runs: from 80 % to 93 %, at best 93 %."
    )
    asked = {bar["day"]: bar["minutes"] for bar in ada.ask("GET", "stats")["weekly_progress"]}
    drawn = page.locator(".week-day").evaluate_all(
        "(bars) => bars.map(({ dataset }) => [dataset.day, Number(dataset.minutes)])"
    )
    assert dict(drawn) == asked
    assert sum(asked.values()) >= 75
    local = datetime.fromisoformat(at(1, "21:00:00")) + timedelta(hours=9)
    expect(page.locator(".entry time").first).to_contain_text(f"{local.day} ")
    expect(page.locator(".entry time").first).to_contain_text("06:00")


def test_the_last_day_is_today_where_the_account_is(open_history, page_server):
    is_early = datetime.now(UTC).hour < 11  # there it is yesterday still, or tomorrow already
    zone, today = ("Pacific/Pago_Pago", day(1)) if is_early else ("Pacific/Kiritimati", day(-1))
    ada = new_practiser(page_server, zone=zone)
    made = ada.practise(datetime.now(UTC).isoformat(), 20, "Minuet")
    page = open_history(ada, f"?date={today}")
    last = page.locator(".heat-map .day").last
    expect(last).to_have_attribute("data-day", str(today))
    expect(last).to_have_attribute("aria-label", re.compile("20 min, 1 session$"))
    expect(titles(page)).to_have_text([made["song_name"]])


def test_a_day_of_the_map_filters_the_list_and_back_leads_back(open_history, ada):
    ada.practise(at(40), 10, "Long ago")
    ada.practise(at(), 10, "Today")
    page = open_history(ada)
    expect(titles(page)).to_have_text(["Today", "Long ago"])
    page.locator(f".heat-map [data-day='{day(40)}']").click()
    expect(titles(page)).to_have_text(["Long ago"])
    assert page.url.endswith(f"/history?date={day(40)}")
    pressed = page.locator(".heat-map [aria-pressed=true]")
    expect(pressed).to_have_attribute("data-day", str(day(40)))
    pressed.press("ArrowRight")
    expect(page.locator(f".heat-map [data-day='{day(33)}']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_have_text("Nothing here fits what you look for.")
    page.go_back()
    expect(titles(page)).to_have_text(["Long ago"])
    page.go_back()
    expect(titles(page)).to_have_text(["Today", "Long ago"])


def test_filters_stand_in_the_address(open_history, ada):
    ada.practise(at(5), 10, "Minuet in G", tags=["slow"], instrument="Piano")
    ada.practise(at(4), 10, "Ode to Joy", tags=["Slow", "recital"], instrument="Cello")
    ada.practise(at(3), 10, "Ode to Joy", instrument="Piano")
    page = open_history(ada, f"?tag=slow&from={day(4)}")
    expect(titles(page)).to_have_text(["Ode to Joy"])
    filters = page.get_by_role("form", name="Which practice to show")
    expect(filters.get_by_label("Tag")).to_have_value("slow")
    page.get_by_role("button", name="Show all").click()
    expect(titles(page)).to_have_count(3)
    filters.get_by_label("Piece").fill("Ode to Joy")
    filters.get_by_label("Piece").press("Enter")
    expect(titles(page)).to_have_count(2)
    filters.get_by_label("Instrument").fill("Piano")
    filters.get_by_label("Instrument").press("Enter")
    expect(titles(page)).to_have_count(1)
    assert page.url.endswith("?song=Ode+to+Joy&instrument=Piano")
    filters.get_by_label("To", exact=True).fill(str(day(4)))
    filters.get_by_label("To", exact=True).blur()
    expect(page.locator(".empty")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    page.locator(".entry .tag", has_text="recital").click()
    expect(titles(page)).to_have_count(1)
    page.reload()
    expect(titles(page)).to_have_count(1)


def test_older_practice_comes_page_by_page(open_history, ada):
    items = [
        {"op": "create", "id": f"00000000-0000-4000-8000-{number:012}", "session": session}
        for number in range(30)
        for session in [{"date": at(number), "song_name": f"Piece {number}", "duration": 60}]
    ]
    ada.ask("POST", "sessions/batch", {"items": items})
    page = open_history(ada)
    expect(titles(page)).to_have_count(25)
    expect(page.locator("#list [role=status]")).to_have_text("30 sessions")
    page.get_by_role("button", name="More").click()
    expect(titles(page)).to_have_text([f"Piece {number}" for number in range(30)])
    expect(page.get_by_role("button", name="More")).to_be_hidden()


def test_what_is_said_of_a_session_can_be_changed(open_history, ada):
    made = ada.practise(at(), 20, "Minuet", rating=2, tags=["slow"])
    page = open_session(open_history, ada, made["id"])
    page.get_by_role("button", name="Edit").click()
    form = page.get_by_role("form", name="Edit this practice")
    form.get_by_label("4 stars").check(force=True)
    form.get_by_label("Minutes").fill("32.5")
    form.get_by_label("Focus").fill("Left hand")
    form.get_by_label("Notes").fill("Bars 9 to 12\nagain.")
    form.get_by_label("Tags").fill("recital, slow, recital")
    form.get_by_label("Piece").fill("ode to")
    expect(form.locator("datalist option[value='Ode to Joy']")).to_be_attached()
    form.get_by_label("Piece").fill("Ode to Joy")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#one h1")).to_have_text("Ode to Joy")
    expect(page.get_by_role("img", name="4 of 5 stars")).to_be_visible()
    expect(page.locator(".session-notes")).to_have_text("Bars 9 to 12\nagain.")
    again = page.get_by_role("link", name="Practise it again")
    expect(again).to_have_attribute("href", "/#/piece/ode-to-joy")
    kept = ada.ask("GET", f"sessions/{made['id']}")
    said = {"rating": 4, "duration_seconds": 1950, "focus": "Left hand", "version": 2}
    assert said.items() <= kept.items()
    assert (kept["tags"], kept["date"]) == (["recital", "slow"], made["date"])
    assert kept["song_id"] is not None


@pytest.mark.parametrize("choice", ["Keep mine", "Keep the other"])
def test_two_browsers_that_change_one_session_are_asked_which_stays(open_history, ada, choice):
    made = ada.practise(at(), 20, "Minuet", rating=2)
    pages = [open_session(open_history, ada, made["id"]) for _ in range(2)]
    for page, focus in zip(pages, ("Pedal", "Rhythm"), strict=True):
        page.get_by_role("button", name="Edit").click()
        page.get_by_label("Focus").fill(focus)
    pages[0].get_by_label("5 stars").check(force=True)
    pages[0].get_by_role("button", name="Save").click()
    expect(pages[0].locator(".facts")).to_contain_text("Pedal")
    pages[1].get_by_role("button", name="Save").click()
    both = pages[1].locator(".choice")
    expect(both.locator("tbody tr")).to_have_text(["FocusRhythmPedal"])
    both.get_by_role("button", name=choice).click()
    focus = "Rhythm" if choice == "Keep mine" else "Pedal"
    expect(pages[1].locator(".facts")).to_contain_text(focus)
    kept = ada.ask("GET", f"sessions/{made['id']}")
    assert (kept["focus"], kept["rating"]) == (focus, 5)


def test_a_session_is_deleted_when_that_is_meant(open_history, ada):
    made = ada.practise(at(), 20, "Minuet")
    page = open_session(open_history, ada, made["id"])
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Keep it").click()
    assert ada.has(made["id"])
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(".empty")).to_be_visible()
    assert not ada.has(made["id"])


def test_practice_away_is_added_with_its_sound(open_history, page_server):
    ada = new_practiser(page_server, zone="America/New_York")
    page = open_history(ada, "#/new")
    assert page.evaluate(NAMELESS) == []
    page.get_by_label("Date").fill("2026-03-09")  # the day after clocks went ahead
    page.get_by_label("Began at").fill("08:30")
    page.get_by_label("Piece").fill("Bourrée")
    page.get_by_label("Minutes").fill("12")
    page.get_by_label("3 stars").check(force=True)
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(24_000) * 0.06) * 0.3, 48_000, format="WAV")
    sound = {"name": "take.wav", "mimeType": "audio/wav", "buffer": file.getvalue()}
    page.get_by_label("Sound").set_input_files(sound)
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".entry")).to_contain_text("Mon, 9 Mar 2026, 08:30")
    [kept] = ada.sessions()
    assert datetime.fromisoformat(kept["date"]) == datetime(2026, 3, 9, 12, 30, tzinfo=UTC)
    titles(page).click()
    page.locator("#one audio").wait_for()
    page.wait_for_function("() => document.querySelector('audio').duration === 0.5")


def test_what_is_no_sound_is_refused_in_a_sentence(open_history, ada):
    page = open_history(ada, "#/new", expected="422")
    page.get_by_label("Piece").fill("Bourrée")
    words = {"name": "take.wav", "mimeType": "audio/wav", "buffer": b"no sound at all"}
    page.get_by_label("Sound").set_input_files(words)
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".editor [role=alert]")).not_to_be_empty()
    expect(page.get_by_role("button", name="Keep it")).to_be_enabled()
    assert ada.sessions() == []


def test_what_was_played_is_there_with_its_report(open_history, open_page, ada, page_server):
    player = open_piece(open_page, page_server, "Wait", script=ada.script)
    for note in notes_of(page_server)[:5]:
        press(player, note["pitch"])
        verdict_of(player, note["note_id"]).to_have_attribute("data-verdict", "correct")
    player.get_by_role("button", name="Finish").click()
    player.locator("#summary").wait_for()
    while not ada.sessions():  # it is kept a moment after the run is over
        player.wait_for_timeout(50)
    page = open_history(ada)
    titles(page).click()
    expect(page.locator(".facts")).to_contain_text("the music waited")
    expect(page.locator(".played-note")).to_have_count(5)
    expect(page.get_by_role("img", name=re.compile("^5 notes played: 5 right"))).to_be_visible()
    expect(page.get_by_role("link", name="Practise it again")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the report").click()
    report = opened.value
    expect(report.get_by_role("heading", level=1)).to_contain_text("Hot Cross Buns")
    assert report.evaluate("document.adoptedStyleSheets[0].cssRules.length") > 5
    report.get_by_role("link", name="Back to this practice").click()
    expect(report.locator(".facts")).to_be_visible()


def test_a_teacher_sees_a_students_practice_and_comments_it(open_history, page_server):
    eve, ada = new_practiser(page_server, "Eve", "teacher"), new_practiser(page_server)
    link(eve, ada)
    made = ada.practise(at(), 20, "Minuet", notes="It went well.", tags=["slow"])
    page = open_history(eve)
    page.get_by_label("Whose practice").select_option(label="Ada")
    expect(page.locator("#overview-title")).to_have_text("Practice of Ada")
    assert page.url.endswith(f"/history?student={ada.user['id']}")
    expect(page.get_by_role("link", name="Add practice")).to_be_hidden()
    page.locator(".entry .tag").click()
    assert page.url.endswith(f"/history?student={ada.user['id']}&tag=slow")
    titles(page).click()
    expect(page.locator(".session-notes")).to_have_text("It went well.")
    for name in ("Edit", "Delete"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()
    page.get_by_label("Your comment").fill("Well done: now a little slower.")
    page.get_by_role("button", name="Say it").click()
    expect(page.locator(".comment")).to_contain_text("Eve, teacher")
    own = open_session(open_history, ada, made["id"])
    own.get_by_label("Your comment").fill("Thank you!")
    own.get_by_role("button", name="Say it").click()
    expect(own.locator(".comment-body")).to_have_text(
        ["Well done: now a little slower.", "Thank you!"]
    )
    own.get_by_role("button", name="Take away the comment of Ada").click()
    expect(own.locator(".comment-body")).to_have_count(1)
    page.reload()
    expect(page.locator(".comment-body")).to_have_count(1)
    expect(page.get_by_role("button", name="Take away the comment of Eve")).to_be_visible()


def test_without_the_server_practice_is_made_changed_and_deleted_and_sent_once(open_history, ada):
    changed, gone = ada.practise(at(2), 20, "Minuet"), ada.practise(at(3), 20, "Gigue")
    page = open_history(ada)
    expect(titles(page)).to_have_count(2)
    go_offline(page)
    add_practice(page, "Bourrée", Minutes="15")
    expect(page.locator(".entry", has_text="Bourrée")).to_contain_text("waits to be sent")
    titles(page).filter(has_text="Bourrée").click()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Focus").fill("Bowing")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".facts")).to_contain_text("Bowing")
    page.get_by_role("link", name="All practice").click()
    titles(page).filter(has_text="Minuet").click()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("5 stars").check(force=True)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="All practice").click()
    titles(page).filter(has_text="Gigue").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(".entry", has_text="Gigue")).to_contain_text("deleted, waits")
    expect(page.locator("#waiting")).to_contain_text("4 changes wait to be sent.")
    assert len(ada.sessions()) == 2
    come_back(page)
    expect(page.locator("#waiting")).to_be_hidden()
    expect(titles(page)).to_have_text(["Bourrée", "Minuet"])
    kept = {session["song_name"]: session for session in ada.sessions()}
    assert set(kept) == {"Bourrée", "Minuet"}
    assert (kept["Bourrée"]["focus"], kept["Bourrée"]["version"]) == ("Bowing", 2)
    assert (kept["Minuet"]["rating"], kept["Minuet"]["id"]) == (5, changed["id"])
    assert not ada.has(gone["id"])
    expect(page.locator(".figure-card").nth(2)).to_contain_text("35 min")


def lose_answers(page, count):
    """Let the server have what is sent, and lose its first answers on the way back."""
    lost = []

    def handle(route):
        if len(lost) >= count:
            route.continue_()
            return
        lost.append(json.loads(route.request.post_data))
        route.fetch()
        route.abort()

    page.route(BATCH, handle)
    return lost


def test_an_answer_that_is_lost_doubles_nothing(open_history, ada):
    page = open_history(ada)
    expect(page.locator(".empty")).to_be_visible()
    lost = lose_answers(page, 1)
    add_practice(page, "Bourrée")
    expect(page.locator("#waiting")).to_contain_text("1 change waits")
    expect(page.locator("#waiting")).to_contain_text("The server is not reachable.")
    [made] = ada.sessions()
    with page.expect_response(BATCH) as answer:
        page.get_by_role("button", name="Send now").click()
    assert [verdict["status"] for verdict in answer.value.json()["items"]] == ["already_applied"]
    expect(page.locator("#waiting")).to_be_hidden()
    assert lost[0]["items"][0]["id"] == made["id"]
    assert ada.sessions() == [made]


def test_a_change_whose_answer_is_lost_is_made_once(open_history, ada):
    made = ada.practise(at(), 20, "Minuet")
    page = open_session(open_history, ada, made["id"])

    def lose(route):
        route.fetch()
        route.abort()

    page.route(f"**/api/v1/sessions/{made['id']}", lambda route: (
        lose(route) if route.request.method == "PATCH" else route.continue_()
    ))  # fmt: skip
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Focus").fill("Pedal")
    with page.expect_response(BATCH) as answer:
        page.get_by_role("button", name="Save").click()
    assert answer.value.json()["items"][0]["status"] == "already_applied"
    expect(page.locator(".facts")).to_contain_text("Pedal")
    assert ada.ask("GET", f"sessions/{made['id']}")["version"] == 2


def test_a_tab_that_closes_while_it_sends_loses_nothing(open_history, ada):
    page = open_history(ada)
    expect(page.locator(".empty")).to_be_visible()
    context = page.context
    reached = []
    page.route(BATCH, lambda route: reached.append(route.fetch()))  # and never answered
    add_practice(page, "Bourrée")
    expect(page.locator("#waiting")).to_contain_text("1 change waits")
    while not reached:
        page.wait_for_timeout(20)
    assert len(reached) == 1
    url = page.url
    page.close()
    other = context.new_page()
    other.goto(url)
    expect(titles(other)).to_have_text(["Bourrée"])
    expect(other.locator("#waiting")).to_be_hidden()
    assert len(ada.sessions()) == 1


def test_what_waits_is_sent_when_a_server_that_stopped_runs_again(open_history, tmp_path):
    with running_server(tmp_path) as url:
        ada = new_practiser(url)
        ada.practise(at(), 20, "Minuet", tags=["slow"])
        ada.practise(at(1), 20, "Gigue")
        page = open_history(ada, expected="ERR_CONNECTION_REFUSED")
        expect(titles(page)).to_have_text(["Minuet", "Gigue"])
    add_practice(page, "Bourrée")
    expect(page.locator("#waiting")).to_contain_text("The server is not reachable.")
    expect(page.locator("#overview-error")).to_contain_text("what you see here may be old")
    page.locator(".entry .tag", has_text="slow").click()  # of what the page has seen
    expect(titles(page)).to_have_text(["Minuet"])
    with running_server(tmp_path, int(url.rpartition(":")[2])):
        expect(page.locator("#waiting")).to_be_hidden()
        page.get_by_role("button", name="Show all").click()
        expect(titles(page)).to_have_text(["Bourrée", "Minuet", "Gigue"])
        assert len(ada.sessions()) == 3


KEEP_MANY = """async () => {
    const { Outbox, newId } = await import("/web/history/outbox.js");
    const { user } = JSON.parse(localStorage["etude.sign-in"]);
    const outbox = new Outbox(user.id);
    outbox.send = () => {};  // all of it waits
    for (let number = 0; number < 230; number += 1) {
        const date = new Date(Date.now() - 1000 * number).toISOString();
        const session = { date, song_name: `${number}` };
        const copy = { id: newId(), version: 1, duration_seconds: 0, tags: [], ...session };
        outbox.create(copy, session);
        if (number % 2) outbox.change(copy, { ...copy, focus: "Odd" }, { focus: "Odd" });
    }
}"""


def test_what_was_done_in_weeks_is_sent_in_its_order(open_history, ada):
    page = open_history(ada)
    expect(page.locator(".empty")).to_be_visible()
    page.evaluate(KEEP_MANY)
    sizes = []
    page.on(
        "request",
        lambda request: (
            sizes.append(len(json.loads(request.post_data)["items"]))
            if "batch" in request.url
            else None
        ),
    )
    page.reload()
    expect(page.locator("#list [role=status]")).to_have_text("230 sessions")
    expect(page.locator("#waiting")).to_be_hidden()
    assert sizes == [100, 100, 100, 45]
    focuses = [session["focus"] for session in ada.sessions()]
    assert focuses == ["Odd" if number % 2 else None for number in range(200)]


def test_of_two_tabs_one_sends(open_history, ada):
    page = open_history(ada)
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (page, other):
        expect(tab.locator(".empty")).to_be_visible()
    sent = []
    page.context.on(
        "request", lambda request: sent.append(request) if "batch" in request.url else None
    )
    go_offline(page)
    for number in range(3):
        add_practice(page, f"Piece {number}")
    expect(other.locator("#waiting")).to_contain_text("3 changes wait")
    sent.clear()
    come_back(page)
    for tab in (page, other):
        expect(tab.locator("#waiting")).to_be_hidden()
    for tab in (page, other):
        expect(titles(tab)).to_have_count(3)
    ids = [item["id"] for request in sent for item in json.loads(request.post_data)["items"]]
    assert len(ids) == len(set(ids)) == 3


@pytest.mark.parametrize(
    ("choice", "focus"), [("Keep mine", "Pedal"), ("Keep the other", "Rhythm")]
)
def test_what_two_devices_changed_meanwhile_is_asked(open_history, ada, choice, focus):
    made = ada.practise(at(), 20, "Minuet", focus="Fingering")
    page = open_session(open_history, ada, made["id"])
    answers = []
    page.on("response", lambda answer: answers.append(answer) if "batch" in answer.url else None)
    go_offline(page)
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Focus").fill("Pedal")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#one .waits")).to_have_text("waits to be sent")
    page.get_by_role("link", name="All practice").click()
    ada.ask("PATCH", f"sessions/{made['id']}", {"focus": "Rhythm", "rating": 5})
    come_back(page)
    stopped = page.locator(".stopped")
    expect(stopped.locator("tbody tr")).to_have_text(["FocusPedalRhythm"])
    stopped.get_by_role("button", name=choice).click()
    expect(page.locator("#waiting")).to_be_hidden()
    kept = ada.ask("GET", f"sessions/{made['id']}")
    assert (kept["focus"], kept["rating"]) == (focus, 5)
    assert len(answers) == (2 if choice == "Keep mine" else 1)  # nothing is sent before the choice


@pytest.mark.parametrize("choice", ["Keep mine", "Let it be deleted"])
def test_what_was_deleted_elsewhere_may_be_kept(open_history, ada, choice):
    made = ada.practise(at(), 20, "Minuet")
    page = open_session(open_history, ada, made["id"])
    go_offline(page)
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Focus").fill("Pedal")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#one .waits")).to_be_visible()
    page.get_by_role("link", name="All practice").click()
    ada.ask("DELETE", f"sessions/{made['id']}")
    come_back(page)
    page.locator(".stopped").get_by_role("button", name=choice).click()
    expect(page.locator("#waiting")).to_be_hidden()
    assert ada.has(made["id"]) is (choice == "Keep mine")
    if choice == "Keep mine":
        assert ada.ask("GET", f"sessions/{made['id']}")["focus"] == "Pedal"


def test_what_the_server_refuses_is_told_and_can_be_thrown_away(open_history, ada):
    page = open_history(ada)
    expect(page.locator(".empty")).to_be_visible()
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=3))  # a device's clock goes wrong
    add_practice(page, "Bourrée")
    stopped = page.locator(".stopped")
    expect(stopped).to_contain_text("is the clock of the device right?")
    assert ada.sessions() == []
    stopped.get_by_role("link", name="Change it").click()
    page.get_by_role("button", name="Edit").click()
    form = page.get_by_role("form", name="Edit this practice")
    expect(form.get_by_label("Piece")).to_have_value("Bourrée")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="All practice").click()
    page.get_by_role("button", name="Throw it away").click()
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator(".empty")).to_be_visible()


def test_what_the_server_refuses_can_be_put_right(open_history, ada):
    page = open_history(ada)
    expect(page.locator(".empty")).to_be_visible()
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=3))
    add_practice(page, "Bourrée", Focus="Bowing")
    expect(page.locator(".stopped")).to_be_visible()
    page.clock.set_fixed_time(datetime.now(UTC))
    page.get_by_role("link", name="Change it").click()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Date").fill(str(day(2)))
    page.get_by_label("Began at").fill("10:15")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".session-head time")).to_contain_text("10:15")
    expect(page.locator("#one .waits")).to_be_hidden()
    page.get_by_role("link", name="All practice").click()
    expect(page.locator("#waiting")).to_be_hidden()
    [kept] = ada.sessions()
    assert (kept["date"], kept["focus"]) == (f"{day(2)}T10:15:00Z", "Bowing")


def test_changes_wait_for_their_own_account(open_history, open_page, page_server, ada):
    page = open_history(ada)
    expect(page.locator(".empty")).to_be_visible()
    go_offline(page)
    add_practice(page, "Bourrée")
    expect(page.locator("#waiting")).to_contain_text("1 change waits")
    eve = new_practiser(page_server, "Eve")
    page.evaluate(eve.script.replace("??=", "="))  # before this page hears of it
    come_back(page)
    expect(page.locator("#waiting")).to_contain_text("Sign in again to have them sent.")
    page.add_init_script("localStorage['etude.sign-in'] = 'null'")
    page.reload()
    expect(page.locator("#signed-out")).to_contain_text("is safe in this browser")
    page.add_init_script(eve.script.replace("??=", "="))
    page.reload()
    expect(page.locator("#account")).to_have_text("Eve")
    expect(page.locator(".empty")).to_be_visible()
    assert eve.sessions() == ada.sessions() == []
    page.add_init_script(ada.script.replace("??=", "="))
    page.reload()
    expect(titles(page)).to_have_text(["Bourrée"])
    expect(page.locator("#waiting")).to_be_hidden()
    assert (len(ada.sessions()), eve.sessions()) == (1, [])


def test_the_page_fits_a_narrow_phone_and_everything_has_a_name(open_history, ada):
    made = ada.practise(
        at(), 20, "Eine kleine Nachtmusik " * 4, tags=["a-very-long-tag-" * 3], notes="x" * 300
    )
    page = open_history(ada, viewport={"width": 360, "height": 740})
    for address, ready in (
        ("#/", ".entry"),
        (f"#/session/{made['id']}", ".comments"),
        ("#/new", ".editor"),
    ):
        page.evaluate("(hash) => { location.hash = hash }", address)
        page.locator(ready).first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
        assert page.evaluate(NAMELESS) == []
        assert page.locator("h1:visible").count() == 1
