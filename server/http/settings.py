"""The settings of the application that a request came to."""

from aiohttp import web

from server.config import Settings

SETTINGS = web.AppKey("settings", Settings)
