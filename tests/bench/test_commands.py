"""The benchmarks' command line."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from bench.__main__ import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_what_it_does(name, capsys):
    with pytest.raises(SystemExit) as stop:
        import_module(COMMANDS[name][0]).main(["--help"])
    assert stop.value.code == 0
    assert f"python -m bench {name}" in capsys.readouterr().out


def test_what_is_missing_is_told_without_a_traceback():
    command = [sys.executable, "-m", "bench", "matching", "--lab", "/nowhere"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("python -m bench matching: no matching laboratory in /nowhere")
    assert "Traceback" not in done.stderr
