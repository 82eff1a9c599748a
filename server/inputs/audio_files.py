"""Recordings: WAV, FLAC, Ogg and MP3 files, read block by block."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.rate_steps import MAX_RATE_HZ, MIN_RATE_HZ, RateSteps
from server.inputs.errors import AudioFileError
from server.inputs.midi_library import quiet_stderr

MAX_FILE_BYTES = 4 << 30  # what the WAV format can hold
MAX_HOURS = 4.0  # analysed in a minute or two
MAX_CHANNELS = 64
BLOCK_FRAMES = 4096


class AudioFile:
    """A recording that is read once, from its beginning to its end.

    Parameters
    ----------
    path : Path
        WAV, FLAC, Ogg, MP3 or what else libsndfile knows.
    channel : int, optional
        Which channel is heard, from 0; by default the mean of all.

    Attributes
    ----------
    file_rate_hz : int
        Samples a second in the file.
    rate_hz : int
        Samples a second that are given: as many, or twice or half as many where what listens would
        not take them.
    n_frames : int
        How many there should be; a damaged file may have fewer.
    n_not_finite : int
        How many of those read so far are infinite or no numbers.

    Raises
    ------
    AudioFileError
        If the file cannot be read, is no audio, is empty, has no such channel, is longer than
        ``MAX_FILE_BYTES`` or ``MAX_HOURS``, or its rate is not between 8 and 384 kHz.
    """

    def __init__(self, path: Path, channel: int | None = None) -> None:
        self._path = path
        self._channel = channel
        _check_file(path)
        self._file = _open(path)
        try:
            self._check_sound()
        except AudioFileError:
            self.close()
            raise
        self.file_rate_hz: int = self._file.samplerate
        self._steps = RateSteps(self.file_rate_hz)
        self.rate_hz = int(self._steps.rate_hz)
        self.n_not_finite = 0
        self.n_frames = int(self._file.frames * self._steps.rate_hz / self.file_rate_hz)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def duration_sec(self) -> float:
        """How long it should last."""
        return self.n_frames / self.rate_hz

    def blocks(self, n_frames: int = BLOCK_FRAMES) -> Iterator[NDArray[np.float32]]:
        """Read on, block by block.

        Parameters
        ----------
        n_frames : int
            How many samples of the file are read at a time; the last time they may be fewer.

        Yields
        ------
        (n,) float32
            Mono, full scale +-1.

        Raises
        ------
        AudioFileError
            Where the file is damaged.
        """
        import soundfile

        while True:
            try:
                frames = self._file.read(n_frames, dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, OSError) as error:
                raise AudioFileError(f"{self._path} is damaged: {_reason(error)}") from error
            if len(frames) == 0:
                break
            sound = self._mono(frames)
            self.n_not_finite += len(sound) - int(np.isfinite(sound).sum())
            yield self._steps.process(sound)
        if len(rest := self._steps.end()):
            yield rest

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _mono(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._channel is not None:
            return np.ascontiguousarray(frames[:, self._channel])
        if frames.shape[1] == 1:
            return frames[:, 0]
        with np.errstate(invalid="ignore", over="ignore"):  # infinities of a file of floats
            mean: NDArray[np.float32] = frames.mean(axis=1, dtype=np.float32)
        return mean

    def _check_sound(self) -> None:
        path, rate_hz, n_channels = self._path, self._file.samplerate, self._file.channels
        if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
            raise AudioFileError(
                f"{path}: the rate must be {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g} Hz, got {rate_hz}"
            )
        if n_channels > MAX_CHANNELS:
            raise AudioFileError(
                f"{path}: there may be at most {MAX_CHANNELS} channels, got {n_channels}"
            )
        if self._channel is not None and self._channel >= n_channels:
            raise AudioFileError(
                f"{path}: there is no channel {self._channel + 1}, the last one is {n_channels}"
            )
        if self._file.frames == 0:
            raise AudioFileError(f"{path}: there is no sound in it, not one sample")
        if self._file.frames > MAX_HOURS * 3600 * rate_hz:
            raise AudioFileError(f"{path}: a recording must last at most {MAX_HOURS:g} hours")


def _check_file(path: Path) -> None:
    try:
        n_bytes = path.stat().st_size
        if not path.is_file():
            raise AudioFileError(f"{path} is not a file")
        with path.open("rb"):
            pass
    except OSError as error:
        raise AudioFileError(f"{path} cannot be read: {error.strerror}") from error
    if n_bytes > MAX_FILE_BYTES:
        raise AudioFileError(f"{path}: an audio file must be at most {MAX_FILE_BYTES >> 30} GiB")


def _open(path: Path) -> Any:
    try:
        import soundfile
    except ImportError as error:
        raise AudioFileError("no audio file can be read: pip install soundfile") from error
    except OSError as error:
        raise AudioFileError(
            "no audio file can be read: libsndfile is not installed"
            " (Debian and Ubuntu: apt install libsndfile1; macOS: brew install libsndfile)"
        ) from error
    if path.suffix.lower() == ".raw":  # soundfile asks for a rate where it takes the name for one
        raise AudioFileError(f"{path}: samples without a header do not tell their rate")

    class Onward(soundfile.SoundFile):  # type: ignore[misc]
        """A file that is not wound to where it is already after each block: MP3 suffers from it."""

        def seekable(self) -> bool:
            return False

    try:
        with quiet_stderr():  # the MP3 decoder thinks aloud
            return Onward(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioFileError(f"{path} is no audio that can be read: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """What libsndfile says, without the name of the file and a full stop."""
    told = str(getattr(error, "error_string", error))
    return told.removesuffix(".").removeprefix("File contains ") or type(error).__name__
