"""Spotify as a room's player, against a local stand-in for its Web API."""

import asyncio

import aiohttp
import pytest
from fake_spotify import TOKEN, running_spotify
from set_clock import NOW, SetClock

from server.roomclient import Clock, MissingTrackError, Move, PlayerError
from server.roomclient.spotify_api import (
    CALLS_PER_WINDOW,
    PUBLIC_URL,
    WINDOW_MS,
    SpotifyApi,
    SpotifyError,
)
from server.roomclient.spotify_player import POLL_MS, SETTLED_MS, SpotifyPlayer

ODE, FUGUE = "spotify:track:ode", "spotify:track:fugue"
PLAY, PAUSE, SEEK = "/v1/me/player/play", "/v1/me/player/pause", "/v1/me/player/seek"


@pytest.fixture
async def spotify():
    async with running_spotify() as fake:
        yield fake


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def make_api(spotify, http):
    def make(clock=None, token=TOKEN):
        return SpotifyApi(http, clock or Clock(), token, spotify.url + "/")

    return make


class Run:
    """A player on a clock that the test moves; its waits pass at once."""

    def __init__(self, make_api):
        self.clock = SetClock()
        self.api = make_api(self.clock)
        self.player = SpotifyPlayer(self.clock, self.api)

    async def move(self, *move):
        """Move, letting the time that it takes pass; returns how long that is."""
        begin_ms = self.clock.now_ms()
        moving = asyncio.create_task(self.player.move(Move(*move)))
        while not moving.done():
            await asyncio.sleep(0.001)
            if self.clock.n_waiting:
                await self.clock.set(self.clock.now_ms() + 50.0)
        await moving
        return self.clock.now_ms() - begin_ms


@pytest.fixture
def run(make_api):
    return Run(make_api)


# ---- the API


async def test_a_good_token_opens_its_profile(make_api, spotify):
    profile = await make_api().authenticate()
    assert (profile.id, profile.display_name) == ("clara", "Clara")
    assert spotify.calls == [("GET", "/v1/me", {}, None)]


async def test_a_bad_token_is_told(make_api):
    told = r"^the Spotify token is no good \(The access token expired\): set ETUDE_SPOTIFY_TOKEN "
    with pytest.raises(SpotifyError, match=told):
        await make_api(token="stale").authenticate()


async def test_an_account_that_may_not_be_controlled_is_told(make_api, spotify):
    spotify.product = "free"
    with pytest.raises(SpotifyError, match=r"^Spotify lets programs play for Premium accounts"):
        await make_api().authenticate()


@pytest.mark.parametrize(
    ("status", "told"),
    [(403, r"^Spotify does not allow that \(as the test wants it\): it takes Premium"),
     (404, r"^Spotify has no device to play on \("),
     (500, r"^Spotify refused PUT /v1/me/player/pause: as the test wants it$")],
)  # fmt: skip
async def test_refusals_are_told(make_api, spotify, status, told):
    spotify.refusals = [(status, None)]
    with pytest.raises(SpotifyError, match=told):
        await make_api().pause()


async def test_what_is_played_is_told_with_the_time_of_asking(make_api, spotify):
    spotify.put_on(ODE, 60_000.0)
    clock = Clock()
    before_ms = clock.now_ms()
    found = await make_api(clock).get_current_playback()
    assert before_ms <= found.asked_ms <= found.answered_ms <= clock.now_ms()
    assert found.state.item.uri == ODE and found.state.is_playing
    assert found.state.progress_ms >= 60_000.0


async def test_nothing_may_be_played(make_api):
    assert (await make_api().get_current_playback()).state is None


async def test_playing_pausing_and_seeking_say_what_the_api_wants(make_api, spotify):
    api = make_api()
    await api.play(ODE, 1_234.6)
    await api.seek(5_000.4)
    await api.pause()
    await api.play()
    assert spotify.made("PUT", PLAY) == [[{}, {"uris": [ODE], "position_ms": 1_235}], [{}, None]]
    assert spotify.made("PUT", SEEK) == [[{"position_ms": "5000"}, None]]
    assert len(spotify.made("PUT", PAUSE)) == 1


