"""Clients that make practice sessions as fast as they can, and know what was promised to them.

A client makes the ids. What was under way when the server went is sent again, the very same, as
soon as there is one; what has been answered is never sent twice.
"""

from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from bench.errors import BenchError
from bench.rest.http import Connection
from bench.rest.servers import ask

ONE = 1
DATE = "2026-03-01T18:30:00+01:00"


class Kept(NamedTuple):
    """What is to be kept of one session; ``name`` is no other's, ``version`` counts its changes."""

    version: int
    name: str
    notes: str


class Writer:
    """One client.

    Parameters
    ----------
    name : str
        No other's.
    token : str
        Of the account.
    size : int
        How many sessions it sends at once by ``sessions/batch``; one alone goes to ``sessions``.
    rng : numpy.random.Generator
        Makes the ids.

    Attributes
    ----------
    acknowledged : dict of str to Kept
        What the server has said it keeps, by id, in the order in which it said so.
    pending : dict of str to Kept
        What is under way, and may or may not be kept.
    repeated : int
        How many requests were sent again.
    kept_unheard : int
        How many of these had been carried out, and only the answer was lost.
    halves : int
        How many batches turned out to be carried out in part.
    """

    def __init__(self, name: str, token: str, size: int, rng: np.random.Generator) -> None:
        self.acknowledged: dict[str, Kept] = {}
        self.pending: dict[str, Kept] = {}
        self.repeated = self.kept_unheard = self.halves = 0
        self._name, self._token, self._size, self._rng = name, token, size, rng
        self._body: dict[str, Any] = {}
        self._n_made = 0

    async def write(self, url: str) -> None:
        """Send again what is under way, then more and more, until the server is gone."""
        try:
            connection = await Connection.open(url)
            try:
                self.repeated += bool(self.pending)
                while True:
                    await self.send(connection, url)
            finally:
                connection.close()
        except ConnectionError:
            return

    async def send(self, connection: Connection, url: str) -> None:
        """Send what is under way, or something new, and note that it was acknowledged.

        Raises
        ------
        ConnectionError
            If the server is gone before it answers.
        BenchError
            If the server does not take what it has to.
        """
        if not self.pending:
            self._prepare()
        if self._size == ONE:
            await ask(connection, url, self._token, "POST sessions", self._body)
        else:
            answer = await ask(connection, url, self._token, "POST sessions/batch", self._body)
            self._read({verdict["status"] for verdict in answer["items"]})
        self.acknowledged |= self.pending
        self.pending = {}

    async def is_readable(self, connection: Connection, url: str) -> bool:
        """Whether the server shows what it acknowledged last."""
        if not self.acknowledged:
            return True
        session_id, kept = next(reversed(self.acknowledged.items()))
        shown = await ask(connection, url, self._token, f"GET sessions/{session_id}")
        return Kept(shown["version"], shown["song_name"], shown["notes"]) == kept

    def _prepare(self) -> None:
        if self._size == ONE:
            session_id, self._body = self._new()
            self.pending[session_id] = Kept(1, self._body["song_name"], self._body["notes"])
            self._body["id"] = session_id
            return
        items: list[dict[str, Any]] = []
        for number in range(self._size):
            session_id, session = self._new()
            items.append({"op": "create", "id": session_id, "session": session})
            kept = Kept(1, session["song_name"], session["notes"])
            if number % 2:  # a change made twice would show in the version
                kept = Kept(2, kept.name, f"{kept.notes}, and again")
                change = {"notes": kept.notes}
                items.append({"op": "update", "id": session_id, "version": 1, "session": change})
            self.pending[session_id] = kept
        self._body = {"items": items}

    def _new(self) -> tuple[str, dict[str, Any]]:
        self._n_made += 1
        name = f"{self._name}, piece {self._n_made}"
        about = {"song_name": name, "notes": f"slower: {name}", "tags": ["survival", "evening"]}
        session_id = str(UUID(bytes=self._rng.bytes(16), version=4))
        return session_id, {"date": DATE, "duration_seconds": 60.0, **about}

    def _read(self, statuses: set[str]) -> None:
        if not statuses <= {"applied", "already_applied"}:
            raise BenchError(f"a batch that fits was answered with {', '.join(sorted(statuses))}")
        self.halves += len(statuses) > 1
        self.kept_unheard += statuses == {"already_applied"}
