"""Six scores of the (n)ASAP corpus, held note by note against its own unfolded note lists."""

import csv
from collections import Counter

import numpy as np
import pytest

from engine import Score

ONSET_TOLERANCE_BEAT = 1e-4
"""The corpus rounds to five decimals."""

PIECES = {
    "asap_Bach_Fugue_bwv_848": "Denisova06M",
    "asap_Bach_Prelude_bwv_846": "Shi05M",
    "asap_Chopin_Etudes_op_10_12": "Bult-ItoS04M",
    "asap_Haydn_Keyboard_Sonatas_48-1": "GarritsonL02M",
    "asap_Mozart_Piano_Sonatas_12-2": "MunA04",
    "asap_Schubert_Moment_musical_no_3": "Tetzloff09M",
}

# Notes that Score has and the corpus has not. In this file each of them claims to continue a tie
# whose beginning is bars away; nothing sounds until then, so the note is struck. The corpus takes
# it as the rest of the far note, which gets too long by it.
ENDS_OF_NO_TIE = {
    "asap_Mozart_Piano_Sonatas_12-2": {
        "n358-1": "n337-1",
        "n470-1": "n336-1",
        "n493-1": "n474-1",
        "n843-1": "n473-1",
        "n1257-1": "n1223-1",
        "n1275-1": "n1222-1",
    },
}

# Bar and beat of a repeat: the corpus numbers bars on in the order they are played, Score keeps the
# written number. Its beats are rounded to simple fractions.
BEAT_TOLERANCE = 1 / 128


@pytest.fixture(params=PIECES.items(), ids=PIECES.keys(), scope="module")
def piece(request, shared):
    """One score, its notes by id with pass, and the corpus' rows."""
    name, performer = request.param
    score = Score.read(shared / "data" / "scores" / f"{name}.musicxml")
    folder = shared / "data" / "matching" / "dev" / f"{name}_{performer}"
    with (folder / "score.csv").open() as file:
        rows = list(csv.DictReader(file))
    return name, score, _by_pass(score.notes), rows


def _by_pass(notes):
    passes = Counter()
    result = {}
    for row in notes.tolist():
        note = dict(zip(notes.dtype.names, row, strict=True))
        passes[note["id"]] += 1
        result[f"{note['id']}-{passes[note['id']]}"] = note
    return result


def test_every_note_of_the_corpus_is_found_with_its_pitch_and_onset(piece):
    _, score, notes, rows = piece
    assert set(score.bars["unit"]) == {4}  # so the corpus' beats are quarters
    for row in rows:
        note, onset_beat = notes[row["id"]], float(row["onset_beat"])
        assert note["pitch"] == int(row["pitch"]), row
        assert note["onset_beat"] == pytest.approx(onset_beat, abs=ONSET_TOLERANCE_BEAT), row
        assert note["is_grace"] == (row["is_grace"] == "1"), row


def test_no_other_notes_are_found_but_the_listed_exceptions(piece):
    name, _, notes, rows = piece
    extra = set(notes) - {row["id"] for row in rows}
    assert extra == set(ENDS_OF_NO_TIE.get(name, {}))
    assert len(extra) <= 0.005 * len(rows)


def test_durations_are_those_of_the_corpus_but_for_the_listed_ties(piece):
    name, _, notes, rows = piece
    pairs = ENDS_OF_NO_TIE.get(name, {})
    assert all(notes[end]["pitch"] == notes[start]["pitch"] for end, start in pairs.items())
    differing = {
        row["id"]
        for row in rows
        if abs(notes[row["id"]]["duration_beat"] - float(row["duration_beat"])) > 1e-4
    }
    assert differing == set(pairs.values())


def test_bar_and_beat_are_those_of_the_corpus(piece):
    _, score, notes, rows = piece
    played_bars = len(score.bars)
    has_repeats = played_bars > len(set(score.bars["measure"].tolist()))
    for row in rows:
        note = notes[row["id"]]
        assert note["beat"] == pytest.approx(float(row["beat"]), abs=BEAT_TOLERANCE), row
        if not has_repeats:
            assert note["measure"] == int(row["measure"]), row


def test_notes_are_sorted_by_onset_then_pitch(piece):
    notes = piece[1].notes
    order = np.lexsort((notes["pitch"], notes["onset_beat"]))
    assert (order == np.arange(len(notes))).all()
