"""Members who come back, and what was under way when they left."""

import json

import pytest
from listeners import BASIC, FULL, NO_RATE, Party

from engine.drift import SyncRoom


@pytest.fixture
def party():
    """A host who plays."""
    party = Party(5)
    host = party.invite("host", "host", FULL)
    party.pass_time(500.0)
    host.player.is_playing = True
    host.choose("switch", track="trk:0")
    party.pass_time(5000.0)
    return party


def restart(party):
    """The server is killed and starts on what it kept; all connections are gone."""
    kept = json.loads(json.dumps(party.room.snapshot(party.now_ms)))
    party.room = SyncRoom.restore(kept, party.now_ms)
    for device in party.devices.values():
        device.drop()
        device.join()


def is_together(party, device):
    return abs(party.error_ms(device)) < 60.0 and device.player.is_playing


@pytest.mark.parametrize("event", ["playback_state", "request_sync", "pong"])
def test_who_left_is_not_heard_before_joining_again(party, event):
    anna = party.invite("anna")
    party.pass_time(5000.0)
    anna.vanish()
    (answer,) = party.tell("anna", event, anna.state())
    assert answer[:2] == ("anna", "error")
    assert answer[2]["code"] == "WRONG_ORDER"


def test_a_host_who_left_cannot_hand_over(party):
    party.invite("anna")
    party.pass_time(5000.0)
    party.host.vanish()
    (answer,) = party.tell("host", "hand_over", {"userId": "anna"})
    assert answer[2]["code"] == "WRONG_ORDER"
    assert party.room.state(party.now_ms)["host"]["userId"] == "host"


def test_an_heir_who_was_being_moved_is_where_it_is_after_a_restart(party):
    anna = party.invite("anna")
    party.pass_time(5000.0)
    received = anna.receive
    anna.receive = lambda event, data: event == "sync_command" or received(event, data)
    party.host.choose("seek", 60_000.0)
    party.pass_time(300.0)  # told to follow, and has not answered
    party.tell("host", "hand_over", {"userId": "anna"})
    party.pass_time(3000.0)
    told = party.room.state(party.now_ms)
    restart(party)
    assert party.room.state(party.now_ms)["currentTrack"] == told["currentTrack"]


@pytest.mark.parametrize("caps", [FULL, NO_RATE])
def test_a_page_that_was_reloaded_is_given_the_track_again(party, caps):
    anna = party.invite("anna", caps=caps)
    party.pass_time(8000.0)
    assert is_together(party, anna)
    anna.vanish()
    anna.reload()
    anna.join()
    party.pass_time(8000.0)
    assert is_together(party, anna)


def test_a_silent_client_that_comes_back_is_given_the_track_again(party):
    cem = party.invite("cem", caps=BASIC)
    cem.report = lambda cause: None
    party.pass_time(8000.0)
    assert cem.player.track == "trk:0"
    cem.vanish()
    cem.reload()
    cem.join()
    party.pass_time(3000.0)
    assert cem.player.track == "trk:0"
    assert cem.player.is_playing


def test_a_command_that_a_restart_swallowed_is_given_again(party):
    anna = party.invite("anna")
    received = anna.receive
    anna.receive = lambda event, data: event == "sync_command" or received(event, data)
    party.pass_time(300.0)
    assert anna.player.track is None
    anna.receive = received
    restart(party)
    party.pass_time(2500.0)
    assert is_together(party, anna)
