"""Where takes are kept: SQLite or PostgreSQL. Importing this takes a while; do it when needed."""

from server.store.keeper import TakeKeeper
from server.store.records import Batch, TakeChunk, TakeEnd, TakeInfo
from server.store.rooms import RoomRecord, RoomStore
from server.store.store import TakeStore
from server.store.transactions import Database

__all__ = [
    "Batch",
    "Database",
    "RoomRecord",
    "RoomStore",
    "TakeChunk",
    "TakeEnd",
    "TakeInfo",
    "TakeKeeper",
    "TakeStore",
]
