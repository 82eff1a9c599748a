"""Lessons on the page, in a real browser, against a real server."""

import json
import re
from urllib.request import Request, urlopen

import pytest
from page_driver import NAMELESS, expect, notes_of, open_piece, press

from server.lessons import course

SETTINGS = """() => Object.fromEntries(["mode", "tempo", "fromBar", "toBar", "hands", "otherHand"]
    .map((name) => [name, document.forms.options[name].value]))"""
ARE_DRAWN = "(images) => images.every((image) => image.complete && image.naturalWidth > 0)"


@pytest.fixture
def open_hash(open_page, page_server):
    return lambda address, **options: open_page(f"{page_server}/{address}", **options)


def open_step(open_hash, slug, number, **options):
    step = course.lesson(slug).steps[number - 1]
    page = open_hash(f"#/piece/{step.song}?lesson={slug}&step={number}", **options)
    expect(page.locator("#assignment")).to_contain_text(step.task)
    expect(page.locator("#start")).to_be_enabled()  # its section is cut
    return page


def play(page, page_server, slug, last_bar):
    """Play to the end of a bar, each note when it is due; the first one begins the run."""
    notes = [note for note in notes_of(page_server, slug) if note["measure"] <= last_bar]
    press(page, notes[0]["pitch"])
    for note in notes[1:]:
        page.locator(f"#score [id='{note['note_id']}'].is-current").wait_for()
        press(page, note["pitch"])


