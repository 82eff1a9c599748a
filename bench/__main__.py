"""``python -m bench``: every benchmark in one table. ``python -m bench load``: a steady crowd."""

import argparse
from collections.abc import Iterable

from bench import bench_follower, bench_judge
from bench.bench_server import Row, measure, measure_steadily


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    load = commands.add_parser("load", help="players at a steady rate, each note timed")
    load.add_argument("--connections", type=int, default=1000)
    load.add_argument("--rate", type=float, default=8.0, help="notes a second, of each player")
    load.add_argument("--seconds", type=float, default=60.0)
    commands.add_parser("server", help="the server beside the echo, and nothing else")
    wish = parser.parse_args()
    if wish.command == "load":
        row = measure_steadily(wish.connections, wish.rate, wish.seconds)
        print_server([row], "share of a core")
        return
    if wish.command is None:
        print("Score follower, beside its reference in plain Python\n")
        print(bench_follower.table(), end="\n\n")
        print("Judge of tempo mode, beside its reference in plain Python\n")
        print(bench_judge.table(), end="\n\n")
    print("note_played -> feedback + stats_update (+ position), beside a bare echo\n")
    print_server(measure(), "CPU ratio to the echo")


def print_server(rows: Iterable[Row], ratio: str) -> None:
    """Print what notes cost the server as a Markdown table, each line as soon as it is there."""
    print(f"| | connections | CPU us/note | {ratio} | p50 ms | p99 ms | max ms | lost | disorder |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.what} | {row.connections} | {row.cpu_us:.1f} | {row.ratio:.2f} "
            f"| {row.p50_ms:.2f} | {row.p99_ms:.2f} | {row.max_ms:.2f} "
            f"| {row.lost} | {row.out_of_order} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
