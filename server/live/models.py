"""What goes over the wire in live play: one struct an event, checked as it is decoded.

Names are camelCase on the wire. A request may spell them in snake_case too. Times are
milliseconds, fractions allowed.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from server.live.audio_models import (
    AudioChunk,
    MachineSound,
    NoteHeard,
    PitchHeard,
    Signal,
    StartAudio,
    StopAudio,
)
from server.live.wire import DurationMs, Level, Message, Name, Pitch, Reply, TimeMs
from server.rooms.models import ROOM_MESSAGES

MAX_EXPECTED_NOTES = 20_000  # the longest sonatas have 15 000 notes
MAX_TOKEN_CHARS = 4096
GUEST = "guest"  # the user id of a player without a token

TempoBpm = Annotated[float, Meta(ge=10.0, le=500.0)]
BarNumber = Annotated[int, Meta(ge=-1, le=100_000)]
Mode = Literal["tempo", "follow", "wait"]
Hands = Literal["both", "left", "right"]
OtherHand = Literal["silent", "ignored", "machine"]


class Authenticate(Message):
    """Say who plays; the first message where guests are not let in."""

    event = "authenticate"
    token: Annotated[str, Meta(max_length=MAX_TOKEN_CHARS)]


class ExpectedNote(Struct, rename="camel"):
    """A note to be played: MIDI pitch, start and length in ms."""

    midi_note: Pitch
    start_time: TimeMs
    duration: DurationMs = 0.0


ExpectedNotes = Annotated[list[ExpectedNote], Meta(min_length=1, max_length=MAX_EXPECTED_NOTES)]


class StartSession(Message):
    """Begin a take, of a piece that one may see or of these notes.

    ``songId`` is a piece's number or slug, or the title of a shipped one. With both, the notes
    are what is expected and ``songId`` is any name to keep the take under.

    ``songName`` is what notes that are listed are called, by default ``songId``; a piece has a
    title of its own.

    ``tempo`` is in quarter notes a minute; without it a piece is played as written and notes
    are counted at 120. Bars are inclusive, by their written numbers. Without ``repeats`` each
    written bar is played once, of first and second endings the last.

    Where one hand is chosen, the written notes of the other are wrong when they are played
    (``otherHand`` is ``silent``, as it must be with both), or no mistakes (``ignored``), or the
    server plays them by ``cue`` events (``machine``).

    With ``explain`` every ``feedback`` says why.
    """

    event = "start_session"
    session_type: Name = "song"
    song_id: int | Name | None = None
    song_name: Name | None = None
    expected_notes: ExpectedNotes | None = None
    tempo: TempoBpm | None = None
    mode: Mode = "tempo"
    from_bar: BarNumber | None = None
    to_bar: BarNumber | None = None
    repeats: bool = True
    hands: Hands = "both"
    other_hand: OtherHand = "silent"
    extended_results: bool = False
    explain: bool = False


class NotePlayed(Message):
    """A key went down; with ``velocity`` 0 it went up."""

    event = "note_played"
    midi_note: Pitch
    timestamp: TimeMs
    velocity: Level = 64


class NoteReleased(Message):
    """A key went up."""

    event = "note_released"
    midi_note: Pitch
    timestamp: TimeMs
    velocity: Level = 0


class ControlChange(Message):
    """A pedal or another controller moved."""

    event = "control_change"
    controller: Level
    value: Level
    timestamp: TimeMs


class Clock(Message):
    """What time it is. A client with nothing to play yet sends it once, so that cues may begin."""

    event = "clock"
    timestamp: TimeMs


class EndSession(Message):
    """End the take and ask for its summary."""

    event = "end_session"


class Authenticated(Reply):
    """The token is good; ``userId`` is whose it is."""

    event = "authenticated"
    user_id: str


class AuthError(Reply):
    """The token is wrong, expired or tampered with; the client stays who it was."""

    event = "auth_error"
    message: str


class SessionStarted(Reply):
    """The take runs; its clock starts with the first message that carries a ``timestamp``."""

    event = "session_started"
    session_id: str
    total_notes: int


class ScoreNote(Struct, rename="camel"):
    """A note of the score as it was expected: its time is that of the session's own tempo."""

    midi_note: int
    start_time: float
    duration: float


