"""The reading process: ``python -m engine.score.worker`` answers one request and ends.

Files come from anywhere, and the engraving library is C++ that holds the interpreter lock and may
crash on garbage. So each file is read in a process of its own, within limits on memory and time.
"""

import os
import sys
from contextlib import suppress

import msgspec

from engine.errors import ScoreError
from engine.score.limits import MAX_ANSWER_BYTES, MAX_CPU_SEC, MAX_MEMORY_BYTES, MIB
from engine.score.reading import Reading


class Request(msgspec.Struct, frozen=True):
    """One file and what to make of it.

    Attributes
    ----------
    data : bytes
        The whole file.
    ending : str
        Of its name, such as ".abc", where the content leaves the format open.
    width_px, scale : int
        Of the engraving; a width of 0 asks for the notes instead.
    """

    data: bytes
    ending: str = ""
    width_px: int = 0
    scale: int = 0


class Answer(msgspec.Struct, frozen=True):
    """Either an error in one line, or what was asked for."""

    error: str = ""
    reading: Reading | None = None
    svg: str = ""


def respond(request: Request) -> Answer:
    """Do the work; everything that can go wrong with a file becomes ``Answer.error``."""
    try:
        if request.width_px:
            from engine.score.drawing import draw

            return Answer(svg=draw(request.data, request.ending, request.width_px, request.scale))
        from engine.score.formats import read

        return Answer(reading=read(request.data, request.ending))
    except ScoreError as error:
        return Answer(error=str(error))
    except (MemoryError, RecursionError):
        return Answer(error=f"reading it takes more than {MAX_MEMORY_BYTES // MIB} MiB of memory")


def _limit_resources() -> None:
    """Bound this process; where a system has no such limit, the caller's clock remains."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SEC, MAX_CPU_SEC + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def main() -> None:
    """Read a request from standard input, write the answer to standard output."""
    _limit_resources()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up inside the answer
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request)
    answer = msgspec.msgpack.encode(respond(request))
    if len(answer) > MAX_ANSWER_BYTES:
        too_large = f"its result must be at most {MAX_ANSWER_BYTES // MIB} MiB"
        answer = msgspec.msgpack.encode(Answer(error=too_large))
    with out:
        out.write(answer)


if __name__ == "__main__":
    main()
