"""What a session knows of the microphone it is played to."""

from math import inf

from engine.events import Event, Kind, note_ended
from engine.listening.listener import HeardNote
from engine.performance import Performance
from server.live.hearing import Heard
from server.live.microphone import Microphone

# Sound that stays away for so long holds up the clock of a take no longer.
AWAY_SEC = 2.0
# What the score expects is looked up so often, and with every note.
EXPECTED_SEC = 0.1


class Ear:
    """Puts what a microphone heard on the time of a take. Does no I/O.

    The clock of a take at a microphone is how far its sound has been heard: what was played may
    still be on its way, or the analysis late. While the microphone gives nothing at all, time
    stands still: not heard is not missed.

    Parameters
    ----------
    microphone : Microphone
        What is listened to.
    zero_sec : float
        Time of the take at the client's 0 ms.

    Attributes
    ----------
    settled_sec : float
        Every note of the take before this has been told.
    """

    def __init__(self, microphone: Microphone, zero_sec: float) -> None:
        self.microphone = microphone
        self.settled_sec = -inf
        self._zero_sec = zero_sec
        self._start_sec = microphone.start_ms / 1000.0 + zero_sec
        self._first_id = microphone.n_notes
        self._begun: dict[int, int] = {}  # pitches of notes that sound, by note id
        self._expected_at = (-inf, -1)

    @property
    def end_sec(self) -> float:
        """Time of the take when the last sample that came was in the air."""
        return self.microphone.end_ms / 1000.0 + self._zero_sec

    @property
    def is_deaf(self) -> bool:
        """Whether the microphone gives nothing that could be heard."""
        return self.microphone.is_deaf

    def due_sec(self, due_sec: float) -> float:
        """Server time at which a deadline is looked at though no sound came; never where deaf."""
        return inf if self.is_deaf else max(due_sec, self.microphone.fed_at_sec + AWAY_SEC)

    def expect(self, performance: Performance) -> None:
        """Let the microphone know what the score expects in the sound that came last."""
        last_sec, last_played = self._expected_at
        now_sec, n_played = self.end_sec, performance.notes_played
        if n_played != last_played or now_sec - last_sec > EXPECTED_SEC:
            self._expected_at = now_sec, n_played
            self.microphone.expects(performance.expected_pitches(now_sec))

    def events(self, note: HeardNote) -> list[Event]:
        """Make events of a note that began, was heard better, or ended.

        None of one from before the session.
        """
        events: list[Event] = []
        if note.note_id < self._first_id:
            return events
        onset_sec, told = self._start_sec + note.onset_sec, self._begun.get(note.note_id)
        if told is None:
            events.append(Event(onset_sec, Kind.NOTE_ON, note.pitch, note.velocity))
        elif told != note.pitch:
            events.append(Event(onset_sec, Kind.RENAMED, note.pitch, told))
        self._begun[note.note_id] = note.pitch
        if note.offset_sec is not None:
            del self._begun[note.note_id]
            events += note_ended(self._start_sec + note.offset_sec, note.pitch, note.cents)
        return events

    def settle(self, heard: Heard) -> None:
        """Know how far the sound has been heard."""
        self.settled_sec = self._start_sec + heard.settled_sec
