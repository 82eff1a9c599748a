"""Takes: what they log, how a log is written down, and that judging it again says the same."""

import time
import zlib
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kept_takes import PITCHES, chunk_of, played, scale, stored, whole

from engine.errors import RuleError
from engine.events import Event, Kind
from engine.judging import Remark, Verdict
from engine.performance import MODES
from engine.score import Score
from server.errors import TakeError
from server.takes.format import (
    MAX_SCORE_BYTES,
    clean,
    decode_chunk,
    decode_log,
    pack_score,
    unpack_score,
)
from server.takes.ids import uuid7
from server.takes.replay import replay
from server.takes.take import Take


def test_ids_are_version_7_and_carry_the_time():
    before_ms, made, after_ms = time.time_ns() // 10**6, uuid7(), time.time_ns() // 10**6
    assert before_ms <= int(made.replace("-", "")[:12], 16) <= after_ms
    assert made[14] == "7" and made[19] in "89ab" and len(made) == 36


def test_ids_made_in_different_milliseconds_sort_by_time(monkeypatch):
    times_ns = iter(range(10**18, 10**18 + 50 * 10**6, 10**6))
    monkeypatch.setattr(time, "time_ns", lambda: next(times_ns))
    made = [uuid7() for _ in range(50)]
    assert made == sorted(made) and len(set(made)) == 50


def test_log_holds_every_event_with_its_verdicts():
    take = Take(scale())
    said = [
        take.process(Event(0.0, Kind.NOTE_ON, 60, 64)),
        take.process(Event(0.1, Kind.CONTROL, 64, 127)),
    ]
    log = decode_log([take.drain()])
    assert [event for event, _ in log] == [
        Event(0.0, Kind.NOTE_ON, 60, 64),
        Event(0.1, Kind.CONTROL, 64, 127),
    ]
    assert [verdicts for _, verdicts in log] == [
        [result for result in results if isinstance(result, Verdict)] for results in said
    ]
    assert log[0][1][0].result == "correct" and isinstance(log[0][0].kind, Kind)


def test_drain_gives_only_what_is_new_in_numbered_chunks():
    take = Take(scale())
    assert take.drain() is None
    take.process(Event(0.0, Kind.NOTE_ON, 60, 64))
    first = take.drain()
    assert take.drain() is None
    take.process(Event(0.5, Kind.NOTE_ON, 62, 64))
    second = take.drain()
    assert take.chunk_count == 2
    assert [event.number for event, _ in decode_log([first, second])] == [60, 62]


def test_idle_tick_is_not_kept_and_a_telling_one_is():
    take = Take(scale())
    take.process(Event(-1.0, Kind.TICK))
    assert take.drain() is None
    said = take.process(Event(2.4, Kind.TICK))
    assert next(verdict.result for verdict in said if isinstance(verdict, Verdict)) == "missed"
    assert [event.kind for event, _ in decode_log([take.drain()])] == [Kind.TICK]


def test_event_that_was_overtaken_keeps_its_own_time():
    take = Take(scale())
    take.process(Event(-0.1, Kind.TICK))
    take.process(Event(-0.3, Kind.NOTE_ON, 60, 64))
    ((event, _),) = decode_log([take.drain()])
    assert event.time_sec == -0.3


def test_refused_event_is_not_kept():
    take = Take(scale())
    with pytest.raises(RuleError, match="number must be 0 to 127, got 128"):
        take.process(Event(0.0, Kind.NOTE_ON, 128, 64))
    with pytest.raises(RuleError, match="time_sec must be finite, got nan"):
        take.process(Event(float("nan"), Kind.NOTE_ON, 60, 64))
    assert take.drain() is None


def test_end_finishes_a_take_for_good():
    take = played(Take(scale()))
    take.process(Event(4.0, Kind.END))
    assert take.ended and take.status == "finished"
    take.interrupt()
    assert take.status == "finished"
    with pytest.raises(RuleError, match="the take has ended: start a new one"):
        take.process(Event(5.0, Kind.NOTE_ON, 60, 64))


def test_interrupted_take_does_not_judge_what_was_not_reached():
    take = played(Take(scale()), count=3)
    take.interrupt()
    assert take.ended and take.status == "interrupted"
    assert take.performance.summary().counts["missed"] == 0
    with pytest.raises(RuleError, match="the take has ended: start a new one"):
        take.process(Event(5.0, Kind.NOTE_ON, 60, 64))


