"""Binary events of Socket.IO, packet by packet."""

import pytest

from server.errors import RefusedError
from server.live.attachments import RULE, Attachments
from server.live.audio_models import AudioChunk

HOLE = '{"_placeholder":true,"num":0}'


@pytest.mark.parametrize("data", [HOLE, f'{{"pcm":{HOLE}}}'])
@pytest.mark.parametrize("number", ["", "7"])
def test_sound_is_put_together(data, number):
    attachments = Attachments()
    assert attachments.announce(f'51-{number}["audio_chunk",{data}]') == number
    assert attachments.fill(b"\x01\x02") == AudioChunk(b"\x01\x02")


@pytest.mark.parametrize(
    ("packet", "code", "message"),
    [
        ("5", "BAD_FRAME", "a packet must be an event of the default namespace"),
        ("51-/admin,[]", "BAD_FRAME", "a packet must be an event of the default namespace"),
        ("61-[]", "BAD_FRAME", "a packet must be an event of the default namespace"),
        (
            "51-[",
            "BAD_FRAME",
            "the packet is not JSON: Input data was truncated",
        ),
        ('51-["sing",{"pcm":' + HOLE + "}]", "INVALID_PAYLOAD", RULE),
        ('52-["audio_chunk",{"pcm":' + HOLE + "}]", "INVALID_PAYLOAD", RULE),
        ('50-["audio_chunk",{"pcm":' + HOLE + "}]", "INVALID_PAYLOAD", RULE),
        ('51-["audio_chunk",{"pcm":5}]', "INVALID_PAYLOAD", RULE),
        ('51-["audio_chunk"]', "INVALID_PAYLOAD", RULE),
    ],
)
def test_what_announces_no_sound_is_refused(packet, code, message):
    with pytest.raises(RefusedError) as caught:
        Attachments().announce(packet)
    assert (caught.value.code, caught.value.message) == (code, message)


def test_the_attachments_of_a_refused_event_are_left_unread():
    attachments = Attachments()
    with pytest.raises(RefusedError):
        attachments.announce(f'52-["sing",{HOLE}]')
    assert attachments.fill(b"a") is attachments.fill(b"b") is None
    with pytest.raises(RefusedError, match=r"^sound comes as audio_chunk"):
        attachments.fill(b"c")


def test_bytes_that_nothing_announced_are_refused():
    with pytest.raises(RefusedError) as caught:
        Attachments().fill(b"abc")
    assert (caught.value.code, caught.value.message, caught.value.event) == (
        "BAD_FRAME",
        RULE,
        None,
    )
