"""Playing by microphone on the practice page: heard, judged, kept."""

import difflib
from itertools import groupby
from operator import itemgetter

import numpy as np
import plucked
import pytest
import soundfile
from microphone_sound import write_wav
from page_driver import (
    CHROMIUM,
    RIGHT_KEY,
    SLUG,
    TELL_VIOLATIONS,
    choose_mode,
    expect,
    get_json,
    notes_of,
    verdict_of,
)
from tones import RATE_HZ, melody

FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
CHORDS = "cadence-in-c"
FIRST_CHORD = "C E G"
LEAD_SEC = 1.0
CHORD_SEC = 0.7
BEAT_SEC = 0.35
LISTEN = """
    window.__heard = [];
    window.__sent = [];
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
        if (typeof data === "string") __sent.push({ ...JSON.parse(data), at: performance.now() });
        if (!this.isWatched) {
            this.isWatched = true;
            this.addEventListener("message", ({ data }) => __heard.push(JSON.parse(data)));
        }
        return send.call(this, data);
    };
    window.__struck = [];
    const { start } = AudioScheduledSourceNode.prototype;
    AudioScheduledSourceNode.prototype.start = function (when = 0) {
        __struck.push(this.frequency.value);
        return start.call(this, when);
    };
"""

RIGHT = ("correct", "early", "late")
EXCERPT_SEC = 6.0  # of a recording
HAS_COME_TO = """(ms) => {
    const begin = __sent.find(({ event }) => event === "start_audio")?.data.timestamp;
    return __heard.some(({ event, data }) => event === "pitch" && data.time > begin + ms);
}"""


@pytest.fixture
def open_hearing(chromium, page_server, tmp_path):
    """Open the page in a browser whose microphone hears a sound, once, from when it is opened."""
    complaints = []
    browsers = []

    def open_one(sound, rate_hz, address):
        wav = write_wav(tmp_path / "sound.wav", sound, rate_hz)
        switches = [*FAKE, f"--use-file-for-fake-audio-capture={wav}%noloop"]
        browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=switches)
        browsers.append(browser)
        window = browser.new_context(permissions=["microphone"])
        window.add_init_script(TELL_VIOLATIONS + LISTEN)
        page = window.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{page_server}/{address}")
        expect(page.locator("#connection-text")).to_have_text("Connected")
        return page

    yield open_one
    for browser in browsers:
        browser.close()
    assert complaints == []


def played(notes, beats, skip=()):
    """The sound of notes of a piece, one a beat."""
    onsets = [LEAD_SEC + BEAT_SEC * beat for beat in beats]
    tune = [
        (onset_sec, 0.8 * BEAT_SEC, note["pitch"])
        for index, (onset_sec, note) in enumerate(zip(onsets, notes, strict=True))
        if index not in skip
    ]
    return melody(tune, onsets[-1] + 1.5, decay_sec=1.0)


def listen(page) -> None:
    page.get_by_role("button", name="Use microphone").click()
    expect(page.get_by_role("button", name="Stop listening")).to_be_visible()


def told(page, event):
    return [one["data"] for one in page.evaluate("__heard") if one["event"] == event]


def sent(page, event):
    return [one for one in page.evaluate("__sent") if one["event"] == event]


def test_the_first_note_begins_and_every_note_is_judged(open_hearing, page_server):
    notes = notes_of(page_server)
    sound = played(notes, range(len(notes)))
    page = open_hearing(sound, RATE_HZ, f"#/piece/{SLUG}")
    choose_mode(page, "Follow")
    listen(page)
    expect(page.locator("#stop")).to_be_visible()
    for note in notes[:3]:
        verdict_of(page, note["note_id"]).to_have_attribute("data-verdict", RIGHT_KEY)
    expect(page.get_by_role("heading", name="How it went")).to_be_visible()
    for note in notes:
        verdict_of(page, note["note_id"]).to_have_attribute("data-verdict", RIGHT_KEY)
    onsets_ms = [note["onset"] for note in told(page, "note_heard") if note["offset"] is None]
    # A busy machine may hold a piece of sound back once, which moves the notes on both sides of it.
    off_ms = np.sort(np.abs(np.diff(onsets_ms[-8:]) - 1000 * BEAT_SEC))
    assert (off_ms[:-2] < 25).all(), off_ms
    (begun,) = sent(page, "start_session")
    stream = next(one for one in sent(page, "start_audio") if one["at"] > begun["at"])
    assert -1000 < stream["data"]["timestamp"] < 0  # some sound from before the note


def test_a_wrong_note_is_heard_as_wrong(open_hearing, page_server):
    notes = notes_of(page_server)
    sung = [dict(note) for note in notes]
    sung[4]["pitch"] += 5
    page = open_hearing(played(sung, range(len(sung))), RATE_HZ, f"#/piece/{SLUG}")
    choose_mode(page, "Follow")
    listen(page)
    for note in notes[5:8]:
        verdict_of(page, note["note_id"]).to_have_attribute("data-verdict", RIGHT_KEY)
    verdict_of(page, notes[4]["note_id"]).to_have_attribute("data-verdict", "wrong_note")


