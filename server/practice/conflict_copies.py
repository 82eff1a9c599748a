"""The copies that a batch is told in its conflicts: hundreds may be, each with a whole score."""

from typing import Any

import msgspec

from server.practice.changes import Row
from server.practice.models import LONG_COLUMNS
from server.practice.store import copy_of

ALL_MAX_CHARS = 8 << 20  # of the long texts of one answer, as much as a batch may bring
SHORT_MAX_CHARS = 4096  # of those of one session that is told whole in any case


class ConflictCopies:
    """Gives the copies of one answer; long texts are left out once there were too many."""

    def __init__(self) -> None:
        self._left_chars = ALL_MAX_CHARS

    def of(self, row: Row) -> tuple[dict[str, Any], list[str]]:
        """Give the copy that is kept, and the names of the fields that were left out of it."""
        copy = copy_of(row)
        long = {name: size for name in LONG_COLUMNS if (size := _n_chars(copy.get(name)))}
        n_chars = sum(long.values())
        if n_chars <= SHORT_MAX_CHARS:
            return copy, []
        if n_chars <= self._left_chars:
            self._left_chars -= n_chars
            return copy, []
        for name in long:
            del copy[name]
        return copy, list(long)


def _n_chars(value: Any) -> int:
    if value is None:
        return 0
    return len(value) if isinstance(value, str) else len(msgspec.json.encode(value))
