"""Run the reading process: one short life for each file, its results kept."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from engine.errors import ScoreError
from engine.score import cache
from engine.score.limits import MAX_CPU_SEC, MAX_FILE_BYTES, MAX_WALL_SEC, MIB
from engine.score.worker import Answer, Request

_PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])


def ask(request: Request, name: str) -> Answer:
    """Have a request answered, from the cache or by a process of its own.

    Parameters
    ----------
    request : Request
        The file and what to make of it.
    name : str
        The file's name, for messages.

    Returns
    -------
    Answer
        Without an error.

    Raises
    ------
    ScoreError
        If the file is too large, is no score, or cannot be read within the limits.
    """
    name = label(name)
    check_size(len(request.data), name)
    question = msgspec.msgpack.encode(request)
    key = cache.key_of(question)
    kept = cache.fetch(key)
    answer = _decoded(kept if kept is not None else _run(question, name), name)
    if answer.error:
        raise ScoreError(f"{name}: {answer.error}")
    if kept is None:
        cache.keep(key, msgspec.msgpack.encode(answer))
    return answer


def label(name: str) -> str:
    """A file's name as it may stand in a message of one line."""
    if not name:
        return "score"
    return name if name.isprintable() else repr(name)


def check_size(size: int, name: str) -> None:
    """Refuse a file that is larger than any score."""
    if size > MAX_FILE_BYTES:
        raise ScoreError(
            f"{name}: a score file must be at most {MAX_FILE_BYTES // MIB} MiB,"
            f" got {size / MIB:.1f} MiB"
        )


def _run(question: bytes, name: str) -> bytes:
    environment = dict(os.environ)
    search = [_PACKAGE_ROOT, environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, search))
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "engine.score.worker"],
            input=question,
            capture_output=True,
            timeout=MAX_WALL_SEC,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ScoreError(
            f"{name}: reading must take at most {MAX_WALL_SEC:.0f} s, was stopped"
        ) from error
    if done.returncode != 0:
        raise ScoreError(f"{name}: {_cause(done.returncode, done.stderr)}")
    return done.stdout


def _decoded(answer: bytes, name: str) -> Answer:
    try:
        return msgspec.msgpack.decode(answer, type=Answer)
    except msgspec.DecodeError as error:
        raise ScoreError(f"{name}: the reading process was cut off: {error}") from error


def _cause(status: int, stderr: bytes) -> str:
    """Why the reading process died, in one line."""
    if -status in (signal.SIGXCPU, signal.SIGKILL):
        return f"reading must take at most {MAX_CPU_SEC} s of processor time, was stopped"
    if status < 0:
        return f"cannot be read as music: the reader crashed ({signal.Signals(-status).name})"
    lines = stderr.decode(errors="replace").strip().splitlines()
    reason = lines[-1][:200] if lines else f"the reader ended with {status}"
    return f"cannot be read as music: {reason}"
