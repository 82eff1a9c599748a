"""Errors of the inputs: one class per thing a player can act on."""

from server.errors import ServerError


class MidiError(ServerError):
    """No MIDI on this machine, no such port, or more than one that fits."""


class MidiFileError(ServerError):
    """A file that is no performance: not MIDI, cut off, empty or too large."""


class MicrophoneError(ServerError):
    """No microphone on this machine, none that fits, or one that cannot be opened."""


class AudioFileError(ServerError):
    """A file that is no sound: cannot be read, not audio, damaged, empty or too long."""
