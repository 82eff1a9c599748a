"""The host's desk: what is played next, and the keys that play it."""

from server.cli.rooms.keys import JUMPS_MS
from server.roomclient import Move, Player, Track
from server.roomclient.member import Member


class Desk:
    """Plays a list of tracks to a room.

    Parameters
    ----------
    member : Member
        The one whose player leads.
    player : Player
        It.
    tracks : list of Track
        What there is to play, in order; may be empty where the player has music of its own.
    """

    def __init__(self, member: Member, player: Player, tracks: list[Track]) -> None:
        self._member = member
        self._player = player
        self._tracks = tracks
        self._index = 0
        member.on_ended = self._ended

    def begin(self, is_playing: bool) -> None:
        """Put the first track on."""
        if self._tracks:
            self._put_on(0, is_playing)

    def press(self, key: str) -> None:
        """Heed a key; others than the desk's are passed over."""
        if key == " ":
            self.toggle()
        elif key == "n":
            self.next()
        elif key in JUMPS_MS:
            self.jump(JUMPS_MS[key])

    def toggle(self) -> None:
        """Pause, or go on."""
        if (track := self._player.track) is not None:
            self._member.lead(Move(track.uri, None, not self._player.is_playing))

    def jump(self, by_ms: float) -> None:
        """Go forward or back."""
        reading = self._member.reading_now()
        if reading is None:
            return
        position_ms = max(0.0, reading.position_ms + by_ms)
        length_ms = reading.track.duration_ms
        if length_ms is not None and position_ms >= length_ms:
            if self.next():
                return
            position_ms = length_ms
        self._member.lead(Move(reading.track.uri, position_ms, reading.is_playing))

    def next(self) -> bool:
        """Play the next track; False after the last one."""
        if self._index + 1 >= len(self._tracks):
            return False
        self._put_on(self._index + 1, True)
        return True

    def _put_on(self, index: int, is_playing: bool) -> None:
        self._index = index
        self._member.lead(Move(self._tracks[index].uri, 0.0, is_playing))

    def _ended(self) -> None:
        if self._member.role == "host":
            self.next()
