"""``etude`` on a pseudo-terminal."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

WAIT_SEC = 60.0
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])")


class Terminal:
    """A program on a pseudo-terminal of 30 lines."""

    def __init__(self, *arguments, **environment):
        self.master, slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.settings = termios.tcgetattr(self.master)
        names = ("NO_COLOR", "CI", "FORCE_COLOR", "COLUMNS", "LINES")
        kept = {name: value for name, value in os.environ.items() if name not in names}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=kept | {"TERM": "xterm-256color", **environment},
        )
        os.close(slave)
        self.text = ""

    def wait_for(self, pattern):
        """Read what is drawn until the plain text of it matches."""
        end_sec = time.monotonic() + WAIT_SEC
        while not re.search(pattern, self.plain):
            assert time.monotonic() < end_sec, f"waited in vain for {pattern!r}: {self.plain}"
            self._read(end_sec - time.monotonic())

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        """Wait for the end; return exit status and all that was shown after the picture."""
        end_sec = time.monotonic() + WAIT_SEC
        while self.process.poll() is None:
            assert time.monotonic() < end_sec, "it does not end"
            self._read(0.05)
        self._read(0.05)
        return self.process.returncode, ESCAPES.sub("", self.text.rpartition("\x1b[?1049l")[2])

    @property
    def plain(self):
        return ESCAPES.sub("", self.text)

    def _read(self, timeout_sec):
        if select.select([self.master], [], [], max(0.0, timeout_sec))[0]:
            try:
                self.text += os.read(self.master, 1 << 16).decode(errors="replace")
            except OSError:  # the other end is closed: EIO on Linux
                self.process.wait(WAIT_SEC)

    def close(self):
        """End it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(WAIT_SEC)
        os.close(self.master)
