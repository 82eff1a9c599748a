"""One engine in a process of its own: items come in as JSON lines, their estimates go to files."""

import argparse
import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.errors import BenchError
from bench.matching.matchers import fingerprint
from bench.pitch.chord_engines import CHORD_ENGINES, asked, chords
from bench.pitch.engines import ENGINES, check, timed
from bench.pitch.material import Item, Sound
from bench.pitch.onset_engines import ONSET_ENGINES
from bench.pitch.playing import chord_notes, chords_of, melody_of
from bench.pitch.store import Raw, save

KINDS: dict[str, dict[str, Any]] = {
    "frames": ENGINES,
    "onsets": ONSET_ENGINES,
    "chords": CHORD_ENGINES,
}
"""The parts that are measured in workers, and who is in each."""


class Task(NamedTuple):
    """One item, and the file that is wanted."""

    path: str
    name: str
    kind: str
    condition: str
    source: str


def of_frames(name: str) -> Callable[[Path, Item, Sound], Raw]:
    """Measures a tracker."""

    def measure(data: Path, item: Item, sound: Sound) -> Raw:
        estimates, cpu_sec = timed(ENGINES[name].track, sound)
        return {**estimates._asdict(), "cpu_sec": np.array(cpu_sec)}

    return measure


def of_onsets(name: str) -> Callable[[Path, Item, Sound], Raw]:
    """Measures onsets."""

    def measure(data: Path, item: Item, sound: Sound) -> Raw:
        found, cpu_sec = timed(ONSET_ENGINES[name].find, sound)
        return {**found._asdict(), "cpu_sec": np.array(cpu_sec)}

    return measure


def of_chords(name: str) -> Callable[[Path, Item, Sound], Raw]:
    """Measures a verifier of chords."""
    verifier = CHORD_ENGINES[name].make()

    def measure(data: Path, item: Item, sound: Sound) -> Raw:
        found = asked(verifier, chords(chord_notes(data, item)), sound)
        return {of: np.array(values) for of, values in found.items()}

    return measure


MEASURE = {"frames": of_frames, "onsets": of_onsets, "chords": of_chords}


def main() -> None:
    """Say which version this is, then measure every item."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("section", choices=KINDS)
    parser.add_argument("name")
    parser.add_argument("--data", type=Path, required=True)
    wish = parser.parse_args()
    answers, sys.stdout = sys.stdout, sys.stderr  # peers may print

    def say(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=answers, flush=True)

    try:
        version = check(KINDS[wish.section][wish.name].requires) or fingerprint()
    except BenchError as error:
        say({"missing": str(error)})
        return
    say({"version": version})
    measure = MEASURE[wish.section](wish.name)
    play = chords_of if wish.section == "chords" else melody_of
    for line in sys.stdin:
        task = Task(*json.loads(line))
        item = Item(*task[1:])
        try:
            raw = measure(wish.data, item, play(wish.data, item))
            save(Path(task.path), raw | {"version": np.array(version)})
            say({"failed": None})
        except Exception as error:  # the engine's own: a benchmark goes on, and tells it
            traceback.print_exc()
            say({"failed": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
