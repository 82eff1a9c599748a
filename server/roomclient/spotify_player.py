"""Lets Spotify play what a room plays."""

import asyncio
from collections.abc import Callable

from server.roomclient.clock import Clock
from server.roomclient.errors import MissingTrackError, PlayerError
from server.roomclient.player import Happening, Move, Reading, Track
from server.roomclient.spotify_api import Answered, SpotifyApi

TRACKS = "spotify:track:"
STALE_MS = 1_000.0  # how old what Spotify tells may be (github.com/spotify/web-api issue 1073)
POLL_MS = 1_400.0  # with a report a second: 15 calls in 30 seconds, as many are left to commands
SETTLED_MS = 400.0  # after a command before Spotify is asked what came of it


class SpotifyPlayer:
    """Plays by the Web API; every position is asked for over the network.

    It cannot change its rate. Its own application may be used meanwhile: what somebody does there
    is noticed when next asked.

    Parameters
    ----------
    clock : Clock
        What its times are told on.
    api : SpotifyApi
        The account that plays.
    """

    has_rate = False
    has_events = False
    resolution_ms = STALE_MS
    output_latency_ms = 0.0

    def __init__(self, clock: Clock, api: SpotifyApi) -> None:
        self.on_happening: Callable[[Happening], None] = lambda happening: None
        self.track: Track | None = None
        self.is_playing = False
        self._clock = clock
        self._api = api
        self._asking = asyncio.Lock()
        self._last: Answered | None = None
        self._next_ms = 0.0
        self._standing_ms: float | None = None  # from where it will play, while it is silent
        self._has_begun = False

    async def open(self) -> None:
        """Check the token.

        Raises
        ------
        SpotifyError
            If it is no good.
        """
        await self._api.authenticate()

    async def read(self) -> Reading | None:
        """Ask where it is, or tell what was last answered where it may not be asked again yet."""
        async with self._asking:
            if self._clock.now_ms() >= self._next_ms and not self._api.wait_ms:
                await self._ask()
        return self._reading()

    async def move(self, move: Move) -> None:
        """Play from there, or be silent and ready to.

        Raises
        ------
        MissingTrackError
            If it is no track of Spotify.
        SpotifyError
            If Spotify refuses.
        """
        if not move.track_uri.startswith(TRACKS):
            text = f"the host plays {move.track_uri}, which is not on Spotify"
            raise MissingTrackError(move.track_uri, text)
        if move.is_cued:
            await self._stand(move)
        if move.at_ms is not None:
            await self._clock.sleep_until(move.at_ms)
        if move.is_playing:
            await self._play(move)
            await self._clock.sleep_until(self._next_ms)
        elif not move.is_cued:
            await self._stand(move)

    def set_rate(self, rate: float) -> None:
        """Stay at the one rate there is."""
        raise PlayerError(f"Spotify plays at one rate only, not at {rate}")

    async def close(self) -> None:
        """Pause what it was told to play; what its user plays goes on."""
        if self.is_playing and self._has_begun:
            await self._api.pause()
            self.is_playing = False

    async def _stand(self, move: Move) -> None:
        """Be silent; Spotify itself learns from where to play when it begins."""
        async with self._asking:
            self._last = None  # what was told before tells nothing of now
            if self.is_playing:
                await self._api.pause()
            self.is_playing = False
            self._next_ms = self._clock.now_ms() + SETTLED_MS
            if move.position_ms is not None:
                track = self.track if self._is_on(move) else None
                self.track = track or Track(move.track_uri)
                self._standing_ms = move.position_ms

    async def _play(self, move: Move) -> None:
        async with self._asking:
            self._last = None
            position_ms = move.position_ms if move.position_ms is not None else self._standing_ms
            if self._is_on(move) and self.is_playing:
                if position_ms is not None:
                    await self._api.seek(self._on_time(move, position_ms))
            elif self._is_on(move) and position_ms is None:
                await self._api.play()
            else:
                await self._api.play(move.track_uri, self._on_time(move, position_ms or 0.0))
            self.track = self.track if self._is_on(move) else Track(move.track_uri)
            self._standing_ms = None
            self.is_playing = self._has_begun = True
            self._next_ms = self._clock.now_ms() + SETTLED_MS

    def _is_on(self, move: Move) -> bool:
        return self.track is not None and self.track.uri == move.track_uri

    def _on_time(self, move: Move, position_ms: float) -> float:
        """Where to begin so as to be right: commands come when they come."""
        late_ms = 0.0 if move.at_ms is None else max(0.0, self._clock.now_ms() - move.at_ms)
        return position_ms + late_ms

    async def _ask(self) -> None:
        """Ask, and notice what somebody did in Spotify's own application."""
        self._last = answered = await self._api.get_current_playback()
        self._next_ms = self._clock.now_ms() + POLL_MS
        state = answered.state
        self.is_playing = state is not None and state.is_playing
        if self.is_playing:
            self._standing_ms = None
        if state is None or state.item is None or self._standing_ms is not None:
            return
        artists = ", ".join(artist.name for artist in state.item.artists)
        self.track = Track(state.item.uri, state.item.name, artists, state.item.duration_ms)

    def _reading(self) -> Reading | None:
        if self.track is None:
            return None
        if self._standing_ms is not None:
            now_ms = self._clock.now_ms()
            return Reading(self.track, self._standing_ms, False, 1.0, now_ms, now_ms)
        last = self._last
        if last is None or last.state is None or last.state.item is None:
            return None
        position_ms = last.state.progress_ms or 0.0
        return Reading(
            self.track, position_ms, last.state.is_playing, 1.0, last.asked_ms, last.answered_ms
        )
