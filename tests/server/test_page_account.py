"""Practising with an account, in a real browser, against a real server."""

import re

import pytest
from newcomers import PASSWORD, new_email
from page_driver import (
    NAMELESS,
    SLUG,
    choose_mode,
    expect,
    new_token,
    notes_of,
    open_piece,
    press,
    running_server,
    verdict_of,
)

IDENTITY = 'const { identity } = await import("/web/identity.js");'
REGISTER = f"""async ([email, password, name]) => {{ {IDENTITY}
    return identity.register({{ email, password, name }});
}}"""
SIGN_IN = f"async ([email, password]) => {{ {IDENTITY} return identity.signIn(email, password); }}"
SIGN_OUT = f"async () => {{ {IDENTITY} await identity.signOut(); }}"
ASK = f"""async ([method, path]) => {{ {IDENTITY}
    const response = await identity.ask(method, path);
    return response.status === 204 ? null : response.json();
}}"""
# The sign-in ends on the server, and this browser does not hear of it.
END_ELSEWHERE = """async () => {
    const { ask } = await import("/web/http.js");
    const { refresh } = JSON.parse(localStorage.getItem("etude.sign-in"));
    await ask("POST", "auth/logout", { body: { refresh_token: refresh } });
}"""
WATCH_FRAMES = """() => {
    window.__told = [];
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (frame) {
        if (typeof frame === "string") __told.push(JSON.parse(frame).event);
        return send.call(this, frame);
    };
}"""
SONG = "X: 1\nT: Morning walk\nC: Ada\nM: 4/4\nL: 1/4\nQ: 1/4=90\nK: C\nC D E F | G A B c | C4 |]\n"
DROP = """([name, text]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], name));
    const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector("#pieces-list").dispatchEvent(drop);
}"""


def register(page, name="Ada"):
    """Make an account and sign in with it, as the account page does."""
    email = new_email()
    user = page.evaluate(REGISTER, [email, PASSWORD, name])
    return user | {"email": email}


def ask(page, method, path):
    return page.evaluate(ASK, [method, path])


def known(page, name):
    """Wait until the page says who is signed in, and the server knows it."""
    expect(page.locator("#account")).to_have_text(name)


def play_through(page, server_url, slug=SLUG):
    for note in notes_of(server_url, slug):
        press(page, note["pitch"])
        verdict_of(page, note["note_id"]).to_have_attribute("data-verdict", "correct")
    expect(page.get_by_role("heading", name="How it went")).to_be_visible()


def add_song(page, text=SONG, name="walk.abc"):
    page.locator("#score-file").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
    )


def test_a_guest_is_asked_to_sign_in_and_brought_back(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait")
    play_through(page, page_server)
    badge = page.locator("#account")
    expect(badge).to_have_attribute("href", "/account?back=%2F%23%2Fpiece%2Fhot-cross-buns")
    page.get_by_role("link", name="Sign in to keep what you play").click()
    page.get_by_role("button", name="Make an account").click()
    page.get_by_label("E-mail address").fill(new_email())
    page.get_by_label("Name").fill("Clara")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page).to_have_url(f"{page_server}/#/piece/{SLUG}")
    expect(badge).to_have_text("Clara")
    choose_mode(page, "Wait")
    play_through(page, page_server)
    page.get_by_role("link", name="Kept in your history").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hot Cross Buns")


def test_who_signs_in_is_known_to_the_open_connection(open_page, page_server):
    sockets = []
    page = open_page(
        page_server,
        expected="401",
        watch=lambda page: page.on("websocket", lambda socket: sockets.append(socket)),
    )
    expect(page.locator("#connection-text")).to_have_text("Connected")
    page.evaluate(WATCH_FRAMES)
    register(page)
    known(page, "Ada")
    page.wait_for_function("() => __told.includes('authenticate')")
    assert len(sockets) == 1
    page.wait_for_load_state("networkidle")
    with page.expect_websocket():
        page.evaluate(SIGN_OUT)
    expect(page.locator("#account")).to_have_text("Sign in")
    expect(page.locator("#connection-text")).to_have_text("Connected")


