"""The way out: notes sent to a MIDI instrument, and none left sounding."""

import re
from collections.abc import Sequence

from server.inputs.errors import MidiError
from server.inputs.midi import NOTE_OFF, NOTE_ON, Change, device_name, named_port
from server.inputs.midi_library import PORT_ERRORS, OutClient, open_out_client


def choose_output(names: Sequence[str], wanted: str | None, input_name: str | None) -> int:
    """Find the output that is meant.

    Parameters
    ----------
    names : sequence of str
        All outputs there are.
    wanted : str, optional
        A name, an index, or a part of one name only; case does not matter.
    input_name : str, optional
        The keyboard that is listened to: by default the output of the same device is meant.

    Returns
    -------
    int
        Index into ``names``.

    Raises
    ------
    MidiError
        If there is none, or more than one fits.
    """
    if not names:
        raise MidiError("no MIDI output found: connect an instrument that can play")
    if wanted is not None:
        return named_port(names, wanted, "MIDI output")
    there = f"choose one with --midi-out; there are: {', '.join(names)}"
    if input_name is None:
        raise MidiError(f"no MIDI output is chosen: {there}")
    fits = [k for k, name in enumerate(names) if _device(name) == _device(input_name)]
    if len(fits) != 1:
        raise MidiError(f"{len(fits) or 'no'} MIDI outputs belong to {input_name}: {there}")
    return fits[0]


def _device(name: str) -> str:
    """What both ports of a device have in common: not the numbers, nor the port's own name."""
    return re.sub(r" \d+(:\d+)?$", "", name).partition(":")[0].casefold()


class MidiOutput:
    """One instrument that is sent notes, on channel 1, for as long as it is there.

    Parameters
    ----------
    wanted, input_name
        Which, as :func:`choose_output` takes it.
    api : str, optional
        Which MIDI service, as :func:`server.inputs.midi_library.open_client` takes it.

    Raises
    ------
    MidiError
        If it is not there.

    Notes
    -----
    What is sent while the instrument is unplugged is lost, but for keys that go up: one that was
    down when it went may still sound when it is back. :meth:`refresh` may be called by another
    thread than the rest.
    """

    def __init__(
        self, wanted: str | None = None, input_name: str | None = None, api: str | None = None
    ) -> None:
        self._client: OutClient = open_out_client(api)
        self._sounding: set[int] = set()
        self._lifted_unheard: set[int] = set()
        self._is_there = self._is_closed = False
        try:
            names = self._client.names()
            self.name = names[choose_output(names, wanted, input_name)]
            self._connect(names, self.name)
        except MidiError:
            self._client.close()
            raise

    def note_on(self, pitch: int, velocity: int) -> None:
        """Strike a key; one that is down is lifted first."""
        self.note_off(pitch)
        self._sounding.add(pitch)
        self._send(NOTE_ON, pitch, velocity)

    def note_off(self, pitch: int) -> None:
        """Lift a key if it is down."""
        if pitch in self._sounding:
            self._sounding.remove(pitch)
            self._send(NOTE_OFF, pitch, 0)

    def silence(self) -> None:
        """Lift all keys."""
        for pitch in sorted(self._sounding):
            self.note_off(pitch)
        self._lift_unheard()

    def refresh(self) -> list[Change]:
        """Notice an instrument that was unplugged, and take it up again when it is back.

        Returns
        -------
        list of Change
            What changed since the last call.
        """
        names = self._client.names()
        same = [name for name in names if device_name(name) == device_name(self.name)]
        if bool(same) == self._is_there:
            self._lift_unheard()  # not at once: JACK connects in the background
            return []
        if same:
            self.name = same[0]
            try:
                self._connect(names, self.name)
            except MidiError:
                return []  # not to be had yet, or gone again
        else:
            self._is_there = False
            self._client.disconnect()
        return [Change(self.name, self._is_there)]

    def close(self) -> None:
        """Lift all keys and let go of the instrument. Once is enough."""
        if self._is_closed:
            return
        self._is_closed = True
        self.silence()
        if self._is_there:
            self._client.disconnect()
        self._client.close()

    def _connect(self, names: Sequence[str], name: str) -> None:
        try:
            self._client.connect(names.index(name))
        except PORT_ERRORS as error:
            raise MidiError(f"the MIDI output {name} cannot be opened: {error}") from error
        self._is_there = True

    def _send(self, kind: int, pitch: int, velocity: int) -> None:
        if self._is_there:
            self._client.send((kind, pitch, velocity))
        elif kind == NOTE_OFF:
            self._lifted_unheard.add(pitch)

    def _lift_unheard(self) -> None:
        """Lift the keys that went up while the instrument was away, but those down again."""
        for pitch in sorted(self._lifted_unheard if self._is_there else ()):
            self._lifted_unheard.discard(pitch)
            if pitch not in self._sounding:
                self._client.send((NOTE_OFF, pitch, 0))
