"""``etude room`` as a program, against a real server: hosting, joining, keys, lines and JSON."""

import json
import signal
from io import StringIO
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from midi_ports import wait_for
from page_driver import running_server
from rich.console import Console
from terminals import Terminal

from server.cli.rooms.keys import room_keys
from server.cli.rooms.view import LiveRoomView, PlainRoomView, is_other_drift, sparkline
from server.cli.rooms.words import (
    doubt_text,
    drift_text,
    person_text,
    reading_text,
    time_text,
    track_text,
)
from server.roomclient import PlayerError, Reading, Track
from server.roomclient.messages import Person, RoomState
from server.roomclient.tracks import Library, hash_file

SILENT = ("--player", "silent")


def write_music(path, seconds=120, seed=1, **options):
    sound = np.random.default_rng(seed).normal(size=8_000 * seconds) * 0.1
    soundfile.write(path, sound, 8_000, **options)
    return path


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Two pieces in a folder."""
    folder = tmp_path_factory.mktemp("music")
    write_music(folder / "first.flac")
    write_music(folder / "second.flac", seed=2)
    return folder


@pytest.fixture
def open_terminal():
    """Opens programs on terminals; they are ended at the end."""
    terminals = []

    def open_one(*arguments):
        terminals.append(Terminal(*map(str, arguments)))
        return terminals[-1]

    yield open_one
    for terminal in terminals:
        terminal.close()


class JsonProgram:
    """A member that tells JSON."""

    def __init__(self, program):
        self.program = program

    def events(self, name):
        parsed = [json.loads(line) for line in list(self.program.lines)]
        return [line["data"] for line in parsed if line["event"] == name]

    def until(self, name, holds=lambda data: True):
        """The first event that fits."""
        return wait_for(lambda: next(filter(holds, self.events(name)), None), name)

    @property
    def code(self):
        return self.until("room")["code"]


@pytest.fixture
def start_host(start_etude, page_server):
    """Starts a host without sound, in a pipe."""

    def start(*arguments):
        common = ("--server", page_server, "--name", "Hanna", "--json")
        return JsonProgram(start_etude("room", "host", *SILENT, *common, *map(str, arguments)))

    return start


def member(name, **holds):
    """Whether a room_state has a member of whom this holds."""

    def found(state):
        return any(
            person["userName"] == name and all(person.get(k) == v for k, v in holds.items())
            for person in state["members"]
        )

    return found


# ---- the program


def test_a_guest_hears_what_the_host_plays(start_host, start_etude, page_server, music):
    host = start_host(music / "first.flac")
    link = f"{page_server}/room/{host.code}"
    assert host.until("room") == {
        "code": host.code, "role": "host", "link": link,
        "userId": host.until("room")["userId"],
    }  # fmt: skip
    guest = start_etude("room", "join", link, *SILENT, "--name", "Gil", str(music))
    guest.wait_for_line(rf"^room {host.code}: ")
    guest.wait_for_line(r"^Hanna: host$")
    guest.wait_for_line(r"^▶ first   0:\d\d / 2:00$")
    guest.wait_for_line(r"^Gil: excellent, [+−]\d+\.\d ms ±\d+ ms$")
    host.until("room_state", member("Gil", quality="excellent", role="client", online=True))
    assert guest.end(signal.SIGINT) == (0, "")
    wait_for(lambda: len(host.events("room_state")[-1]["members"]) == 1, "the guest to go")
    assert host.program.end(signal.SIGTERM) == (0, "")


def test_an_offset_is_set_and_seen_by_all(start_host, start_etude, page_server, music):
    host = start_host(music / "first.flac")
    start_etude("room", "join", host.code, *SILENT, "--server", page_server, "--offset", "-40")
    host.until("room_state", lambda state: any(p["offsetMs"] == -40.0 for p in state["members"]))


def test_a_guest_without_the_file_is_told_its_name(start_host, start_etude, page_server, music):
    host = start_host(music / "first.flac")
    guest = start_etude(
        "room", "join", host.code, *SILENT, "--server", page_server, str(music / "second.flac")
    )
    taker = start_etude("room", "join", host.code, *SILENT, "--server", page_server)
    guest.wait_for_line("^# the host plays “first”: name your copy of it, or its folder, on the ")
    taker.wait_for_line(r"^▶ first   0:\d\d$")
    assert taker.end(signal.SIGINT)[0] == 0
    assert guest.end(signal.SIGINT)[0] == 0


def test_the_host_plays_one_track_after_the_other(start_host, start_etude, page_server, music,
                                                  tmp_path):  # fmt: skip
    short, second = write_music(tmp_path / "short.wav", seconds=3), music / "second.flac"
    host = start_host(short, second)
    guest = JsonProgram(
        start_etude("room", "join", host.code, *SILENT, "--server", page_server, "--json")
    )
    for path in (short, second):
        uri = f"sha256:{hash_file(path)}"
        guest.until("sync_command", lambda told, uri=uri: told["trackUri"] == uri)
    assert host.events("notice") == guest.events("notice") == []


def test_the_keys_of_host_and_guest_on_terminals(open_terminal, page_server, music):
    host = open_terminal(
        "room", "host", *SILENT, "--server", page_server, "--name", "Hanna", "--paused", music
    )
    host.wait_for(r"Room (\w{6})")
    host.wait_for(r"⏸ first   0:00 / 2:00")
    code = host.plain.split("Room ")[1][:6]
    guest = open_terminal(
        "room", "join", code, *SILENT, "--server", page_server, "--name", "Gil", music
    )
    host.wait_for(r"Gil")
    host.type(" ")
    guest.wait_for(r"▶ first   0:0\d")
    guest.wait_for(r"excellent")
    host.type("\x1b[C\x1b[C")  # nobody reads what the host draws meanwhile, as after Ctrl-S
    guest.wait_for(r"▶ first   0:2\d")
    host.type("\x1bOA")
    guest.wait_for(r"▶ first   1:2\d")
    host.type("n")
    guest.wait_for(r"▶ second   0:0\d")
    host.type(" ")
    guest.wait_for(r"⏸ second")
    host.type("q")
    status, rest = host.end()
    assert (status, rest.strip()) == (0, "the host has ended the room")
    status, rest = guest.end()
    assert (status, rest.strip()) == (0, "the host has ended the room")


def test_a_guest_leaves_by_q_and_gets_the_terminal_back(open_terminal, start_host, page_server,
                                                        music):  # fmt: skip
    host = start_host(music / "first.flac")
    guest = open_terminal("room", "join", host.code, *SILENT, "--server", page_server)
    guest.wait_for("s sync now   q leave")
    guest.type("s")
    guest.type("q")
    status, rest = guest.end()
    assert (status, rest.strip()) == (0, "")


# ---- what is refused


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("host", "/nowhere.flac"), "etude: there is no file or folder /nowhere.flac\n"),
        (("join", "ABC234", "/nowhere"), "etude: there is no file or folder /nowhere\n"),
    ],
)
def test_a_file_that_is_not_there_is_told(etude, page_server, arguments, told):
    status, _, errors = etude("room", *arguments, *SILENT, "--server", page_server)
    assert (status, errors) == (1, told)


def test_a_file_that_is_no_music_is_told(etude, page_server, tmp_path):
    (tmp_path / "notes.txt").write_text("do re mi")
    path = tmp_path / "notes.txt"
    status, _, errors = etude("room", "host", path, *SILENT, "--server", page_server)
    assert status == 1
    assert errors.startswith(f"etude: {path} cannot be played: ")


def test_an_unknown_room_is_told(etude, page_server):
    status, _, errors = etude("room", "join", "ZZZZZZ", *SILENT, "--server", page_server)
    assert status == 1
    assert errors.startswith("etude: there is no room")


def test_a_host_without_music_is_refused(etude):
    assert etude("room", "host", *SILENT)[0] == 2


# ---- music by its content


async def test_a_copy_is_found_by_its_content_whatever_its_name(music, tmp_path):
    (tmp_path / "deep").mkdir()
    copy = tmp_path / "deep" / "another name.FLAC"
    copy.write_bytes((music / "first.flac").read_bytes())
    write_music(tmp_path / "a.wav", seconds=1, seed=9)
    (tmp_path / "cover.jpg").write_bytes(b"no music")
    uri = f"sha256:{hash_file(music / 'first.flac')}"
    library = Library([tmp_path])
    track = await library.find(uri)
    assert (track.uri, track.name, track.duration_ms) == (uri, "another name", 120_000.0)
    assert library.path_of(uri) == copy


def test_music_of_the_server_is_fetched(start_etude, music, tmp_path):
    (tmp_path / "shelf").mkdir()
    shelved = tmp_path / "shelf" / "Für Elise #1.flac"
    shelved.write_bytes((music / "first.flac").read_bytes())
    uri = "/api/v1/music/F%C3%BCr%20Elise%20%231.flac"
    with running_server(tmp_path / "data", 0, "--music", str(shelved.parent)) as url:
        host = start_etude("room", "host", *SILENT, "--server", url, uri)
        host.wait_for_line(r"^▶ Für Elise #1   0:\d\d / 2:00$")


@pytest.mark.parametrize(
    "uri", ["/api/v1/music/none.flac", "http://127.0.0.1:9/api/v1/music/a.wav"]
)
def test_what_the_server_does_not_offer_is_not_fetched(etude, page_server, uri, start_etude):
    program = start_etude("room", "host", *SILENT, "--server", page_server, uri)
    program.wait_for_line(f"^# the host plays {uri}, which this player cannot get$")


async def test_a_copy_that_comes_later_is_found(music, tmp_path):
    library = Library([tmp_path])
    uri = f"sha256:{hash_file(music / 'first.flac')}"
    with pytest.raises(PlayerError, match=r"^the host plays the file sha256:[0-9a-f]{12}…: name "):
        await library.find(uri)
    (tmp_path / "late.flac").write_bytes((music / "first.flac").read_bytes())
    assert (await library.find(uri)).name == "late"


async def test_a_file_that_changed_is_another_one(tmp_path):
    path = write_music(tmp_path / "a.wav", seconds=1)
    library = Library([path])
    (first,) = await library.tracks()
    write_music(path, seconds=2, seed=2)
    (second,) = await library.tracks()
    assert first.uri != second.uri
    with pytest.raises(PlayerError):
        await Library([path]).find(first.uri)


async def test_a_folder_is_played_by_name_and_files_in_their_order(music):
    named = [track.name for track in await Library([music]).tracks()]
    given = Library([music / "second.flac", music / "first.flac"])
    assert named == ["first", "second"]
    assert [track.name for track in await given.tracks()] == ["second", "first"]


# ---- the picture and the words


def person(**fields):
    told = {"user_id": "gil", "user_name": "Gil", "drift": -2.34, "quality": "excellent"}
    return Person(**{**told, "confidence_ms": 9.4, **fields})


def test_members_in_words():
    assert person_text(person()) == "Gil: excellent, −2.3 ms ±9 ms"
    assert person_text(person(online=False)) == "Gil: away"
    assert person_text(person(role="host")) == "Gil: host"
    assert person_text(person(user_name="", drift=None)) == "gil: not playing yet"
    assert (drift_text(person(drift=None)), doubt_text(person(confidence_ms=None))) == ("–", "")


@pytest.mark.parametrize(
    ("time_ms", "text"), [(0.0, "0:00"), (59_999.0, "0:59"), (3_725_000.0, "1:02:05")]
)
def test_times_in_words(time_ms, text):
    assert time_text(time_ms) == text


def test_what_plays_in_words():
    track = Track("u", "Ode to Joy", "Beethoven", 200_000.0)
    reading = Reading(track, 62_000.0, True, 1.0, 0.0, 0.0)
    assert reading_text(reading) == "▶ Ode to Joy · Beethoven   1:02 / 3:20"
    assert reading_text(None) == "nothing is played yet"


@pytest.mark.parametrize(
    ("uri", "title"),
    [("etude:song/minuet-in-g", "minuet-in-g"), ("http://here/F%C3%BCr%20Elise", "Für Elise"),
     ("sha256:" + "815f" * 16, "815f815f815f815f815f815…"), ("http://here/", "here")],
)  # fmt: skip
def test_the_end_of_an_address_stands_for_a_title(uri, title):
    assert track_text(Track(uri)) == title


def test_a_sparkline_is_level_where_there_is_no_drift():
    assert sparkline([0.0, 10.0, -10.0]) == "▅█▁"
    assert sparkline([50.0, -50.0, 5.0]) == "█▁▅"
    assert sparkline([]) == ""


def room_of(people, reading=None):
    """A room as views see it; this is Gil."""
    return SimpleNamespace(
        code="ABC234",
        is_connected=True,
        who=SimpleNamespace(user_id="gil"),
        service=SimpleNamespace(origin="http://here"),
        member=SimpleNamespace(
            role="client", room=RoomState(people), reading=reading, reading_now=lambda: reading
        ),
    )


def test_the_picture_shows_everybody():
    track = Track("u", "Ode to Joy", "", 200_000.0)
    reading = Reading(track, 62_000.0, False, 1.0, 0.0, 0.0)
    people = [person(), person(user_id="hanna", user_name="Hanna", role="host"),
              person(user_id="ida", user_name="Ida", online=False, offset_ms=-40.0)]  # fmt: skip
    room = room_of(people, reading)
    console = Console(force_terminal=True, width=110, height=30, record=True, file=StringIO())
    view = LiveRoomView(console)
    view.entered(room)
    for drift in (5.0, -5.0):
        room.member.room.members[0].drift = drift
        view.event("room_state", {})
    view.notice("hello")
    view.notice("hello")
    console.print(view.frame(room))
    told = console.export_text()
    for text in ("Room ABC234", "http://here/room/ABC234", "⏸ Ode to Joy   1:02 / 3:20", "−5.0 ms",
                 "±9 ms", "excellent", "Gil (you)", "host", "away", "-40 ms", "▆▃"):  # fmt: skip
        assert text in told, (text, told)
    assert told.count("hello") == 1
    room.is_connected = False
    console.print(view.frame(room))
    assert "connecting…" in console.export_text()


@pytest.mark.parametrize(("width", "has_line"), [(110, True), (80, True), (72, False)])
def test_names_and_qualities_are_whole_before_the_line_of_drifts(width, has_line):
    console = Console(force_terminal=True, width=width, height=30, record=True, file=StringIO())
    view = LiveRoomView(console)
    room = room_of([person(user_name="Wilhelmina", drift=-1234.5, confidence_ms=1234.0)])
    view.entered(room)
    for _ in range(60):
        view.event("room_state", {})
    console.print(view.frame(room))
    told = console.export_text()
    for text in ("Wilhelmina", "−1234.5 ms", "±1234 ms", "excellent", "offset"):
        assert text in told, (text, told)
    assert ("▁▁▁▁▁" in told) == has_line
    assert "…" not in told


@pytest.mark.parametrize(
    ("told_ms", "drift_ms", "is_other"),
    [(88.6, 0.02, True), (88.6, 50.0, False), (88.6, 40.0, True), (0.02, 4.9, False),
     (3.0, -3.0, True), (2.0, -2.0, False), (None, 1.0, True), (None, None, False)],
)  # fmt: skip
def test_a_drift_is_another_one_by_a_factor_of_two(told_ms, drift_ms, is_other):
    assert is_other_drift(told_ms, drift_ms) == is_other


async def test_who_has_not_reported_is_not_playing_yet(capsys):
    new = Person("gil", "Gil", drift=None, quality=None)
    console = Console(force_terminal=True, width=80, height=30, record=True, file=StringIO())
    for view in (LiveRoomView(console), PlainRoomView()):
        room = room_of([new])
        view.entered(room)
        view.event("room_state", {})
        if isinstance(view, LiveRoomView):
            console.print(view.frame(room))
    assert "not playing yet" in console.export_text()
    assert "Gil: not playing yet" in capsys.readouterr().out


async def test_lines_follow_the_drift_and_tell_who_leaves(capsys):
    now_sec = [0.0]
    view = PlainRoomView(lambda: now_sec[0])
    room = room_of([person(drift=88.6)])
    view.entered(room)
    view.event("room_state", {})

    async def lines(at_sec, *people):
        now_sec[0] = at_sec
        room.member.room = RoomState(list(people))
        await view.refresh()
        return capsys.readouterr().out.splitlines()

    assert (await lines(0.0, person(drift=88.6)))[1:] == ["Gil: excellent, +88.6 ms ±9 ms"]
    assert await lines(9.9, person(drift=0.02)) == []
    assert await lines(10.0, person(drift=0.02)) == ["Gil: excellent, +0.0 ms ±9 ms"]
    assert await lines(40.0, person(drift=4.0)) == []
    assert await lines(40.0, person(drift=120.0, quality="good")) == ["Gil: good, +120.0 ms ±9 ms"]
    assert await lines(40.0) == ["Gil: left"]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [(b"\x1b[A\x1b[B", "↑↓"), (b"\x1bOC\x1b[D", "→←"), (b" nq", " nq"), (b"\x1b[5~x", "x")],
)
def test_keys_are_read(sent, keys):
    assert room_keys(sent) == keys
