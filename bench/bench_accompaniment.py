"""The machine's left hand under a human right hand, beside the hand that really played.

``python -m bench accompaniment`` lets :class:`engine.accompaniment` play the
left hand of real performances whose right hand alone it hears, and tells how far its onsets are
from the player's own left hand, and from the right-hand notes they are written with.
"""

import importlib
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from engine.accompaniment import Accompaniment, Cue
from engine.events import Event, Kind
from engine.matching import SAME_ONSET_BEAT
from engine.performance import Performance
from engine.score import Score

HAND_FIELDS = ["id", "pitch", "onset_beat", "duration_beat", "measure", "beat", "is_grace"]


class Hands(NamedTuple):
    """A performance taken apart: what each hand has to play, and when each note was played."""

    right: NDArray[np.void]
    left: NDArray[np.void]
    right_sec: NDArray[np.float64]
    left_sec: NDArray[np.float64]
    velocity: NDArray[np.int64]


class Played(NamedTuple):
    """When each note of the left hand sounds; NaN where it does not."""

    name: str
    left_sec: NDArray[np.float64]


class Asynchrony(NamedTuple):
    """How far the left hand's notes are off, in ms, and the share of them that sounds."""

    to_own: NDArray[np.float64]
    to_own_between: NDArray[np.float64]
    to_right: NDArray[np.float64]
    share: float


