"""Reading and drawing pieces off the event loop: few at a time, the same one once."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

from engine import Score
from engine.errors import EngineError
from engine.score import engrave
from server.errors import ApiError
from server.http.shared_jobs import SharedJobs
from server.pieces.midi_export import midi_bytes
from server.pieces.piece import Piece
from server.pieces.study import Study, study
from server.pieces.tutorial import Path, path_through

AT_ONCE = 2  # of each kind: each may be a process of its own
MAX_TUTORIAL_BARS = 400  # as played; a sonata's movement has fewer

T = TypeVar("T")


class Reader:
    """What there is to read in pieces."""

    def __init__(self) -> None:
        self._scores: SharedJobs[Score] = SharedJobs(AT_ONCE)
        self._drawings: SharedJobs[str] = SharedJobs(AT_ONCE)
        self._studies = asyncio.Semaphore(AT_ONCE)
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def score(self, piece: Piece) -> Score:
        """Give the score of a piece."""
        return await self._scores.run(piece.id, partial(_readable, piece.score))

    async def drawing(self, piece: Piece, width_px: int) -> str:
        """Engrave a piece.

        Raises
        ------
        ApiError
            404, if it is a MIDI file.
        """
        if piece.format == "midi":
            message = "a MIDI file has no notation to draw: see its notes and bars"
            raise ApiError(404, "NO_NOTATION", message)
        draw = partial(engrave, piece.data(), piece.file_name, width_px=width_px)
        return await self._drawings.run((piece.id, width_px), partial(_readable, draw))

    async def midi(self, piece: Piece) -> bytes:
        """Write a piece as a MIDI file."""
        return await asyncio.to_thread(midi_bytes, await self.score(piece))

    async def tutorial(self, piece: Piece, from_bar: int | None, to_bar: int | None) -> Path:
        """Lay out how to learn a piece, or some bars of it."""
        score = await self.score(piece)
        if len(section(score, from_bar, to_bar).bars) > MAX_TUTORIAL_BARS:
            message = f"choose at most {MAX_TUTORIAL_BARS} bars by from_bar and to_bar"
            raise ApiError(422, "INVALID_SECTION", f"this is a long piece: {message}")
        try:
            return await asyncio.to_thread(path_through, score, from_bar, to_bar)
        except EngineError as error:
            raise ApiError(422, "INVALID_SECTION", str(error)) from None

    async def study(self, user_id: str, data: bytes, name: str) -> Study:
        """Read a score that was uploaded; see :func:`server.pieces.study.study`.

        One of a user at a time: whoever brings many, or slow ones, keeps nobody else waiting.
        """
        async with self._lanes.setdefault(user_id, asyncio.Lock()), self._studies:
            return await asyncio.to_thread(study, data, name)


def section(
    score: Score,
    from_bar: int | None,
    to_bar: int | None,
    hands: str = "both",
    *,
    repeats: bool = True,
) -> Score:
    """Take some bars of a score.

    Raises
    ------
    ApiError
        422, if there are no such bars, or no notes in them.
    """
    try:
        return score.section(from_bar, to_bar, hands, repeats=repeats)
    except EngineError as error:
        raise ApiError(422, "INVALID_SECTION", str(error)) from None


def _readable(read: Callable[[], T]) -> T:
    """What could be read once may fail another day: on a machine too busy, by a newer engraver."""
    try:
        return read()
    except EngineError as error:
        raise ApiError(503, "UNREADABLE", f"{error}: try again later") from None