async def test_too_many_calls_wait_as_they_are_told(make_api, spotify):
    clock = SetClock()
    spotify.refusals = [(429, "7")]
    calling = asyncio.create_task(make_api(clock).authenticate())
    while not clock.n_waiting:
        await asyncio.sleep(0.001)
    await clock.set(NOW + 6_999.0)
    assert not calling.done() and len(spotify.calls) == 1
    await clock.set(NOW + 7_000.0)
    assert (await calling).id == "clara"
    assert len(spotify.calls) == 2


@pytest.mark.parametrize(
    ("refusals", "told"),
    [([(429, "0"), (429, "0")], r"^Spotify has had too many calls: wait a minute$"),
     ([(429, "3600")], r"^Spotify has had too many calls: try again in 3600 s$")],
)  # fmt: skip
async def test_what_cannot_be_waited_for_is_told(make_api, spotify, refusals, told):
    spotify.refusals = refusals
    with pytest.raises(SpotifyError, match=told):
        await make_api().authenticate()


async def test_calls_are_counted_over_thirty_seconds(make_api, spotify):
    clock = SetClock()
    api = make_api(clock)
    for _ in range(CALLS_PER_WINDOW):
        await api.get_current_playback()
    assert api.wait_ms == WINDOW_MS
    one_more = asyncio.create_task(api.get_current_playback())
    while not clock.n_waiting:
        await asyncio.sleep(0.001)
    assert len(spotify.calls) == CALLS_PER_WINDOW
    await clock.set(NOW + WINDOW_MS)
    await one_more
    assert api.wait_ms == 0.0


async def test_an_api_that_is_not_there_is_told(http):
    api = SpotifyApi(http, Clock(), TOKEN, "http://127.0.0.1:9")
    with pytest.raises(SpotifyError, match=r"^Spotify cannot be reached: "):
        await api.authenticate()


def test_the_public_api_is_meant_where_nothing_else_is_said():
    assert PUBLIC_URL == "https://api.spotify.com"


# ---- the player


async def test_opening_checks_the_token(make_api):
    with pytest.raises(SpotifyError, match="the Spotify token is no good"):
        await SpotifyPlayer(Clock(), make_api(token="stale")).open()


async def test_a_reading_is_what_spotify_tells(run, spotify):
    assert await run.player.read() is None
    spotify.put_on(ODE, 60_000.0)
    await run.clock.set(NOW + POLL_MS)
    reading = await run.player.read()
    assert reading.track.uri == ODE
    assert (reading.track.name, reading.track.artist) == ("Ode to Joy", "Beethoven, Schiller")
    assert reading.position_ms >= 60_000.0 and reading.is_playing
    assert reading.asked_ms == reading.answered_ms == NOW + POLL_MS


async def test_spotify_is_asked_no_more_often_than_it_allows(run, spotify):
    spotify.put_on(ODE, 0.0)
    first = await run.player.read()
    await run.clock.set(NOW + POLL_MS - 1.0)
    again = await run.player.read()
    assert again == first  # as of then: its times say so
    assert len(spotify.calls) == 1
    await run.clock.set(NOW + POLL_MS)
    assert (await run.player.read()).asked_ms == NOW + POLL_MS


async def test_a_second_of_reports_a_minute_long_leaves_calls_for_commands(run, spotify):
    spotify.put_on(ODE, 0.0)
    for second in range(60):
        await run.clock.set(NOW + 1e3 * second)
        await run.player.read()
    assert len(spotify.calls) == 30


async def test_a_track_is_begun_where_it_should_be_by_then(run, spotify):
    await run.move(ODE, 30_000.0, True, NOW - 200.0)
    assert spotify.made("PUT", PLAY) == [[{}, {"uris": [ODE], "position_ms": 30_200}]]
    assert run.player.is_playing and run.player.track.uri == ODE


