"""What ``etude room`` puts together: the server, the music, the player, the room."""

import asyncio
import os
import re
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from server.cli.rooms.desk import Desk
from server.cli.rooms.sitting import Sitting
from server.cli.rooms.view import RoomView
from server.config import load_settings
from server.roomclient import (
    Clock,
    Identity,
    MissingTrackError,
    Player,
    PlayerError,
    Room,
    RoomError,
    RoomService,
    SilentPlayer,
    Track,
)
from server.roomclient.fetching import MusicFetcher
from server.roomclient.tracks import MUSIC, Library, missing_text

SPOTIFY_TOKEN = "ETUDE_SPOTIFY_TOKEN"
URI = re.compile(r"(https?://|[a-z]+:|" + re.escape(MUSIC) + ")")


@dataclass(frozen=True)
class Wish:
    """What the command line says.

    Attributes
    ----------
    code : str or None
        The room to come into; None to make one.
    music : tuple of str
        Files, folders and, for a host, uris.
    server, token, name : str
        Where, and who.
    player : str
        ``audio``, ``silent`` or ``spotify``.
    device : str or None
        Sound output.
    delay_ms : float
        How much later than its driver knows it is heard.
    offset_ms : float
        How far ahead of the host.
    is_playing : bool
        Whether a host begins at once.
    """

    code: str | None
    music: tuple[str, ...]
    server: str
    token: str | None
    name: str
    player: str
    device: str | None = None
    delay_ms: float = 0.0
    offset_ms: float = 0.0
    is_playing: bool = True


class Finder:
    """Finds the room's tracks, and says by name which one is missing."""

    def __init__(self, library: Library, service: RoomService) -> None:
        self.library = library
        self.code: str | None = None
        self._service = service

    async def __call__(self, track_uri: str) -> Track:
        """Find a track; raises MissingTrackError with the name that the host gave it."""
        try:
            return await self.library.find(track_uri)
        except MissingTrackError as error:
            name = (await self.take(track_uri)).name
            text = missing_text(f"“{name}”", track_uri) if name else str(error)
            raise MissingTrackError(track_uri, text) from None

    async def take(self, track_uri: str) -> Track:
        """Take any track for one that is at hand; it is called what the host calls it."""
        if self.code is None:
            return Track(track_uri)
        try:
            played = (await self._service.state(self.code)).current_track
        except RoomError:
            return Track(track_uri)  # the name is a kindness: its uri will do
        if played is None or played.uri != track_uri:
            return Track(track_uri)
        return Track(track_uri, played.name or "", played.artist or "")


async def sit(wish: Wish, view: RoomView) -> str:
    """Play in a room until it is over; return a sentence that says why.

    Raises
    ------
    RoomError
        If the server will not have it.
    PlayerError
        If there is nothing to play with, or what should be played is no music.
    """
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        service = RoomService(http, wish.server, wish.token)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="etude-room-"))
        uris = [item for item in wish.music if is_uri(item)]
        paths = [Path(item) for item in wish.music if item not in uris]
        finder = Finder(Library(paths, MusicFetcher(service, Path(folder))), service)
        clock = Clock()
        player = make_player(wish, clock, finder, http)
        stack.push_async_callback(player.close)
        await player.open()
        tracks = await finder.library.tracks() if wish.code is None else []
        tracks += [Track(uri) for uri in uris]
        who = Identity(wish.name)
        if wish.code is None:
            room = await Room.create(service, who, player, clock)
        else:
            room = await Room.join(service, wish.code, who, player, clock)
        finder.code = room.code
        desk = Desk(room.member, player, tracks)
        sitting = Sitting(room, view, desk)
        if wish.code is None:
            desk.begin(wish.is_playing)
        with view:
            return await sitting.run(wish.offset_ms)


def make_player(wish: Wish, clock: Clock, finder: Finder, http: aiohttp.ClientSession) -> Player:
    """The player that is wanted."""
    if wish.player == "spotify":
        return _make_spotify(clock, http)
    if wish.player == "silent":
        wants_files = wish.code is None or bool(wish.music)
        return SilentPlayer(clock, finder if wants_files else finder.take)
    from server.roomclient.audio_player import AudioPlayer

    return AudioPlayer(clock, finder, finder.library.path_of, wish.device, wish.delay_ms)


def _make_spotify(clock: Clock, http: aiohttp.ClientSession) -> Player:
    from server.roomclient.spotify_api import PUBLIC_URL, SpotifyApi
    from server.roomclient.spotify_player import SpotifyPlayer

    token = os.environ.get(SPOTIFY_TOKEN)
    if not token:
        raise PlayerError(
            f"Spotify is not set up: set {SPOTIFY_TOKEN} to an access token with the scopes "
            "user-read-playback-state and user-modify-playback-state"
        )
    url = load_settings().spotify_url or PUBLIC_URL
    return SpotifyPlayer(clock, SpotifyApi(http, clock, token, url))


def is_uri(item: str) -> bool:
    """Whether something names a track, and is no file."""
    return URI.match(item) is not None and not Path(item).exists()


def run(wish: Wish, view: RoomView) -> str:
    """:func:`sit`, on a loop of its own."""
    return asyncio.run(sit(wish, view))
