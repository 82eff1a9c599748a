"""Ornaments of real players, their rubato taken out, judged against the clock.

The performances are those of the matching laboratory; each is warped so that its moments fall where
the score has them, and what lies between keeps its place.
"""

import csv
from dataclasses import replace

import numpy as np
import pytest

from engine import Score
from engine.events import Event, Kind
from engine.judging import Verdict
from engine.performance import Performance

PIECES = {
    "asap_Mozart_Piano_Sonatas_12-2": "MunA04",
    "asap_Haydn_Keyboard_Sonatas_48-1": "GarritsonL02M",
}


def table(path):
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(params=PIECES.items(), ids=PIECES.keys(), scope="module")
def piece(request, shared):
    """A score, and (pitch, beat, whether the corpus finds it in the score) of each played note."""
    name, performer = request.param
    folder = shared / "data" / "matching" / "dev" / f"{name}_{performer}"
    written, played = (
        {row["id"]: row for row in table(folder / f"{part}.csv")}
        for part in ("score", "performance")
    )
    pairs = {
        row["performance_id"]: written[row["score_id"]]
        for row in table(folder / "alignment.csv")
        if row["label"] == "match"
    }
    onsets: dict[float, list[float]] = {}
    for played_id, note in pairs.items():
        if note["is_grace"] == "0":
            onset_sec = float(played[played_id]["onset_sec"])
            onsets.setdefault(float(note["onset_beat"]), []).append(onset_sec)
    beats = sorted(onsets)
    times = np.maximum.accumulate([np.median(onsets[beat]) for beat in beats])
    notes = [
        (
            int(row["pitch"]),
            float(np.interp(float(row["onset_sec"]), times, beats)),
            played_id in pairs,
        )
        for played_id, row in played.items()
    ]
    return Score.read(shared / "data" / "scores" / f"{name}.musicxml"), notes


def errors(score, notes):
    """How many matched and how many other notes are extra or wrong in the end, and the score."""
    performance = Performance(score, "tempo")
    seconds = performance.clock.seconds([beat for _, beat, _ in notes])
    order = np.argsort(seconds, kind="stable").tolist()
    stand = {}
    for k in order:
        for said in performance.process(Event(float(seconds[k]), Kind.NOTE_ON, notes[k][0], 64)):
            if isinstance(said, Verdict):
                stand[said.played_index] = said.result
    wrong = [k for place, k in enumerate(order) if stand[place] in ("extra", "wrong_note")]
    matched = sum(notes[k][2] for k in wrong)
    return matched, len(wrong) - matched, performance.summary().overall_score


def test_notes_of_written_ornaments_are_no_errors(piece):
    score, notes = piece
    plain = score.notes.copy()
    plain["ornament"] = ""
    _, others_before, score_before = errors(replace(score, notes=plain), notes)
    matched, others, score_after = errors(score, notes)
    n_ornaments = int((score.notes["ornament"] != "").sum())
    assert matched <= 0.002 * len(notes) + 1  # turns in grace notes strike their main note twice
    assert others <= others_before - 2 * n_ornaments  # a mordent adds two notes, a trill more
    assert score_after > score_before
