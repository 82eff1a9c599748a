"""Two MIDI libraries behind one shape: python-rtmidi, and rtmidi2 where that has no wheel."""

import contextlib
import ctypes
import ctypes.util
import importlib.util
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import sleep
from typing import Protocol, TypeVar

from server.inputs.errors import MidiError

CLIENT_NAME = "etude"
PORT_NAME = "in"  # JACK refuses a colon here, and python-rtmidi's default has one
OUT_PORT_NAME = "out"
OWN_PORT = re.compile(
    rf"{CLIENT_NAME}(-\d+)?:({PORT_NAME}|{OUT_PORT_NAME})\b"
)  # JACK numbers clients
APIS = {  # names for ETUDE_MIDI_API
    "alsa": "API_LINUX_ALSA",
    "jack": "API_UNIX_JACK",
    "coremidi": "API_MACOSX_CORE",
    "winmm": "API_WINDOWS_MM",
}

# A message that waits for the interpreter while its port is being closed would never let go of it:
# first none may come any more, then those on their way get this long.
CALLBACK_SEC = 0.01
SENT_SEC = 0.1  # what was sent last, keys going up, is lost with a port that is closed at once

PORT_ERRORS = (OSError, RuntimeError, ValueError)  # what the libraries raise of a port

Receive = Callable[[Sequence[int]], object]
C = TypeVar("C")


class _Ports:
    """The ports there are but our own: the service lists them among all others.

    Attributes
    ----------
    numbers : list of int
        The service's number of each port that was noted last.
    """

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def note(self, names: Sequence[str]) -> list[str]:
        """Keep the numbers of the others' ports, and return their names."""
        others = [(number, name) for number, name in enumerate(names) if not OWN_PORT.match(name)]
        self.numbers = [number for number, _ in others]
        return [name for _, name in others]


class Client(Protocol):
    """A client of the system's MIDI service: lists inputs and listens to one at a time."""

    def names(self) -> list[str]:
        """Return the names of all inputs there are now."""

    def connect(self, index: int, receive: Receive) -> None:
        """Listen to an input; ``receive`` gets each message on the library's own thread."""

    def disconnect(self) -> None:
        """Listen no more."""

    def close(self) -> None:
        """Leave the MIDI service; nothing may be called after this."""


class OutClient(Protocol):
    """A client of the system's MIDI service: lists outputs and sends to one at a time."""

    def names(self) -> list[str]:
        """Return the names of all outputs there are now."""

    def connect(self, index: int) -> None:
        """Send to an output from now on."""

    def disconnect(self) -> None:
        """Send nowhere."""

    def send(self, message: Sequence[int]) -> None:
        """Send one message."""

    def close(self) -> None:
        """Leave the MIDI service; nothing may be called after this."""


class _PythonRtmidi:
    """What listening and sending by python-rtmidi share; ``kind`` is its class."""

    def __init__(self, kind: str, api: str | None) -> None:
        import rtmidi

        self._ports = _Ports()
        number = rtmidi.API_UNSPECIFIED if api is None else getattr(rtmidi, api)
        self._midi = getattr(rtmidi, kind)(number, name=CLIENT_NAME)
        _check_api(api, number, self._midi.get_current_api())

    def names(self) -> list[str]:
        return self._ports.note(self._midi.get_ports())

    def close(self) -> None:
        self._midi.delete()  # a reference cycle inside would keep it until the next collection


class PythonRtmidi(_PythonRtmidi):
    """Client by python-rtmidi."""

    def __init__(self, api: str | None) -> None:
        super().__init__("MidiIn", api)

    def connect(self, index: int, receive: Receive) -> None:
        self._midi.set_callback(lambda event, _: receive(event[0]))
        self._midi.open_port(self._ports.numbers[index], name=PORT_NAME)

    def disconnect(self) -> None:
        self._midi.cancel_callback()
        sleep(CALLBACK_SEC)
        self._midi.close_port()


class PythonRtmidiOut(_PythonRtmidi):
    """Output client by python-rtmidi."""

    def __init__(self, api: str | None) -> None:
        super().__init__("MidiOut", api)

    def connect(self, index: int) -> None:
        self._midi.open_port(self._ports.numbers[index], name=OUT_PORT_NAME)

    def disconnect(self) -> None:
        sleep(SENT_SEC)
        self._midi.close_port()

    def send(self, message: Sequence[int]) -> None:
        self._midi.send_message(message)


