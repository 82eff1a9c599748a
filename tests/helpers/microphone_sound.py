"""Sound for the microphone of a browser: a WAV file that it plays in a loop."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike


def write_wav(path: Path, sound: ArrayLike, rate_hz: float) -> Path:
    """Write mono sound, full scale +-1, as 16-bit WAV; returns the path."""
    samples = np.rint(np.clip(np.asarray(sound, float), -1.0, 1.0) * 32767.0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(round(rate_hz))
        file.writeframes(samples.astype("<i2").tobytes())
    return path
