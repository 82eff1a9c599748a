"""What is played to measure a note's cost."""

import numpy as np
import pytest

from bench.bench_follower import make_performance, native_take
from bench.note_cost import make_score, measure


@pytest.mark.parametrize(("notes", "least"), [(500, 1), (200, 1000)])
def test_whole_pieces_are_played(notes, least):
    score = make_score(notes)
    follow = native_take(score)
    found = [follow(*row).index for row in make_performance(score, least)]
    assert len(found) >= least
    assert len(np.unique([index for index in found if index >= 0])) > 0.85 * notes
    assert max(found) > 0.97 * notes  # to its end


def test_each_note_is_timed():
    score = make_score(50)
    cost = measure(native_take, score, make_performance(score, 1))
    assert 0 < cost.median <= cost.p99
    assert cost.worst > 0
