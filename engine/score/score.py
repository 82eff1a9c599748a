"""The score: what is to be played, as arrays."""

from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path, PurePath
from typing import Self

import numpy as np
import numpy.typing as npt

from engine.errors import RuleError, ScoreError
from engine.score.arrays import (
    BAR_DTYPE,
    NOTE_DTYPE,
    TEMPO_DTYPE,
    Structured,
    complete_notes,
    grid_bars,
    no_notes,
    structured,
)
from engine.score.process import ask, check_size, label
from engine.score.sections import cut
from engine.score.worker import Request


@dataclass(frozen=True, eq=False)
class Score:
    """A piece of music as it is played: repeats unfolded, ties merged.

    Attributes
    ----------
    notes : (n,) array of NOTE_DTYPE
        Sorted by onset, then pitch. Beats are quarter notes from the first full bar's downbeat.
        An id stands once for each time the note is played.
    bars : (m,) array of BAR_DTYPE
        In the order they are played, with their metre.
    tempi : (k,) array of TEMPO_DTYPE
        Quarter notes per minute from a beat on; the first row is at the start.
    title, composer : str
        Empty where the file names none.
    ignored : (i,) array of NOTE_DTYPE
        Notes on the same beats that are neither expected nor mistakes: the other hand's, where it
        may play along. None in a score that was read.

    All arrays are read-only.
    """

    notes: Structured
    bars: Structured
    tempi: Structured
    title: str = ""
    composer: str = ""
    ignored: Structured = field(default_factory=no_notes)

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Self:
        """Read a score file.

        Parameters
        ----------
        path : path
            MusicXML, MXL, MEI, ABC, Humdrum or MIDI.

        Returns
        -------
        Score

        Raises
        ------
        ScoreError
            If the file is missing, too large, unsafe, or no music.
        """
        file, name = Path(path), label(str(path))
        try:
            if not file.is_file():
                raise ScoreError(f"{name}: {'not a file' if file.exists() else 'no such file'}")
            check_size(file.stat().st_size, name)
            data = file.read_bytes()
        except OSError as error:
            raise ScoreError(f"{name}: cannot be opened: {error.strerror}") from error
        return cls.from_bytes(data, str(path))

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "") -> Self:
        """Read a score that is in memory already.

        Parameters
        ----------
        data : bytes
            The whole file.
        name : str
            Its name, for messages, and for the format where the content leaves it open.

        Returns
        -------
        Score

        Raises
        ------
        ScoreError
            If it is too large, unsafe, or no music.
        """
        reading = ask(Request(data=data, ending=PurePath(name).suffix.lower()), name).reading
        if reading is None:
            raise ScoreError(f"{label(name)}: the reading process gave no answer")
        return cls(
            notes=structured(reading.notes, NOTE_DTYPE),
            bars=structured(reading.bars, BAR_DTYPE),
            tempi=structured(reading.tempi, TEMPO_DTYPE),
            title=reading.title,
            composer=reading.composer,
        )

    @classmethod
    def from_notes(cls, array: npt.ArrayLike, *, tempo_bpm: float = 120.0, title: str = "") -> Self:
        """Make a score of a note array; its beats keep whatever unit they are in.

        Parameters
        ----------
        array : (n,) structured array
            With at least ``pitch`` and ``onset_beat``; other fields of NOTE_DTYPE are taken over.
            What is missing is filled in: ids n0, n1 ..., duration 1, 4/4 bars, staff 1, voice 1.
        tempo_bpm : float
            Beats per minute, > 0.
        title : str
            What to call it.

        Returns
        -------
        Score

        Raises
        ------
        RuleError
            If the array is empty, lacks a field, or a value is not finite or out of range.
        """
        if not (tempo_bpm > 0 and np.isfinite(tempo_bpm)):
            raise RuleError(f"tempo_bpm must be > 0, got {tempo_bpm}")
        notes = complete_notes(array)
        bars = grid_bars(notes)
        tempi = structured([(bars["onset_beat"][0], tempo_bpm)], TEMPO_DTYPE)
        return cls(notes, bars, tempi, title=title)

    def section(
        self,
        from_bar: int | None = None,
        to_bar: int | None = None,
        hands: str = "both",
        *,
        repeats: bool = True,
    ) -> Self:
        """Take some bars, one hand, or the piece without its repeats.

        Bars that repeats play several times are in it once: the pass that first goes through to
        the last bar asked for. Without ``from_bar`` and ``to_bar`` every pass stays.

        Parameters
        ----------
        from_bar, to_bar : int, optional
            First and last bar, both included, by written number.
        hands : str
            "both", "right" (the first staff) or "left" (all others).
        repeats : bool
            False: straight through the page, each bar once; of first and second endings the last,
            no da capo and no dal segno.

        Returns
        -------
        Score
            With ids, numbers and, up to the first cut, beats as they were; without repeats it
            begins at the beat at which its first bar is first played.

        Raises
        ------
        RuleError
            If there is no such bar or hand, or no note in the selection.
        """
        notes, bars, tempi = cut(
            self.notes, self.bars, self.tempi, from_bar, to_bar, hands, repeats
        )
        return type(self)(notes, bars, tempi, self.title, self.composer)
