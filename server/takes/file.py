"""Take files: one take in one file, to keep, to send, and to judge again anywhere.

A file named ``*.etude`` is 8 bytes of magic, the SHA-256 of what follows, and MessagePack of
``[version, header, status, summary, chunks]``; header and chunks are those of the store
(:mod:`server.takes.format`).
"""

import os
from hashlib import sha256
from pathlib import Path

import msgspec

from engine.judging import Summary
from server.errors import TakeError
from server.takes.format import VERSION, StoredTake, TakeHeader, clean

MAGIC = b"\x89ETUDE\r\n"  # as PNG's: a transfer as text, or of 7 bits, is noticed
MAX_BYTES = 64 << 20  # three days of playing without a pause

_Body = tuple[int, TakeHeader, str, Summary | None, list[bytes]]
_HEAD_BYTES = len(MAGIC) + sha256().digest_size
_decode = msgspec.msgpack.Decoder(_Body).decode


def is_take_file(path: Path) -> bool:
    """Tell by its first bytes whether a file is a take."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def take_bytes(take: StoredTake) -> bytes:
    """Lay a take out as the contents of a take file."""
    body = msgspec.msgpack.encode((VERSION, take.header, take.status, take.summary, take.chunks))
    return MAGIC + sha256(body).digest() + body


def write_take(path: Path, take: StoredTake) -> None:
    """Write a take file.

    Raises
    ------
    TakeError
        If the file exists or cannot be written.
    """
    data = take_bytes(take)
    try:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise TakeError(f"{path} exists already") from None
    except OSError as error:
        raise TakeError(f"{path} cannot be written: {error.strerror}") from None


def read_take(path: Path) -> StoredTake:
    """Read a take file.

    Raises
    ------
    TakeError
        If it cannot be read, is no take file, longer than ``MAX_BYTES``, damaged, or of a
        version not known.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TakeError(f"{path} cannot be read: {error.strerror}") from None
    if not data.startswith(MAGIC):
        raise TakeError(f"{path} is no take file")
    if len(data) > MAX_BYTES:
        raise TakeError(f"{path} is over {MAX_BYTES >> 20} MiB: no take is that long")
    return _read_body(path, data[len(MAGIC) : _HEAD_BYTES], data[_HEAD_BYTES:])


def _read_body(path: Path, digest: bytes, body: bytes) -> StoredTake:
    if sha256(body).digest() != digest:
        raise TakeError(f"{path} is damaged or cut off: its checksum does not fit")
    try:
        version, header, status, summary, chunks = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TakeError(f"{path} is no take of version {VERSION}: {error}") from None
    if version != VERSION:
        raise TakeError(f"{path} is of version {version}; this Etude reads version {VERSION}")
    return StoredTake(_clean(header), status, summary, chunks)


def _clean(header: TakeHeader) -> TakeHeader:
    """A file may come from anywhere, and what it says of itself goes to the terminal."""
    names = ("user_id", "song", "title", "source", "mode", "judged_by")
    return msgspec.structs.replace(header, **{name: clean(getattr(header, name)) for name in names})
