"""Errors of the inputs: one class per thing a player can act on."""

from server.errors import ServerError


class MidiError(ServerError):
    """No MIDI on this machine, no such port, or more than one that fits."""


class MidiFileError(ServerError):
    """A file that is no performance: not MIDI, cut off, empty or too large."""
