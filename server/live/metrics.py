"""Counts of what the server does: plain numbers on the way of a note, Prometheus when asked."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from engine.judging import Summary
from server.live.audio_counts import AudioCounts
from server.rooms.counts import RoomCounts

# Upper bounds in seconds: a verdict within 10 ms is felt as immediate.
BUCKETS_SEC = (2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 5e-2, 0.25, 1.0)


class Metrics(Collector):
    """What is counted, and how it is told.

    Parameters
    ----------
    connections : callable
        Gives the kind of every open connection.
    playing : callable
        Gives the notes played so far of every running session.
    waiting : callable
        Gives how many seconds of sound wait to be heard of every microphone.
    rooms : RoomCounts
        What listening rooms come to.

    Attributes
    ----------
    audio : AudioCounts
        What microphones brought.
    """

    def __init__(
        self,
        connections: Callable[[], Iterable[str]],
        playing: Callable[[], Iterable[int]],
        waiting: Callable[[], Iterable[float]],
        rooms: RoomCounts,
    ) -> None:
        self._connections = connections
        self._playing = playing
        self._waiting = waiting
        self._rooms = rooms
        self.audio = AudioCounts()
        self.n_connections = 0
        self.n_sessions = 0
        self.n_notes = 0
        self.results: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self._bins = [0] * (len(BUCKETS_SEC) + 1)
        self._sum_sec = 0.0
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def observe(self, seconds: float) -> None:
        """Count one message answered in so many seconds."""
        self._bins[bisect_left(BUCKETS_SEC, seconds)] += 1
        self._sum_sec += seconds

    def count_take(self, notes_played: int, summary: Summary) -> None:
        """Count a take that is over."""
        self.n_notes += notes_played
        self.results.update(summary.counts)

    def collect(self) -> Iterator[Metric]:
        """Tell all figures, as prometheus_client asks for them."""
        open_by_kind = Counter(self._connections())
        playing = list(self._playing())
        waiting = list(self._waiting())
        kinds = {kind: open_by_kind[kind] for kind in ("socketio", "ws")}
        yield _gauge("etude_connections", "Connections open now.", "kind", kinds)
        yield GaugeMetricFamily("etude_sessions", "Sessions running now.", len(playing))
        yield GaugeMetricFamily("etude_microphones", "Microphones on now.", len(waiting))
        yield GaugeMetricFamily(
            "etude_audio_waiting_seconds", "Sound that waits to be heard now.", sum(waiting)
        )
        yield from self.audio.collect()
        yield from self._rooms.collect()
        yield _count("etude_connections_opened", "Connections opened.", self.n_connections)
        yield _count("etude_sessions_started", "Sessions started.", self.n_sessions)
        yield _count("etude_notes_played", "Notes played.", self.n_notes + sum(playing))
        yield _counts("etude_verdicts", "Verdicts of ended takes.", "result", self.results)
        yield _counts("etude_dropped", "Connections closed by the server.", "reason", self.dropped)
        yield _counts("etude_errors", "Messages refused.", "code", self.errors)
        yield self._histogram()

    def _histogram(self) -> HistogramMetricFamily:
        n_total = 0
        buckets: list[tuple[str, float]] = []
        for bound, n in zip((*BUCKETS_SEC, float("inf")), self._bins, strict=True):
            n_total += n
            buckets.append(("+Inf" if bound == float("inf") else repr(bound), float(n_total)))
        return HistogramMetricFamily(
            "etude_reply_seconds",
            "From the arrival of a message to its replies written.",
            buckets=buckets,
            sum_value=self._sum_sec,
        )


def _count(name: str, text: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, text, value)


def _counts(name: str, text: str, label: str, values: Counter[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _gauge(name: str, text: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
