"""How well the beat is predicted, beside simpler models.

``python -m bench tempo --data PATH`` plays every piece of a corpus of aligned performances to each
model. At every arrival at a moment of the score that has another one beat later (a beat of the
metre), that one's onset, the median of its notes', is predicted from what was played until then.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.tempo_baselines import ConstantTempo, Kalman, LastBeat, LocalLine, TrendKalman
from engine.judging.windows import FOLLOW_LENIENCY, on_time_sec
from engine.matching import ScoreFollower
from native.tempo import Tempo

SAME_BEAT = 1e-3
SHARED = Path(__file__).resolve().parents[2] / "shared"

MODELS: dict[str, Callable[[], Any]] = {
    "constant tempo": ConstantTempo,
    "the last beat again": LastBeat,
    "local robust line": LocalLine,
    "Kalman": Kalman,
    "Kalman with trend": TrendKalman,
    "ours": Tempo,
}


class Piece(NamedTuple):
    """A performance as its right notes in time order, and the score's moments."""

    name: str
    beat: NDArray[np.float64]  # (m,) of each moment, in beats of the metre
    beat_in_bar: NDArray[np.float64]  # (m,)
    bar_beats: float
    onset_sec: NDArray[np.float64]  # (m,) median of the moment's notes
    moment: list[int]  # (n,) of each played note
    note_sec: list[float]  # (n,)
    item: Any


class Errors(NamedTuple):
    """Predicted minus real, and how sure the model was, in seconds; what a beat took."""

    error: NDArray[np.float64]
    sigma: NDArray[np.float64]
    beat_sec: NDArray[np.float64]


def read_lab(folder: Path) -> ModuleType:
    """The corpus reader of the matching laboratory, which is no part of the project."""
    if not (folder / "corpus.py").is_file():
        raise BenchError(f"{folder} has no corpus.py: say with --lab where the laboratory is")
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("corpus")
    finally:
        sys.path.remove(str(folder))


def read_pieces(data: Path, lab: Path) -> list[Piece]:
    """All pieces of the corpus in alphabetical order."""
    corpus = read_lab(lab)
    folders = sorted(path.parent for path in data.glob("*/score.csv"))
    if not folders:
        raise BenchError(f"{data} has no performances: say with --data where they are")
    return [make_piece(corpus.Item.load(str(folder))) for folder in folders]


def make_piece(item: Any) -> Piece:
    """Moments and notes of a performance; grace notes have no time of their own."""
    score = item.score
    played = np.flatnonzero(item.truth >= 0)
    played = played[~score["is_grace"][item.truth[played]]]
    note_beat, note_sec = score["onset_beat"][item.truth[played]], item.perf["onset_sec"][played]
    beat = np.unique(note_beat)
    beat = beat[np.diff(beat, prepend=-np.inf) > SAME_BEAT]
    moment = np.searchsorted(beat, note_beat + SAME_BEAT, "right") - 1
    onset_sec = np.array([np.median(note_sec[moment == m]) for m in range(len(beat))])
    downbeats = np.unique(score["onset_beat"][np.abs(score["beat"]) < SAME_BEAT])
    bar_beats = float(np.median(np.diff(downbeats)))
    begun = np.maximum(np.searchsorted(downbeats, beat + SAME_BEAT, "right") - 1, 0)
    in_bar = np.clip((beat - downbeats[begun]) % bar_beats, 0.0, bar_beats)
    return Piece(
        item.name, beat, in_bar, bar_beats, onset_sec, moment.tolist(), note_sec.tolist(), item
    )


def predict_a_beat_ahead(piece: Piece, model: Any) -> Errors:
    """One row for each arrival that has a moment a beat ahead and a tempo to predict from."""
    rows, last = [], -1
    places = list(zip(piece.beat.tolist(), piece.beat_in_bar.tolist(), strict=True))
    ahead = np.searchsorted(piece.beat, piece.beat + 1.0 - SAME_BEAT)
    for moment, note_sec in zip(piece.moment, piece.note_sec, strict=True):
        if moment < last:
            continue
        beat, beat_in_bar = places[moment]
        model.observe(beat, note_sec, beat_in_bar, piece.bar_beats)
        is_arrival, last = moment > last, moment
        target = int(ahead[moment])
        if not is_arrival or target == len(places) or places[target][0] - beat > 1 + SAME_BEAT:
            continue
        time_sec, sigma_sec = model.predict(beat + 1.0)
        onset_sec = float(piece.onset_sec[target])
        rows.append((time_sec - onset_sec, sigma_sec, onset_sec - piece.onset_sec[moment]))
    known = np.array([row for row in rows if not np.isnan(row[0])])
    return Errors(known[:, 0], known[:, 1], known[:, 2])


