"""What a member of a room tells the server, and how it obeys, in a real browser."""

import pytest
from page_driver import Page

# A member whose client writes down what it is told, and whose player does as it is told at once.
# `say(event, data)` is the server, `command(data)` its sync_command; `told(event)` are the
# messages of one kind.
MEMBER = """async (argument) => {
    const { RoomMember } = await import("/web/room/member.js");
    const { Alarms } = await import("/web/room/alarms.js");
    const { Emitter } = await import("/web/emitter.js");
    class Client extends Emitter {
        isOpen = true;
        sent = [];
        send(event, data) {
            this.sent.push({ event, data });
            return this.isOpen;
        }
    }
    class Player extends Emitter {
        caps = ["mono", "at", "rate"];
        resolutionMs = 1;
        hasEvents = true;
        reportMs = argument?.reportMs ?? 1e6;
        outputLatencyMs = 12;
        durationMs = 9000;
        track = null;
        calls = [];
        state = { position: 0, isPlaying: false, rate: 1 };
        read() {
            const now = performance.now();
            const { uri } = this.track ?? {};
            return this.track && { uri, ...this.state, askedMs: now, readMs: now };
        }
        async load(track, position, { isPlaying }) {
            this.calls.push(["load", track.uri, position, isPlaying]);
            this.track = track;
            this.emit("change");
            await this.slow?.();
            this.emit(isPlaying ? "playing" : "paused");
        }
        async seek(position, { isCued, at }) {
            this.calls.push(["seek", position, isCued, at]);
            this.emit("playing");
        }
        async play({ at }) {
            this.calls.push(["play", at]);
            this.emit("playing");
        }
        async pause() {
            this.calls.push(["pause"]);
            this.emit("paused");
        }
        setRate(rate) {
            this.calls.push(["rate", rate]);
        }
        unload() {
            this.calls.push(["unload"]);
        }
    }
    const [client, player, alarms] = [new Client(), new Player(), new Alarms()];
    const place = { sessionId: "ABC234", userId: "me", memberKey: "secret-key" };
    const findTrack = async (uri) => (uri.startsWith("no:") ? null : { uri, name: "Air" });
    const member = new RoomMember({
        client, place, role: "client", userName: "Ben", player, alarms, findTrack,
    });
    const rest = () => new Promise((resolve) => setTimeout(resolve, 0));
    const say = async (event, data = {}) => {
        client.emit(event, data);
        await rest();
    };
    const basics = { timestamp: 0, isPlaying: true, position: 0, trackUri: "a:1" };
    const command = (data) => say("sync_command", { ...basics, ...data });
    const told = (name) => client.sent
        .filter(({ event, data }) => event === name && data.trackUri !== "etude:nothing")
        .map(({ data }) => data);
    const joined = (role = "client") =>
        say("room_state", { members: [{ userId: "me", userName: "Ben", role }] });
    const given = { member, client, player, alarms, say, command, told, joined, rest, argument };
    const answer = structuredClone(await (%s)(given));
    member.close();
    alarms.close();
    return answer;
}"""
TRACK = {"uri": "a:1", "name": "Air"}


@pytest.fixture(scope="module")
def page(chromium, page_server) -> Page:
    page = chromium.new_page()
    page.goto(f"{page_server}/room")
    yield page
    page.close()


def member(page: Page, script: str, argument=None):
    return page.evaluate(MEMBER % script, argument)


def test_it_joins_with_all_that_its_player_can_do(page):
    [hello] = member(page, "({ told }) => told('join_session')")
    assert hello.pop("mono") > 0
    assert hello.pop("timestamp") > 1e12
    assert hello == {
        "sessionId": "ABC234",
        "userId": "me",
        "memberKey": "secret-key",
        "role": "client",
        "userName": "Ben",
        "caps": ["ping", "mono", "at", "rate"],
        "resolutionMs": 1,
    }


def test_it_joins_again_when_the_connection_is_back(page):
    roles, states = member(
        page,
        """async ({ member, say, told, joined }) => {
            const states = [];
            member.on("state", (state) => states.push(state));
            await joined("host");
            await say("connection", { state: "lost" });
            await say("connection", { state: "open" });
            await joined("host");
            return [told("join_session").map(({ role }) => role), states];
        }""",
    )
    assert roles == ["client", "host"]  # it was made the host in between
    assert states == ["joined", "lost", "joining", "joined"]


