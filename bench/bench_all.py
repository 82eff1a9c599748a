"""What a note costs the follower, the judge and the server, one after the other."""

from argparse import ArgumentParser

from bench import bench_follower, bench_judge, bench_server


def main(arguments: list[str]) -> None:
    """Print all tables."""
    ArgumentParser(prog="python -m bench all", description=__doc__).parse_args(arguments)
    for part in (bench_follower, bench_judge, bench_server):
        part.main([])
        print(flush=True)
