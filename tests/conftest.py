"""Fixtures for all tests; in CI nothing may be skipped."""

import os
import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_NAME = 20  # characters, in the name of a parametrized test
SOUND = {"jack", "sound_server"}  # one at a time: they are played and heard in real time
WINDOWS = {"chromium", "open_page"}
LONG = {"test_sanitizers", "test_score_bad_files", "test_packaging", "test_room_cli"}
IN_CI = os.environ.get("CI") == "true"

if str(ROOT) not in sys.path:  # benchmarks are not installed: they are imported from the checkout
    sys.path.append(str(ROOT))


def pytest_configure():
    """Take no settings of the user's files, and hear Ctrl-C.

    A run in the background ignores Ctrl-C, and so would every program it starts.
    """
    os.environ |= {"ETUDE_CONFIG": os.devnull, "ETUDE_ENV_FILE": os.devnull}
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val, argname):
    """Name no test after what may be drawn at random: all workers must find the same tests."""
    is_token = isinstance(val, str) and len(val) > LONGEST_NAME and " " not in val
    return argname if is_token or isinstance(val, bytes) else None  # archives hold the time of day


def rank(item):
    """Where a test stands in the order: what takes longest begins first."""
    names = set(item.fixturenames)
    if names & SOUND:
        return 0
    return 1 if names & WINDOWS else 2 if item.path.stem in LONG else 3


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep a module in one worker, and all that needs sound or MIDI devices in one, too."""
    ranks = {}
    for item in items:
        ranks[item.path] = min(rank(item), ranks.get(item.path, 3))
    items.sort(key=lambda item: ranks[item.path])
    for item in items:
        group = "sound" if ranks[item.path] == 0 else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip into a failure in CI: what the full tests need, CI installs."""
    outcome = yield
    report = outcome.get_result()
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of test data beside the checkout."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the test data beside the checkout (../shared) is absent")
    return folder


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory) -> Path:
    """One score cache for the whole run: reading is slow and always gives the same."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # of all workers
    (folder / "cache").mkdir(exist_ok=True)
    return folder / "cache"


@pytest.fixture(autouse=True)
def private_dirs(tmp_path, cache_dir, monkeypatch):
    """No test touches the user's own takes, keys or cache."""
    monkeypatch.setenv("ETUDE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ETUDE_CACHE_DIR", str(cache_dir))
