"""The practice page in a real browser, against a real server."""

import itertools
import re

import pytest
from page_driver import (
    EXERCISE,
    NAMELESS,
    PLAY_ON_FAKE_MIDI,
    RIGHT_KEY,
    SLUG,
    choose_mode,
    expect,
    get_json,
    new_token,
    notes_of,
    open_piece,
    press,
    running_server,
    verdict_of,
)

NO_MIDI = "delete Navigator.prototype.requestMIDIAccess; delete navigator.requestMIDIAccess;"
# Set before the music starts, so that nothing is missed however slow the machine is.
PRESS_WHEN_CURRENT = """([noteId, pitch]) => {
    new MutationObserver((_, observer) => {
        if (!document.getElementById(noteId).matches(".is-current")) return;
        observer.disconnect();
        const key = document.querySelector(`.key[data-pitch="${pitch}"] .key-letter`);
        const letter = key.textContent;
        const press = new KeyboardEvent("keydown", { code: `Key${letter}`, bubbles: true });
        document.body.dispatchEvent(press);
    }).observe(document.getElementById("score"), { subtree: true, attributeFilter: ["class"] });
}"""
NOTE_COUNT_IN = """() => {
    window.__countIn = [];
    const beat = document.getElementById("beat");
    new MutationObserver(() => {
        if (beat.matches(".is-count-in")) __countIn.push(beat.textContent);
    }).observe(beat, { attributes: true, characterData: true, childList: true, subtree: true });
}"""
CONTRASTS = """(pairs) => {
    const style = getComputedStyle(document.documentElement);
    const light = (name) => {
        const hex = style.getPropertyValue(name).trim().replace("#", "");
        const full = hex.length === 3 ? [...hex].map((c) => c + c).join("") : hex;
        const [r, g, b] = [0, 2, 4].map((i) => parseInt(full.slice(i, i + 2), 16) / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    return pairs.map(([ink, paper]) => {
        const [dark, bright] = [light(ink), light(paper)].sort((a, b) => a - b);
        return [ink, paper, (bright + 0.05) / (dark + 0.05)];
    });
}"""


def test_a_piece_is_found_by_words_without_accents(open_page, page_server):
    page = open_page(page_server)
    total = len(get_json(f"{page_server}/api/v1/songs?limit=200"))
    expect(page.locator(".piece")).to_have_count(total)
    page.get_by_label("Find a piece").fill("frere JAC")
    expect(page.locator(".piece-title")).to_have_text(["Frère Jacques"])
    page.get_by_label("Find a piece").fill("no such thing")
    expect(page.locator("#pieces-list")).to_contain_text("No piece has these words")


def test_a_piece_played_on_the_computers_keys_is_marked_note_by_note(open_page, page_server):
    page = open_page(page_server)
    page.locator(".piece", has_text="Hot Cross Buns").click()
    choose_mode(page, "Wait")
    notes = notes_of(page_server)
    for note in notes:
        press(page, note["pitch"])
        verdict_of(page, note["note_id"]).to_have_attribute("data-verdict", "correct")
        page.locator(f".mark.is-correct[data-note='{note['note_id']}']").wait_for()
    expect(page.get_by_role("heading", name="How it went")).to_be_visible()
    expect(page.locator("#summary .grade")).to_have_text("A+")
    expect(page.locator(".counts [data-result=correct] strong")).to_have_text(str(len(notes)))
    expect(page.locator("#summary")).not_to_contain_text("null")
    page.get_by_role("button", name="Again").click()
    expect(page.locator("#stop")).to_be_visible()
    expect(page.locator(".mark")).to_have_count(0)


