"""A steady crowd: players at one rate, each note timed."""

from argparse import ArgumentParser

from bench.bench_server import measure_steadily, print_rows


def main(arguments: list[str]) -> None:
    """Read the crowd's size and print what its notes cost."""
    parser = ArgumentParser(prog="python -m bench load", description=__doc__)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=8.0, help="notes a second, of each player")
    parser.add_argument("--seconds", type=float, default=60.0)
    wish = parser.parse_args(arguments)
    print_rows([measure_steadily(wish.connections, wish.rate, wish.seconds)], "share of a core")