class _Rtmidi2:
    """What listening and sending by rtmidi2 share; ``kind`` is its class."""

    def __init__(self, kind: str, api: str | None) -> None:
        if api == APIS["jack"]:
            _prefer_system_jack()
        import rtmidi2

        self._ports = _Ports()
        number = rtmidi2.API_UNSPECIFIED if api is None else getattr(rtmidi2, api)
        self._midi = getattr(rtmidi2, kind)(CLIENT_NAME, api=number)
        _check_api(api, number, self._midi.get_current_api())

    def names(self) -> list[str]:
        with quiet_stderr():  # without a JACK server each call tries again, aloud
            return self._ports.note(self._midi.ports)

    def close(self) -> None:
        del self._midi


class Rtmidi2(_Rtmidi2):
    """Client by rtmidi2."""

    def __init__(self, api: str | None) -> None:
        super().__init__("MidiIn", api)

    def connect(self, index: int, receive: Receive) -> None:
        self._midi.callback = lambda message, _: receive(message)
        self._midi.open_port(self._ports.numbers[index])

    def disconnect(self) -> None:
        self._midi.callback = None
        sleep(CALLBACK_SEC)
        self._midi.close_port()


class Rtmidi2Out(_Rtmidi2):
    """Output client by rtmidi2."""

    def __init__(self, api: str | None) -> None:
        super().__init__("MidiOut", api)

    def connect(self, index: int) -> None:
        self._midi.open_port(self._ports.numbers[index])

    def disconnect(self) -> None:
        sleep(SENT_SEC)
        self._midi.close_port()

    def send(self, message: Sequence[int]) -> None:
        self._midi.send_raw(*message)


CLIENTS: Mapping[str, Callable[[str | None], Client]] = {
    "rtmidi": PythonRtmidi,
    "rtmidi2": Rtmidi2,
}
OUT_CLIENTS: Mapping[str, Callable[[str | None], OutClient]] = {
    "rtmidi": PythonRtmidiOut,
    "rtmidi2": Rtmidi2Out,
}


def open_client(api: str | None = None) -> Client:
    """Reach the system's MIDI service by whichever library is installed, to listen.

    Parameters
    ----------
    api : str, optional
        A key of :data:`APIS`; by default what ``ETUDE_MIDI_API`` says, else the system's usual one.

    Raises
    ------
    MidiError
        If there is no such service, or no library for it.
    """
    return _open(CLIENTS, api)


def open_out_client(api: str | None = None) -> OutClient:
    """Reach the system's MIDI service to send; as :func:`open_client`."""
    return _open(OUT_CLIENTS, api)


def _open(clients: Mapping[str, Callable[[str | None], C]], api: str | None) -> C:
    library = _library()
    attribute = _attribute(os.environ.get("ETUDE_MIDI_API") if api is None else api)
    try:
        with quiet_stderr():
            return clients[library](attribute)
    except AttributeError as error:
        raise MidiError(f"this machine's MIDI library has no {attribute}") from error
    except (OSError, RuntimeError) as error:  # rtmidi.SystemError is an OSError
        raise MidiError(_advice(str(error))) from error


def _library() -> str:
    for name in CLIENTS:
        if importlib.util.find_spec(name):
            return name
    raise MidiError("no MIDI library is installed: pip install python-rtmidi")


def _attribute(api: str | None) -> str | None:
    if not api:
        return None
    if api.lower() not in APIS:
        raise MidiError(f"the MIDI API must be one of {', '.join(APIS)}, got {api!r}")
    return APIS[api.lower()]


def _check_api(api: str | None, wanted: int, got: int) -> None:
    """Both libraries silently take another service where they were built without the wanted one."""
    if api is not None and wanted != got:
        raise MidiError(f"this machine's MIDI library has no {api}")


def _advice(reason: str) -> str:
    if "ALSA" in reason:
        return (
            "no MIDI on this machine: the ALSA sequencer cannot be opened"
            " (try `modprobe snd-seq`, or ETUDE_MIDI_API=jack where a JACK server runs)"
        )
    if "JACK" in reason.upper():
        return "no MIDI on this machine: no JACK server runs (start one, or unset ETUDE_MIDI_API)"
    return f"no MIDI on this machine: {reason}"


def _prefer_system_jack() -> None:
    """Let the system's libjack serve: an older one inside a wheel does not speak to its server."""
    name = ctypes.util.find_library("jack")
    if name is not None:
        ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Silence what ALSA's and JACK's C code prints; the errors themselves come as exceptions."""
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(nowhere)
        os.close(saved)
