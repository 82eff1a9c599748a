"""What goes over the wire of a microphone: announcements and sound, and what is heard in it."""

from typing import Annotated, Literal

from msgspec import Meta

from server.live.wire import DurationMs, Message, Name, Pitch, Reply, TimeMs


class StartAudio(Message):
    """Announce a microphone: ``timestamp`` is when its first sample was in the air.

    The sound follows, mono, 8 000 to 192 000 samples a second, in pieces of any length: binary
    frames on the plain WebSocket, ``audio_chunk`` with MessagePack and Socket.IO. ``f32le`` is full
    scale at 1. Within a session what is heard is judged, beside what keys play: whoever sends both
    plays both. Without one the client has a tuner.

    ``instrument`` is a name that ``GET /api/v1/instruments`` lists; without one any melody is
    heard. ``tonic`` is a letter A to G, with # or b: what ``just`` counts its degrees from, and
    where Sa of ``sargam`` is; C without one.

    Sent again it begins another stream. What waits of the last one is dropped, after
    ``stop_audio`` too, and notes that still sound end where it had been heard to. A client whose
    time 0 moves, as with a new session, sends it again. A field that is none of these is refused:
    what a misspelt one asks for would not be heard.

    Nothing counts as missed before its sound has been heard, nor while the microphone gives none
    at all.
    """

    event = "start_audio"
    has_these_fields_only = True
    sample_rate: Annotated[float, Meta(ge=8_000.0, le=192_000.0)]
    format: Literal["s16le", "f32le"]
    timestamp: TimeMs
    instrument: Name | None = None
    a4: Annotated[float, Meta(ge=415.0, le=466.0)] = 440.0
    tuning: Literal["equal", "just", "sargam"] = "equal"
    tonic: Name | None = None


class AudioChunk(Message):
    """The next piece of sound; in JSON as Base64.

    It is taken to follow the last one without a break, whenever it comes: where sound was lost,
    as much silence has to be sent, or all that follows is heard too early.
    """

    event = "audio_chunk"
    pcm: bytes


class StopAudio(Message):
    """The microphone is off: what has come is still heard.

    Then notes that still sound end with the sound, and the needle comes to rest.
    """

    event = "stop_audio"


class MachineSound(Message):
    """What the client is about to sound itself: a note, or without one a click of its metronome.

    The microphone does not take it for the player. Notes of ``cue`` are known without it.
    """

    event = "machine_sound"
    timestamp: TimeMs
    midi_note: Pitch | None = None
    duration: DurationMs = 0.0


class PitchHeard(Reply):
    """The needle: what sounds now, up to fifty times a second; null once when it ends.

    ``cents`` are counted from ``midiNote`` in the tuning that was asked for. It tells the octave
    that sounds, whatever is written; of instruments that play chords there is no needle.
    """

    event = "pitch"
    time: float
    f0: float | None
    cents: float | None
    confidence: float
    midi_note: int | None
    name: str | None


class NoteHeard(Reply):
    """A note that the microphone heard begin (``offset`` is null), and once more as it ends.

    A note that settles on another pitch than it was told with, as of a singer who scoops up to it,
    is told again in between, with its ``index`` and the better ``midiNote``; its verdict follows
    as ``feedback_revised`` while it is the last note. ``cents`` are -50 to 50.

    Told where no session runs, and within one to clients with ``extendedResults``. ``index``
    counts the notes of the stream; ``playedIndex`` is that of its ``feedback``. Within a session
    a melody that is played or sung in another octave than it is written in is told, and judged,
    in the written one.
    """

    event = "note_heard"
    index: int
    midi_note: int
    name: str
    cents: float | None
    onset: float
    offset: float | None
    velocity: int
    confidence: float
    played_index: int | None


class Signal(Reply):
    """How well the microphone hears, whenever that changes; ``problem`` is ``ok`` where it does.

    The others: ``silent`` (nothing comes, or it is too soft to be heard), ``wrong_device`` (only
    hum or noise comes, or what the computer plays), ``gaps`` (there are short holes in the sound
    itself), ``clipping``, ``processed`` (noise suppression or automatic gain), ``too_soft``,
    ``noisy``, ``hum`` and ``narrow_band`` (as on a telephone). Of several the gravest is told;
    ``message`` says to the player what to do. ``level`` is in dB, 0 at full scale.
    """

    event = "signal"
    problem: str
    level: float
    message: str
