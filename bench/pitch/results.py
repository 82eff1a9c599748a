"""Everything that was measured, read from the store."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.pitch.chord_engines import BUDGETS_SEC, CHORD_ENGINES, chords
from bench.pitch.chord_summary import (
    SHIPPED,
    Candidates,
    Verified,
    best_thresholds,
    candidates,
    query_ms,
    verified,
)
from bench.pitch.hop_cost import HopCost
from bench.pitch.material import Item
from bench.pitch.metrics import OnsetScore, onset_score
from bench.pitch.native_hops import Instructions
from bench.pitch.onset_engines import ONSET_ENGINES
from bench.pitch.playing import chord_notes, truth_of
from bench.pitch.runner import Standing
from bench.pitch.store import Key, Raw, Store
from bench.pitch.summary import Bin, Frames, heard

OURS = "etude"
ONSET_WINDOW_SEC = 0.05
Onsets = dict[str, OnsetScore]


class Chords(NamedTuple):
    """One verifier's rows on clean recordings by 0.5 and by the best thresholds, rows by 0.5 of
    every condition, median and p99 of a query in ms."""

    shipped: list[Verified]
    tuned: list[Verified]
    harder: dict[str, list[Verified]]
    query_ms: tuple[float, float]


class Results(NamedTuple):
    """By title of the engine; what was not measured is empty."""

    frames: dict[str, Frames]
    onsets: dict[str, Onsets]
    chords: dict[str, Chords]
    hops: list[HopCost]
    instructions: list[Instructions]
    standings: list[Standing]
    calibration: dict[str, list[Bin]]


def collect(
    standings: list[Standing],
    items: dict[str, list[Item]],
    store: Store,
    data: Path,
    cost: tuple[list[HopCost], list[Instructions]],
) -> Results:
    """What the measurements of these engines on these items come to."""
    results = Results({}, {}, {}, *cost, standings, {})
    for standing in standings:
        found = {
            item: raw
            for item in items[standing.section]
            if (raw := store.load(Key(standing.section, standing.name, item.name))) is not None
        }
        if not found:
            continue
        if standing.section == "frames":
            every = [heard(item, truth_of(data, item), raw) for item, raw in found.items()]
            frames = Frames(every, is_shipped=standing.name == OURS)
            results.frames[standing.name] = frames
            if standing.name == OURS:
                results.calibration.update(calibration(frames))
        elif standing.section == "onsets":
            results.onsets[ONSET_ENGINES[standing.name].title] = onsets(found, data)
        else:
            results.chords[CHORD_ENGINES[standing.name].title] = chord_rows(found, data)
    return results


def calibration(frames: Frames) -> dict[str, list[Bin]]:
    """Confidence held against what was right, on recordings and on models."""
    told = {
        "recordings": frames.calibration(lambda item: item.kind != "model"),
        "models": frames.calibration(lambda item: item.kind == "model"),
    }
    return {what: bins for what, bins in told.items() if bins}


def onsets(found: dict[Item, Raw], data: Path) -> Onsets:
    """Means over the recordings of each kind; other conditions than clean are told apart."""
    by_kind: dict[str, list[OnsetScore]] = {}
    for item, raw in found.items():
        onset_sec = truth_of(data, item).notes[:, 0]
        score = onset_score(onset_sec, raw["onset_sec"], raw["told_sec"], ONSET_WINDOW_SEC)
        by_kind.setdefault(group_of(item), []).append(score)
    return {kind: mean(scores) for kind, scores in by_kind.items()}


def group_of(item: Item) -> str:
    """Its kind; with its condition, if that is not the plain one."""
    if item.condition in ("clean", item.kind):
        return item.kind
    return item.condition if item.kind == "model" else f"{item.kind}, {item.condition}"


def mean(scores: list[OnsetScore]) -> OnsetScore:
    """Of each figure; delays only where something was found."""
    table = np.array(scores)
    delays = table[:, 3][np.isfinite(table[:, 3])]
    delay = float(delays.mean()) if len(delays) else float("nan")
    f1, precision, recall = table[:, :3].mean(axis=0).tolist()
    return OnsetScore(f1, precision, recall, delay)


def chord_rows(found: dict[Item, Raw], data: Path) -> Chords:
    """What the scores of one verifier come to; thresholds are those of the clean recordings."""
    by_condition: dict[str, list[Item]] = {}
    for item in found:
        by_condition.setdefault(item.condition, []).append(item)

    def scored(items: list[Item]) -> tuple[list[Raw], list[Candidates]]:
        asked = [candidates(chords(chord_notes(data, item))) for item in items]
        return [found[item] for item in items], asked

    first = scored(by_condition.get("clean") or list(found))
    shipped = [SHIPPED] * len(BUDGETS_SEC)
    tuned = best_thresholds(*first)
    harder = {c: verified(*scored(items), shipped) for c, items in by_condition.items()}
    return Chords(verified(*first, shipped), verified(*first, tuned), harder, query_ms(first[0]))
