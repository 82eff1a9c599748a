"""``python -m server.cli`` is ``etude``."""

from server.cli import main

main()
