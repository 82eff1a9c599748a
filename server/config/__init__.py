"""What the server is told: settings, where they come from, what they mean."""

from server.config.loading import Loaded, load, load_settings
from server.config.settings import Environment, Settings, is_loopback

__all__ = ["Environment", "Loaded", "Settings", "is_loopback", "load", "load_settings"]
