"""The laboratory's rooms by kinds, and what is aimed at in each."""

from typing import NamedTuple


class Kind(NamedTuple):
    """Rooms whose figures are told together.

    Attributes
    ----------
    rooms : tuple of str
        The laboratory's names.
    error_ms : (p50, p95, p99)
        At most; so are the following ones.
    sync_sec, seeks_h, false_percent : float
        Time to sync, corrective seeks an hour, and the share of time with a false quality.
    jellyfin_ms : (p50, p95, p99)
        Of Jellyfin's rule in the same rooms, as measured once.
    """

    rooms: tuple[str, ...]
    error_ms: tuple[float, float, float]
    sync_sec: float
    seeks_h: float
    false_percent: float
    jellyfin_ms: tuple[float, float, float]
    remark: str = ""

    @property
    def title(self) -> str:
        """Its rooms, and what is to be known of them."""
        return ", ".join(self.rooms) + (f" ({self.remark})" if self.remark else "")


KINDS = (
    Kind(
        ("lan_html_ntp", "wifi_html_loose", "ntp_step"),
        (1, 3, 30),
        0.1,
        2,
        0.3,
        (22, 57, 317),
    ),
    Kind(("long_no_events",), (4, 5, 6), 0.1, 2, 0.3, (22, 57, 317)),
    Kind(("busywifi_mobile_wild", "4g_mobile_wild"), (1, 10, 105), 0.2, 7, 1, (53, 116, 439)),
    Kind(
        ("bursty_html_loose", "stalls", "reconnects"),
        (1, 6, 100),
        0.3,
        14,
        1,
        (27, 75, 449),
        "p99 without the time offline",
    ),
    Kind(
        ("asym_html_loose",),
        (31, 32, 43),
        0.1,
        1,
        1,
        (17, 66, 328),
        "one way slower, invisible to pings",
    ),
    Kind(("bluetooth_reported",), (4, 13, 39), 0.1, 2, 0.5, (125, 291, 321)),
    Kind(
        ("geo_sdk_loose", "wifi_sdk_ntp"),
        (16, 70, 180),
        0.8,
        38,
        1,
        (162, 370, 469),
        "no rate control",
    ),
    Kind(("mixed_room",), (6, 150, 380), 0.2, 60, 5, (85, 607, 898)),
    Kind(("wifi_webapi_loose",), (50, 250, 800), 6, 100, 15, (1191, 1685, 2559), "polled"),
    Kind(
        ("webapi_host_html_clients",),
        (10, 120, 500),
        6,
        100,
        15,
        (1191, 1685, 2559),
        "only the host is polled",
    ),
    Kind(("coarse_1s_positions",), (10, 100, 350), 3, 100, 5, (274, 784, 1009)),
    Kind(("seed_clients_ntp",), (21, 58, 270), 1, 30, 4, (91, 282, 324), "basic events only"),
    Kind(("seed_clients_wild",), (38, 150, 450), 1, 30, 4, (120, 352, 854), "basic events only"),
)
