"""Which process writes a take, and whether it still lives.

Every process that has running takes keeps one row, renewed with each flush by the database's own
clock. A process is lost when its row is old, or when it ran on this machine and its pid is gone:
so a server killed and started again takes up its takes at once, and no other machine does before
``LOST_SEC``. Recovering the take of a process that was only asleep is harmless: the recovery
writes a status and a summary, and the process, when it wakes, goes on adding chunks and writes
its own.
"""

import os
import sys
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from server.takes.ids import uuid7

HEARTBEAT_SEC = 5.0
LOST_SEC = 30.0  # six heartbeats: a database may be away or a machine busy for a while


class Writer(NamedTuple):
    """One process, as others can tell it."""

    id: str
    machine: str
    pid: int

    @classmethod
    def here(cls) -> "Writer":
        """Make the writer of this process."""
        return cls(uuid7(), machine(), os.getpid())

    def is_lost(self, seen_at: datetime, now: datetime) -> bool:
        """Whether it has gone without ending its takes; both times by the database's clock."""
        if now - seen_at > timedelta(seconds=LOST_SEC):
            return True
        return self.machine == machine() and not _is_alive(self.pid)


def machine() -> str:
    """Name this machine, boot and pid namespace: where a pid means the same process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"{uuid.getnode():012x}"


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":  # there, signal 0 is no question but an end
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
