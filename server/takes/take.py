"""A running take: a performance and the log of it."""

from datetime import UTC, datetime

from engine.errors import RuleError
from engine.events import Event, Kind
from engine.judging import Verdict
from engine.performance import Performance, Result
from engine.score import Score
from server.takes.format import TakeHeader, clean, encode_chunk, encode_entry, pack_score
from server.takes.ids import uuid7
from server.version import __version__

MAX_IDLE_EVENTS = 1000  # before the first note
RUNNING, FINISHED, INTERRUPTED, RECOVERED = "running", "finished", "interrupted", "recovered"


class Take:
    """Judges events as they come and logs them with their verdicts; does no I/O.

    Parameters
    ----------
    score : Score
        What is to be played.
    mode, tempo_bpm
        As for :class:`engine.performance.Performance`.
    title, song : str
        The name to show, by default the score's; which piece of the catalogue it is, if any.
    user_id, source : str
        Who plays; where the events come from.
    started_at : datetime, optional
        With zone; now, by default.

    Attributes
    ----------
    id : str
        UUID version 7.
    performance : Performance
        The state of the judging.
    instrument : str or None
        What the microphone was told to listen to.
    status : str
        running, finished (an END came) or interrupted.

    Raises
    ------
    RuleError
        If the mode is unknown or the tempo out of range.
    """

    def __init__(
        self,
        score: Score,
        *,
        mode: str = "tempo",
        tempo_bpm: float | None = None,
        title: str = "",
        song: str = "",
        user_id: str = "guest",
        source: str = "ws",
        started_at: datetime | None = None,
    ) -> None:
        self.id = uuid7()
        self.performance = Performance(score, mode, tempo_bpm)
        self.tempo_bpm = tempo_bpm
        self.title = clean(title or score.title)
        self.song = clean(song)
        self.user_id = clean(user_id)
        self.source = clean(source)
        self.instrument: str | None = None
        self.started_at = started_at or datetime.now(UTC)
        self.status = RUNNING
        self.chunk_count = 0  # the number of the next chunk
        # Written down at once: objects kept for later would cost a note more than their bytes do.
        self._log = bytearray()
        self._n_logged = 0

    @property
    def has_begun(self) -> bool:
        """Whether there is anything to keep: a note, or more of the pedals than memory is for."""
        if self.performance.notes_played or self.chunk_count:
            return True
        return self._n_logged > MAX_IDLE_EVENTS

    @property
    def ended(self) -> bool:
        """Whether nothing more may come."""
        return self.status != RUNNING

    def process(self, event: Event) -> list[Result]:
        """Judge one event and log it with what was said.

        A TICK before the deadline changes nothing and is not kept.

        Raises
        ------
        RuleError
            If the take has ended or the event is out of range; nothing is changed then.
        """
        if self.status != RUNNING:
            raise RuleError("the take has ended: start a new one")
        if event.kind == Kind.TICK and event.time_sec < self.performance.deadline_sec:
            return []
        results = self.performance.process(event)
        # All else follows from the events; what was said of notes is kept to compare with.
        encode_entry(event, [said for said in results if type(said) is Verdict], self._log)
        self._n_logged += 1
        if event.kind == Kind.END:
            self.status = FINISHED
        return results

    def interrupt(self) -> None:
        """End a running take where it is: what was not reached is not judged."""
        if self.status == RUNNING:
            self.status = INTERRUPTED

    def drain(self) -> bytes | None:
        """Write the log since the last call as the next chunk; None when nothing is new."""
        if not self._n_logged:
            return None
        chunk = encode_chunk(self.chunk_count, self._n_logged, self._log)
        self.chunk_count += 1
        self._log, self._n_logged = bytearray(), 0
        return chunk

    def header(self) -> TakeHeader:
        """Write down what the log does not hold. Packs the score: a millisecond for a long one."""
        return TakeHeader(
            id=self.id,
            user_id=self.user_id,
            started_at=self.started_at,
            song=self.song,
            title=self.title,
            source=self.source,
            mode=self.performance.mode,
            tempo_bpm=self.tempo_bpm,
            judged_by=__version__,
            score=pack_score(self.performance.score),
            instrument=self.instrument,
        )
