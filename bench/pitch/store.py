"""Raw estimates kept as files, so that a run goes on where it was and peers need to run once."""

from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError

Raw = dict[str, NDArray[Any]]


class Key(NamedTuple):
    """Which part was measured, of whom, on what."""

    section: str
    name: str
    item: str


class Store:
    """The raw estimates of one folder, each with the version of who made it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, key: Key) -> Path:
        """Where a measurement lies."""
        safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in key.item)
        return self._folder / "raw" / key.section / key.name / f"{safe}.npz"

    def load(self, key: Key) -> Raw | None:
        """A measurement, or None if there is none; BenchError if it cannot be read."""
        path = self.path(key)
        if not path.exists():
            return None
        try:
            with path.open("rb") as opened, np.load(opened) as file:
                return dict(file)
        except (ValueError, OSError, EOFError, BadZipFile) as error:
            raise BenchError(f"{path}: no measurement ({error}); remove it to begin anew") from None

    def has(self, key: Key, version: str) -> bool:
        """Whether this version was measured."""
        raw = self.load(key)
        return raw is not None and str(raw["version"]) == version


def save(path: Path, raw: Raw) -> None:
    """Keep a measurement: all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp.npz")
    np.savez_compressed(unfinished, **raw)  # type: ignore[arg-type]
    unfinished.replace(path)
