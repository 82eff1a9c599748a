"""The file of a backup: a ZIP archive that says what it holds.

Each table is one part, ``tables/NAME``: frames of four bytes that say how long the frame is, and
MessagePack; of the names of the columns first, then of some rows each. Kept files are the parts
``files/NAME``. ``manifest.json`` comes last, so that a backup that was cut off has none.
"""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from server.errors import BackupError

VERSION = 1
MANIFEST = "manifest.json"
TABLES, FILES = "tables/", "files/"
LENGTH_BYTES = 4
READ_BYTES = 1 << 20

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds.

    Attributes
    ----------
    version : int
        Of the format.
    etude : str
        The version of Etude that made it.
    revision : str
        Of the schema of its tables.
    made_at : datetime
        With zone.
    tables : dict of str to int
        How many rows each table has.
    files : int
        How many kept files there are.
    """

    version: int = VERSION
    etude: str
    revision: str
    made_at: datetime
    tables: dict[str, int]
    files: int

    @property
    def n_rows(self) -> int:
        """Rows of all tables together."""
        return sum(self.tables.values())


def read_manifest(path: Path) -> Manifest:
    """Read what a backup holds.

    Raises
    ------
    BackupError
        If it is none, is cut off, or of a newer version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}") from None
    except (zipfile.BadZipFile, KeyError, msgspec.MsgspecError):
        raise BackupError(f"{path} is no backup of Etude, or was cut off") from None
    if manifest.version > VERSION:
        raise BackupError(f"{path} was made by a newer Etude ({manifest.etude})")
    return manifest


def write_frame(file: IO[bytes], value: Sequence[Any]) -> None:
    """Write the names of columns, or some rows."""
    data = _encode(value)
    file.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)


def read_frames(archive: zipfile.ZipFile, part: str) -> Iterator[list[Any]]:
    """Read the frames of a table, one at a time.

    Raises
    ------
    BackupError
        If the part is missing or damaged.
    """
    try:
        with archive.open(part) as file:
            while head := file.read(LENGTH_BYTES):
                yield _decode(file.read(int.from_bytes(head, "big")))
    except (KeyError, OSError, EOFError, zipfile.BadZipFile, msgspec.MsgspecError) as error:
        raise BackupError(f"the backup is damaged: {part}: {error}") from None
