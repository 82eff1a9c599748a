"""Results kept on disk under the content they were made from."""

import functools
import hashlib
import os
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from engine.score.limits import MAX_CACHE_BYTES

_DIGEST_BYTES = 32


def cache_dir() -> Path:
    """The folder of kept results: ``ETUDE_CACHE_DIR``, else the user's own cache folder."""
    if folder := os.environ.get("ETUDE_CACHE_DIR"):
        return Path(folder) / "scores"
    from platformdirs import user_cache_path

    return user_cache_path("etude") / "scores"


@functools.cache
def _maker() -> bytes:
    """What would answer a request now: this package's sources and the libraries it calls."""
    digest = hashlib.sha256(f"verovio {version('verovio')} mido {version('mido')}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.digest()


def key_of(request: bytes) -> str:
    """Name a request by its content and by what would answer it."""
    return hashlib.sha256(_maker() + request).hexdigest()


def fetch(key: str) -> bytes | None:
    """Return what was kept under a key; None if nothing, or if it was damaged since."""
    path = cache_dir() / key
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, answer = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(answer).digest() != digest:
        return None
    with suppress(OSError):  # a read-only cache still serves, it only forgets what is in use
        os.utime(path)
    return answer


def keep(key: str, answer: bytes) -> None:
    """Keep an answer, whole or not at all; without room or rights it is made again next time."""
    folder = cache_dir()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _make_room(folder, len(answer) + _DIGEST_BYTES)
        _write_whole(folder / key, hashlib.sha256(answer).digest() + answer)


def _write_whole(path: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix="tmp-", delete=False) as file:
        try:
            file.write(content)
            file.close()
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise


def _make_room(folder: Path, size: int) -> None:
    """Remove the results longest out of use until ``size`` more bytes fit."""
    entries = []
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another process makes room as well
            entries.append((path.stat().st_mtime, path.stat().st_size, path))
    surplus = sum(entry[1] for entry in entries) + size - MAX_CACHE_BYTES
    for _, entry_size, path in sorted(entries):
        if surplus <= 0:
            return
        path.unlink(missing_ok=True)
        surplus -= entry_size