def figures(errors: Errors) -> NDArray[np.float64]:
    """Median and 90th percentile in ms, median in % of a beat, shares within 1 and 2 sigma in %."""
    size = np.abs(errors.error)
    relative = 100 * np.median(size) / np.median(errors.beat_sec)
    within = [100 * np.mean(size < k * errors.sigma) for k in (1, 2)]
    unsure = bool(np.isnan(errors.sigma).any())
    median, p90 = 1e3 * np.percentile(size, (50, 90))
    return np.array([median, p90, relative, *([np.nan] * 2 if unsure else within)])


def table(pieces: list[Piece]) -> Iterator[str]:
    """Means over pieces as Markdown, a line as soon as a model is done; then ours by piece."""
    yield "| model | median ms | p90 ms | median % of a beat | % within sigma | % within 2 sigma |"
    yield "|---|---|---|---|---|---|"
    for name, make in MODELS.items():
        rows = np.array([figures(predict_a_beat_ahead(piece, make())) for piece in pieces])
        yield line(name, rows.mean(axis=0))
    yield "\n| ours, by piece | median ms | p90 ms | % of a beat | % in sigma | % in 2 sigma |"
    yield "|---|---|---|---|---|---|"
    for piece, row in zip(pieces, rows, strict=True):
        yield line(piece.name, row)


def line(name: str, values: NDArray[np.float64]) -> str:
    """One line of a table; what a model does not tell is a dash."""
    cells = ["-" if np.isnan(value) else f"{value:.1f}" for value in values]
    return f"| {name} | {' | '.join(cells)} |"


def out_of_window(piece: Piece) -> NDArray[np.float64]:
    """Right arrivals at moments; late and early by the window of follow mode; also by 2 sigma."""
    score, truth = piece.item.score, piece.item.truth
    follower, counts, reached = ScoreFollower(score), np.zeros(5), -np.inf
    beats = np.unique(score["onset_beat"])
    gaps = np.minimum(np.diff(beats, prepend=-np.inf), np.diff(beats, append=np.inf))
    for row, index in zip(piece.item.perf, truth, strict=True):
        match = follower.note_on(int(row["pitch"]), float(row["onset_sec"]))
        beat = score[index]["onset_beat"]
        if index < 0 or beat <= reached or beat != score[match.index]["onset_beat"]:
            continue
        reached, beat_sec = beat, 60.0 / match.tempo_bpm
        value_sec = gaps[np.searchsorted(beats, beat)] * beat_sec
        window_sec = FOLLOW_LENIENCY * on_time_sec(beat_sec, value_sec)
        wide_sec = max(window_sec, 2.0 * match.expected_sigma_sec)
        late = float(row["onset_sec"]) - match.expected_sec
        counts += 1, late > window_sec, -late > window_sec, late > wide_sec, -late > wide_sec
    return counts


def windows(pieces: list[Piece]) -> str:
    """How many right arrivals of expressive playing would be called late or early."""
    notes, *shares = np.sum([out_of_window(piece) for piece in pieces], axis=0)
    late, early, far_late, far_early = (100 * share / notes for share in shares)
    return (
        f"Of {notes:.0f} right arrivals {late:.1f} % come after the window of follow mode and "
        f"{early:.1f} % before it; {far_late:.1f} % and {far_early:.1f} % also by over 2 sigma."
    )


def main(arguments: list[str]) -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(prog="python -m bench tempo", description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED / "data/matching/dev")
    parser.add_argument("--lab", type=Path, default=SHARED / "matching_lab")
    wish = parser.parse_args(arguments)
    pieces = read_pieces(wish.data, wish.lab)
    for text in table(pieces):
        print(text, flush=True)
    print("\n" + windows(pieces))


if __name__ == "__main__":
    main(sys.argv[1:])
