"""A microphone of one client, on the event loop: what waits of it, its limits, and its words."""

from collections import deque
from collections.abc import Collection
from enum import Enum
from math import inf, isfinite, nan

from engine.errors import EngineError
from engine.instruments import instrument_named
from engine.listening.listener import HeardNote
from engine.tuning import Tuning
from server.errors import RefusedError
from server.limits import (
    AUDIO_BATCH_SEC,
    AUDIO_BURST_SEC,
    AUDIO_PACE,
    AUDIO_START_SEC,
    AUDIO_WAITING_MAX_SEC,
    NEEDLE_INTERVAL_SEC,
    SOUNDS_MAX,
    TokenBucket,
)
from server.live.audio_counts import AudioCounts
from server.live.audio_models import AudioChunk, NoteHeard, PitchHeard, Signal, StartAudio
from server.live.hearing import Heard, Hearing, Inbox, Needle, Sound
from server.live.pcm import SAMPLE_BYTES
from server.live.wire import Reply


class State(Enum):
    """Whether sound is taken from a client."""

    RUNNING = "running"
    STOPPING = "stopping"  # the client is done; what waits is still heard, and notes end
    ENDED = "ended"  # by the server, and the client was told: what still comes is not heard


class Microphone:
    """One stream of sound. Does no I/O; all but :meth:`analyse` belongs to the event loop.

    Parameters
    ----------
    wish : StartAudio
        What was announced.
    now_sec : float
        Server time.
    counts : AudioCounts
        Where all is counted.
    budget : TokenBucket
        Seconds of sound that may come on this connection, whatever the stream.

    Attributes
    ----------
    state : State
        Whether sound is taken.
    instrument : str or None
        The name of what is listened to; None for any melody.
    is_busy : bool
        Whether a worker is at it; set by the caller of :meth:`analyse`.
    is_deaf : bool
        Whether the microphone gives nothing that could be heard.
    start_ms : float
        When the first sample was in the air, on the client's clock.
    n_fed, n_heard : int
        Bytes that came, and those that were analysed.
    n_notes : int
        Notes heard so far.
    fed_at_sec : float
        Server time at which the last bytes came.

    Raises
    ------
    RefusedError
        If there is no such instrument or tuning, or streams begin too often.
    """

    def __init__(
        self, wish: StartAudio, now_sec: float, counts: AudioCounts, budget: TokenBucket
    ) -> None:
        try:
            instrument = None if wish.instrument is None else instrument_named(wish.instrument)
            self._tuning = Tuning(wish.a4, wish.tuning, wish.tonic)
        except EngineError as error:
            raise RefusedError("INVALID_PAYLOAD", str(error), wish.event) from None
        if not budget.take(now_sec, AUDIO_START_SEC):
            raise RefusedError("RATE_LIMITED", "streams of sound begin too often", wish.event)
        self.start_ms = wish.timestamp
        self.instrument = None if instrument is None else instrument.name
        self.state = State.RUNNING
        self.is_busy = self.is_deaf = False
        self.n_fed = self.n_heard = self.n_notes = 0
        self.fed_at_sec = now_sec
        self._byte_sec = 1.0 / (SAMPLE_BYTES[wish.format] * wish.sample_rate)
        self._batch_bytes = round(AUDIO_BATCH_SEC / self._byte_sec)
        self._bucket = TokenBucket(AUDIO_PACE, now_sec, AUDIO_BURST_SEC)
        self._budget = budget
        self._hearing = Hearing(wish.sample_rate, wish.format, instrument, self._tuning)
        self._inbox: Inbox = deque()
        self._sounds: deque[Sound] = deque(maxlen=SOUNDS_MAX)
        self._is_voiced = self._is_over = False
        self._sounding: dict[int, HeardNote] = {}
        self._settled_sec = self._told_sec = -inf
        self._counts = counts
        counts.streams += 1

    @property
    def is_waiting(self) -> bool:
        """Whether there is sound that was not analysed yet, or its end."""
        has_end = self.state is not State.RUNNING and self.n_fed > 0 and not self._is_over
        return self.n_heard < self.n_fed or has_end

    @property
    def waiting_sec(self) -> float:
        """How much sound was not analysed yet."""
        return (self.n_fed - self.n_heard) * self._byte_sec

    @property
    def end_ms(self) -> float:
        """When the last sample that came was in the air, on the client's clock."""
        return self.start_ms + self.n_fed * self._byte_sec * 1000.0

    def feed(self, pcm: bytes, now_sec: float) -> None:
        """Take in the next piece of sound.

        Raises
        ------
        RefusedError
            If it is more than may come or wait: the stream has ended then.
        """
        seconds = len(pcm) * self._byte_sec
        self._counts.frames += 1
        self._counts.came_sec += seconds
        if self.state is State.ENDED:
            self._counts.lost_sec += seconds
            return
        if seconds > AUDIO_BURST_SEC or not (
            self._bucket.take(now_sec, seconds) and self._budget.take(now_sec, seconds)
        ):
            raise self._refusal("RATE_LIMITED", "sound came faster than time passes", seconds)
        if self.waiting_sec + seconds > AUDIO_WAITING_MAX_SEC:
            raise self._refusal("BUSY", "the server cannot keep up with the microphone", seconds)
        self.fed_at_sec = now_sec
        self.n_fed += len(pcm)
        if len(pcm) <= self._batch_bytes:
            self._inbox.append(pcm)
        else:
            cuts = range(0, len(pcm), self._batch_bytes)
            self._inbox.extend(pcm[cut : cut + self._batch_bytes] for cut in cuts)

    def stop(self) -> None:
        """The client is done; what waits is still to be heard."""
        if self.state is State.RUNNING:
            self.state = State.STOPPING

    def end(self) -> None:
        """Take no more sound of this stream: its time would not be right any more."""
        self.state = State.ENDED

    def sounds(self, pitch: int | None, onset_ms: float, duration_ms: float) -> None:
        """Know what the machine sounds, on the client's clock, before it does."""
        onset_sec = (onset_ms - self.start_ms) / 1000.0
        self._sounds.append(Sound(pitch, onset_sec, onset_sec + duration_ms / 1000.0))

    def expects(self, pitches: Collection[int]) -> None:
        """Know what the score expects about now."""
        self._hearing.expected = pitches

    def analyse(self) -> Heard:
        """Analyse some of what waits, on a worker."""
        is_closed = self.state is not State.RUNNING  # nothing is put into the inbox from then on
        return self._hearing.hear(self._inbox, self._sounds, self._batch_bytes, is_closed)

    def cut(self) -> Heard | None:
        """End what still sounds, where the sound that was analysed ends; None: nothing does."""
        if not self._sounding and not self._is_voiced:
            return None
        end_sec = self.n_heard * self._byte_sec
        notes = [note._replace(offset_sec=end_sec) for note in self._sounding.values()]
        needle = Needle(end_sec, nan, False, 0.0)
        return Heard(0, 0, notes, needle, [], not self.is_deaf, self._settled_sec, 0.0, True)

    def heard(self, heard: Heard, now_sec: float) -> list[Reply]:
        """Count what was analysed, and say where the pitch is and how well is heard."""
        self.n_heard += heard.n_bytes
        self._counts.heard_sec += heard.n_bytes * self._byte_sec
        self._counts.work_sec += heard.work_sec
        self._settled_sec = heard.settled_sec
        self._is_over |= heard.is_end
        for note in heard.notes:
            self.n_notes = max(self.n_notes, note.note_id + 1)
            if note.offset_sec is None:
                self._sounding[note.note_id] = note
            else:
                self._sounding.pop(note.note_id, None)
        replies: list[Reply] = []
        if heard.needle is not None and self._is_worth_telling(heard.needle, now_sec):
            self._told_sec = now_sec
            replies.append(self._needle(heard.needle))
        replies += [
            Signal(problem, round(level_db, 1), message)
            for problem, level_db, message in heard.findings
        ]
        self.is_deaf = not heard.is_hearing
        return replies

    def note(self, note: HeardNote, played_index: int | None) -> NoteHeard:
        """Tell of a note that began or ended."""
        return NoteHeard(
            note.note_id,
            note.pitch,
            self._tuning.name(note.pitch),
            round(note.cents, 1) if isfinite(note.cents) else None,
            self._ms(note.onset_sec),
            None if note.offset_sec is None else self._ms(note.offset_sec),
            note.velocity,
            round(note.confidence, 4),
            played_index,
        )

    def _is_worth_telling(self, needle: Needle, now_sec: float) -> bool:
        if self._is_over:
            return self._is_voiced and not needle.is_voiced
        if self.is_waiting:  # a newer one comes at once
            return False
        if needle.is_voiced:
            return now_sec - self._told_sec >= NEEDLE_INTERVAL_SEC
        return self._is_voiced

    def _needle(self, needle: Needle) -> PitchHeard:
        time_sec, f0_hz, self._is_voiced, confidence = needle
        confidence = round(confidence, 4)
        if not self._is_voiced:
            return PitchHeard(self._ms(time_sec), None, None, confidence, None, None)
        pitch, cents = self._tuning.nearest(f0_hz)
        name = self._tuning.name(pitch)
        return PitchHeard(
            self._ms(time_sec), round(f0_hz, 3), round(cents, 1), confidence, pitch, name
        )

    def _refusal(self, code: str, reason: str, lost_sec: float) -> RefusedError:
        self._counts.lost_sec += lost_sec
        self.end()
        message = f"{reason}: its stream has ended, send start_audio again"
        return RefusedError(code, message, AudioChunk.event)

    def _ms(self, time_sec: float) -> float:
        return round(self.start_ms + time_sec * 1000.0, 2)
