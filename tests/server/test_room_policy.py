"""What the room page may fetch: more than other pages, and no more than it needs."""

import aiohttp
import pytest

SPOTIFY = "https://api.spotify.com"


async def policy(url, path):
    """The directives of a page's policy by name, once it is sure that it is the page."""
    async with aiohttp.ClientSession(url) as session, session.get(path) as response:
        assert (response.status, response.content_type) == (200, "text/html")
        assert response.headers["Cache-Control"] == "no-cache"
        text = response.headers["Content-Security-Policy"]
    parts = (part.split() for part in text.split(";"))
    return {name: values for name, *values in parts}


@pytest.mark.parametrize("path", ["/room", "/room/K7PQ2M"])
async def test_a_room_plays_from_anywhere_but_runs_and_asks_its_own_server_only(start_server, path):
    server = await start_server()
    given = await policy(server.url, path)
    assert given["media-src"] == ["'self'", "blob:", "https:", "http:"]
    assert given["default-src"] == ["'self'"]
    assert not {"script-src", "connect-src", "style-src", "worker-src"} & set(given)


async def test_spotify_may_be_asked_where_the_server_was_told_of_it(start_server):
    server = await start_server(spotify_url=SPOTIFY)
    assert (await policy(server.url, "/room"))["connect-src"] == ["'self'", SPOTIFY]
    practice = await policy(server.url, "/")
    assert not {"connect-src", "media-src"} & set(practice)


async def test_there_is_nothing_below_a_room(start_server):
    server = await start_server()
    address = "/room/K7PQ2M/more"
    async with aiohttp.ClientSession(server.url) as session, session.get(address) as response:
        assert response.status == 404
