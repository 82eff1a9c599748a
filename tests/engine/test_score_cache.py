"""Results on disk: found again, made again when damaged, never more than their room."""

import subprocess
import sys

import pytest

from engine import Score
from engine.errors import ScoreError
from engine.score import cache, process

ABC = b"X:1\nK:C\nCDEF|\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache of this test's own."""
    monkeypatch.setenv("ETUDE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "scores"


@pytest.fixture
def runs(monkeypatch):
    """Counts the reading processes started."""
    started = []
    run = process._run

    def counted(question, name):
        started.append(name)
        return run(question, name)

    monkeypatch.setattr(process, "_run", counted)
    return started


def test_a_file_is_read_once_whatever_its_name(folder, runs):
    first = Score.from_bytes(ABC, "a.abc")
    second = Score.from_bytes(ABC, "b.abc")
    assert (first.notes == second.notes).all()
    assert len(runs) == len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("damage", [lambda d: d[:40], lambda d: d[:-1] + b"\0", lambda d: b""])
def test_a_damaged_entry_is_made_again(folder, runs, damage):
    Score.from_bytes(ABC)
    (entry,) = folder.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    assert len(Score.from_bytes(ABC).notes) == 4
    assert len(runs) == 2
    assert entry.read_bytes() == whole


def test_errors_are_not_kept(folder, runs):
    for _ in range(2):
        with pytest.raises(ScoreError):
            Score.from_bytes(b"X:1\nK:C\nz4|\n")
    assert len(runs) == 2


def test_the_oldest_entries_make_room(folder, monkeypatch):
    cache.keep("old", b"x" * 400)
    cache.keep("new", b"y" * 400)
    monkeypatch.setattr(cache, "MAX_CACHE_BYTES", 1000)
    cache.os.utime(folder / "old", (1, 1))
    cache.keep("newest", b"z" * 400)
    assert {path.name for path in folder.iterdir()} == {"new", "newest"}


def test_without_a_place_for_the_cache_scores_are_read_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("ETUDE_CACHE_DIR", str(tmp_path / "file"))
    assert len(Score.from_bytes(ABC).notes) == 4


def test_other_sources_of_the_reader_make_other_keys(monkeypatch):
    before = cache.key_of(b"question")
    monkeypatch.setattr(cache, "_maker", lambda: b"another reader")
    assert cache.key_of(b"question") != before


def test_importing_the_engine_loads_neither_arrays_nor_engraver():
    program = (
        "import sys, engine, engine.score.worker\n"
        "heavy = {'numpy', 'verovio', 'mido'} & set(sys.modules)\n"
        "from engine import Score\n"
        "print(sorted(heavy), 'verovio' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[] False", done.stderr
