"""A room's player that is Spotify, beside a local stand-in for its Web API."""

import json
import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from page_driver import expect, running_server
from room_driver import wait_until

TOKEN, OTHER_TOKEN = "good-token", "another-token"
TRACK = "spotify:track:4uLU6hMCjMI75M1A2tKUQC"
PLAYER = """async ([url, token]) => {
    const { SpotifyApi } = await import("/web/room/spotify_api.js");
    const { SpotifyPlayer } = await import("/web/room/spotify_player.js");
    const player = new SpotifyPlayer(new SpotifyApi({ baseUrl: url }));
    const events = [];
    for (const name of ["playing", "paused"]) player.on(name, () => events.push(name));
    try {
        const who = await player.authenticate(token);
        return await (SCRIPT)({ player, events, who });
    } catch ({ name, code, message }) {
        return { name, code, message };
    }
}"""


class FakeSpotify:
    """One listener's account and its active device; it knows one token."""

    def __init__(self):
        self.calls = []
        self.state = {"uri": TRACK, "progress_ms": 1000, "is_playing": False}
        self.refusals = []  # (status, headers) of the next commands

    def playback(self):
        if self.state is None:
            return None
        item = {
            "uri": self.state["uri"],
            "name": "A song",
            "artists": [{"name": "Somebody"}, {"name": "Another"}],
            "duration_ms": 212_000,
        }
        return {
            "item": item,
            "progress_ms": self.state["progress_ms"],
            "is_playing": self.state["is_playing"],
        }

    def take(self, method, path, query, body):
        """Do what a call says; gives status and answer."""
        self.calls.append((method, path, query, body))
        if (method, path) == ("GET", "/v1/me"):
            return 200, {"id": "clara", "display_name": "Clara"}
        if (method, path) == ("GET", "/v1/me/player"):
            playback = self.playback()
            return (200, playback) if playback else (204, None)
        verb = path.removeprefix("/v1/me/player/")
        if method != "PUT" or self.state is None:
            return 404, {"error": {"status": 404, "message": "No active device found"}}
        if verb == "play":
            self.state["is_playing"] = True
            if body:
                self.state |= {"uri": body["uris"][0], "progress_ms": body["position_ms"]}
        elif verb == "pause":
            self.state["is_playing"] = False
        elif verb == "seek":
            self.state["progress_ms"] = int(query["position_ms"][0])
        return 204, None