def test_a_run_is_kept_rated_and_noted(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait")
    register(page)
    known(page, "Ada")
    play_through(page, page_server)
    kept = page.get_by_role("link", name="Kept in your history")
    expect(kept).to_have_attribute("href", re.compile(r"^/history#/session/[0-9a-f-]{36}$"))
    session_id = kept.get_attribute("href").rpartition("/")[2]
    page.get_by_label("4 stars").check(force=True)
    expect(page.locator(".remarks [role=status]")).to_have_text("Rated 4 of 5.")
    page.get_by_label("A note for yourself").fill("The left hand was late.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator(".remarks [role=status]")).to_have_text("Your note is kept.")
    assert page.evaluate(NAMELESS) == []
    session = ask(page, "GET", f"sessions/{session_id}")
    assert (session["rating"], session["notes"]) == (4, "The left hand was late.")
    assert session["song_name"] == "Hot Cross Buns"


def test_where_nothing_was_played_nothing_is_said_to_be_kept(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait")
    register(page)
    known(page, "Ada")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="How it went")).to_be_visible()
    expect(page.locator(".kept")).to_have_count(0)
    assert ask(page, "GET", "sessions") == []


def test_who_signs_in_while_playing_plays_to_the_end_first(open_page, page_server):
    sockets = []
    page = open_piece(open_page, page_server, "Wait")
    page.on("websocket", lambda socket: sockets.append(socket))
    page.evaluate(WATCH_FRAMES)
    first, *others = notes_of(page_server)
    press(page, first["pitch"])
    verdict_of(page, first["note_id"]).to_have_attribute("data-verdict", "correct")
    register(page)
    known(page, "Ada")
    for note in others:
        press(page, note["pitch"])
    expect(page.get_by_role("heading", name="How it went")).to_be_visible()
    told = page.evaluate("() => __told")
    assert "authenticate" not in told[: told.index("end_session")]
    page.wait_for_function("() => __told.at(-1) === 'authenticate'")
    expect(page.get_by_role("link", name="Sign in to keep what you play")).to_be_visible()
    assert sockets == []
    page.get_by_role("button", name="Again").click()
    press(page, first["pitch"])
    verdict_of(page, first["note_id"]).to_have_attribute("data-verdict", "correct")
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("link", name="Kept in your history")).to_be_visible()


def test_who_signs_out_while_playing_is_a_guest_from_then_on(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait", expected="401")
    register(page)
    known(page, "Ada")
    page.wait_for_load_state("networkidle")
    sockets = []
    page.on("websocket", lambda socket: sockets.append(socket))
    first = notes_of(page_server)[0]
    press(page, first["pitch"])
    verdict_of(page, first["note_id"]).to_have_attribute("data-verdict", "correct")
    page.evaluate(SIGN_OUT)
    expect(page.locator("#account")).to_have_text("Sign in")
    expect(page.locator("#options-error")).to_have_text(
        "The connection was lost. What you had played is marked below, and kept on the server."
    )
    expect(page.locator("#connection-text")).to_have_text("Connected")
    page.get_by_role("button", name="Start").click()
    press(page, first["pitch"])
    verdict_of(page, first["note_id"]).to_have_attribute("data-verdict", "correct")
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("link", name="Sign in to keep what you play")).to_be_visible()
    assert len(sockets) == 1