def test_a_ping_is_answered_at_once(page):
    [pong] = member(
        page,
        """async ({ client, told }) => {
            const before = performance.now();
            client.emit("ping", { id: 7, t0: 123.5 });
            const [{ monoRecv, monoSend, ...pong }] = told("pong");
            return [{ ...pong, inOrder: before <= monoRecv && monoRecv <= monoSend }];
        }""",
    )
    assert pong.pop("timestamp") > 1e12
    assert pong == {"sessionId": "ABC234", "userId": "me", "id": 7, "t0": 123.5, "inOrder": True}


def test_a_report_says_all_that_is_known(page):
    report, count = member(
        page,
        """async ({ player, say, told, joined, rest, argument }) => {
            player.track = argument;
            player.state = { position: 1234.56789, isPlaying: true, rate: 1.001 };
            await joined();
            await say("request_state", {});
            player.emit("waiting");
            await rest();
            const reports = told("playback_state");
            return [reports[1], reports.map(({ seq, cause }) => [seq, cause])];
        }""",
        {**TRACK, "artist": "Bach"},
    )
    assert report.pop("timestamp") > 1e12
    assert report.pop("monoReq") <= report.pop("mono")
    assert report == {
        "sessionId": "ABC234",
        "userId": "me",
        "trackUri": "a:1",
        "position": 1234.568,
        "isPlaying": True,
        "rate": 1.001,
        "seq": 2,
        "cause": "poll",
        "outputLatencyMs": 12,
        "trackName": "Air",
        "artist": "Bach",
        "duration": 9000,
    }
    assert count == [[1, "poll"], [2, "poll"], [3, "waiting"]]


def test_nothing_is_reported_before_the_room_has_answered(page):
    reports = member(
        page,
        """async ({ player, say, told, argument }) => {
            player.track = argument;
            await say("request_state", {});
            return told("playback_state");
        }""",
        TRACK,
    )
    assert reports == []


@pytest.mark.parametrize(
    ("role", "told"), [("client", ["etude:nothing", False, 0]), ("host", None)]
)
def test_a_client_without_a_track_says_so_and_a_host_keeps_silent(page, role, told):
    report = member(
        page,
        """async ({ client, joined, argument }) => {
            await joined(argument);
            const report = client.sent.find(({ event }) => event === "playback_state")?.data;
            return report && [report.trackUri, report.isPlaying, report.position];
        }""",
        role,
    )
    assert report == told


def test_a_player_that_is_blocked_is_not_told_in_vain(page):
    calls = member(
        page,
        """async ({ player, command, joined }) => {
            await joined();
            player.isBlocked = true;
            await command({ action: "switch_track", cmdId: 1 });
            player.isBlocked = false;
            await command({ action: "switch_track", cmdId: 2 });
            return player.calls;
        }""",
    )
    assert calls == [["load", "a:1", 0, True]]


def test_it_reports_again_and_again(page):
    causes = member(
        page,
        """async ({ client, player, joined, argument }) => {
            player.track = argument.track;
            await joined();
            return new Promise((resolve) => {
                const causes = [];
                client.send = (event, { cause }) => {
                    if (event === "playback_state") causes.push(cause);
                    if (causes.length === 3) resolve(causes);
                    return true;
                };
            });
        }""",
        {"track": TRACK, "reportMs": 5},
    )
    assert causes == ["poll"] * 3


def test_a_command_is_obeyed_and_acknowledged(page):
    calls, reports = member(
        page,
        """async ({ player, command, told, joined }) => {
            await joined();
            await command({ action: "switch_track", position: 500, isPlaying: false, cmdId: 3 });
            await command({ action: "play", executeAt: 77, cmdId: 4 });
            await command({ action: "seek", position: 900, executeAt: 88, cue: true, cmdId: 5 });
            await command({ action: "pause", isPlaying: false, cmdId: 6 });
            const reports = told("playback_state").map(({ ack, cause }) => [ack, cause]);
            return [player.calls, reports];
        }""",
    )
    assert calls == [
        ["load", "a:1", 500, False],
        ["play", 97],  # 20 ms later, as the server expects of a player that is new to it
        ["seek", 900, True, 100],
        ["pause"],
    ]
    # The loading that the command brought about is no news: only that it is done.
    assert reports == [[3, "paused"], [4, "playing"], [5, "playing"], [6, "paused"]]


