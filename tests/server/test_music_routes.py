"""Music from a folder of the server, over REST."""

from pathlib import Path

import aiohttp
import msgspec
import pytest

from server.auth import local_user
from server.config import load_settings
from server.errors import ConfigError
from server.keys import HUB
from server.routes import music

SOUND = bytes(range(256)) * 40


@pytest.fixture
def folder(tmp_path):
    """Two songs to be heard, beside much that is not."""
    root = tmp_path / "music"
    (root / "Bach").mkdir(parents=True)
    (root / "Bach" / "Air & Gavotte.flac").write_bytes(SOUND)
    (root / "zoo.MP3").write_bytes(SOUND[:100])
    (root / "notes.txt").write_text("not to be read")
    (root / ".hidden.mp3").write_bytes(SOUND)
    (root / ".trash").mkdir()
    (root / ".trash" / "gone.mp3").write_bytes(SOUND)
    secret = tmp_path / "secret.mp3"
    secret.write_bytes(b"secret")
    (root / "way-out.mp3").symlink_to(secret)
    (root / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    (root / "circle.mp3").symlink_to(root / "circle.mp3")
    return root


@pytest.fixture
async def get(start_server, folder):
    """Ask a server that offers the folder."""
    server = await start_server(music=folder)
    async with aiohttp.ClientSession(server.url) as session:

        async def ask(path, **options):
            async with session.get(path, **options) as response:
                return response, await response.read()

        yield ask


async def test_the_list_names_what_can_be_played_and_nothing_else(get):
    response, _ = await get("/api/v1/music")
    assert await response.json() == [
        {
            "id": 1,
            "uri": "/api/v1/music/Bach/Air%20%26%20Gavotte.flac",
            "name": "Air & Gavotte",
            "folder": "Bach",
            "size_bytes": len(SOUND),
            "content_type": "audio/flac",
        },
        {
            "id": 2,
            "uri": "/api/v1/music/zoo.MP3",
            "name": "zoo",
            "folder": "",
            "size_bytes": 100,
            "content_type": "audio/mpeg",
        },
    ]


@pytest.mark.parametrize(
    ("words", "found"), [("gavotte BACH", ["Air & Gavotte"]), ("zoo", ["zoo"]), ("secret", [])]
)
async def test_music_is_found_by_words_of_name_and_folder(get, words, found):
    response, _ = await get("/api/v1/music", params={"q": words})
    assert [file["name"] for file in await response.json()] == found
    assert response.headers["X-Total-Count"] == str(len(found))


async def test_the_list_comes_in_pages(get):
    first, _ = await get("/api/v1/music?limit=1")
    assert [file["name"] for file in await first.json()] == ["Air & Gavotte"]
    second, _ = await get(first.links["next"]["url"].path_qs)
    assert [file["name"] for file in await second.json()] == ["zoo"]
    assert "next" not in second.links


async def test_a_file_comes_whole_or_in_the_range_that_was_asked_for(get):
    address = "/api/v1/music/Bach/Air%20%26%20Gavotte.flac"
    whole, body = await get(address)
    assert (whole.status, body, whole.content_type) == (200, SOUND, "audio/flac")
    part, body = await get(address, headers={"Range": "bytes=100-199"})
    assert (part.status, body) == (206, SOUND[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(SOUND)}"
    beyond, _ = await get(address, headers={"Range": "bytes=999999-"})
    assert beyond.status == 416
    assert beyond.headers["Content-Range"] == f"bytes */{len(SOUND)}"


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=5-2", "bytes=x"])
async def test_bytes_that_are_not_there_are_refused_in_words(get, asked):
    _, body = await get("/api/v1/music/Bach/Air%20%26%20Gavotte.flac", headers={"Range": asked})
    refusal = msgspec.json.decode(body)
    assert refusal["code"] == "RANGE_NOT_SATISFIABLE"
    assert refusal["error"] == f"the file has {len(SOUND)} bytes: ask for some of them"


@pytest.mark.parametrize(
    "path",
    [
        "notes.txt",
        ".hidden.mp3",
        ".trash/gone.mp3",
        "way-out.mp3",
        "elsewhere/secret.mp3",
        "circle.mp3",
        "%2e%2e/secret.mp3",
        "Bach/..%2f..%2fsecret.mp3",
        "..%5csecret.mp3",
        "%2Fetc/passwd",
        "a%00b.mp3",
        "x" * 3000 + ".mp3",
        "Bach",
        "missing.mp3",
    ],
)
async def test_nothing_else_is_given_away(get, path):
    from yarl import URL

    response, body = await get(URL(f"/api/v1/music/{path}", encoded=True))
    assert (response.status, (await response.json())["code"]) == (404, "MUSIC_NOT_FOUND")
    assert b"secret" not in body


async def test_pages_from_elsewhere_cannot_embed_it(get):
    response, _ = await get("/api/v1/music/zoo.MP3", headers={"Sec-Fetch-Site": "cross-site"})
    assert (response.status, (await response.json())["code"]) == (403, "ORIGIN_NOT_ALLOWED")


async def test_a_server_without_a_folder_offers_nothing(start_server):
    server = await start_server()
    async with aiohttp.ClientSession(server.url) as session:
        async with session.get("/api/v1/music") as response:
            assert await response.json() == []
        async with session.get("/api/v1/music/zoo.mp3") as response:
            assert response.status == 404
        async with session.get("/api/v1/status") as response:
            assert (await response.json())["features"]["music"] is False


@pytest.mark.parametrize("path", ["/api/v1/music", "/api/v1/music/zoo.MP3"])
async def test_where_guests_may_not_play_a_token_is_wanted(start_server, folder, path):
    server = await start_server(music=folder, guests=False)
    token = server.app[HUB].tokens.issue(local_user("Clara"), 1)
    async with aiohttp.ClientSession(server.url) as session:
        async with session.get(path) as response:
            assert (response.status, (await response.json())["code"]) == (401, "UNAUTHENTICATED")
        async with session.get(path, headers={"Authorization": "Bearer wrong"}) as response:
            assert (response.status, (await response.json())["code"]) == (401, "INVALID_TOKEN")
        async with session.get(path, headers={"Authorization": f"Bearer {token}"}) as response:
            assert response.status == 200


async def test_of_a_large_folder_as_much_is_listed_as_is_allowed(get, monkeypatch):
    monkeypatch.setattr(music, "FILES_MAX", 1)
    response, _ = await get("/api/v1/music")
    assert len(await response.json()) == 1


async def test_folders_too_deep_are_not_entered(get, folder, monkeypatch):
    monkeypatch.setattr(music, "DEPTH_MAX", 1)
    response, _ = await get("/api/v1/music")
    assert [file["name"] for file in await response.json()] == ["zoo"]


async def test_a_folder_that_may_not_be_read_is_passed_over(get, monkeypatch):
    entries = Path.iterdir

    def refuse_bach(folder):  # root, who runs the tests in CI, may read every folder
        if folder.name == "Bach":
            raise PermissionError(folder)
        return entries(folder)

    monkeypatch.setattr(Path, "iterdir", refuse_bach)
    response, _ = await get("/api/v1/music")
    assert [file["name"] for file in await response.json()] == ["zoo"]


def test_a_folder_that_is_none_is_told_at_once(tmp_path):
    with pytest.raises(ConfigError) as refusal:
        load_settings(music=tmp_path / "missing")
    assert str(refusal.value) == f"music: expected a folder, got '{tmp_path / 'missing'}'"


def test_the_folder_may_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("ETUDE_MUSIC", str(tmp_path))
    assert load_settings().music == tmp_path