def main(arguments: list[str]) -> None:
    """Read the command line, measure and print."""
    parser = ArgumentParser(prog="python -m bench accompaniment", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--lab", type=Path, default=Path("../shared/matching_lab"))
    wish = parser.parse_args(arguments)
    print(table(wish.data, wish.lab))


def table(data: Path, lab: Path) -> str:
    """Measure all pieces that have two staffs, and return a Markdown table."""
    rows: dict[str, list[Asynchrony]] = {}
    for hands in read_pieces(data, lab):
        for played in (by_machine(hands), from_last_note(hands), at_constant_tempo(hands)):
            rows.setdefault(played.name, []).append(measure(hands, played.left_sec))
    lines = [
        "Asynchrony in ms, median / 90th percentile\n",
        "| left hand | to the player's own | the same, between right-hand notes "
        "| to the right hand's note | played |",
        "|---|---|---|---|---|",
    ]
    lines += [_line(name, found) for name, found in rows.items()]
    return "\n".join(lines)


def _line(name: str, found: list[Asynchrony]) -> str:
    cells = []
    for column in zip(*(row[:3] for row in found), strict=True):
        median, p90 = np.percentile(np.concatenate(column), [50, 90])
        cells.append(f"{median:.0f} / {p90:.0f}")
    share = 100.0 * np.mean([row.share for row in found])
    return f"| {name} | {' | '.join(cells)} | {share:.1f} % |"


def read_pieces(data: Path, lab: Path) -> Iterator[Hands]:
    """Take apart every performance of the corpus whose score is there with its staffs.

    Raises
    ------
    BenchError
        If the laboratory or the corpus is not where it is said to be.
    """
    corpus = _corpus_reader(lab)
    scores = sorted((data / "scores").glob("*.musicxml"))
    if not scores:
        raise BenchError(f"no scores in {data / 'scores'}: give the folder with --data")
    for path in scores:
        for folder in sorted((data / "matching" / "dev").glob(f"{path.stem}_*")):
            yield _take_apart(corpus.Item.load(str(folder)), Score.read(path))


def by_machine(hands: Hands) -> Played:
    """Let the machine play the left hand to the right hand alone."""
    performance = Performance(Score.from_notes(hands.right), "follow")
    machine = Accompaniment(hands.left, performance)
    cues: list[Cue] = []

    is_played = np.flatnonzero(~np.isnan(hands.right_sec))
    zero_sec = float(np.nanmin(hands.right_sec))
    for note in is_played[np.argsort(hands.right_sec[is_played], kind="stable")]:
        onset_sec = float(hands.right_sec[note]) - zero_sec
        while machine.deadline_sec < onset_sec:
            cues += machine.advance(machine.deadline_sec)
        pitch, velocity = int(hands.right["pitch"][note]), int(hands.velocity[note])
        event = Event(onset_sec, Kind.NOTE_ON, pitch, max(velocity, 1))
        cues += machine.process(event, performance.process(event))
    sounded_sec = {cue.note_id: cue.onset_sec + zero_sec for cue in reversed(cues)}  # the first
    ids = hands.left["id"].tolist()
    return Played("the machine's, following", np.array([sounded_sec.get(i, np.nan) for i in ids]))


def at_constant_tempo(hands: Hands) -> Played:
    """Play the left hand at the one tempo that fits the whole right hand best."""
    beat_sec, start_sec = _best_tempo(hands)
    return Played("at that tempo throughout", start_sec + beat_sec * hands.left["onset_beat"])


def from_last_note(hands: Hands) -> Played:
    """Play on at that tempo from the right hand's last note, as if it were always known which."""
    beat, sec = _played(hands)
    last = np.maximum(np.searchsorted(beat, hands.left["onset_beat"] + SAME_ONSET_BEAT) - 1, 0)
    past_beat = hands.left["onset_beat"] - beat[last]
    left_sec = sec[last] + _best_tempo(hands)[0] * past_beat
    return Played("at the best constant tempo from the last right-hand note", left_sec)


def _best_tempo(hands: Hands) -> tuple[float, float]:
    slope, start = np.polyfit(*_played(hands), 1)
    return float(slope), float(start)


def _played(hands: Hands) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Beats and onsets of the right hand's main notes, as far as they were played."""
    is_played = ~np.isnan(hands.right_sec) & ~hands.right["is_grace"]
    return hands.right["onset_beat"][is_played], hands.right_sec[is_played]


def measure(hands: Hands, left_sec: NDArray[np.float64]) -> Asynchrony:
    """Hold onsets of the left hand against the player's own, and against the right hand's."""
    together_sec = _together_sec(hands)
    to_own = np.abs(left_sec - hands.left_sec) * 1000.0
    to_right = np.abs(left_sec - together_sec) * 1000.0
    between = to_own[np.isnan(together_sec)]
    share = float(np.mean(~np.isnan(left_sec[~np.isnan(hands.left_sec)])))
    own, between, right = (row[~np.isnan(row)] for row in (to_own, between, to_right))
    return Asynchrony(own, between, right, share)


def _together_sec(hands: Hands) -> NDArray[np.float64]:
    """When the right hand played what is written together with each note of the left."""
    beat, sec = _played(hands)
    found = np.searchsorted(beat, hands.left["onset_beat"] - SAME_ONSET_BEAT)
    together = np.full(len(hands.left), np.nan)
    for note, first in enumerate(found.tolist()):
        if first < len(beat) and beat[first] < hands.left["onset_beat"][note] + SAME_ONSET_BEAT:
            together[note] = sec[first]
    return together


def _take_apart(item: Any, score: Score) -> Hands:
    """Give each note of the corpus the hand it has in the score."""
    staff = _staffs(item.score, score.notes)
    onset_sec = np.full(len(item.score), np.nan)
    velocity = np.zeros(len(item.score), int)
    is_note = item.truth >= 0
    onset_sec[item.truth[is_note]] = item.perf["onset_sec"][is_note]
    velocity[item.truth[is_note]] = item.perf["velocity"][is_note]
    notes = item.score[HAND_FIELDS]
    is_right, is_left = staff == 1, staff > 1
    return Hands(
        notes[is_right], notes[is_left], onset_sec[is_right], onset_sec[is_left], velocity[is_right]
    )


def _staffs(notes: NDArray[np.void], written: NDArray[np.void]) -> NDArray[np.int64]:
    """Staff of each note; 0 where the score does not tell."""
    if len(notes) == len(written) and (notes["pitch"] == written["pitch"]).all():
        return np.asarray(written["staff"], int)
    rows, wanted = (
        zip(*(part[name].round(3).tolist() for name in ("measure", "beat", "pitch")), strict=True)
        for part in (written, notes)
    )
    staff_of = dict(zip(rows, written["staff"].tolist(), strict=True))
    return np.array([staff_of.get(place, 0) for place in wanted])


def _corpus_reader(lab: Path) -> Any:
    if not (lab / "corpus.py").is_file():
        raise BenchError(f"no matching laboratory in {lab}: give its folder with --lab")
    sys.path.insert(0, str(lab))
    try:
        return importlib.import_module("corpus")
    finally:
        sys.path.remove(str(lab))
