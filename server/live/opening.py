"""From a client's wish to a session ready to be played; may take a while, run it in a thread."""

from dataclasses import replace

import numpy as np

from engine.accompaniment import Accompaniment
from engine.errors import EngineError
from engine.score import Score
from engine.score.hands import share_out
from server.errors import RefusedError, UnknownSongError
from server.live.models import ExpectedNote, StartSession
from server.live.session import Session
from server.pieces import catalogue
from server.pieces.library import Library
from server.pieces.piece import Piece
from server.takes.take import Take

DEFAULT_TEMPO_BPM = 120.0
PLAYED_DTYPE = np.dtype([("pitch", "i4"), ("onset_beat", "f8"), ("duration_beat", "f8")])


async def find_piece(request: StartSession, library: Library, user_id: str) -> Piece | None:
    """Find the piece that is asked for; None: what is expected is listed note by note.

    Raises
    ------
    RefusedError
        If there is no such piece for this user.
    """
    if request.song_id is None or request.expected_notes is not None:
        return None
    try:
        return await library.find(request.song_id, user_id)
    except UnknownSongError as error:
        raise RefusedError("SONG_NOT_FOUND", str(error), request.event) from None


def open_session(
    request: StartSession, user_id: str, source: str, piece: Piece | None = None
) -> Session:
    """Read the score that is asked for and lay out a take of it.

    Parameters
    ----------
    request : StartSession
        What the client wishes.
    user_id : str
        Who plays.
    source : str
        Which kind of connection it is.
    piece : Piece, optional
        What :func:`find_piece` found; without it, the wish is for a piece of the catalogue.

    Raises
    ------
    RefusedError
        If there is no such piece, or the notes or bars make no score.
    """
    try:
        score, song = _read_score(request, piece)
        whole = score.section(request.from_bar, request.to_bar, repeats=request.repeats)
        score, machine_notes = share_out(whole, request.hands, request.other_hand)
        tempo_bpm = request.tempo if request.expected_notes is None else None
        take = Take(
            score,
            mode=request.mode,
            tempo_bpm=tempo_bpm,
            title=score.title,
            song=song,
            user_id=user_id,
            source=source,
        )
        # Notes count from their own 0 ms, a piece from the first bar that is played.
        is_listed = request.expected_notes is not None
        zero_sec = float(take.performance.clock.seconds(0.0)) if is_listed else 0.0
        machine = Accompaniment(machine_notes, take.performance) if len(machine_notes) else None
        return Session(
            take, request.extended_results, zero_sec, machine, has_reasons=request.explain
        )
    except EngineError as error:
        raise RefusedError("INVALID_SCORE", str(error), request.event) from None


def _read_score(request: StartSession, piece: Piece | None) -> tuple[Score, str]:
    """Give the score, and the name of the piece; notes that are listed say what is expected."""
    if request.expected_notes is not None:
        name = "" if request.song_id is None else str(request.song_id)
        tempo_bpm = request.tempo or DEFAULT_TEMPO_BPM
        return _from_notes(request.expected_notes, tempo_bpm, request.song_name or name), name
    assert request.song_id is not None  # the protocol saw to it
    if piece is None:
        try:
            piece = catalogue.find(request.song_id)
        except UnknownSongError as error:
            raise RefusedError("SONG_NOT_FOUND", str(error), request.event) from None
    return replace(piece.score(), title=piece.title), piece.slug


def _from_notes(expected: list[ExpectedNote], tempo_bpm: float, title: str) -> Score:
    beats_per_ms = tempo_bpm / 60_000.0
    rows = [
        (note.midi_note, note.start_time * beats_per_ms, note.duration * beats_per_ms)
        for note in expected
    ]
    return Score.from_notes(np.array(rows, PLAYED_DTYPE), tempo_bpm=tempo_bpm, title=title)