def test_who_signs_out_in_another_tab_leaves_with_a_fresh_connection(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait")
    register(page)
    known(page, "Ada")
    other = page.context.new_page()
    other.goto(page_server)
    known(other, "Ada")
    expect(other.locator("#connection-text")).to_have_text("Connected")
    other.wait_for_load_state("networkidle")
    with other.expect_websocket():
        page.evaluate(SIGN_OUT)
    expect(other.locator("#account")).to_have_text("Sign in")
    other.goto(f"{page_server}/#/piece/{SLUG}")
    choose_mode(other, "Wait")
    play_through(other, page_server)
    expect(other.get_by_role("link", name="Sign in to keep what you play")).to_be_visible()


def test_a_sign_in_that_ended_on_the_server_makes_the_player_a_guest(open_page, page_server):
    page = open_page(page_server, expected="401")
    register(page)
    known(page, "Ada")
    page.evaluate(END_ELSEWHERE)
    page.reload()  # with a token that is not over by its own time
    expect(page.locator("#account")).to_have_text("Sign in")
    expect(page.locator("#connection-text")).to_have_text("Connected")
    expect(page.locator("#door")).to_be_hidden()


def test_a_server_without_guests_leads_to_the_sign_in_first(open_page, tmp_path):
    with running_server(tmp_path, 0, "--no-guests") as url:
        page = open_page(f"{url}/#/lessons")
        sign_in = page.locator("#door").get_by_role("link", name="Sign in")
        expect(sign_in).to_have_attribute("href", "/account?back=%2F%23%2Flessons")
        expect(page.locator("#token")).to_be_hidden()
        expect(page.locator("#connection-text")).to_have_text("Not connected")
        assert page.evaluate(NAMELESS) == []
        register(page)
        expect(page.locator("#connection-text")).to_have_text("Connected")
        expect(page.locator("#door")).to_be_hidden()
        page.evaluate(SIGN_OUT)
        expect(sign_in).to_be_visible()
        expect(page.locator("#connection-text")).to_have_text("Not connected")
        page.get_by_text("Enter with a token").click()
        page.locator("#token").fill(new_token(tmp_path))
        page.get_by_role("button", name="Enter").click()
        expect(page.locator("#connection-text")).to_have_text("Connected")
        page.close()  # what it still asks for would find no server


def test_an_own_score_is_added_practised_changed_shared_and_deleted(open_page, page_server):
    page = open_page(page_server)
    register(page)
    known(page, "Ada")
    add_song(page)
    expect(page.locator("#adding")).to_have_text("Morning walk is among your scores now.")
    own = page.get_by_role("region", name="Your scores")
    expect(own.locator(".piece-title")).to_have_text(["Morning walk"])
    own.get_by_role("link").click()
    choose_mode(page, "Wait")
    slug = page.url.rpartition("/")[2]
    notes = ask(page, "GET", f"songs/{slug}/notes")
    for note in notes:
        press(page, note["pitch"])
        verdict_of(page, note["note_id"]).to_have_attribute("data-verdict", "correct")
    expect(page.get_by_role("link", name="Kept in your history")).to_be_visible()
    page.get_by_role("button", name="Change settings").click()
    page.get_by_text("Your score", exact=True).click()
    page.get_by_label("Title").fill("Evening walk")
    page.get_by_label("Shared with everybody").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Evening walk")
    expect(page.locator(".own-form [role=status]")).to_have_text("Saved.")
    assert page.evaluate(NAMELESS) == []

    guest = open_page(page_server)
    others = guest.get_by_role("region", name="Shared by others")
    others.get_by_role("link", name="Evening walk").click()
    guest.locator("#score g.note").first.wait_for()
    expect(guest.locator("#own-score")).to_be_hidden()

    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.locator("#pieces-list .piece").first).to_be_visible()
    expect(own).to_have_count(0)
    (session,) = ask(page, "GET", "sessions")
    assert session["song_name"] == "Morning walk"


def test_what_is_dropped_is_added_and_what_is_no_score_is_refused_in_words(open_page, page_server):
    page = open_page(page_server, expected="422")
    register(page)
    known(page, "Ada")
    page.evaluate(DROP, ["walk.abc", SONG])
    expect(page.locator("#adding")).to_contain_text("Morning walk is among your scores now.")
    page.evaluate(DROP, ["letter.txt", "Dear Clara, how are you?"])
    refusal = page.locator("#adding").get_by_role("alert")
    expect(refusal).to_contain_text("“letter.txt” was not added.")
    page.evaluate(DROP, ["long.abc", "X:1\n" + "%" * (2 << 20)])
    expect(refusal).to_have_text("“long.abc” was not added. A score may have 2 MiB at most.")


def test_a_guest_who_adds_a_score_is_led_to_the_sign_in(open_page, page_server):
    page = open_page(page_server)
    page.get_by_role("button", name="Add a score").click()
    page.wait_for_url("**/account?back=%2F")


def test_own_scores_come_and_go_with_who_is_signed_in(open_page, page_server):
    page = open_page(page_server, expected="401")
    user = register(page)
    known(page, "Ada")
    add_song(page)
    own = page.get_by_role("region", name="Your scores")
    expect(own).to_be_visible()
    page.evaluate(SIGN_OUT)
    expect(own).to_have_count(0)
    page.evaluate(SIGN_IN, [user["email"], PASSWORD])
    expect(own).to_be_visible()