def test_header_says_what_a_replay_and_a_list_need():
    began = datetime(2025, 1, 2, 3, 4, tzinfo=UTC)
    take = Take(
        scale(),
        mode="wait",
        tempo_bpm=90,
        song="scale",
        user_id="a",
        source="midi",
        started_at=began,
    )
    header = take.header()
    assert (header.id, header.mode, header.tempo_bpm) == (take.id, "wait", 90)
    assert (header.title, header.song, header.user_id) == ("Scale", "scale", "a")
    assert (header.source, header.started_at) == ("midi", began)


def test_text_is_made_fit_for_every_database():
    assert clean("a\0b\ud800c") == "ab?c"
    assert len(clean("x" * 1000)) == 200


def test_packed_score_returns_every_field():
    score = Score.from_notes(scale().notes, title="Täst").section(1, 2)
    again = unpack_score(pack_score(score))
    for name in ("notes", "bars", "tempi"):
        assert getattr(again, name).dtype == getattr(score, name).dtype
        assert (getattr(again, name) == getattr(score, name)).all()
        assert not getattr(again, name).flags.writeable
    assert (again.title, again.composer) == ("Täst", "")


def score_fields() -> dict:
    return msgspec.msgpack.decode(zlib.decompress(pack_score(scale())))


def repacked(fields: dict) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(fields))


def with_column(array: str, name: str, value: float, dtype: str) -> bytes:
    fields = score_fields()
    kind, data = fields[array]["columns"][name]
    column = np.frombuffer(data, kind).astype(dtype)
    column[-1] = value
    fields[array]["columns"][name] = [column.dtype.str, column.tobytes()]
    return repacked(fields)


def test_score_of_an_older_take_has_no_ornaments_and_no_repeats():
    fields = score_fields()
    for name in ("ornament", "ornament_upper", "ornament_lower", "has_fermata"):
        del fields["notes"]["columns"][name]
    for name in ("written", "is_unrepeated"):
        del fields["bars"]["columns"][name]
    score = unpack_score(repacked(fields))
    assert (score.notes == scale().notes).all()
    assert (score.bars == scale().bars).all()


def test_a_column_that_every_score_has_may_not_be_absent():
    fields = score_fields()
    del fields["notes"]["columns"]["is_grace"]
    with pytest.raises(TakeError, match="is_grace"):
        unpack_score(repacked(fields))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cut off"),
        (b"no score", "damaged"),
        (pack_score(scale())[:-5], "cut off"),
        (zlib.compress(b"\0" * (MAX_SCORE_BYTES + 1)), f"over {MAX_SCORE_BYTES} bytes"),
        (repacked({**score_fields(), "version": 2}), "version must be 1, got 2"),
        (repacked({**score_fields(), "notes": {"length": 8, "columns": {}}}), "damaged"),
        (repacked({**score_fields(), "bars": {"length": 1 << 40, "columns": {}}}), "damaged"),
        (with_column("notes", "pitch", 128, "<i4"), "pitch must be 0 to 127"),
        (with_column("notes", "pitch", 60, "<f8"), "pitch must be int32, got <f8"),
        (with_column("notes", "onset_beat", np.nan, "<f8"), "onset_beat must be finite"),
        (with_column("notes", "onset_beat", -9, "<f8"), "sorted by onset"),
        (with_column("tempi", "bpm", np.inf, "<f8"), "bpm must be finite"),
        (with_column("notes", "ornament_upper", 128, "<i2"), "ornament_upper must be -1 to 127"),
        (with_column("notes", "ornament_lower", -2, "<i2"), "ornament_lower must be -1 to 127"),
        (with_column("notes", "ornament", "trillo", "<U8"), "ornament must be one of"),
    ],
)  # fmt: skip
def test_bad_score_is_refused(data, message):
    with pytest.raises(TakeError, match=message):
        unpack_score(data)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_damaged_chunk_never_raises_anything_else(place, flip):
    data = bytearray(whole(played(Take(scale()))).chunks[0])
    data[place % len(data)] ^= flip
    try:
        entries = decode_chunk(bytes(data), 0)
    except TakeError:
        return
    assert all(isinstance(event, Event) for event, _ in entries)


def test_chunk_out_of_place_is_refused():
    with pytest.raises(TakeError, match="chunk 1 must be of version 1, got 0 of 1"):
        decode_chunk(chunk_of([]), 1)


