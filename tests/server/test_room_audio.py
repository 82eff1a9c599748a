"""A room's player that is an <audio> element, playing for real."""

import threading
from collections.abc import Iterator

import pytest
from page_driver import PATIENCE_MS, Page
from room_driver import running_site

# What a busy machine may add to what a start usually takes; a wrong plan is off by more.
BOUND_MS = 400.0
# A player with a track of a minute, and the events it tells; `line()` is where the track's start
# lies in time, by what the element plays.
PLAYER = """async (argument) => {
    const { HtmlAudioPlayer } = await import("/web/room/html_audio.js");
    const { Alarms } = await import("/web/room/alarms.js");
    const [alarms, audio] = [new Alarms(), new Audio()];
    audio.muted = true; // only what is silent may begin without a press
    const player = new HtmlAudioPlayer(alarms, { audio });
    const events = [];
    for (const name of ["change", "playing", "waiting", "paused", "ended", "blocked"]) {
        player.on(name, () => events.push(name));
    }
    const heard = (name) => new Promise((resolve, reject) => {
        const stop = player.on(name, () => { stop(); resolve(); });
        setTimeout(() => reject(new Error(`waited in vain for ${name}`)), PATIENCE_MS);
    });
    const url = argument?.url ?? "/api/v1/music/First%20tone.wav";
    const track = { uri: "a:1", name: "Tone", url };
    const line = () => 1000 * audio.currentTime - performance.now();
    const answer = await (SCRIPT)({ player, audio, alarms, events, heard, track, line });
    player.unload();
    alarms.close();
    return answer;
}"""


@pytest.fixture(scope="module")
def page(chromium, music_server) -> Iterator[Page]:
    page = chromium.new_page()
    page.goto(f"{music_server}/room")
    yield page
    page.close()


def play(page: Page, script: str, argument=None):
    whole = PLAYER.replace("SCRIPT", script).replace("PATIENCE_MS", str(PATIENCE_MS))
    return page.evaluate(whole, argument)


def test_a_track_starts_from_its_place_and_is_told_once_it_is_sure(page):
    events, before, after = play(
        page,
        """async ({ player, events, track }) => {
            const done = player.load(track, 5000);
            const before = player.read();
            await done;
            return [events, before, player.read()];
        }""",
    )
    assert events == ["change", "playing"]
    assert (before["uri"], before["position"], before["isPlaying"]) == ("a:1", 5000, True)
    assert 5000 < after["position"] < 5000 + 500 + BOUND_MS
    assert after["askedMs"] <= after["readMs"]


def test_a_track_can_be_loaded_to_rest(page):
    told = play(
        page,
        """async ({ player, audio, events, track }) => {
            await player.load(track, 7000, { at: performance.now(), isPlaying: false });
            return [events, player.read().position, player.isPlaying, audio.paused];
        }""",
    )
    assert told == [["change", "paused"], 7000, False, True]


@pytest.mark.parametrize("ahead_ms", [400, 0, -1500])
def test_what_is_cued_plays_the_place_that_is_due(page, ahead_ms):
    off_ms = play(
        page,
        """async ({ player, track, line }) => {
            await player.load(track, 1000, { isPlaying: false });
            const at = performance.now() + AHEAD;
            await player.seek(20_000, { at, isCued: true, isPlaying: true });
            return line() - (20_000 - at);
        }""".replace("AHEAD", str(ahead_ms)),
    )
    assert abs(off_ms) < BOUND_MS


@pytest.mark.parametrize("ahead_ms", [400, -1500])
def test_what_stands_starts_at_the_instant_or_further_on(page, ahead_ms):
    off_ms = play(
        page,
        """async ({ player, track, line }) => {
            await player.load(track, 9000, { isPlaying: false });
            const at = performance.now() + AHEAD;
            await player.play({ at });
            return line() - (9000 - at);
        }""".replace("AHEAD", str(ahead_ms)),
    )
    assert abs(off_ms) < BOUND_MS


