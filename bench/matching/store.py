"""Measurements kept as JSON lines, so that a run that was stopped goes on where it was."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from bench.errors import BenchError
from bench.matching.tasks import Task

Row = dict[str, Any]


class Key(NamedTuple):
    """What a measurement is of; the same key is not measured twice."""

    matcher: str
    version: str
    max_notes: int
    condition: str
    seed: int
    piece: str


class Store:
    """The measurements of one folder.

    Parameters
    ----------
    folder : Path
        Made where it does not exist; holds ``results.jsonl``.

    Raises
    ------
    BenchError
        If ``results.jsonl`` holds something else.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "results.jsonl"
        self._rows: dict[Key, Row] = {}
        self._drop_torn_line()
        lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                self._rows[Key(*(row[name] for name in Key._fields))] = row
            except (ValueError, TypeError, KeyError):
                raise BenchError(
                    f"{self._path}, line {number}: no measurement; remove the file to begin anew"
                ) from None

    def _drop_torn_line(self) -> None:
        """Forget a last line that was being written when its run was stopped."""
        if not self._path.exists():
            return
        data = self._path.read_bytes()
        if data and not data.endswith(b"\n"):
            self._path.write_bytes(data[: data.rfind(b"\n") + 1])

    def __contains__(self, key: Key) -> bool:
        return key in self._rows

    def add(self, key: Key, measured: Row) -> None:
        """Keep one measurement, at once."""
        self._rows[key] = key._asdict() | measured
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(self._rows[key]) + "\n")

    def rows(self, matcher: str, version: str, max_notes: int, tasks: Iterable[Task]) -> list[Row]:
        """Those of these tasks that are measured."""
        keys = (Key(matcher, version, max_notes, *task) for task in tasks)
        return [self._rows[key] for key in keys if key in self._rows]
