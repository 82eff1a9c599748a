"""The microphone on the practice page: asked for, refused, chosen, taken away."""

import json
import re
from contextlib import closing

import pytest
from microphone_sound import write_wav
from page_driver import (
    NAMELESS,
    SLUG,
    WHOLE_CHROMIUM,
    Page,
    expect,
    open_piece,
    running_chromium,
)
from tones import RATE_HZ, melody

FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
NO_DEVICES = """
    Object.defineProperty(Navigator.prototype, "mediaDevices", { get: () => undefined });
"""
FAILING = """
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("gone", "%s"));
"""
KEEPS_PROCESSING = """
    const { getSettings } = MediaStreamTrack.prototype;
    MediaStreamTrack.prototype.getSettings = function () {
        return { ...getSettings.call(this), echoCancellation: true, autoGainControl: true };
    };
"""
REMEMBER_TRACKS = """
    window.__asked = [];
    const { mediaDevices } = navigator;
    const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wishes) => {
        const stream = await getUserMedia(wishes);
        __asked.push({ wishes, track: stream.getAudioTracks()[0] });
        return stream;
    };
"""
SOCKET = """
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
        window.__socket = this;
        return send.call(this, data);
    };
    window.__tell = (event, data) =>
        __socket.onmessage({ data: JSON.stringify({ event, data }) });
"""
# The loudspeaker is heard by the microphone, 120 ms after it sounds and quietly.
LOOPBACK = """
    const { connect } = AudioNode.prototype;
    let loop = null;
    const loopOf = (context) => {
        if (loop) return loop;
        loop = new DelayNode(context, { delayTime: 0.12 });
        loop.heard = new MediaStreamAudioDestinationNode(context);
        connect.call(loop, loop.heard);
        return loop;
    };
    AudioNode.prototype.connect = function (node, ...rest) {
        if (node instanceof AudioDestinationNode) connect.call(this, loopOf(node.context));
        return connect.call(this, node, ...rest);
    };
    navigator.mediaDevices.getUserMedia = async () => {
        const { audio } = await import("/web/sound.js");
        return loopOf(audio()).heard.stream;
    };
"""
IS_LOUD = "() => /scaleX\\(0\\.[5-9]/.test(document.querySelector('.level-bar').style.transform)"

WIDTH = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """A browser whose microphone hears a tone, 20 cents above A4."""
    sound = melody([(0.0, 10.0, 69.2)], 10.0, decay_sec=60.0)
    wav = write_wav(tmp_path_factory.mktemp("sound") / "a.wav", sound, RATE_HZ)
    hears = f"--use-file-for-fake-audio-capture={wav}"
    with running_chromium(*FAKE, hears, program=WHOLE_CHROMIUM) as browser:
        yield browser


@pytest.fixture
def open_tuner(open_page, page_server):
    """Open the tuner; gives the page and what it sends: events, and the sizes of binary frames."""

    def open_one(**context):
        frames = []

        def note(data: str | bytes) -> None:
            frames.append(len(data) if isinstance(data, bytes) else json.loads(data))

        def watch(page: Page) -> None:
            page.on("websocket", lambda socket: socket.on("framesent", note))

        tuner = f"{page_server}/#/tuner"
        page = open_page(tuner, watch=watch, permissions=["microphone"], **context)
        expect(page.locator("#connection-text")).to_have_text("Connected")
        return page, frames

    return open_one


def listen(page: Page) -> None:
    """Press the button and wait until the microphone is heard."""
    page.get_by_role("button", name="Use microphone").click()
    expect(page.get_by_role("button", name="Stop listening")).to_be_visible()
    page.wait_for_function(IS_LOUD)


def events_of(frames):
    return [frame for frame in frames if not isinstance(frame, int)]


def announced(page: Page, frames, **wanted):
    """Wait until a stream is announced with these settings; gives all it is announced with."""
    for _ in range(200):
        for frame in events_of(frames):
            data = frame["data"]
            if frame["event"] == "start_audio" and wanted.items() <= data.items():
                return data
        page.wait_for_timeout(50)
    raise AssertionError(f"no stream with {wanted} in {events_of(frames)}")


def pieces_of(frames):
    return [frame for frame in frames if isinstance(frame, int)]


def sent(page: Page, frames, n_pieces: int) -> None:
    """Wait until so many pieces of sound were sent."""
    for _ in range(200):
        if len(pieces_of(frames)) >= n_pieces:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{len(pieces_of(frames))} pieces of sound after 10 s")