def test_a_jump_while_it_plays_lands_where_it_is_due(page):
    off_ms, events = play(
        page,
        """async ({ player, events, track, line }) => {
            await player.load(track, 0);
            const at = performance.now() + 50;
            await player.seek(30_000, { at });
            return [line() - (30_000 - at), events];
        }""",
    )
    assert abs(off_ms) < BOUND_MS
    assert events == ["change", "playing", "change", "playing"]


def test_a_newer_command_overtakes_an_older_one(page):
    done, position, events = play(
        page,
        """async ({ player, events, track }) => {
            const first = player.load(track, 3000);
            const second = player.seek(40_000, { isPlaying: false });
            return [[await first, await second], player.read().position, events];
        }""",
    )
    assert (done, position) == ([False, True], 40_000)
    assert events == ["change", "change", "paused"]


def test_a_pause_while_it_loads_keeps_the_place_it_was_going_to(page):
    done, position, is_playing = play(
        page,
        """async ({ player, track }) => {
            const loading = player.load(track, 12_000);
            const pausing = player.pause();
            return [[await loading, await pausing], player.read().position, player.isPlaying];
        }""",
    )
    assert (done, position, is_playing) == ([False, True], 12_000, False)


def test_a_nudge_of_the_rate_outlives_the_next_track(page):
    rates = play(
        page,
        """async ({ player, audio, track }) => {
            player.setRate(1.004);
            await player.load(track, 0);
            return [audio.playbackRate, audio.preservesPitch, player.read().rate];
        }""",
    )
    assert rates == [1.004, False, 1.004]


def test_a_track_ends(page):
    events = play(
        page,
        """async ({ player, events, heard, track }) => {
            const over = heard("ended");
            await player.load({ ...track, url: "/api/v1/music/short.wav" }, 0);
            await over;
            return events;
        }""",
    )
    assert events == ["change", "playing", "paused", "ended"]


@pytest.mark.parametrize("name", ["broken.wav", "missing.wav"])
def test_what_is_no_sound_is_said_to_be_none(page, name):
    error = play(
        page,
        """async ({ player, track }) => {
            try {
                await player.load({ ...track, url: "/api/v1/music/NAME" }, 0);
            } catch ({ code, message, detail }) {
                return [code, message, detail];
            }
        }""".replace("NAME", name),
    )
    assert error[0] == "UNPLAYABLE"
    assert error[1].startswith("“Tone” cannot be played here: this browser does not know ")
    assert "ERROR" in error[2]


def test_a_pause_of_the_browser_is_told(page):
    events = play(
        page,
        """async ({ player, audio, events, heard, track }) => {
            await player.load(track, 0);
            const paused = heard("paused");
            audio.pause(); // as a key of headphones does
            await paused;
            return [events, player.isPlaying];
        }""",
    )
    assert events == [["change", "playing", "paused"], False]


def test_a_refusal_of_the_browser_is_told(page):
    told = play(
        page,
        """async ({ player, audio, events, track }) => {
            audio.play = () => Promise.reject(new DOMException("press first", "NotAllowedError"));
            await player.load(track, 0);
            const refused = [player.isPlaying, player.isBlocked];
            player.unblock();
            return [events, refused, player.isBlocked];
        }""",
    )
    assert told == [["change", "blocked", "paused"], [False, True], False]


def test_a_stall_is_told_and_so_is_its_end(page, music):
    data = (music / "First tone.wav").read_bytes()
    goes_on = threading.Event()
    page.expose_function("goOn", goes_on.set)
    with running_site(data, 3 * 88_200, goes_on) as url:
        events, is_held, runs = play(
            page,
            """async ({ player, events, heard, track }) => {
                const waiting = heard("waiting");
                await player.load(track, 0);
                await waiting;
                const at = player.read();
                await new Promise((resolve) => setTimeout(resolve, 0));
                const isHeld = player.read().position === at.position && at.isPlaying;
                const playing = heard("playing");
                await window.goOn();
                await playing;
                return [events, isHeld, player.read().position > at.position];
            }""",
            {"url": url},
        )
    assert events == ["change", "playing", "waiting", "playing"]
    assert is_held
    assert runs
