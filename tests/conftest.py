"""Fixtures for all tests; in CI nothing may be skipped."""

import os
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI") == "true"


def pytest_configure():
    """Hear Ctrl-C: a run in the background ignores it, and so would every program it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def private_dirs(tmp_path, cache_dir, monkeypatch):
    """No test touches the user's own takes, keys or cache."""
    monkeypatch.setenv("ETUDE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ETUDE_CACHE_DIR", str(cache_dir))