def test_the_sound_is_announced_and_sent_and_its_end_told(open_tuner):
    page, frames = open_tuner()
    listen(page)
    sent(page, frames, 10)
    expect(page.get_by_role("button", name="Use microphone")).to_be_hidden()
    page.get_by_role("button", name="Stop listening").click()
    expect(page.locator("#listening")).to_be_hidden()
    expect(page.get_by_role("button", name="Use microphone")).to_be_visible()
    told = events_of(frames)
    assert [frame["event"] for frame in told] == ["start_audio", "stop_audio"]
    data = dict(told[0]["data"])
    assert data.pop("timestamp") == pytest.approx(page.evaluate("performance.now()"), abs=60_000)
    assert data == {
        "sampleRate": page.evaluate("new AudioContext().sampleRate"),
        "format": "f32le",
        "a4": 440,
        "tuning": "equal",
    }
    assert set(pieces_of(frames)) == {4 * 512}


def test_the_browser_is_asked_for_the_sound_as_it_is(open_tuner):
    page, _ = open_tuner(script=REMEMBER_TRACKS)
    listen(page)
    assert page.evaluate("__asked[0].wishes") == {
        "audio": {
            "echoCancellation": False,
            "noiseSuppression": False,
            "autoGainControl": False,
            "channelCount": {"ideal": 1},
        },
        "video": False,
    }
    expect(page.locator("#mic-words")).not_to_contain_text("keeps")


def test_processing_that_the_browser_keeps_on_is_told(open_tuner):
    page, _ = open_tuner(script=KEEPS_PROCESSING)
    listen(page)
    expect(page.locator("#mic-words")).to_contain_text(
        "Your browser or system keeps echo cancellation and automatic gain on, which changes "
        "music. Turn them off in its sound settings."
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "NotAllowedError",
            "The microphone was not allowed. Allow it in the site settings beside the address, "
            "then try again.",
        ),
        ("NotFoundError", "No microphone was found. Plug one in and try again."),
        (
            "NotReadableError",
            "The microphone could not be opened. Another program may be using it: close that, "
            "and try again.",
        ),
        ("OddError", "The browser could not open the microphone (gone)."),
    ],
)
def test_a_microphone_that_does_not_open_says_why(open_tuner, name, words):
    page, frames = open_tuner(script=FAILING % name)
    page.get_by_role("button", name="Use microphone").click()
    expect(page.locator("#mic-words")).to_have_text(words)
    expect(page.get_by_role("button", name="Use microphone")).to_be_enabled()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#mic-words")).to_be_hidden()
    assert frames == []


def test_a_player_who_refuses_is_told_how_to_allow_it(chromium, page_server):
    fake = ["--use-fake-device-for-media-stream"]  # and nobody who presses "Allow"
    launch = chromium.browser_type.launch
    with closing(launch(executable_path=WHOLE_CHROMIUM, args=fake)) as browser:
        page = browser.new_page()
        page.goto(f"{page_server}/#/tuner")
        page.get_by_role("button", name="Use microphone").click()
        expect(page.locator("#mic-words")).to_contain_text("The microphone was not allowed.")


def test_a_browser_without_microphones_is_told_what_to_do(open_tuner):
    page, _ = open_tuner(script=NO_DEVICES)
    page.get_by_role("button", name="Use microphone").click()
    expect(page.locator("#mic-words")).to_contain_text("Chrome, Edge, Firefox and Safari can.")
    expect(page.get_by_role("button", name="Use microphone")).to_be_hidden()


def test_another_microphone_is_chosen_and_remembered(open_tuner):
    page, _ = open_tuner(script=REMEMBER_TRACKS)
    listen(page)
    select = page.get_by_role("combobox", name="Microphone")
    names = select.locator("option").all_inner_texts()
    assert names[0] == "System default"
    assert len(names) == len(set(names)) > 2
    select.select_option(label=names[2])
    page.wait_for_function("() => __asked.length === 2")
    chosen = page.evaluate("__asked[1].wishes.audio.deviceId.exact")
    expect(select).to_have_value(chosen)
    assert page.evaluate("__asked[0].track.readyState") == "ended"
    page.reload()
    listen(page)
    assert page.evaluate("__asked[0].wishes.audio.deviceId.exact") == chosen
    expect(page.get_by_role("combobox", name="Microphone")).to_have_value(chosen)


def test_a_chosen_microphone_that_is_not_there_gives_way_to_another(open_tuner):
    remember = "localStorage.setItem('etude.microphone', JSON.stringify('of another time'));"
    page, _ = open_tuner(script=remember + REMEMBER_TRACKS)
    listen(page)
    assert page.evaluate("__asked.length") == 1
    expect(page.get_by_role("combobox", name="Microphone")).to_have_value("")
    expect(page.locator("#mic-words")).to_have_text("")