def test_the_course_leads_to_a_lesson_with_its_examples_drawn(open_hash):
    page = open_hash("#/lessons")
    expect(page.locator("#course h2")).to_have_text(["Reading music", "Rhythm", "First pieces"])
    expect(page.locator(".lesson-row")).to_have_count(len(course.lessons()))
    page.get_by_role("link", name=re.compile("Two staves at once")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two staves at once")
    expect(page.locator(".example figcaption")).to_have_text(
        [example.caption for example in course.lesson("the-grand-staff").examples]
    )
    page.wait_for_function(f"() => ({ARE_DRAWN})([...document.querySelectorAll('.example img')])")
    expect(page.locator(".step h3")).to_have_count(3)
    page.get_by_role("link", name="Chords on the page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Chords on the page")


def test_a_step_opens_its_piece_as_it_is_to_be_played(open_hash):
    page = open_hash("#/lesson/minuet-in-g")
    page.get_by_role("link", name="Play step 4").click()
    expect(page.locator("#assignment")).to_contain_text("step 4 of 5")
    expect(page.locator("#start")).to_be_enabled()
    assert page.evaluate(SETTINGS) == {
        "mode": "tempo",
        "tempo": "80",
        "fromBar": "1",
        "toBar": "16",
        "hands": "right",
        "otherHand": "machine",
    }
    page.locator("#score g.measure.is-outside").first.wait_for(state="attached")


def test_a_step_may_be_faster_than_the_piece_is_usually_played(open_hash):
    page = open_step(open_hash, "sarali-varisai", 2)
    assert page.evaluate(SETTINGS)["tempo"] == "144"
    page = open_step(open_hash, "sarali-varisai", 5)
    expect(page.locator("#assignment")).to_contain_text("instrument voice, tuning sargam, Sa C")


def test_a_step_played_right_is_passed_and_remembered(open_hash, page_server):
    page = open_step(open_hash, "the-staff", 1)
    play(page, page_server, "hot-cross-buns", last_bar=2)
    expect(page.locator("#assignment")).to_contain_text("✓ Passed, with 100 %.")
    page.get_by_role("link", name="Next step").click()
    expect(page.locator("#assignment")).to_contain_text("step 2 of 2")
    page.reload()
    page.get_by_role("link", name="Lines, spaces and three notes").click()
    expect(page.locator(".step.is-done")).to_have_count(1)
    page.goto(page.url.replace("#/lesson/the-staff", "#/lessons"))
    expect(page.locator(".lesson-done")).to_have_text(["✓ 1 step"])


def remember(token):
    """A script that has the page find a token that was pasted before."""
    return f"localStorage.setItem('etude.sign-in', '{json.dumps({'access': token})}');"


def signed_in(page_server, email):
    """Make an account; gives what makes a browser use it."""
    body = {"email": email, "password": "violet harbour seventeen"}
    for path in ("register", "login"):
        request = Request(f"{page_server}/api/v1/auth/{path}", json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=60) as response:
            answer = json.load(response)
    return remember(answer["access_token"])


def test_a_passed_step_is_kept_in_the_account_for_every_browser(open_hash, page_server):
    account = signed_in(page_server, "ada@example.org")
    page = open_step(open_hash, "the-staff", 1, script=account)
    with page.expect_response(re.compile("/lessons/101/progress$")):
        play(page, page_server, "hot-cross-buns", last_bar=2)
    expect(page.locator("#assignment")).to_contain_text("✓ Passed")
    page.evaluate("() => { location.hash = '#/lessons' }")
    expect(page.locator(".lesson-done")).to_have_text(["✓ 50 %"])
    other = open_hash("#/lessons", script=account)
    expect(other.locator(".lesson-done")).to_have_text(["✓ 50 %"])


def test_lessons_can_be_read_with_a_token_that_has_expired(open_hash):
    script = remember("long.gone.token")
    page = open_hash("#/lesson/rests", script=script, expected="401")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rests")


def test_a_step_cut_short_or_played_otherwise_does_not_count(open_hash, page_server):
    page = open_step(open_hash, "the-staff", 1)
    press(page, notes_of(page_server, "hot-cross-buns")[0]["pitch"])
    page.locator("#score .note.is-current").first.wait_for()
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#assignment")).to_contain_text("Not played to the end")
    page.get_by_role("button", name="Change settings").click()
    page.get_by_label("To bar").fill("1")
    page.get_by_label("To bar").blur()  # keys type no more
    expect(page.locator("#start")).to_be_enabled()
    play(page, page_server, "hot-cross-buns", last_bar=1)
    expect(page.locator("#assignment")).to_contain_text("Other settings than the step’s")
    assert page.evaluate("localStorage.getItem('etude.lessons')") is None


def test_a_step_below_its_mark_is_to_be_played_again(open_hash, page_server):
    page = open_step(open_hash, "the-staff", 1)
    first, *others = notes_of(page_server, "hot-cross-buns")[:6]
    press(page, first["pitch"])
    for note in others:
        page.locator(f"#score [id='{note['note_id']}'].is-current").wait_for()
        press(page, note["pitch"] + 5)
        press(page, note["pitch"])
    expect(page.locator("#assignment")).to_contain_text("% this time; 90 % pass")


def test_a_lesson_does_not_change_the_players_own_settings(open_hash, open_page, page_server):
    page = open_piece(open_page, page_server, "Follow")
    page.evaluate("() => { location.hash = '#/piece/hot-cross-buns?lesson=the-staff&step=2' }")
    expect(page.locator("#assignment")).to_contain_text("step 2 of 2")
    assert page.evaluate(SETTINGS)["mode"] == "wait"
    page.evaluate("() => { location.hash = '#/piece/hot-cross-buns' }")
    expect(page.locator("#assignment")).to_be_hidden()
    expect(page.locator("#start")).to_be_enabled()
    assert page.evaluate(SETTINGS)["mode"] == "follow"


@pytest.mark.parametrize("query", ["lesson=the-staff&step=9", "lesson=none&step=1", "step=x"])
def test_a_piece_opens_though_its_step_is_unknown(open_hash, query):
    page = open_hash(f"#/piece/hot-cross-buns?{query}", expected="404")
    page.locator("#score g.note").first.wait_for()
    expect(page.locator("#assignment")).to_be_hidden()


def test_an_unknown_lesson_is_said_to_be_unknown(open_hash):
    page = open_hash("#/lesson/never-written", expected="404")
    expect(page.get_by_role("alert").filter(has_text="There is no such lesson.")).to_be_visible()


def test_lessons_fit_a_narrow_phone_and_everything_has_a_name(open_hash):
    page = open_hash("#/lessons", viewport={"width": 360, "height": 740})
    for address, ready in (("#/lessons", ".lesson-row"), ("#/lesson/loud-and-soft", ".step")):
        page.evaluate("(hash) => { location.hash = hash }", address)
        page.locator(ready).first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate(NAMELESS) == []
        assert page.locator("h1:visible").count() == 1