def test_a_piece_can_be_played_without_its_repeats(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait", slug=EXERCISE)
    written = notes_of(page_server, EXERCISE)
    once = get_json(f"{page_server}/api/v1/songs/{EXERCISE}/notes?repeats=false")
    assert len(written) == 2 * len(once)
    with page.expect_response(re.compile(r"/notes\?.*repeats=false")):
        page.get_by_label("Repeats").uncheck()
    expect(page.locator("#start")).to_be_enabled()
    for note in once:
        press(page, note["pitch"])
        verdict_of(page, note["note_id"]).to_have_attribute("data-verdict", "correct")
    expect(page.locator("#summary .grade")).to_have_text("A+")
    expect(page.locator(".counts [data-result=correct] strong")).to_have_text(str(len(once)))
    page.reload()  # the choice is remembered
    with page.expect_response(re.compile(r"/notes\?.*repeats=false")):
        page.locator("#score g.note").first.wait_for()


def test_a_whole_piece_is_played_with_its_repeats(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait", slug=EXERCISE)
    first, *others = notes_of(page_server, EXERCISE)
    press(page, first["pitch"])
    for note in others:
        page.locator(f"#score [id='{note['note_id']}'].is-current").wait_for()
        press(page, note["pitch"])
    expect(page.locator("#summary .grade")).to_have_text("A+")


def test_a_wrong_key_is_told_on_the_note_that_was_due(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait")
    first, second = notes_of(page_server)[:2]
    press(page, first["pitch"])
    press(page, second["pitch"] + 5)
    verdict_of(page, second["note_id"]).to_have_attribute("data-verdict", "wrong_note")
    expect(page.locator("#verdict")).to_contain_text("Wrong note")
    page.keyboard.press("Escape")
    expect(page.locator(".counts [data-result=wrong_note] strong")).to_have_text("1")
    page.get_by_role("button", name=f"Practise bar {second['measure']}").click()
    expect(page.get_by_label("From bar")).to_have_value(str(second["measure"]))
    expect(page.get_by_label("To bar")).to_have_value(str(second["measure"]))
    expect(page.locator("#score g.measure.is-outside").first).to_be_attached()


def test_a_wrong_last_note_is_waited_for_where_the_music_waits(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait")
    *before, last = notes_of(page_server)
    for note in before:
        press(page, note["pitch"])
        verdict_of(page, note["note_id"]).to_have_attribute("data-verdict", "correct")
    press(page, last["pitch"] + 5)
    verdict_of(page, last["note_id"]).to_have_attribute("data-verdict", "wrong_note")
    page.wait_for_timeout(2000)  # past the silence after which a finished piece ends
    expect(page.locator(".counts")).to_have_count(0)
    press(page, last["pitch"])
    expect(page.locator(".counts [data-result=wrong_note] strong")).to_have_text("1")


def test_a_midi_keyboard_plays_and_is_told_of_when_it_goes(open_page, page_server, shared):
    script = (shared / "virtual_devices" / "fake_webmidi.js").read_text(encoding="utf-8")
    page = open_piece(open_page, page_server, "Follow", slug=EXERCISE, script=script)
    connect = page.get_by_role("button", name="Connect MIDI")
    if connect.is_visible():
        connect.click()
    expect(page.locator("#status")).to_contain_text("Fake MIDI keyboard is ready")
    notes = notes_of(page_server, EXERCISE)
    page.evaluate(PLAY_ON_FAKE_MIDI, [note["pitch"] for note in notes[:4]])
    for note in notes[:4]:
        verdict_of(page, note["note_id"]).to_have_attribute("data-verdict", RIGHT_KEY)
    expect(page.locator("#score .is-current")).not_to_have_count(0)
    page.evaluate("__fakeMIDI.disconnect()")
    expect(page.locator("#status")).to_contain_text("was unplugged")
    page.evaluate("__fakeMIDI.connect()")
    expect(page.locator("#status")).to_contain_text("is ready")
    page.evaluate(PLAY_ON_FAKE_MIDI, [notes[4]["pitch"]])
    verdict_of(page, notes[4]["note_id"]).to_have_attribute("data-verdict", RIGHT_KEY)


def test_in_tempo_mode_the_clock_leads_and_what_is_left_out_is_missed(open_page, page_server):
    page = open_piece(open_page, page_server, "Tempo")
    page.locator("#tempo").press("End")
    page.get_by_label("To bar").fill("1")
    page.get_by_label("To bar").press("Tab")
    expect(page.locator("#score g.measure.is-outside").first).to_be_attached()
    notes = [note for note in notes_of(page_server) if note["measure"] == 1]
    page.evaluate(NOTE_COUNT_IN)
    page.evaluate(PRESS_WHEN_CURRENT, [notes[1]["note_id"], notes[1]["pitch"]])
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#score .is-current").first).to_be_attached()
    verdict_of(page, notes[1]["note_id"]).to_have_attribute("data-verdict", RIGHT_KEY)
    expect(page.locator("#meter .stroke")).to_have_count(1)
    expect(page.get_by_role("heading", name="How it went")).to_be_visible()
    assert page.evaluate("__countIn")[-1] == "4"
    verdict_of(page, notes[-1]["note_id"]).to_have_attribute("data-verdict", "missed")
    expect(page.locator(".counts [data-result=missed] strong")).to_have_text(str(len(notes) - 1))


def test_notes_of_ornaments_are_not_counted(open_page, page_server):
    page = open_page(page_server)
    told = page.evaluate(
        """async () => {
            const { Tally } = await import("/web/tally.js");
            const tally = new Tally();
            const add = (playedIndex, result, scoreDelta) =>
                tally.add({ playedIndex, result, scoreDelta, timingDiff: null }, 1);
            add(0, "correct", 10);
            add(1, "correct", 0);
            add(2, "extra", 0);
            add(3, "early", 5);
            const replaced = add(3, "correct", 0);
            return [tally.counts, tally.accuracy, replaced.result];
        }"""
    )
    counts = {"correct": 1, "early": 0, "late": 0, "wrong_note": 0, "missed": 0, "extra": 1}
    assert told == [counts, 50, "early"]


def test_a_verdict_taken_back_uncovers_that_of_the_pass_before(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait")
    shown = page.evaluate(
        """async () => {
            const { Marks } = await import("/web/marks.js");
            const note = document.querySelector("#score g.note");
            const marks = new Marks(new Map([["n", note]]), 10);
            const shown = [];
            for (const [verb, ...told] of [
                ["put", "correct", 0],
                ["put", "late", 0],
                ["put", "missed", 9],
                ["take", 9],
                ["take", 0],
            ]) {
                marks[verb]("n", ...told);
                shown.push(note.dataset.verdict ?? null);
            }
            return shown;
        }"""
    )
    assert shown == ["correct", "late", "missed", "late", None]


def test_a_count_in_leads_into_the_pickup(open_page, page_server):
    page = open_page(page_server)
    count_in, clicks = page.evaluate(
        """async () => {
            const { Timeline } = await import("/web/timeline.js");
            const bars = await (await fetch("/api/v1/songs/when-the-saints/bars")).json();
            const timeline = new Timeline([], bars);
            return [timeline.countIn(), timeline.clicks()];
        }"""
    )
    assert [click["number"] for click in count_in] == [1, 2, 3, 4, 1]
    assert [click["number"] for click in clicks[:5]] == [2, 3, 4, 1, 2]
    times = [click["at"] for click in count_in + clicks[:5]]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps == pytest.approx([gaps[0]] * len(gaps), abs=0.01)
    assert clicks[0]["at"] == pytest.approx(0, abs=0.01)


def test_the_keys_on_the_screen_play_too(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait")
    first = notes_of(page_server)[0]
    page.locator(f'.key[data-pitch="{first["pitch"]}"]').click()
    verdict_of(page, first["note_id"]).to_have_attribute("data-verdict", "correct")


def test_the_page_fits_a_narrow_phone(open_page, page_server):
    narrow = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
    page = open_piece(open_page, page_server, "Tempo", **narrow)
    for address in ("#/", f"#/piece/{SLUG}"):
        page.evaluate("(hash) => { location.hash = hash }", address)
        page.locator(".piece:visible, #score:visible g.note").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("document.body.scrollWidth") <= 360


def test_everything_to_be_used_has_a_name(open_page, page_server):
    page = open_page(page_server)
    page.locator(".piece").first.wait_for()
    assert page.evaluate(NAMELESS) == []
    page.locator(".piece").first.click()
    page.locator("#score g.note").first.wait_for()
    page.get_by_label("Tempo", exact=True).check(force=True)
    assert page.evaluate(NAMELESS) == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids))
    assert page.evaluate("document.querySelectorAll('h1:not([hidden] *)').length") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_are_told_from_the_paper(open_page, page_server, scheme):
    page = open_page(page_server, color_scheme=scheme)
    assert page.locator("html").get_attribute("data-theme") == scheme
    inks = ["ink", "soft", "correct", "early", "late", "wrong", "missed", "extra", "accent"]
    pairs = [[f"--{ink}", f"--{paper}"] for ink in inks for paper in ("paper", "sheet")]
    weak = [found for found in page.evaluate(CONTRASTS, pairs) if found[2] < 4.5]
    assert weak == []
    page.get_by_role("button", name="Dark theme").click()
    assert page.locator("html").get_attribute("data-theme") != scheme


def test_a_browser_without_midi_is_told_what_to_do(open_page, page_server):
    page = open_piece(open_page, page_server, "Wait", script=NO_MIDI)
    expect(page.locator("#status")).to_contain_text("This browser has no Web MIDI")
    expect(page.get_by_role("button", name="Connect MIDI")).to_be_hidden()


def test_an_unknown_piece_is_said_to_be_unknown(open_page, page_server):
    page = open_page(f"{page_server}/#/piece/never-written", expected="404")
    expect(page.get_by_role("alert").filter(has_text="There is no such piece.")).to_be_visible()


def test_an_address_that_cannot_be_decoded_is_an_unknown_piece(open_page, page_server):
    page = open_page(f"{page_server}/#/piece/%", expected="404")
    expect(page.get_by_role("alert").filter(has_text="There is no such piece.")).to_be_visible()


def test_a_lost_server_is_said_and_found_again(open_page, tmp_path):
    with running_server(tmp_path) as url:
        page = open_piece(open_page, url, "Wait", expected="WebSocket|ERR_CONNECTION")
        first = notes_of(url)[0]
        press(page, first["pitch"])
        verdict_of(page, first["note_id"]).to_have_attribute("data-verdict", "correct")
    expect(page.locator("#connection-text")).to_contain_text("The server is gone")
    expect(page.locator("#options-error")).to_contain_text("kept on the server")
    expect(page.get_by_role("button", name="Start")).to_be_disabled()
    with running_server(tmp_path, port=int(url.rsplit(":", 1)[1])):
        expect(page.locator("#connection-text")).to_have_text("Connected")
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#stop")).to_be_visible()


def test_a_server_without_guests_asks_for_a_token(open_page, tmp_path):
    with running_server(tmp_path, 0, "--no-guests") as url:
        page = open_page(url, expected="401")
        page.get_by_text("Enter with a token").click()
        page.get_by_label("Paste the token").fill("not.a.token")
        page.get_by_role("button", name="Enter").click()
        expect(page.locator("#door-error")).not_to_be_empty()
        page.get_by_label("Paste the token").fill(new_token(tmp_path))
        page.get_by_role("button", name="Enter").click()
        expect(page.locator("#connection-text")).to_have_text("Connected")
        expect(page.locator("#door")).to_be_hidden()
        page.reload()
        expect(page.locator("#connection-text")).to_have_text("Connected")
        page.close()  # what it still asks for would find no server


def test_the_client_module_plays_in_ten_lines(open_page, page_server):
    page = open_page(page_server)
    marks = page.evaluate(
        """async (pitches) => {
            const { EtudeClient } = await import("/web/client.js");
            const etude = new EtudeClient();
            const results = [];
            etude.on("feedback", ({ result }) => results.push(result));
            await etude.connect();
            await etude.startSession({ songId: "hot-cross-buns", mode: "wait" });
            for (const pitch of pitches) etude.noteOn(pitch);
            const { overallScore } = await etude.endSession();
            etude.close();
            return { overallScore, results };
        }""",
        [note["pitch"] for note in notes_of(page_server)],
    )
    assert marks["overallScore"] == 100
    assert set(marks["results"]) == {"correct"}


def test_a_pause_of_the_player_who_leads_is_remarked(open_page, page_server):
    page = open_piece(open_page, page_server, "Follow")
    notes = notes_of(page_server)
    for note in notes[:4]:
        press(page, note["pitch"])
        page.wait_for_timeout(400)  # what the player does: nothing is waited for here
    page.wait_for_timeout(3000)
    press(page, notes[4]["pitch"])
    words = rf"^Stopped for \d\.\d s in bar {notes[3]['measure']}\.$"
    expect(page.locator("#remark")).to_have_text(re.compile(words))
