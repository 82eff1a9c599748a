"""Golden takes: the same events give the same answers to the last bit, wherever they are judged."""

import os
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from engine.events import Event, Kind
from engine.performance import MODES
from server.takes.file import read_take
from server.takes.format import decode_log
from server.takes.replay import replay, restart

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
MAKER = GOLDEN / "make_takes.py"
make = runpy.run_path(str(MAKER))
IN_ANOTHER_PROCESS = """
import runpy, sys
from server.takes.file import read_take
from server.takes.format import decode_log
from server.takes.replay import restart
take = read_take(__import__("pathlib").Path(sys.argv[2]))
log = [event for event, _ in decode_log(take.chunks)]
print("\\n".join(runpy.run_path(sys.argv[1])["told_lines"](restart(take), log)))
"""


def golden(mode):
    """The events of a golden take, a performance to judge them, and what is to be said."""
    take = read_take(GOLDEN / f"{mode}.etude")
    log = [event for event, _ in decode_log(take.chunks)]
    return log, restart(take), (GOLDEN / f"{mode}.txt").read_text().splitlines()


@pytest.mark.parametrize("mode", MODES)
def test_a_golden_take_is_judged_as_ever_to_the_last_bit(mode):
    log, performance, lines = golden(mode)
    assert make["told_lines"](performance, log) == lines
    result = replay(read_take(GOLDEN / f"{mode}.etude"))
    assert result.is_same, result.differences


@pytest.mark.parametrize("mode", MODES)
def test_another_process_says_the_same_to_the_last_bit(mode):
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    arguments = [
        sys.executable,
        "-c",
        IN_ANOTHER_PROCESS,
        str(MAKER),
        str(GOLDEN / f"{mode}.etude"),
    ]
    said = subprocess.run(
        arguments,
        env=environment,
        cwd=GOLDEN.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines() == golden(mode)[2]


@pytest.mark.parametrize("mode", MODES)
def test_time_that_is_told_early_changes_nothing(mode):
    log, performance, lines = golden(mode)
    said = []
    for event in log:
        early_sec = min(event.time_sec, performance.deadline_sec) - 1e-3
        said += make["told_lines"](performance, [Event(early_sec, Kind.TICK), event])
    assert said == lines


@pytest.mark.parametrize("mode", MODES)
def test_time_that_is_told_often_only_tells_what_is_missed_sooner(mode):
    log, performance, lines = golden(mode)
    often, before_sec = [], log[0].time_sec
    for event in log:
        steps = [before_sec + (event.time_sec - before_sec) * k / 4 for k in (1, 2, 3)]
        often += [*(Event(step, Kind.TICK) for step in steps), event]
        before_sec = event.time_sec
    said = make["told_lines"](performance, often)

    def parted(told):
        missed = Counter(line.split(" ", 1)[1] for line in told if "(missed " in line)
        return [line for line in told if "(missed " not in line], missed

    assert parted(said) == parted(lines)


def test_the_golden_takes_hold_what_practice_is_made_of():
    lines = "\n".join((GOLDEN / "follow.txt").read_text().splitlines())
    for word in ("correct", "late", "wrong_note", "missed", "True", "stop", "jump_back", "jump_on"):
        assert word in lines
