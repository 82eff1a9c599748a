"""Reasons and remarks on their way out: over the wire, on paper, and in the page's words."""

import contextlib
import json
import re
import sys

import numpy as np
import pytest

from engine import Score
from engine.events import Event, Kind
from server.cli import main
from server.live.codec import JSON, MSGPACK
from server.live.models import EndSession, ExpectedNote, Feedback, NotePlayed, StartSession
from server.live.opening import open_session
from server.protocol import Client
from server.takes.file import write_take
from server.takes.format import StoredTake
from server.takes.take import Take

PITCHES = np.random.default_rng(4).permutation(np.arange(48, 88)).tolist()
QUARTER_MS = 500.0
STOP_AT, BACK_TO = 20, 8
PLACES = [*range(STOP_AT), *range(BACK_TO, 30)]
TUNE = [ExpectedNote(pitch, k * QUARTER_MS, QUARTER_MS) for k, pitch in enumerate(PITCHES)]


def playing(**wishes):
    """A client whose session of the tune has begun."""
    client = Client(allows_guests=True)
    client.receive(StartSession(expected_notes=TUNE, tempo=120.0, **wishes), 0.0)
    client.opened(open_session(client.opening, client.user_id, "ws"))
    return client


def play_rough(client):
    """Twenty notes, a stop of three seconds, and back to the ninth; every reply."""
    replies, at_ms = [], 0.0
    for n, place in enumerate(PLACES):
        note = NotePlayed(PITCHES[place], at_ms, 64)
        replies += client.receive(note, 1000.0 + at_ms / 1000.0)
        at_ms += QUARTER_MS + (3000.0 if n == STOP_AT - 1 else 0.0)
    return replies + client.receive(EndSession(), 1100.0)


def as_json(reply):
    return json.loads(JSON.encode(reply))["data"]


def test_no_client_hears_why_unless_it_asks():
    for reply in play_rough(playing(mode="follow", extended_results=True)):
        if isinstance(reply, Feedback):
            assert "why" not in as_json(reply)
            assert b"why" not in MSGPACK.encode(reply)


@pytest.mark.parametrize("mode", ["tempo", "follow", "wait"])
def test_a_client_that_asks_is_told_why(mode):
    told = [
        as_json(reply)["why"]
        for reply in play_rough(playing(mode=mode, explain=True, extended_results=True))
        if isinstance(reply, Feedback)
    ]
    assert len(told) >= 40
    for why in told:
        assert list(why) == ["expectedTime", "window", "tempo", "confidence", "alternatives"]
        assert 0.0 <= why["confidence"] <= 1.0
        assert (why["expectedTime"] is None) == (why["window"] is None)
    if mode != "wait":
        assert (told[7]["expectedTime"], told[7]["tempo"]) == (3500.0, 120.0)


def test_alternatives_are_named_as_the_notes_are():
    notes = [ExpectedNote(60, 0.0, 100.0), ExpectedNote(60, 300.0, 100.0)]
    client = Client(allows_guests=True)
    client.receive(StartSession(expected_notes=notes, tempo=120.0, explain=True), 0.0)
    client.opened(open_session(client.opening, client.user_id, "ws"))
    why = as_json(client.receive(NotePlayed(60, 100.0, 64), 1000.0)[0])["why"]
    (other,) = why["alternatives"]
    assert other["noteId"] == "n1"
    assert why["confidence"] + other["confidence"] == pytest.approx(1.0)


def test_remarks_go_to_clients_with_extended_results_only():
    remarks = [
        as_json(reply)
        for reply in play_rough(playing(mode="follow", extended_results=True))
        if reply.event == "remark"
    ]
    assert [remark["kind"] for remark in remarks] == ["stop", "jump_back"]
    stop, back = remarks
    assert stop["amount"] == pytest.approx(3000.0, abs=20.0)
    assert stop["time"] == back["time"] == STOP_AT * QUARTER_MS + 3000.0
    assert (back["beat"], back["toBeat"], back["amount"]) == (19.0, 8.0, -11.0)
    assert (back["bar"], back["toBar"]) == (5, 3)
    assert back["message"] == "went back from bar 5 to bar 3"
    assert "remark" not in [reply.event for reply in play_rough(playing(mode="follow"))]


@pytest.fixture
def rough_take(tmp_path):
    """A take file of the same playing."""
    notes = np.zeros(len(PITCHES), [("pitch", "i4"), ("onset_beat", "f8")])
    notes["pitch"], notes["onset_beat"] = PITCHES, np.arange(len(PITCHES))
    take = Take(Score.from_notes(notes), mode="follow")
    onset_sec = 0.0
    for n, place in enumerate(PLACES):
        take.process(Event(onset_sec, Kind.NOTE_ON, PITCHES[place], 64))
        onset_sec += 3.5 if n == STOP_AT - 1 else 0.5
    take.process(Event(onset_sec + 5.0, Kind.END))
    path = tmp_path / "rough.etude"
    summary = take.performance.summary()
    write_take(path, StoredTake(take.header(), take.status, summary, [take.drain()]))
    return path


@pytest.fixture
def replay(monkeypatch, capsys, rough_take):
    """Call ``etude replay`` on the rough take; returns what it printed."""

    def call(*options):
        monkeypatch.setattr(sys, "argv", ["etude", "replay", str(rough_take), *options])
        with contextlib.suppress(SystemExit):
            main()
        return capsys.readouterr().out.splitlines()

    return call


def test_a_replay_shows_remarks_between_the_verdicts(replay):
    lines = [line for line in replay() if "#" in line]
    assert [line.split("#")[1] for line in lines] == [
        " stopped for 3.0 s in bar 5",
        " went back from bar 5 to bar 3",
    ]


def test_a_replay_says_why_in_columns(replay):
    verdicts = [line for line in replay("--why") if "sure" in line]
    assert len(verdicts) >= 42
    assert re.search(r"  due     3\.500 s ± 1[56]\d ms  ♩ = 120\.0  100% sure", verdicts[7])
    assert len({line.index(" sure") for line in verdicts}) == 1
    assert not any("sure" in line for line in replay())


def test_a_replay_exports_reasons_and_remarks(replay):
    *lines, outcome = [json.loads(line) for line in replay("--json")]
    assert outcome["same_result"]
    remarks = [line for line in lines if "remark" in line]
    assert [remark["remark"] for remark in remarks] == ["stop", "jump_back"]
    assert remarks[1]["began_sec"] == 13.0
    verdicts = [line for line in lines if "result" in line]
    assert verdicts[7]["why"]["expected_sec"] == pytest.approx(3.5)
    assert set(verdicts[7]["why"]) == {
        "expected_sec", "window_ms", "tempo_bpm", "confidence", "alternatives",
    }  # fmt: skip