def test_a_piece_is_found_in_spite_of_slips(open_page, page_server):
    page = open_page(page_server)
    page.get_by_label("Find a piece").fill("fur elsie")
    close = page.get_by_role("region", name="Perhaps you mean")
    expect(close.locator(".piece-title").first).to_contain_text("Für Elise")
    page.get_by_label("Find a piece").fill("fur elise")
    expect(close).to_have_count(0)
    expect(page.locator(".piece-title")).to_have_text([re.compile("Für Elise")])


@pytest.mark.parametrize("slug", ["hot-cross-buns", "minuet-in-g"])
def test_a_piece_is_learned_step_by_step(open_page, page_server, slug):
    page = open_piece(open_page, page_server, "Follow", slug=slug)
    steps = ask(page, "GET", f"songs/{slug}/tutorial")["steps"]
    page.get_by_text("Learn it step by step").click()
    expect(page.locator("#path .step")).to_have_count(len(steps))
    assert page.evaluate(NAMELESS) == []
    page.get_by_role("link", name="Play step 1", exact=True).click()
    told = page.locator("#assignment")
    expect(told).to_contain_text(f"step 1 of {len(steps)}")
    expect(told).to_contain_text(steps[0]["task"])
    expect(page.locator("#start")).to_be_enabled()
    form = page.evaluate(
        "() => Object.fromEntries(new FormData(document.querySelector('#options')))"
    )
    asked = [str(steps[0][name]) for name in ("mode", "from_bar", "to_bar", "hands")]
    assert [form[name] for name in ("mode", "fromBar", "toBar", "hands")] == asked
    assert form["tempo"] == str(round(steps[0]["tempo"]))


def test_a_step_of_the_path_is_passed_and_remembered(open_page, page_server):
    page = open_page(f"{page_server}/#/piece/{SLUG}?step=1")
    step = ask(page, "GET", f"songs/{SLUG}/tutorial")["steps"][0]
    expect(page.locator("#assignment")).to_contain_text("step 1 of")
    expect(page.locator("#start")).to_be_enabled()
    section = f"from_bar={step['from_bar']}&to_bar={step['to_bar']}&repeats=false"
    for note in ask(page, "GET", f"songs/{SLUG}/notes?{section}"):
        press(page, note["pitch"])
        verdict_of(page, note["note_id"]).to_have_attribute("data-verdict", "correct")
    expect(page.locator("#assignment")).to_contain_text("✓ Passed")
    page.get_by_role("link", name="Next step").click()
    expect(page.locator("#assignment")).to_contain_text("step 2 of")
    page.get_by_text("Learn it step by step").last.click()
    expect(page.locator("#path .step.is-done")).to_have_count(1)


def test_what_accounts_practise_is_popular(open_page, tmp_path):
    with running_server(tmp_path) as url:
        page = open_piece(open_page, url, "Wait", slug="frere-jacques")
        register(page)
        known(page, "Ada")
        press(page, notes_of(url, "frere-jacques")[0]["pitch"])
        expect(page.locator("#stop")).to_be_visible()
        page.get_by_role("button", name="Finish").click()
        expect(page.get_by_role("link", name="Kept in your history")).to_be_visible()
        page.goto(f"{url}/")
        popular = page.get_by_role("region", name="Popular")
        expect(popular.get_by_role("link").first).to_have_text("Frère Jacques")
        page.close()  # before its server


def test_a_room_goes_on_when_its_host_signs_in(open_page, page_server):
    page = open_page(f"{page_server}/room")
    page.get_by_label("Your name").fill("Anna")
    page.get_by_role("button", name="Open a room").click()
    expect(page.locator(".person")).to_have_count(1)
    page.evaluate(WATCH_FRAMES)
    register(page, "Anna")
    expect(page.locator("#account")).to_have_text("Anna")
    page.wait_for_function("() => __told.includes('authenticate')")
    page.evaluate(SIGN_OUT)
    expect(page.locator("#account")).to_have_text("Sign in")
    page.wait_for_function("() => __told.includes('join_session')")
    expect(page.locator("#room-who")).to_contain_text("You lead")
    expect(page.locator(".person")).to_have_count(1)