def test_a_microphone_that_is_unplugged_is_told_and_picked_up_again(open_tuner):
    page, frames = open_tuner(script=REMEMBER_TRACKS)
    listen(page)
    page.evaluate("__asked[0].track.dispatchEvent(new Event('ended'))")
    expect(page.locator("#mic-words")).to_contain_text(
        "is gone. Plug it in again, or press “Use microphone” for another one."
    )
    assert events_of(frames)[-1]["event"] == "stop_audio"
    page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    expect(page.get_by_role("button", name="Stop listening")).to_be_visible()
    page.wait_for_function(IS_LOUD)
    assert events_of(frames)[-1]["event"] == "start_audio"


def test_instrument_and_tuning_are_told_to_the_server_and_remembered(open_tuner):
    page, frames = open_tuner()
    listen(page)
    page.get_by_role("combobox", name="Instrument").select_option("Violin")
    announced(page, frames, instrument="violin")
    page.get_by_label("A4 in hertz").fill("500")
    page.get_by_label("A4 in hertz").press("Tab")
    expect(page.get_by_label("A4 in hertz")).to_have_value("466")
    assert "tonic" not in announced(page, frames, a4=466)
    expect(page.locator("#mic-tonic")).to_be_hidden()
    page.get_by_label("Tuning").select_option("Sargam")
    announced(page, frames, tuning="sargam", tonic="C")
    page.get_by_role("combobox", name="Sa", exact=True).select_option("E♭")
    wanted = {"instrument": "violin", "a4": 466, "tuning": "sargam", "tonic": "Eb"}
    announced(page, frames, **wanted)
    frames.clear()
    page.reload()
    listen(page)
    announced(page, frames, **wanted)


def test_a_tuner_hears_one_note_at_a_time_of_an_instrument_that_plays_chords(open_tuner):
    page, frames = open_tuner()
    listen(page)
    page.get_by_role("combobox", name="Instrument").select_option("Guitar")
    page.get_by_label("A4 in hertz").fill("442")
    page.get_by_label("A4 in hertz").press("Tab")
    assert "instrument" not in announced(page, frames, a4=442)


def test_the_needle_shows_what_sounds(open_tuner):
    page, _ = open_tuner()
    listen(page)
    expect(page.locator("#heard-name")).to_have_text("A")
    expect(page.locator("#heard-octave")).to_have_text("4")
    expect(page.locator("#heard-cents")).to_have_text(re.compile(r"^\+(19|20|21)$"))
    expect(page.locator("#heard-detail")).to_have_text(re.compile(r"^44[45]\.\d Hz, \d+ % sure$"))
    expect(page.locator("#heard-spoken")).to_have_text(re.compile("^A 4, (19|20|21) cents sharp$"))
    place = page.locator("#heard-needle .hand").get_attribute("transform")
    assert float(re.search(r"[\d.]+", place).group()) > 150 + 0.3 * 138


def test_the_tuner_measures_against_the_chosen_pitch(open_tuner):
    page, _ = open_tuner()
    listen(page)
    page.get_by_label("A4 in hertz").fill("445")
    page.get_by_label("A4 in hertz").press("Tab")
    expect(page.locator("#heard-cents")).to_have_text(re.compile("^[+−±][01]$"))
    expect(page.locator(".heard-name")).to_have_attribute("data-tune", "in")


def test_the_panel_goes_where_it_is_used_and_the_list_needs_no_microphone(open_tuner, page_server):
    page, frames = open_tuner()
    listen(page)
    page.evaluate(f"() => {{ location.hash = '#/piece/{SLUG}' }}")
    page.locator("#score g.note").first.wait_for()
    expect(page.locator("#practice #listening")).to_be_visible()
    page.get_by_role("link", name="Tuner").click()
    expect(page.locator("#tuner #listening")).to_be_visible()
    expect(page.get_by_role("button", name="Stop listening")).to_be_visible()
    page.get_by_role("link", name="Etude").click()
    expect(page.locator("#listening")).to_be_hidden()
    assert events_of(frames)[-1]["event"] == "stop_audio"


@pytest.mark.parametrize("view", ["#/tuner", f"#/piece/{SLUG}"])
def test_the_panel_fits_a_narrow_phone_and_has_names(open_page, page_server, view):
    narrow = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
    page = open_page(f"{page_server}/{view}", permissions=["microphone"], **narrow)
    expect(page.locator("#connection-text")).to_have_text("Connected")
    listen(page)
    assert page.evaluate(WIDTH) <= 360
    if view != "#/tuner":
        expect(page.locator(".keyboard")).to_be_hidden()
        expect(page.get_by_label("Tuning")).to_be_hidden()
        page.get_by_role("button", name="Settings").click()
    page.get_by_label("Tuning").select_option("Sargam")
    assert page.evaluate(WIDTH) <= 360
    assert page.evaluate(NAMELESS) == []


