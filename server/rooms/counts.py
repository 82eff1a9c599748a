"""What rooms come to, in figures."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


class RoomCounts:
    """Counted where a room begins, ends or is told to do something; never per report.

    Parameters
    ----------
    online : callable
        Gives how many members of every room are connected now.
    """

    def __init__(self, online: Callable[[], Iterable[int]]) -> None:
        self._online = online
        self.n_made = 0
        self.n_wrong_codes = 0
        self.ended: Counter[str] = Counter()
        self.commands: Counter[str] = Counter()

    def collect(self) -> Iterator[Metric]:
        """Tell all figures, as prometheus_client asks for them."""
        online = list(self._online())
        yield GaugeMetricFamily("etude_rooms", "Listening rooms now.", len(online))
        yield GaugeMetricFamily("etude_room_members", "Their members online now.", sum(online))
        yield CounterMetricFamily("etude_rooms_made", "Listening rooms made.", self.n_made)
        yield CounterMetricFamily(
            "etude_wrong_codes", "Codes given that no room has.", self.n_wrong_codes
        )
        yield _counts("etude_rooms_ended", "Listening rooms ended.", "reason", self.ended)
        yield _counts("etude_room_commands", "Commands to players.", "action", self.commands)


def _counts(name: str, text: str, label: str, values: Counter[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
