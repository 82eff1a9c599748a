"""The native core under the address and undefined-behaviour sanitizers."""

import os
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from native.build import SOURCES, ffibuilder

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
FLAGS = [
    "-std=c11",
    "-O1",
    "-g",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
]


@pytest.fixture(scope="module")
def gcc():
    path = shutil.which("gcc")
    if path is None:
        pytest.skip("gcc, whose sanitizers are used, is not installed")
    return path


def run(command, folder=ROOT, **environment):
    """Run to the end; the output is part of the failure."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, f"{result.stdout[-3000:]}\n{result.stderr[-6000:]}"
    return result.stdout


@pytest.fixture(scope="module")
def objects(gcc, tmp_path_factory):
    """Every C file of the core compiled with the sanitizers, as many at once as there are cores."""
    folder = tmp_path_factory.mktemp("objects")

    def compiled(source):
        target = folder / f"{source.stem}.o"
        run([gcc, *FLAGS, "-fPIC", f"-I{ROOT}/native/src", "-c", source, "-o", target])
        return target

    largest_first = sorted(SOURCES, key=lambda path: -path.stat().st_size)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compiled, largest_first))


@pytest.fixture
def built_storm(gcc, objects, tmp_path):
    """Links the storm of a name with the core."""

    def build(name):
        program = tmp_path / "storm"
        command = [gcc, *FLAGS, f"-I{ROOT}/native/src", HERE / f"{name}_storm.c", *objects]
        run([*command, "-o", program, "-lm"])
        return program

    return build


@pytest.mark.parametrize("name", ["follower", "judge", "sync", "tempo"])
def test_generated_scores_and_players_break_nothing(built_storm, name):
    run([built_storm(name)])


@pytest.mark.parametrize(
    ("name", "takes"),
    [("audio_ring", 200), ("sound_check", 200), ("chords", 40), ("pitch", 12), ("notes", 12)],
)
def test_hostile_sound_breaks_nothing(built_storm, name, takes):
    run([built_storm(name), takes])


@pytest.fixture(scope="module")
def sanitized(gcc, objects, tmp_path_factory):
    """A folder with the packages in which the extension is built with the sanitizers."""
    folder = tmp_path_factory.mktemp("sanitized")
    for package in ("native", "engine"):
        ignore = shutil.ignore_patterns("*.so", "*.o", "__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignore)
    ffibuilder.emit_c_code(str(folder / "_core.c"))
    command = [gcc, *FLAGS, "-shared", "-fPIC", f"-I{sysconfig.get_path('include')}"]
    command += [f"-I{ROOT}/native/src", folder / "_core.c", *objects]
    run([*command, "-o", folder / "native" / "_core.abi3.so", "-lm"])
    return folder


def test_the_native_tests_pass_under_the_sanitizers(gcc, sanitized):
    library = run([gcc, "-print-file-name=libasan.so"]).strip()
    environment = {
        "LD_PRELOAD": library,
        "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter keeps what it has at exit
        "PYTHONMALLOC": "malloc",  # so that objects of Python's are guarded, too
    }
    python = [sys.executable, "-c", "import native._core as core; print(core.__file__)"]
    where = Path(run(python, sanitized, **environment).strip())
    assert where.parent == sanitized / "native"  # the folder run in comes before what is installed
    options = ["-q", "-n", "0", "-p", "no:cacheprovider"]
    options += ["--rootdir", ROOT, "-c", ROOT / "pyproject.toml"]
    names = (
        "audio_ring",
        "follower",
        "judge",
        "ring",
        "sync_clock",
        "sync_tick",
        "sync_timeline",
        "tempo",
    )
    files = [HERE / f"test_{name}.py" for name in names]
    # Those left out take their time in Python, and the storms play as much into the same C; or
    # they are programs built with sanitizers of their own.
    left_out = ("hours", "million", "last_bit", "everything_repeats", "never_race")
    tests = [*files, "-k", " and ".join(f"not {name}" for name in left_out)]
    pytest_ = [sys.executable, "-m", "pytest", *options, *tests]
    assert " passed" in run(pytest_, sanitized, **environment)
