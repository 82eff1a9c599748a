"""Where handlers find what they share: the typed keys of the application."""

from aiohttp import web

from server.config import Settings
from server.live.hub import Hub
from server.rooms.clock import Clock
from server.socketio import SocketIo
from server.store import TakeStore

SETTINGS = web.AppKey("settings", Settings)
CLOCK = web.AppKey("clock", Clock)
STORE = web.AppKey("store", TakeStore)
HUB = web.AppKey("hub", Hub)
SOCKETIO = web.AppKey("socketio", SocketIo)