def test_what_a_host_does_itself_is_told_from_its_beginning(page):
    causes = member(
        page,
        """async ({ member, player, told, joined }) => {
            await joined("host");
            await player.load({ uri: "b:2", name: "B" }, 0, { isPlaying: true });
            const reports = told("playback_state").map(({ cause, trackUri }) => [cause, trackUri]);
            return [member.isHost, reports];
        }""",
    )
    assert causes == [True, [["change", "b:2"], ["playing", "b:2"]]]


def test_a_newer_command_overtakes_but_a_nudge_does_not(page):
    calls, acks = member(
        page,
        """async ({ player, command, told, joined, rest }) => {
            await joined();
            const waiting = [];
            player.slow = () => new Promise((resolve) => waiting.push(resolve));
            await command({ action: "switch_track", trackUri: "a:1", cmdId: 1 });
            await command({ action: "switch_track", trackUri: "a:2", cmdId: 2 });
            await command({ action: "set_rate", trackUri: "a:2", rate: 1.002 });
            waiting.forEach((go) => go());
            await rest();
            return [player.calls, told("playback_state").map(({ ack }) => ack)];
        }""",
    )
    assert calls == [["load", "a:1", 0, True], ["load", "a:2", 0, True], ["rate", 1.002]]
    assert set(acks) == {2}


def test_a_command_that_is_overtaken_before_its_track_is_found_is_not_begun(page):
    calls = member(
        page,
        """async ({ player, command, joined }) => {
            await joined();
            command({ action: "switch_track", trackUri: "a:1", cmdId: 1 });
            await command({ action: "switch_track", trackUri: "a:2", cmdId: 2 });
            return player.calls;
        }""",
    )
    assert calls == [["load", "a:2", 0, True]]


def test_a_nudge_waits_for_its_instant(page):
    told = member(
        page,
        """async ({ player, alarms, command }) => {
            const at = performance.now() + 40;
            await command({ action: "set_rate", rate: 0.998, executeAt: at });
            const before = player.calls.length;
            await alarms.until(at + 1);
            return [before, player.calls];
        }""",
    )
    assert told == [0, [["rate", 0.998]]]


def test_music_that_is_not_here_is_asked_for_and_the_player_rests(page):
    told = member(
        page,
        """async ({ member, player, command }) => {
            const missing = [];
            member.on("missing", ({ uri }) => missing.push(uri));
            await command({ action: "switch_track", trackUri: "no:1" });
            return [missing, player.calls];
        }""",
    )
    assert told == [["no:1"], [["pause"]]]


def test_who_leaves_says_so_and_hears_no_more(page):
    told = member(
        page,
        """async ({ member, player, say, command, told }) => {
            member.leave();
            await command({ action: "play" });
            await say("ping", { id: 1, t0: 0 });
            return [told("leave_session").length, told("pong").length, player.calls];
        }""",
    )
    assert told == [1, 0, [["unload"]]]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        ({"code": "SESSION_NOT_FOUND", "event": "join_session"}, "refused"),
        ({"code": "REPLACED", "event": None}, "refused"),
        ({"code": "RATE_LIMITED", "event": "request_sync"}, "joining"),
    ],
)
def test_who_is_refused_knows_whether_it_is_for_good(page, error, state):
    told = member(
        page,
        """async ({ member, say, argument }) => {
            const errors = [];
            member.on("error", ({ code }) => errors.push(code));
            await say("error", argument);
            return [errors, member.connection.state];
        }""",
        {"message": "No.", **error},
    )
    assert told == [[error["code"]], state]


def test_the_end_of_a_practice_session_is_not_that_of_the_room(page):
    ends = member(
        page,
        """async ({ member, say }) => {
            const ends = [];
            member.on("ended", ({ reason }) => ends.push(reason));
            await say("session_ended", { sessionId: "0190", kind: "practice" });
            await say("session_ended", { sessionId: "ABC234", kind: "sync", reason: "host_ended" });
            return ends;
        }""",
    )
    assert ends == ["host_ended"]
