"""Rooms of the drift laboratory: what host and clients really play, minutes in a second or two."""

import importlib
import sys

import numpy as np
import pytest

from engine.drift import SyncRoom

MINUTES = 4.5  # joins, a track, a pause and a resume


@pytest.fixture(scope="module")
def lab(shared):
    """The laboratory's modules; its folder is on the path while it is used."""
    folder = shared / "sync_sim"
    sys.path.insert(0, str(folder))
    try:
        names = ("world", "scenarios_dev", "algorithms.seed")
        yield {name: importlib.import_module(f"synclab.{name}") for name in names}
    finally:
        sys.path.remove(str(folder))


def measured(lab, name, algorithm):
    """Error percentiles (ms), corrective seeks an hour and false quality (%) of one room."""
    (scenario,) = [one for one in lab["scenarios_dev"].SCENARIOS if one["name"] == name]
    world = lab["world"].World(scenario | {"duration": 60 * MINUTES}, 4, algorithm)
    result = world.run()
    error = np.concatenate(result["err"])
    return {
        "p50": np.percentile(error, 50),
        "p95": np.percentile(error, 95),
        "seeks_h": result["seeks"] / result["hours"],
        "false_quality": 100 * result["false_q"] / result["q_n"],
    }


# About twice what the benchmark says of hours: in minutes, joining and learning weigh more.
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("wifi_html_loose", {"p50": 2, "p95": 8, "seeks_h": 20, "false_quality": 1}),
        ("4g_mobile_wild", {"p50": 2, "p95": 80, "seeks_h": 60, "false_quality": 2}),
        ("asym_html_loose", {"p50": 32, "p95": 64, "seeks_h": 20, "false_quality": 1}),
        ("wifi_sdk_ntp", {"p50": 32, "p95": 140, "seeks_h": 120, "false_quality": 2}),
        ("webapi_host_html_clients", {"p50": 40, "p95": 500, "seeks_h": 150, "false_quality": 20}),
        ("seed_clients_ntp", {"p50": 42, "p95": 120, "seeks_h": 60, "false_quality": 4}),
    ],
)
def test_a_room_stays_together(lab, name, most):
    found = measured(lab, name, SyncRoom())
    assert all(found[key] <= most[key] for key in most), found


def test_the_naive_rule_is_far_behind_in_the_same_room(lab):
    naive = measured(lab, "wifi_html_loose", lab["algorithms.seed"].Seed())
    ours = measured(lab, "wifi_html_loose", SyncRoom())
    assert naive["p50"] > 20 * ours["p50"]


def test_lopsided_ways_are_told_as_doubt(lab):
    (scenario,) = [
        one for one in lab["scenarios_dev"].SCENARIOS if one["name"] == "asym_html_loose"
    ]
    told = []

    class Listening(SyncRoom):
        def on_tick(self, now_ms):
            out = super().on_tick(now_ms)
            told.extend(data for _, event, data in out if event == "sync_status")
            return out

    lab["world"].World(scenario | {"duration": 120.0}, 4, Listening()).run()
    assert len(told) > 100
    assert min(status["confidenceMs"] for status in told[50:]) >= 30
