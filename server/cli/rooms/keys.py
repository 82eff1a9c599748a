"""The keys of ``etude room``."""

from server.cli.playing.terminal_keys import characters

# What terminals send for the arrows (ECMA-48's CSI, and SS3 in application mode), and one
# character for each.
ARROWS = {"A": "↑", "B": "↓", "C": "→", "D": "←"}
SHORT_MS, LONG_MS = 10_000.0, 60_000.0
JUMPS_MS = {"←": -SHORT_MS, "→": SHORT_MS, "↓": -LONG_MS, "↑": LONG_MS}
HOST_HELP = "space pause   ←→ 10 s   ↑↓ 1 min   n next   q end"
CLIENT_HELP = "s sync now   q leave"


def room_keys(data: bytes) -> str:
    """What was pressed, a character each: arrows are arrows."""
    for lead in (b"\x1b[", b"\x1bO"):
        for end, arrow in ARROWS.items():
            data = data.replace(lead + end.encode(), arrow.encode())
    return characters(data)