def test_the_keys_are_silent_while_the_microphone_listens(open_page, page_server):
    count = """
        window.__struck = 0;
        const { start } = AudioScheduledSourceNode.prototype;
        AudioScheduledSourceNode.prototype.start = function (...when) {
            __struck += 1;
            return start.apply(this, when);
        };
    """
    page = open_piece(open_page, page_server, "Tempo", script=count, permissions=["microphone"])
    page.keyboard.press("q")
    assert page.evaluate("__struck") == 1
    listen(page)
    page.keyboard.press("q")
    assert page.evaluate("__struck") == 1
    page.get_by_role("button", name="Stop listening").click()
    page.keyboard.press("q")
    assert page.evaluate("__struck") == 2


def test_clicks_that_are_not_heard_measure_nothing(open_tuner):
    page, _ = open_tuner()
    listen(page)
    page.get_by_role("button", name="Measure delay").click()
    expect(page.locator("#mic-words")).to_contain_text("Listening to five clicks")
    expect(page.locator("#mic-words")).to_contain_text("The clicks were not heard.")
    expect(page.locator("#mic-delay")).to_have_text("")
    expect(page.get_by_role("button", name="Measure delay")).to_be_enabled()


@pytest.mark.parametrize(
    ("card_hz", "sent_hz"), [(192_000, 48_000), (8_000, 48_000), (96_000, 96_000)]
)
def test_a_sound_card_of_any_rate_is_heard(open_tuner, card_hz, sent_hz):
    script = f"""
        window.AudioContext = class extends AudioContext {{
            constructor(options) {{
                super({{ sampleRate: {card_hz}, ...options }});
            }}
        }};
    """
    page, frames = open_tuner(script=script)
    listen(page)
    assert announced(page, frames)["sampleRate"] == sent_hz
    expect(page.locator("#heard-name")).to_have_text("A")
    expect(page.locator("#heard-cents")).to_have_text(re.compile(r"^\+(19|20|21)$"))


@pytest.mark.parametrize("code", ["BUSY", "RATE_LIMITED"])
def test_a_stream_that_the_server_ended_is_begun_anew(open_tuner, code):
    page, frames = open_tuner(script=SOCKET)
    listen(page)
    frames.clear()
    error = {"code": code, "event": "audio_chunk", "message": "the stream has ended"}
    page.evaluate("(error) => __tell('error', error)", error)
    expect(page.locator("#mic-words")).to_have_text("The stream has ended.")
    expect(page.locator("#mic-words")).to_have_text("")
    announced(page, frames)
    assert [frame["event"] for frame in events_of(frames)] == ["stop_audio", "start_audio"]


def test_sound_that_the_server_does_not_want_is_sent_no_more(open_tuner):
    page, frames = open_tuner(script=SOCKET)
    listen(page)
    error = {"code": "INVALID_PAYLOAD", "event": "start_audio", "message": "no such thing"}
    page.evaluate("(error) => __tell('error', error)", error)
    expect(page.locator("#mic-words")).to_have_text("No such thing.")
    frames.clear()
    page.wait_for_timeout(1500)  # past the time after which another stream would begin
    assert frames == []
    page.get_by_role("combobox", name="Instrument").select_option("Flute")
    announced(page, frames, instrument="flute")
    expect(page.locator("#mic-words")).to_have_text("")


def test_findings_of_the_signal_check_stand_until_they_are_over(open_tuner):
    page, _ = open_tuner(script=SOCKET)
    listen(page)
    for problem, message in [("too_soft", "Louder, please."), ("hum", "The mains hum.")]:
        finding = {"problem": problem, "level": -50, "message": message}
        page.evaluate("(finding) => __tell('signal', finding)", finding)
        expect(page.locator("#mic-words")).to_have_text(message)
    page.evaluate("__tell('signal', { problem: 'ok', level: -20, message: 'All is well.' })")
    expect(page.locator("#mic-words")).to_have_text("")


def test_the_delay_of_a_microphone_is_measured_taken_off_and_remembered(open_tuner):
    def measured():
        button = page.get_by_role("button", name="Measure delay")
        for _ in range(3):  # a browser that stutters between the clicks is asked again
            button.click()
            expect(button).to_be_disabled()
            expect(button).to_be_enabled()
            if "clicks" not in page.locator("#mic-words").inner_text():
                break
        return int(re.search(r"-?\d+", page.locator("#mic-delay").inner_text()).group())

    page, _ = open_tuner(script=LOOPBACK)
    page.get_by_role("button", name="Use microphone").click()
    expect(page.get_by_role("button", name="Stop listening")).to_be_visible()
    first_ms = measured()
    assert 60 < first_ms < 320
    assert measured() == pytest.approx(first_ms, abs=40)  # what is taken off is not found again
    page.reload()
    page.get_by_role("button", name="Use microphone").click()
    expect(page.locator("#mic-delay")).to_have_text(re.compile(r"^\d+ ms taken off$"))