@contextmanager
def running_fakes(fakes):
    """Both accounts at one address, each by its token."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _answer(self) -> None:
            address = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {}
            fake = fakes.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
            if fake is None:
                status, answer = 401, {"error": {"status": 401, "message": "Invalid access token"}}
            elif fake.refusals and self.command == "PUT":
                (status, headers), answer = fake.refusals.pop(0), None
            else:
                query = parse_qs(address.query)
                status, answer = fake.take(self.command, address.path, query, body)
            self._send(status, headers, json.dumps(answer).encode() if answer else b"")

        def do_OPTIONS(self) -> None:
            allowed = {
                "Access-Control-Allow-Methods": "GET, PUT",
                "Access-Control-Allow-Headers": "authorization, content-type",
            }
            self._send(204, allowed, b"")

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            always = {
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Expose-Headers": "Retry-After",
                "Content-Length": str(len(body)),
            }
            for name, value in {**always, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

    site = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{site.server_port}"
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


@pytest.fixture(scope="module")
def account():
    """Two stand-ins, and their address."""
    fakes = {TOKEN: FakeSpotify(), OTHER_TOKEN: FakeSpotify()}
    with running_fakes(fakes) as url:
        yield fakes, url


@pytest.fixture(scope="module")
def server(account, tmp_path_factory):
    _, url = account
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ETUDE_SPOTIFY_URL", url)
            folder = tmp_path_factory.mktemp("spotify")
            address = stack.enter_context(running_server(folder))
        yield address


@pytest.fixture
def fake(account):
    """The first account as if nothing had happened."""
    for fake in account[0].values():
        fake.__init__()
    return account[0][TOKEN]


@pytest.fixture(scope="module")
def page(chromium, server):
    page = chromium.new_page()
    page.goto(f"{server}/room")
    yield page
    page.close()


def spotify(page, account, script, token=TOKEN):
    """Run a script with a player of the account; gives what it answers, or the error."""
    return page.evaluate(PLAYER.replace("SCRIPT", script), [account[1], token])


def test_a_token_is_checked_by_whose_it_is(page, account, fake):
    assert spotify(page, account, "({ who }) => who") == {"id": "clara", "name": "Clara"}
    assert fake.calls == [("GET", "/v1/me", {}, None)]


@pytest.mark.parametrize("token", ["", "stale"])
def test_a_token_that_is_nobodys_is_refused(page, account, fake, token):
    error = spotify(page, account, "() => 'let in'", token)
    assert (error["name"], error["code"]) == ("PlayerError", "TOKEN")
    assert fake.calls == []


def test_what_plays_is_told(page, account, fake):
    fake.state |= {"is_playing": True, "progress_ms": 61_500}
    reading, track, duration = spotify(
        page,
        account,
        """async ({ player }) => {
            const { askedMs, readMs, ...reading } = await player.read();
            return [{ ...reading, inOrder: askedMs <= readMs }, player.track, player.durationMs];
        }""",
    )
    told = {"uri": TRACK, "position": 61_500, "isPlaying": True, "rate": 1, "inOrder": True}
    assert reading == told
    assert track == {"uri": TRACK, "name": "A song", "artist": "Somebody, Another"}
    assert duration == 212_000


def test_nothing_that_plays_is_no_reading(page, account, fake):
    fake.state = None
    assert spotify(page, account, "({ player }) => player.read()") is None


def test_commands_become_calls(page, account, fake):
    events = spotify(
        page,
        account,
        """async ({ player, events }) => {
            await player.load({ uri: "spotify:track:2" }, 5000.4);
            await player.pause();
            await player.seek(70_000, { isPlaying: false });
            await player.play();
            return events;
        }""",
    )
    puts = [call[1:] for call in fake.calls if call[0] == "PUT"]
    assert puts == [
        ("/v1/me/player/play", {}, {"uris": ["spotify:track:2"], "position_ms": 5000}),
        ("/v1/me/player/pause", {}, None),
        ("/v1/me/player/seek", {"position_ms": ["70000"]}, None),
        ("/v1/me/player/play", {}, None),
    ]
    assert events == ["playing", "paused", "paused", "playing"]
    assert fake.state == {"uri": "spotify:track:2", "progress_ms": 70_000, "is_playing": True}


def test_a_track_can_be_loaded_to_rest(page, account, fake):
    spotify(
        page,
        account,
        """({ player }) => player.load({ uri: "spotify:track:2" }, 9000, { isPlaying: false })""",
    )
    assert fake.state == {"uri": "spotify:track:2", "progress_ms": 9000, "is_playing": False}


def test_a_command_that_comes_late_goes_further_on(page, account, fake):
    spotify(
        page,
        account,
        """({ player }) => player.load({ uri: "spotify:track:2" }, 9000, {
            at: performance.now() - 60_000,
        })""",
    )
    assert 69_000 <= fake.state["progress_ms"] < 99_000


def test_a_newer_command_overtakes_one_that_waits(page, account, fake):
    done = spotify(
        page,
        account,
        """async ({ player }) => {
            const late = player.seek(1, { at: performance.now() + 600 });
            await player.seek(2);
            return late;
        }""",
    )
    assert done is False
    assert fake.state["progress_ms"] == 2


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "TOKEN", "does not accept the access token"),
        (403, "SPOTIFY", "Premium"),
        (404, "SPOTIFY", "no active device"),
        (500, "SPOTIFY", "Spotify answered 500."),
    ],
)
def test_a_refusal_says_what_to_do(page, account, fake, status, code, words):
    fake.refusals = [(status, {})]
    error = spotify(page, account, "({ player }) => player.pause()")
    assert error["code"] == code
    assert words in error["message"]


def test_who_is_asked_too_often_is_left_alone_as_long_as_it_says(page, account, fake):
    fake.refusals = [(429, {"Retry-After": "30"})]
    refusals, is_resting, reading = spotify(
        page,
        account,
        """async ({ player }) => {
            const refusals = [];
            for (let n = 0; n < 3; n += 1) {
                await player.pause().catch(({ code, message }) => refusals.push([code, message]));
            }
            return [refusals, player.isResting, await player.read()];
        }""",
    )
    assert [code for code, _ in refusals] == ["RATE_LIMITED"] * 3
    assert "30 s" in refusals[0][1]
    assert (is_resting, reading) == (True, None)
    assert [path for _, path, *_ in fake.calls] == ["/v1/me"]  # nothing was asked after it


def test_the_page_offers_it_and_leads_a_room_by_it(open_page, server, fake):
    page = open_page(f"{server}/room", expected="401")
    enter(page, "Clara", "stale")
    page.get_by_role("button", name="Open a room").click()
    expect(page.locator("#entry-error")).to_contain_text("does not accept the access token")
    page.get_by_label("Spotify access token").fill(TOKEN)
    page.get_by_role("button", name="Open a room").click()
    expect(page.locator("#track-name")).to_have_text("A song")
    expect(page.locator("#track-by")).to_have_text("Somebody, Another")
    expect(page.locator("#time-all")).to_have_text("3:32")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert fake.state["is_playing"]


def enter(page, name, token):
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Sound from").select_option("spotify")
    page.get_by_label("Spotify access token").fill(token)


def test_a_listener_by_spotify_is_led_by_a_host_by_spotify(open_page, server, account, fake):
    other = account[0][OTHER_TOKEN]
    other.state["uri"] = "spotify:track:other"
    host = open_page(f"{server}/room")
    enter(host, "Clara", TOKEN)
    host.get_by_role("button", name="Open a room").click()
    expect(host.locator("#choose-there")).to_be_visible()
    expect(host.get_by_role("button", name="Choose music")).to_be_hidden()
    host.get_by_role("button", name="Play", exact=True).click()
    client = open_page(f"{server}/room/{host.locator('#room-code').inner_text()}")
    enter(client, "Ben", OTHER_TOKEN)
    client.get_by_role("button", name="Join", exact=True).click()
    expect(client.locator("#track-name")).to_have_text("A song")
    wait_until(lambda: other.state["uri"] == TRACK and other.state["is_playing"], "it plays, too")
    host.get_by_role("button", name="Pause").click()
    wait_until(lambda: not other.state["is_playing"], "it pauses, too")


def test_a_server_that_was_not_told_of_it_neither_offers_nor_allows_it(open_page, page_server):
    page = open_page(f"{page_server}/room", expected="content policy|Content Security Policy")
    page.get_by_label("Your name").wait_for()
    expect(page.get_by_label("Sound from")).to_be_hidden()
    refused = page.evaluate(
        """async () => {
            const { SpotifyApi } = await import("/web/room/spotify_api.js");
            const api = new SpotifyApi({ baseUrl: "https://api.spotify.com" });
            return api.authenticate("token").catch(({ code }) => code);
        }"""
    )
    assert refused == "DISCONNECTED"
