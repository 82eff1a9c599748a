"""The sound of a practice session, as it comes in: Base64 of a recording, checked to be one."""

import binascii
import io
from base64 import b64decode
from hashlib import blake2b
from typing import NamedTuple

from server.errors import ApiError, FieldError
from server.practice.content import DIGEST_BYTES

FIELD = "audio_base64"
DATA_URL = "data:"  # what a browser's FileReader gives begins so
PROBED_FRAMES = 1024

PART_CHARS = 1 << 18  # decoded at once: a fraction of a millisecond; four give three bytes

# By the name of its format: as what it is served, and how its file ends.
BY_SOUNDFILE = {
    "WAV": ("audio/wav", ".wav"),
    "WAVEX": ("audio/wav", ".wav"),
    "FLAC": ("audio/flac", ".flac"),
    "OGG": ("audio/ogg", ".ogg"),
    "MP3": ("audio/mpeg", ".mp3"),
}
EBML = b"\x1aE\xdf\xa3"  # WebM begins with it
FTYP = slice(4, 8)  # MP4 has this word there


class Sound(NamedTuple):
    """A recording."""

    data: bytes
    media_type: str
    ending: str
    digest: bytes


def read_sound(text: str, max_bytes: int) -> Sound:
    """Decode a recording and look into it; takes a while, run it in a thread.

    Raises
    ------
    FieldError
        If it is no Base64 or no recording.
    ApiError
        413, if it is too long.
    """
    if text.startswith(DATA_URL):
        text = text.partition(",")[2]
    if len(text) // 4 * 3 > max_bytes + 2:
        raise _too_large(max_bytes)
    data = _decoded(text)
    if len(data) > max_bytes:
        raise _too_large(max_bytes)
    kind = _kind_of(data)
    if kind is None:
        message = f"{FIELD}: expected a WAV, FLAC, Ogg, MP3, WebM or MP4 recording"
        raise FieldError(FIELD, message)
    return Sound(data, *kind, blake2b(data, digest_size=DIGEST_BYTES).digest())


def _decoded(text: str) -> bytes:
    """Decode part by part: other threads, which answer players, get their turn between them."""
    if "=" in text[:-2]:
        raise FieldError(FIELD, f"{FIELD}: expected Base64 of one piece, got more than one")
    data = bytearray()
    try:
        for first in range(0, len(text), PART_CHARS):
            data += b64decode(text[first : first + PART_CHARS], validate=True)
    except (binascii.Error, ValueError) as error:
        raise FieldError(FIELD, f"{FIELD}: expected Base64: {error}") from None
    return bytes(data)


def _kind_of(data: bytes) -> tuple[str, str] | None:
    if data.startswith(EBML):
        return ("audio/webm", ".webm") if _has_sound(data, "matroska") else None
    if data[FTYP] == b"ftyp":
        return ("audio/mp4", ".m4a") if _has_sound(data, "mp4") else None
    return _by_soundfile(data)


def _by_soundfile(data: bytes) -> tuple[str, str] | None:
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            kind = BY_SOUNDFILE.get(file.format)
            return kind if len(file.read(PROBED_FRAMES)) else None
    except (soundfile.SoundFileError, RuntimeError):
        return None


def _has_sound(data: bytes, form: str) -> bool:
    """Whether it is a recording without pictures; of no other format, whatever is in it."""
    import av

    try:
        with av.open(io.BytesIO(data), "r", format=form) as container:
            if not container.streams.audio or container.streams.video:
                return False
            next(container.decode(audio=0))
            return True
    except (av.FFmpegError, StopIteration):
        return False


def _too_large(max_bytes: int) -> ApiError:
    return ApiError(
        413,
        "AUDIO_TOO_LARGE",
        f"{FIELD}: a recording may have {max_bytes} bytes: shorten it, or send MP3, Ogg or WebM",
    )
