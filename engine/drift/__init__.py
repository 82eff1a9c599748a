"""Listening rooms: everybody hears the same moment of the music."""

from engine.drift.quality import quality_of
from engine.drift.room import SyncRoom

__all__ = ["SyncRoom", "quality_of"]
