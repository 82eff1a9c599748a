"""MIDI keyboards: found by name, heard through a ring, taken up again when they return."""

import re
from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple

from engine.events import Event, Kind
from native.ring import Message, Ring
from server.errors import ServerError
from server.inputs import ARRIVAL_SEC
from server.inputs.errors import MidiError
from server.inputs.midi_library import PORT_ERRORS, Client, open_client

WATCH_SEC = 0.5  # how often to look for keyboards; replugging one takes longer
NOTE_OFF, NOTE_ON, CONTROL = 0x80, 0x90, 0xB0  # status bytes, channel masked out


class Change(NamedTuple):
    """A keyboard was connected (``is_there``) or lost."""

    name: str
    is_there: bool


def list_ports(api: str | None = None) -> list[str]:
    """Return the names of all MIDI inputs there are now.

    Raises
    ------
    MidiError
        If this machine has no MIDI.
    """
    with closing(open_client(api)) as client:
        return client.names()


def choose_port(names: Sequence[str], wanted: str | None = None) -> int:
    """Find the input that is meant.

    Parameters
    ----------
    names : sequence of str
        All inputs there are.
    wanted : str, optional
        A name, an index, or a part of one name only; case does not matter. By default the first
        one that is a device and not the system's own loopback ("Through").

    Returns
    -------
    int
        Index into ``names``.

    Raises
    ------
    MidiError
        If there is none, or more than one fits.
    """
    if wanted is None:
        real = [k for k, name in enumerate(names) if "through" not in name.lower()]
        if not real:
            raise MidiError("no MIDI keyboard found: connect one and see `etude devices`")
        return real[0]
    return named_port(names, wanted, "MIDI input")


def named_port(
    names: Sequence[str], wanted: str, kind: str, error: type[ServerError] = MidiError
) -> int:
    """Find the port of that name, index or part of a name; ``kind`` says in messages what it is.

    Raises
    ------
    MidiError
        Or another ``error``, if there is none, or more than one fits.
    """
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and int(wanted) < len(names):
        return int(wanted)
    fits = [k for k, name in enumerate(names) if wanted.casefold() in name.casefold()]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise error(f"more than one {kind} fits {wanted!r}: {', '.join(names[k] for k in fits)}")
    there = ", ".join(names) or "none"
    raise error(f"no {kind} fits {wanted!r}; there are: {there}")


def device_name(name: str) -> str:
    """A port's name without the numbers that ALSA gives it anew each time it is plugged in."""
    return re.sub(r" \d+:\d+$", "", name)


def decode(message: Message) -> Event | None:
    """What a message tells the engine; None for what is no note and no control change.

    A note-on with velocity 0 is a note-off. The event's time is the message's.
    """
    if len(message.data) != 3:
        return None
    status, number, value = message.data
    kind = status & 0xF0
    if kind == NOTE_ON and value > 0:
        return Event(message.time_sec, Kind.NOTE_ON, number, value)
    if kind in (NOTE_ON, NOTE_OFF):
        return Event(message.time_sec, Kind.NOTE_OFF, number, value)
    if kind == CONTROL:
        return Event(message.time_sec, Kind.CONTROL, number, value)
    return None


class MidiInput:
    """One keyboard, heard for as long as it is there.

    Parameters
    ----------
    wanted : str, optional
        Which, as :func:`choose_port` takes it.
    api : str, optional
        Which MIDI service, as :func:`server.inputs.midi_library.open_client` takes it.

    Raises
    ------
    MidiError
        If this machine has no MIDI.

    Notes
    -----
    :meth:`poll` belongs to one thread and :meth:`refresh` and :meth:`close` to one thread; the two
    may differ, as looking for keyboards can take milliseconds.
    """

    def __init__(self, wanted: str | None = None, api: str | None = None) -> None:
        self.name: str | None = None
        self._wanted = wanted
        self._ring = Ring()
        self._client: Client = open_client(api)
        self._is_closed = False

    @property
    def dropped(self) -> int:
        """How many messages were lost because nobody polled."""
        return self._ring.dropped

    def connect(self) -> str:
        """Listen to the wanted keyboard now and return its name.

        Raises
        ------
        MidiError
            If it is not there.
        """
        names = self._client.names()
        return self._open(names, choose_port(names, self._wanted))

    def refresh(self) -> list[Change]:
        """Notice a keyboard that was unplugged, and take up the wanted one when it is there.

        Returns
        -------
        list of Change
            What changed since the last call.
        """
        names = self._client.names()
        changes: list[Change] = []
        if self.name is not None and self.name not in names:
            changes.append(Change(self.name, False))
            self._lose()
        if self.name is None:
            try:
                changes.append(Change(self._open(names, choose_port(names, self._wanted)), True))
            except MidiError:
                return changes  # not there yet, or gone again
        return changes

    def poll(self, now_sec: float) -> list[Event]:
        """Return what was played since the last call, at times of :func:`native.ring.clock_sec`."""
        del now_sec  # each message has its own time
        events = map(decode, self._ring.pop())
        return [event for event in events if event is not None]

    def settled_sec(self, now_sec: float) -> float:
        """Return until when all keys that were struck have been polled."""
        return now_sec - ARRIVAL_SEC

    def close(self) -> None:
        """Listen no more; only what has come already may still be polled. Once is enough."""
        if self._is_closed:
            return
        self._is_closed = True
        if self.name is not None:
            self._lose()
        self._client.close()

    def _open(self, names: Sequence[str], index: int) -> str:
        try:
            self._client.connect(index, self._ring.push)
        except PORT_ERRORS as error:
            raise MidiError(f"the MIDI input {names[index]} cannot be opened: {error}") from error
        self.name = names[index]
        # Whatever the index or the part of a name was: from now on this keyboard is meant.
        if self._wanted is not None:
            self._wanted = device_name(self.name)
        return self.name

    def _lose(self) -> None:
        self._client.disconnect()
        self.name = None
