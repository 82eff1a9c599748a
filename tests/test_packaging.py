"""What is built and shipped."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = """
import sys
from setuptools import build_meta
print(getattr(build_meta, "build_" + sys.argv[1])(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what git tracks, so that building leaves nothing behind in the working tree."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files belong to the project")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    copy = tmp_path_factory.mktemp("checkout")
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(source.read_bytes())
    return copy


def build(kind: str, checkout: Path, folder: Path) -> Path:
    pytest.importorskip("setuptools", minversion="77", reason="building needs setuptools 77")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BUILD, kind, str(folder)],
        cwd=checkout,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    return build("wheel", checkout, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_is_abi3_and_holds_no_c_source(wheel):
    assert "-cp311-abi3-" in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.startswith("native/_core.abi3") for name in names)
    assert not [name for name in names if name.endswith((".c", ".h", ".o"))]
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {
        "native",
        "engine",
        "server",
    }


def test_the_wheel_holds_the_pages_the_pieces_and_the_lessons(checkout, wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("web", "apidocs", "songs", "lessons/content"):
        for path in (checkout / "server" / folder).rglob("*"):
            if path.is_file():
                assert path.relative_to(checkout).as_posix() in names


def test_the_sdist_holds_the_c_sources(checkout, tmp_path):
    with tarfile.open(build("sdist", checkout, tmp_path)) as sdist:
        names = sdist.getnames()
    stripped = {name.split("/", 1)[-1] for name in names}
    for path in (checkout / "native" / "src").glob("*.[ch]"):
        assert f"native/src/{path.name}" in stripped