events = st.builds(
    Event,
    st.floats(-1, 6),
    st.sampled_from([*[Kind.NOTE_ON] * 2, *[Kind.TICK] * 2, *[k for k in Kind if k != Kind.END]]),
    st.sampled_from((*PITCHES, 61, 84)),
    st.integers(1, 127),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(MODES), st.lists(events, max_size=40), st.booleans(), st.data())
def test_replay_gives_the_same_result_however_the_log_is_cut(mode, some, in_order, data):
    take = Take(scale(), mode=mode, tempo_bpm=data.draw(st.sampled_from([None, 60.0, 133.3])))
    chunks, said, last = [], [], Event(0.0, Kind.NOTE_ON, 60)
    for event in sorted(some) if in_order else some:
        if event.kind == Kind.NOTE_ON:
            last = event
        elif event.kind == Kind.RENAMED:
            event = event._replace(time_sec=last.time_sec, value=last.number)
            last = last._replace(number=event.number)
        said += [one for one in take.process(event) if isinstance(one, Verdict | Remark)]
        if data.draw(st.booleans()) and (chunk := take.drain()):
            chunks.append(chunk)
    if data.draw(st.booleans()):
        said += take.process(Event(7.0, Kind.END))
    if chunk := take.drain():
        chunks.append(chunk)
    result = replay(stored(take, chunks))
    assert result.is_same and result.differences == []
    assert repr([one for _, told in result.entries for one in told]) == repr(said)


def test_replay_shows_what_is_judged_differently():
    take = whole(played(Take(scale())))
    log = decode_log(take.chunks)
    event, (verdict,) = log[2]
    log[2] = (event, [verdict._replace(result="late", points=5)])
    result = replay(take._replace(chunks=[chunk_of(log)]))
    assert not result.is_same
    assert [(d.event, d.stored, d.replayed) for d in result.differences] == [
        (event, log[2][1], [verdict])
    ]


def test_replay_notices_another_timing_and_another_summary():
    take = whole(played(Take(scale())))
    log = decode_log(take.chunks)
    event, (verdict,) = log[0]
    log[0] = (event, [verdict._replace(timing_sec=verdict.timing_sec + 1e-5)])
    assert len(replay(take._replace(chunks=[chunk_of(log)])).differences) == 1
    summary = take.summary._replace(grade="F")
    assert not replay(take._replace(summary=summary)).is_same
    assert replay(take._replace(summary=None)).is_same


def test_log_that_names_a_note_that_is_not_there_is_refused():
    take = whole(played(Take(scale())))
    log = decode_log(take.chunks)
    event, (verdict,) = log[0]
    log[0] = (event, [verdict._replace(score_index=8)])
    with pytest.raises(TakeError, match="score_index must be below 8, got 8"):
        replay(take._replace(chunks=[chunk_of(log)]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"result": "\x1b[31m"}, r"no result is '\\x1b\[31m'"),
        ({"pitch": 128}, "pitch must be below 128, got 128"),
        ({"score_index": -2}, "score_index must be below 8, got -2"),
    ],
)
def test_log_with_a_verdict_that_no_judge_gives_is_refused(change, message):
    take = whole(played(Take(scale())))
    log = decode_log(take.chunks)
    event, (verdict,) = log[0]
    log[0] = (event, [verdict._replace(**change)])
    with pytest.raises(TakeError, match=message):
        replay(take._replace(chunks=[chunk_of(log)]))


@pytest.mark.parametrize("tempo_bpm", [None, 100.0])
def test_take_with_a_written_tempo_of_0_is_refused(tempo_bpm):
    score = scale()
    tempi = np.array(score.tempi)
    tempi["bpm"] = 0
    take = whole(played(Take(score)))
    packed = pack_score(Score(score.notes, score.bars, tempi))
    header = msgspec.structs.replace(take.header, score=packed, tempo_bpm=tempo_bpm)
    with pytest.raises(TakeError, match="tempo must be 5 to 1000 quarter notes a minute, got 0"):
        replay(take._replace(header=header))


@pytest.mark.parametrize("character", [0xD800, 0x110000])  # half of one; beyond the last
def test_score_with_an_id_that_is_no_text_is_refused(character):
    score = scale()
    notes = np.array(score.notes)
    ids = np.ascontiguousarray(notes["id"])
    ids.view("u4")[0] = character
    notes["id"] = ids
    with pytest.raises(TakeError, match="the score of the take is damaged"):
        unpack_score(pack_score(Score(notes, score.bars, score.tempi)))
