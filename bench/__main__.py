"""Measures speed and accuracy, always beside a reference or a peer.

``python -m bench`` prints what notes cost the follower, the judge and the server;
``python -m bench COMMAND --help`` tells of one benchmark.
"""

import argparse
import sys
from importlib import import_module

from bench.errors import BenchError

COMMANDS = {
    "accompaniment": ("bench.bench_accompaniment", "the machine's left hand, beside the player's"),
    "all": ("bench.bench_all", "what notes cost: follower, judge and server (the default)"),
    "drift": ("bench.bench_drift", "what listening rooms cost the core, beside NumPy"),
    "follower": ("bench.bench_follower", "the follower's cost per note, on short and long scores"),
    "instructions": ("bench.instructions", "the follower's instructions per note, and the worst"),
    "judge": ("bench.bench_judge", "the tempo judge's cost per note"),
    "load": ("bench.bench_load", "players at a steady rate, each note timed"),
    "matching": ("bench.matching.command", "real playing, beside the public peers"),
    "microphones": ("bench.microphones", "microphones by the hundred, and keyboards beside them"),
    "pitch": ("bench.pitch.command", "pitch, onsets and chords, beside the public peers"),
    "rest": ("bench.rest.command", "requests at a steady rate, beside a bare handler and players"),
    "rest-survival": (
        "bench.rest.survival",
        "kill -9 while sessions are written, and a look after",
    ),
    "rooms": ("bench.rooms.command", "listening rooms, beside the naive rule"),
    "rooms-browser": ("bench.rooms_browser", "two Chromium windows in a room, playing one file"),
    "rooms-live": ("bench.rooms_live", "a listening room in real time, over a bad link"),
    "rooms-sound": ("bench.rooms_sound", "a listening room as it sounds, on a virtual sound card"),
    "server": ("bench.bench_server", "the server beside the echo"),
    "tempo": ("bench.bench_tempo", "how well the next beat is predicted, beside simpler models"),
}
"""Each is the ``main`` of its module, imported when wanted: it may need what others do not."""


def main() -> None:
    """Read the command line and measure."""
    told = "\n".join(f"  {name:14}{what}" for name, (_, what) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog=f"commands:\n{told}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", choices=COMMANDS, default="all", metavar="COMMAND")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="those of the command")
    wish = parser.parse_args()
    try:
        import_module(COMMANDS[wish.command][0]).main(wish.arguments)
    except BenchError as error:
        sys.exit(f"python -m bench {wish.command}: {error}")


if __name__ == "__main__":
    main()
