"""A client of listening rooms: speaks the public protocol, plays what the host plays.

    async with aiohttp.ClientSession() as http:
        service = RoomService(http, "http://127.0.0.1:8000")
        room = await Room.join(service, "ABC234", Identity("Clara"), SilentPlayer(Clock()))
        print(await room.run())  # until the room ends

A player is anything that does what :class:`server.roomclient.player.Player` has.
"""

from server.roomclient.clock import Clock
from server.roomclient.errors import MissingTrackError, PlayerError, RoomError
from server.roomclient.player import Cause, Move, Player, Reading, Track
from server.roomclient.room import Identity, Room
from server.roomclient.service import RoomService
from server.roomclient.silent_player import SilentPlayer

__all__ = [
    "Cause",
    "Clock",
    "Identity",
    "MissingTrackError",
    "Move",
    "Player",
    "PlayerError",
    "Reading",
    "Room",
    "RoomError",
    "RoomService",
    "SilentPlayer",
    "Track",
]