class Considered(Struct, rename="camel"):
    """Another note that may have been meant, null for none of the score, and its chance."""

    note_id: str | None
    confidence: float


class Why(Struct, rename="camel"):
    """What a verdict rests on.

    When the note was due on the client's clock and how far off it may be, in ms; the tempo it was
    due by; the chance, 0 to 1, that it was meant, and what else may have been. Null where nothing
    was due.
    """

    expected_time: float | None
    window: float | None
    tempo: float | None
    confidence: float
    alternatives: list[Considered]


class Feedback(Reply, omit_defaults=True):
    """What is said of one note.

    ``result`` is ``correct``, ``early``, ``late`` or ``wrong_note``; with ``extendedResults`` also
    ``missed``, ``extra`` (a note that was not written, else told as ``wrong_note``) or ``ignored``
    (a note of the hand that is not judged).

    ``expectedNote`` and ``noteId`` are null where nothing in the score was meant, ``playedNote``
    and ``playedIndex`` where nothing was played, ``timingDiff`` where time is not judged.
    ``why`` is there for clients that asked to ``explain``.
    """

    event = "feedback"
    result: str
    expected_note: ScoreNote | None
    played_note: int | None
    timing_diff: float | None
    score_delta: int
    message: str
    note_id: str | None
    played_index: int | None
    why: Why | None = None


class FeedbackRevised(Feedback):
    """Replaces the ``feedback`` given to ``playedIndex``; only with ``extendedResults``."""

    event = "feedback_revised"


class StatsUpdate(Reply):
    """The take so far; ``progress`` in percent."""

    event = "stats_update"
    notes_played: int
    notes_correct: int
    current_score: int
    progress: float


class PositionUpdate(Reply):
    """Where the player is: beat of the score, written bar, tempo in quarter notes a minute."""

    event = "position"
    beat: float
    bar: int
    tempo: float
    note_id: str | None


class RemarkMade(Reply):
    """What is said of the way of playing, where the player leads; only with ``extendedResults``.

    ``kind`` is hesitation or stop (``amount`` in ms beyond what was due), jump_back, jump_on,
    restart, repeat_taken or repeat_skipped (in beats), or tempo_drift (in quarter notes a minute).
    """

    event = "remark"
    kind: str
    time: float
    beat: float
    bar: int
    to_beat: float
    to_bar: int
    amount: float
    message: str


class Cue(Reply):
    """A note the client is to sound for the hand that the machine plays.

    ``time`` is on the client's own clock, as its ``timestamp`` is: up to 120 ms ahead where the
    music is foreseen, and now where it goes with a note of the player.
    """

    event = "cue"
    midi_note: int
    velocity: int
    time: float
    duration: float
    note_id: str


class SessionEnded(Reply):
    """The take is over and kept under ``sessionId``; scores in percent.

    That is the id of the account's practice session, too, which is there within a second or two.
    A take without a note is not kept.
    """

    event = "session_ended"
    overall_score: float
    accuracy: float
    grade: str
    message: str
    session_id: str
    kind: str = "practice"


class ErrorReply(Reply):
    """Something was refused and changed nothing; the connection lives on.

    ``event`` names the message that was refused, null where it could not be told.
    """

    code: str
    message: str
    about: str | None = field(default=None, name="event")


# ``event`` is also a field of this reply, which a class variable of that name would shadow.
ErrorReply.event = "error"

LIVE_MESSAGES: dict[str, type[Message]] = {
    kind.event: kind
    for kind in (
        Authenticate, StartSession, NotePlayed, NoteReleased, ControlChange, Clock, StartAudio,
        AudioChunk, StopAudio, MachineSound, EndSession,
    )
}  # fmt: skip
MESSAGES = LIVE_MESSAGES | ROOM_MESSAGES
REPLIES: dict[str, type[Reply]] = {
    kind.event: kind
    for kind in (
        Authenticated, AuthError, SessionStarted, Feedback, FeedbackRevised, StatsUpdate,
        PositionUpdate, RemarkMade, Cue, PitchHeard, NoteHeard, Signal,
        SessionEnded, ErrorReply,
    )
}  # fmt: skip
