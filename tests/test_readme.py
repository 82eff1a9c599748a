"""The README's clients run as printed, against a real server."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
NPM = ROOT / "tests" / "npm"
PRINTED_ADDRESS = "127.0.0.1:8000"


def snippet(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    return code


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where a server, started as the README says but on a free port, listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "server.cli", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "ETUDE_DATA_DIR": str(tmp_path_factory.mktemp("data"))},
    )
    for line in process.stdout:
        if found := re.search(r"http://([\w.]+:\d+)", line):
            yield found[1]
            break
    else:
        pytest.fail("the server printed no address")
    process.terminate()
    process.communicate(timeout=60)


def run(command: list[str], code: str, cwd: Path) -> str:
    done = subprocess.run(command, input=code, cwd=cwd, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_client_hears_four_right_notes(address, tmp_path):
    code = snippet("python").replace(PRINTED_ADDRESS, address)
    said = run([sys.executable, "-"], code, tmp_path)
    assert said.count("'result': 'correct'") == 4
    assert "'notesPlayed': 4" in said


def test_the_javascript_client_hears_four_right_notes(address):
    if shutil.which("node") is None or not (NPM / "node_modules").is_dir():
        pytest.skip("Node.js or tests/npm/node_modules is absent")
    code = snippet("js").replace(PRINTED_ADDRESS, address)
    said = run(["node", "--input-type=module", "-"], code, NPM)
    assert said.count("result: 'correct'") == 4
    assert "session_ended" in said


@pytest.mark.parametrize("language", ["python", "js"])
def test_the_clients_have_ten_lines(language):
    assert len([line for line in snippet(language).splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize("command", re.findall(r"^    etude ([a-z]+)", README, flags=re.MULTILINE))
def test_every_command_of_the_readme_exists(command):
    done = CliRunner().invoke(app, [command, "--help"])
    assert done.exit_code == 0, done.output
