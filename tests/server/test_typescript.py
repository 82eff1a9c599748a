"""The types for TypeScript: what the code says, and what a compiler makes of them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from server.app import make_app
from server.config import Settings
from server.http.declare import ROUTES
from server.http.openapi import plain_path
from server.http.typescript import declarations

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests" / "npm" / "types"
TSC = ROOT / "tests" / "npm" / "node_modules" / ".bin" / "tsc"


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    return make_app(Settings(data_dir=tmp_path_factory.mktemp("app")))[ROUTES]


def test_the_file_is_what_the_code_says(declared):
    written = (ROOT / "docs" / "etude.d.ts").read_text(encoding="utf-8")
    assert declarations(declared) == written, (
        "run: python -m server.http.typescript > docs/etude.d.ts"
    )


def test_every_route_has_its_types(declared):
    written = declarations(declared)
    for route in declared:
        assert f'  "{plain_path(route)}": {{\n' in written


def test_the_compiler_takes_what_is_right_and_refuses_what_is_wrong():
    if shutil.which("node") is None or not TSC.exists():
        pytest.skip("Node.js or tests/npm/node_modules is absent")
    command = [TSC, "--project", PROGRAMS, "--pretty", "false"]
    done = subprocess.run(command, cwd=PROGRAMS, capture_output=True, text=True)
    told = re.findall(r"^(\S+)\((\d+),\d+\): error", done.stdout, re.MULTILINE)
    refused = {(name, int(line)) for name, line in told}
    wrong = (PROGRAMS / "wrong.ts").read_text(encoding="utf-8").splitlines()
    marked = {("wrong.ts", n) for n, line in enumerate(wrong, 1) if line.endswith("// wrong")}
    assert marked and refused == marked, done.stdout + done.stderr
