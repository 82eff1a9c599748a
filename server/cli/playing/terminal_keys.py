"""Keys typed at the terminal, one by one as they are struck."""

import asyncio
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

READ_BYTES = 1024
# What a function key sends (ECMA-48, 5.4, and the older ESC O x), or a key with Alt.
FUNCTION_KEY = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|O.|[^\x1b\[O])?", re.DOTALL)


def is_terminal() -> bool:
    """Whether somebody sits at both ends: keys come in and a picture goes out."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def characters(data: bytes) -> str:
    """The characters that were typed; function keys are left out."""
    return FUNCTION_KEY.sub("", data.decode(errors="ignore"))


@contextmanager
def typed_keys(
    receive: Callable[[str], object], read_keys: Callable[[bytes], str] = characters
) -> Iterator[None]:
    """Hand over each key as it is struck, without its being shown.

    Parameters
    ----------
    receive : callable
        Gets the characters, on the event loop. Ctrl-C stays a signal.
    read_keys : callable
        Makes characters of what the terminal sends.
    """
    import termios
    import tty

    fd = sys.stdin.fileno()
    loop = asyncio.get_running_loop()
    saved = termios.tcgetattr(fd)

    def read() -> None:
        data = os.read(fd, READ_BYTES)
        if data:
            receive(read_keys(data))
        else:
            loop.remove_reader(fd)  # the terminal has gone

    tty.setcbreak(fd)
    loop.add_reader(fd, read)
    try:
        yield
    finally:
        loop.remove_reader(fd)
        termios.tcsetattr(fd, termios.TCSADRAIN, saved)
