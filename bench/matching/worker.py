"""One matcher in a process of its own: tasks come in as JSON lines, measurements go out.

The laboratory is imported from its folder, which must be on the path.
"""

import argparse
import json
import sys
import traceback
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from bench.matching.matchers import MATCHERS, identity, missing
from bench.matching.tasks import NOVICES, Task


class Laboratory:
    """The laboratory's modules, and its pieces."""

    def __init__(self, data: Path, max_notes: int) -> None:
        self._data, self._max_notes = data, max_notes
        self._corpus, self._perturb, self._metrics, self._run = (
            import_module(name) for name in ("corpus", "perturb", "metrics", "run")
        )
        self._load = cache(self._load_excerpt)

    def _load_excerpt(self, folder: str, piece: str) -> Any:
        item = self._corpus.Item.load(str(self._data / folder / piece))
        return item.excerpt(self._max_notes)

    def measure(self, make: Callable[[], Any], task: Task) -> dict[str, Any]:
        """Match one performance; what the matcher raises makes it a failure with no answers."""
        clean = self._load(task.folder, task.piece)
        condition = "clean" if task.condition == NOVICES else task.condition
        item = self._perturb.perturb(clean, condition, task.seed)
        failed = None
        try:
            pred, position, micros, revised = self._run.drive(make(), clean, item)
        except Exception as error:  # the peer's own: a benchmark goes on
            traceback.print_exc()
            failed = f"{type(error).__name__}: {error}"
            pred = revised = np.full(len(item.perf), -1)
            position = micros = None
        row: dict[str, Any] = self._metrics.evaluate(clean, item, pred, position, micros)
        row["f1_revised"] = self._metrics.evaluate(clean, item, revised, None, None)["f1"]
        return row | {"failed": failed}


def main() -> None:
    """Say who this is, then answer every task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("matcher", choices=MATCHERS)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--max-notes", type=int, required=True)
    wish = parser.parse_args()
    answers, sys.stdout = sys.stdout, sys.stderr  # peers may print
    matcher = MATCHERS[wish.matcher]
    lacks = missing(matcher)
    say(answers, {"missing": lacks} if lacks else identity(wish.matcher))
    if lacks:
        return
    laboratory = Laboratory(wish.data, wish.max_notes)
    for line in sys.stdin:
        say(answers, laboratory.measure(matcher.make, Task(*json.loads(line))))


def say(answers: TextIO, message: dict[str, Any]) -> None:
    """One line of JSON."""
    print(json.dumps(message), file=answers, flush=True)


if __name__ == "__main__":
    main()