async def test_a_track_waits_silently_for_its_start(run, spotify):
    spotify.put_on(FUGUE, 0.0)
    await run.player.read()
    assert await run.move(ODE, 30_000.0, False) == 0.0
    assert not spotify.is_playing and spotify.track == FUGUE
    reading = await run.player.read()
    assert (reading.track.uri, reading.position_ms, reading.is_playing) == (ODE, 30_000.0, False)
    await run.move(ODE, 30_000.0, True)
    assert spotify.made("PUT", PLAY) == [[{}, {"uris": [ODE], "position_ms": 30_000}]]


async def test_a_cue_is_silent_until_its_instant(run, spotify):
    spotify.put_on(ODE, 0.0)
    await run.player.read()
    took_ms = await run.move(ODE, 50_000.0, True, NOW + 500.0, True)
    assert took_ms >= 500.0 + SETTLED_MS
    methods = [path for method, path, *_ in spotify.calls if method == "PUT"]
    assert methods == [PAUSE, PLAY]
    assert spotify.made("PUT", PLAY)[0][1]["position_ms"] >= 50_000


async def test_who_plays_already_seeks_only(run, spotify):
    spotify.put_on(ODE, 0.0)
    await run.player.read()
    await run.move(ODE, 70_000.0, True)
    assert [path for method, path, *_ in spotify.calls if method == "PUT"] == [SEEK]


async def test_pausing_and_going_on_keep_the_place(run, spotify):
    spotify.put_on(ODE, 40_000.0)
    await run.player.read()
    await run.move(ODE, None, False)
    assert not spotify.is_playing
    assert await run.player.read() is None  # what was told before it paused is not so any more
    await run.move(ODE, None, True)
    assert spotify.made("PUT", PLAY) == [[{}, None]]
    assert spotify.is_playing and spotify.position_ms >= 40_000.0


async def test_after_a_command_only_fresh_answers_count(run, spotify):
    spotify.put_on(ODE, 10_000.0)
    await run.player.read()
    await run.move(ODE, 90_000.0, True)
    assert (await run.player.read()).position_ms >= 90_000.0


async def test_what_is_done_in_the_application_is_noticed(run, spotify):
    await run.move(ODE, 30_000.0, False)
    spotify.put_on(FUGUE, 5_000.0)
    await run.clock.set(NOW + POLL_MS)
    reading = await run.player.read()
    assert (reading.track.uri, reading.is_playing) == (FUGUE, True)


async def test_other_music_is_missing(run, spotify):
    with pytest.raises(MissingTrackError, match=r"^the host plays sha256:aa, which is not on"):
        await run.move("sha256:aa", 0.0, True)
    assert spotify.calls == []


async def test_there_is_one_rate(run):
    assert not run.player.has_rate
    with pytest.raises(PlayerError, match=r"^Spotify plays at one rate only, not at 1\.004$"):
        run.player.set_rate(1.004)


async def test_at_the_end_only_what_was_begun_is_paused(run, spotify):
    spotify.put_on(ODE, 0.0)
    await run.player.read()
    await run.player.close()
    assert spotify.is_playing
    await run.move(ODE, 0.0, True)
    await run.player.close()
    assert not spotify.is_playing


# ---- the command


def test_spotify_is_off_unless_it_is_set_up(etude, monkeypatch):
    monkeypatch.delenv("ETUDE_SPOTIFY_TOKEN", raising=False)
    status, _, errors = etude("room", "join", "ABC234", "--player", "spotify")
    assert status == 1
    assert errors.startswith("etude: Spotify is not set up: set ETUDE_SPOTIFY_TOKEN to an access ")


def test_the_command_takes_token_and_address_from_the_environment(etude, monkeypatch):
    monkeypatch.setenv("ETUDE_SPOTIFY_TOKEN", TOKEN)
    monkeypatch.setenv("ETUDE_SPOTIFY_URL", "http://127.0.0.1:9")
    status, _, errors = etude("room", "host", "--player", "spotify")
    assert status == 1
    assert errors.startswith("etude: Spotify cannot be reached: ")
