"""The other hand over the wire: cues of the machine, notes that are ignored."""

import json
import time

import aiohttp
import numpy as np
import pytest

from engine.accompaniment import LOOKAHEAD_SEC
from engine.events import Event, Kind
from engine.judging import Verdict
from engine.score import Score
from engine.score.hands import share_out
from server.errors import RefusedError
from server.live.models import Clock, EndSession, NotePlayed, StartSession
from server.live.opening import open_session
from server.pieces import catalogue
from server.protocol import Client
from server.takes.format import StoredTake, pack_score, unpack_score
from server.takes.replay import replay
from server.takes.take import Take

PIECE = "five-finger-both"
WAIT_SEC = 60.0


def notes_of(piece=PIECE):
    """Notes of each hand with the millisecond each is due at 120 quarter notes a minute."""
    score = catalogue.find(piece).score()
    due_ms = 500.0 * (score.notes["onset_beat"] - score.bars["onset_beat"][0])
    rows = list(zip(score.notes["id"].tolist(), score.notes["pitch"].tolist(), due_ms, strict=True))
    is_right = (score.notes["staff"] == 1).tolist()
    return [
        [row for row, here in zip(rows, is_right, strict=True) if here is wanted]
        for wanted in (True, False)
    ]


def playing(**wishes) -> Client:
    """A client whose session of one hand has begun."""
    client = Client(allows_guests=True)
    wish = StartSession(song_id=PIECE, tempo=120.0, hands="right", **wishes)
    client.receive(wish, 0.0)
    client.opened(open_session(client.opening, client.user_id, "ws"))
    return client


def told(replies, event):
    return [reply for reply in replies if reply.event == event]


def pass_time(client, until_sec, zero_sec=1000.0):
    """Tick as the connection's timer does; gives each cue with the time it was sent."""
    cues = []
    while (now_sec := client.session.due_sec + 1e-6) < zero_sec + until_sec:
        cues += [(cue, now_sec - zero_sec) for cue in told(client.session.tick(now_sec), "cue")]
    return cues


def test_by_the_clock_cues_begin_before_anything_is_played():
    client = playing(other_hand="machine")
    assert client.receive(Clock(-1000.0), 999.0) == []
    cues = pass_time(client, 4.0)
    left = [row for row in notes_of()[1] if row[2] <= 4000.0]
    assert [(cue.note_id, cue.midi_note, cue.time) for cue, _ in cues] == left
    ahead = [cue.time / 1000.0 - sent_sec for cue, sent_sec in cues]
    assert ahead == pytest.approx([LOOKAHEAD_SEC] * len(cues), abs=1e-5)
    assert {cue.duration for cue, _ in cues} == {500.0}


def test_where_the_player_leads_cues_come_with_the_player_s_notes():
    client = playing(mode="follow", other_hand="machine")
    right, left = notes_of()
    for k in range(6):
        at_ms = 700.0 * k
        cues = told(client.receive(NotePlayed(right[k][1], at_ms), 1000.0 + at_ms / 1000), "cue")
        assert [(cue.note_id, cue.time) for cue in cues] == [(left[k][0], at_ms)]
    assert pass_time(client, 60.0) == []


def test_no_cue_comes_unless_it_is_asked_for_nor_after_the_end():
    for other_hand in ("silent", "ignored"):
        client = playing(other_hand=other_hand)
        client.receive(Clock(0.0), 1000.0)
        assert pass_time(client, 60.0) == []
    client = playing(other_hand="machine")
    client.receive(Clock(0.0), 1000.0)
    assert told(client.receive(EndSession(), 1000.5), "cue") == []


def test_cues_of_a_take_are_not_in_it():
    client = playing(other_hand="machine")
    client.receive(Clock(-500.0), 999.5)
    take = client.session.take
    pass_time(client, 3.0)
    assert take.performance.notes_played == 0
    assert not take.has_begun


def test_the_time_makes_sense_in_a_session_only():
    client = Client(allows_guests=True)
    with pytest.raises(RefusedError) as caught:
        client.receive(Clock(0.0), 0.0)
    assert (caught.value.code, caught.value.event) == ("WRONG_ORDER", "clock")


@pytest.mark.parametrize("mode", ["tempo", "follow", "wait"])
def test_a_hand_that_is_ignored_is_told_of_only_to_those_who_ask_for_more(mode):
    right, left = notes_of()
    for is_extended in (False, True):
        client = playing(mode=mode, other_hand="ignored", extended_results=is_extended)
        play = [NotePlayed(left[0][1], 0.0), NotePlayed(right[0][1], 5.0)]
        replies = [reply for note in play for reply in client.receive(note, 1000.0)]
        wanted = ["ignored", "correct"] if is_extended else ["correct"]
        assert [reply.result for reply in told(replies, "feedback")] == wanted
    ignored = told(replies, "feedback")[0]
    assert (ignored.note_id, ignored.score_delta, ignored.played_index) == (None, 0, 0)
    assert ignored.message == "C3 is the other hand's"
    assert client.session.started().total_notes == len(right)


def two_hands() -> Score:
    dtype = [("pitch", "i4"), ("onset_beat", "f8"), ("staff", "i4")]
    rows = [(60 + k, float(k), 1) for k in range(8)] + [(40 + k, k / 2, 2) for k in range(16)]
    return Score.from_notes(np.array(rows, dtype))


@pytest.mark.parametrize("mode", ["tempo", "follow", "wait"])
def test_a_take_that_ignores_a_hand_is_judged_again_to_the_same_result(mode):
    score = share_out(two_hands(), "right", "ignored").score
    take = Take(score, mode=mode)
    results = []
    for note in two_hands().notes:
        event = Event(0.5 * float(note["onset_beat"]), Kind.NOTE_ON, int(note["pitch"]), 64)
        results += take.process(event)
    take.process(Event(10.0, Kind.END))
    said = [one.result for one in results if isinstance(one, Verdict)]
    assert (said.count("ignored"), said.count("correct")) == (16, 8)
    stored = StoredTake(take.header(), take.status, take.performance.summary(), [take.drain()])
    assert replay(stored).is_same


def test_the_ignored_notes_are_written_down_with_the_score():
    score = share_out(two_hands(), "right", "ignored").score
    again = unpack_score(pack_score(score))
    assert (again.ignored == score.ignored).all()
    assert len(unpack_score(pack_score(two_hands())).ignored) == 0


async def test_a_browser_is_cued_in_time(start_server):
    server = await start_server()
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{server.url}/api/v1/ws") as socket,
    ):

        async def tell(event, **data):
            await socket.send_str(json.dumps({"event": event, "data": data}))

        async def hear(wanted):
            while (frame := json.loads(await socket.receive_str(timeout=WAIT_SEC)))[
                "event"
            ] != wanted:
                assert frame["event"] != "error", frame
            return frame["data"]

        wish = {"songId": PIECE, "hands": "right", "otherHand": "machine", "tempo": 240}
        await tell("start_session", **wish)
        await hear("session_started")
        zero_sec = time.monotonic() + 0.3
        await tell("clock", timestamp=(time.monotonic() - zero_sec) * 1000)
        n_early = 0
        for note_id, pitch, due_ms in notes_of()[1][:8]:
            cue = await hear("cue")
            assert (cue["noteId"], cue["midiNote"]) == (note_id, pitch)
            assert cue["time"] == pytest.approx(due_ms / 2, abs=0.01)
            n_early += (time.monotonic() - zero_sec) * 1000 < cue["time"]
        assert n_early >= 6  # a busy machine may be late