def test_another_note_than_the_first_begins_nothing(open_hearing, page_server):
    first = notes_of(page_server)[0]["pitch"]
    sound = melody([(0.5, 4.0, first + 2)], 5.0, decay_sec=9.0)
    page = open_hearing(sound, RATE_HZ, f"#/piece/{SLUG}")
    choose_mode(page, "Wait")
    listen(page)
    page.wait_for_function("() => __heard.some(({ event }) => event === 'note_heard')")
    expect(page.locator(f'.key[data-pitch="{first + 2}"].is-down')).to_be_visible()
    expect(page.locator("#start")).to_be_visible()
    assert sent(page, "start_session") == []


def test_beside_the_microphone_clicks_are_above_every_note_and_told(open_hearing, page_server):
    page = open_hearing(melody([], 30.0), RATE_HZ, f"#/piece/{SLUG}")
    choose_mode(page, "Tempo")
    page.locator("#tempo").press("End")
    listen(page)
    page.get_by_role("button", name="Start").click()
    page.wait_for_function(
        "() => __sent.filter(({ event }) => event === 'machine_sound').length > 5"
    )
    clicks_ms = [one["data"]["timestamp"] for one in sent(page, "machine_sound")]
    assert clicks_ms[0] < 0
    assert np.diff(clicks_ms) == pytest.approx(60_000 / 150, abs=1)
    assert min(page.evaluate("__struck")) > 5000
    (begun,) = sent(page, "start_session")
    stream = next(one for one in sent(page, "start_audio") if one["at"] > begun["at"])
    assert stream["data"]["timestamp"] < clicks_ms[0]


def test_chords_of_a_piano_are_heard_and_judged(open_hearing, page_server):
    notes = get_json(f"{page_server}/api/v1/songs/{CHORDS}/notes?repeats=false")
    struck = [
        (4 * LEAD_SEC + CHORD_SEC * index, [note["pitch"] for note in chord])
        for index, (_, chord) in enumerate(groupby(notes, itemgetter("onset_beat")))
    ]
    sound = plucked.played(struck, struck[-1][0] + 3.0)
    page = open_hearing(sound, plucked.RATE_HZ, f"#/piece/{CHORDS}")
    choose_mode(page, "Follow")
    page.get_by_label("Repeats").uncheck()
    expect(page.locator("#start")).to_be_enabled()
    page.evaluate("localStorage.setItem('etude.instrument', JSON.stringify('piano'))")
    listen(page)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#heard-name")).to_have_text(FIRST_CHORD)
    expect(page.locator("#heard-needle")).to_be_hidden()
    expect(page.get_by_role("heading", name="How it went")).to_be_visible()
    (begun,) = sent(page, "start_session")
    streams = [one for one in sent(page, "start_audio") if one["at"] > begun["at"]]
    assert streams[0]["data"]["instrument"] == "piano"
    marks = {
        note["note_id"]: page.locator(f"#score [id='{note['note_id']}']").get_attribute(
            "data-verdict"
        )
        for note in notes
    }
    right = [note_id for note_id, verdict in marks.items() if verdict in RIGHT]
    assert len(right) >= 0.8 * len(notes), marks


def test_a_microphone_that_gives_nothing_is_told_in_words(open_hearing):
    page = open_hearing(np.zeros(20 * 48_000), 48_000, f"#/piece/{SLUG}")
    listen(page)
    expect(page.locator("#mic-words")).to_contain_text("Nothing at all comes from the microphone")


@pytest.mark.parametrize("name", ["dev_exact_clarinet_clean", "dev_exact_cello_clean"])
def test_a_recording_is_heard_note_by_note(open_hearing, shared, name):
    folder = shared / "data" / "pitch"
    sound, rate_hz = soundfile.read(folder / f"{name}.flac")
    truth = np.loadtxt(folder / f"{name}.notes.csv", delimiter=",")
    truth = truth[truth[:, 0] < EXCERPT_SEC]
    page = open_hearing(sound[: round((EXCERPT_SEC + 1.0) * rate_hz)], rate_hz, "#/tuner")
    page.get_by_role("button", name="Use microphone").click()
    last_ms = 1000 * truth[-1, 0]
    page.wait_for_function(HAS_COME_TO, arg=last_ms + 50)
    heard = [note["midiNote"] for note in told(page, "note_heard") if note["offset"] is None]
    written = [round(pitch) for pitch in truth[:, 2]]
    matcher = difflib.SequenceMatcher(None, written, heard, autojunk=False)
    found = sum(block.size for block in matcher.get_matching_blocks())
    assert found >= 0.8 * len(written), (written, heard)
