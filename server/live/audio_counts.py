"""Counts of what microphones bring: plain numbers on the way of the sound."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, Metric

NAMES = {
    "streams": ("etude_audio_streams", "Streams of sound begun."),
    "frames": ("etude_audio_frames", "Pieces of sound that came."),
    "came_sec": ("etude_audio_seconds", "Sound that came, in seconds of it."),
    "heard_sec": ("etude_audio_heard_seconds", "Sound that was analysed, in seconds of it."),
    "lost_sec": ("etude_audio_lost_seconds", "Sound that was refused, in seconds of it."),
    "work_sec": ("etude_audio_work_seconds", "Time that analysis took."),
}


@dataclass(slots=True)
class AudioCounts:
    """Since the server began.

    Attributes
    ----------
    streams, frames : int
        Streams begun, and pieces that came.
    came_sec, heard_sec, lost_sec : float
        Sound that came, was analysed, and was refused.
    work_sec : float
        Time that analysis took.
    """

    streams: int = 0
    frames: int = 0
    came_sec: float = 0.0
    heard_sec: float = 0.0
    lost_sec: float = 0.0
    work_sec: float = 0.0

    def collect(self) -> Iterator[Metric]:
        """Tell all of them, as prometheus_client asks for them."""
        for field, (name, text) in NAMES.items():
            yield CounterMetricFamily(name, text, getattr(self, field))
