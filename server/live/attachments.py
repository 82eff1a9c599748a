"""Binary events of Socket.IO: a packet with holes, then the bytes that fill them."""

import re
from typing import Any

import msgspec

from server.errors import RefusedError
from server.live.audio_models import AudioChunk
from server.live.codec import UNREADABLE

HEAD = re.compile(r"5(\d{1,3})-(\d{0,19})(\[.*)", re.DOTALL)
RULE = "sound comes as audio_chunk {pcm} with its bytes in one attachment"


class Attachments:
    """Puts the one binary event there is together. Does no I/O."""

    def __init__(self) -> None:
        self._n_missing = 0
        self._is_sound = False

    def announce(self, packet: str) -> str:
        """Take in the packet before the bytes.

        Returns
        -------
        str
            The number of the acknowledgement asked for, or nothing.

        Raises
        ------
        RefusedError
            If it is no ``audio_chunk`` with one attachment; its attachments are left unread.
        """
        found = HEAD.fullmatch(packet)
        if found is None:
            raise RefusedError("BAD_FRAME", "a packet must be an event of the default namespace")
        n_parts, number, text = found.groups()
        self._n_missing, self._is_sound = int(n_parts), False
        try:
            packet_data = msgspec.json.decode(text)
        except UNREADABLE as error:
            raise RefusedError("BAD_FRAME", f"the packet is not JSON: {error}") from None
        if self._n_missing != 1 or not _is_chunk(packet_data):
            raise RefusedError("INVALID_PAYLOAD", RULE, AudioChunk.event)
        self._is_sound = True
        return number

    def fill(self, data: bytes) -> AudioChunk | None:
        """Take in bytes; None where they belong to an event that was refused.

        Raises
        ------
        RefusedError
            If no event has announced them.
        """
        if not self._n_missing:
            raise RefusedError("BAD_FRAME", RULE)
        self._n_missing -= 1
        return AudioChunk(data) if self._is_sound else None


def _is_chunk(packet: Any) -> bool:
    match packet:
        case [AudioChunk.event, {"_placeholder": True} | {"pcm": {"_placeholder": True}}]:
            return True
    return False
