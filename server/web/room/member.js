/**
 * One member of a listening room: tells the server what its player does, and does what the server says.
 *
 *   const client = new EtudeClient(undefined, { reconnect: true });
 *   const alarms = new Alarms();
 *   const player = new HtmlAudioPlayer(alarms);
 *   const member = new RoomMember({ client, place, role: "client", userName: "Clara", player, alarms, findTrack });
 *   await client.connect(); // `place` is what POST /api/v1/sync/sessions/{code}/join answered, with its userId
 *
 * A host drives its own player: `member.player.load(track, 0)`, `.play()`, `.pause()`, `.seek(ms)`; the room follows.
 */

import { RoomConnection } from "./connection.js";
import { Emitter } from "../emitter.js";

const UNEVEN = 0.03; // of the time between reports, so that a room's do not fall together
const NOTHING = "etude:nothing"; // what a client plays that has no track: the server is not to think it plays on
/**
 * How long after `executeAt` the server expects sound of a player that it does not know yet: `<audio>` elements take so
 * long even when they are told in time. One that is more exact has to be as late.
 */
const EXPECTED_MS = { play: 20, cue: 12 };
const CAUSES = ["change", "playing", "waiting", "paused"];

const rounded = (value) => Math.round(value * 1000) / 1000;

/**
 * Events: `members` (who is here, as `room_state` has them), `status` (this member's own `sync_status`), `role`, `state`
 * (of the connection), `ended` ({reason}), `missing` ({uri}: no sound for what the host plays), `trouble` (an Error),
 * `error` (the server's).
 */
export class RoomMember extends Emitter {
  #alarms;
  #findTrack;
  #seq = 0;
  #ack;
  #op = 0;
  #nObeying = 0; // commands that are being carried out: the changes they make are no news
  #pauseReports = () => {};
  #stops = [];
  #isClosed = false;

  members = [];

  /**
   * @param {object} options
   * @param {import("../client.js").EtudeClient} options.client
   * @param {{sessionId: string, userId: string, memberKey?: string}} options.place
   * @param {"host" | "client"} options.role
   * @param {string} options.userName
   * @param {import("./player.js").Player} options.player
   * @param {import("./alarms.js").Alarms} options.alarms
   * @param {(uri: string) => Promise<import("./player.js").Track | null>} options.findTrack
   */
  constructor({ client, place, role, userName, player, alarms, findTrack }) {
    super();
    this.role = role;
    this.userId = place.userId;
    this.userName = userName;
    this.player = player;
    this.#alarms = alarms;
    this.#findTrack = findTrack;
    this.connection = new RoomConnection(client, place, () => this.#hello());
    this.#listen();
    this.#keepReporting();
    this.connection.open();
  }

  get isHost() {
    return this.role === "host";
  }

  /** Be told where the host is, now. */
  requestSync() {
    return this.connection.send("request_sync", { timestamp: Date.now() });
  }

  /** Make another member the host. */
  handOver(userId) {
    return this.connection.send("hand_over", { userId });
  }

  /** Leave for good: the player stops. */
  leave() {
    this.connection.leave();
    this.close();
  }

  /** Stop reporting and obeying. */
  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#op += 1;
    this.#pauseReports();
    for (const stop of this.#stops) stop();
    this.connection.close();
    this.player.unload();
  }

  /** Tell the server what the player does. */
  async report(cause = "poll") {
    let reading;
    try {
      reading = await this.player.read();
    } catch (error) {
      this.emit("trouble", error);
      return;
    }
    if (this.connection.state !== "joined") return;
    if (!reading) {
      this.#reportNothing();
      return;
    }
    const { track, durationMs, outputLatencyMs } = this.player;
    const data = {
      trackUri: reading.uri,
      position: rounded(Math.max(0, reading.position)),
      isPlaying: reading.isPlaying,
      timestamp: Date.now(),
      mono: reading.readMs,
      monoReq: reading.askedMs,
      rate: reading.rate,
      seq: (this.#seq += 1),
      cause: this.player.hasEvents ? cause : "poll",
    };
    if (this.#ack !== undefined) data.ack = this.#ack;
    if (outputLatencyMs) data.outputLatencyMs = outputLatencyMs;
    if (track?.name) data.trackName = track.name;
    if (track?.artist) data.artist = track.artist;
    if (durationMs) data.duration = durationMs;
    this.connection.send("playback_state", data);
  }

  #reportNothing() {
    if (this.isHost || this.player.isResting) return;
    const now = performance.now();
    this.connection.send("playback_state", {
      trackUri: NOTHING,
      position: 0,
      isPlaying: false,
      timestamp: Date.now(),
      mono: now,
      monoReq: now,
      seq: (this.#seq += 1),
      cause: "poll",
      ...(this.#ack !== undefined && { ack: this.#ack }),
    });
  }

  #hello() {
    const { caps, resolutionMs } = this.player;
    return {
      role: this.role,
      userName: this.userName,
      caps: ["ping", ...caps],
      mono: performance.now(),
      resolutionMs,
      timestamp: Date.now(),
    };
  }

  #listen() {
    const { connection, player } = this;
    connection.on("ping", (ping) => this.#pong(ping, performance.now()));
    connection.on("request_state", () => this.report());
    connection.on("sync_command", (command) => this.#schedule(command));
    connection.on("sync_status", (status) => this.emit("status", status));
    connection.on("room_state", ({ members }) => this.#meet(members));
    connection.on("session_ended", (end) => this.emit("ended", end));
    connection.on("error", (error) => this.emit("error", error));
    connection.on("state", (state) => {
      this.emit("state", state);
      if (state === "joined") this.report();
    });
    for (const cause of CAUSES) this.#stops.push(player.on(cause, () => this.#changed(cause)));
  }

  /** The player tells of something: what a command brought about is told once that is done. */
  #changed(cause) {
    if (this.#nObeying && cause === "change") return;
    this.report(cause);
  }

  #keepReporting() {
    const waitMs = this.player.reportMs * (1 + UNEVEN * (2 * Math.random() - 1));
    this.#pauseReports = this.#alarms.set(performance.now() + waitMs, () => {
      this.report();
      this.#keepReporting();
    });
  }

  #pong({ id, t0 }, monoRecv) {
    this.connection.send("pong", { id, t0, monoRecv, monoSend: performance.now(), timestamp: Date.now() });
  }

  #meet(members) {
    this.members = members;
    const role = members.find(({ userId }) => userId === this.userId)?.role;
    this.emit("members", members);
    if (!role || role === this.role) return;
    this.role = role;
    this.emit("role", role);
  }

  /** A newer command overtakes an older one, but for nudges of the rate. */
  #schedule(command) {
    const at = command.executeAt ?? null;
    const lateMs = (command.cue ? EXPECTED_MS.cue : EXPECTED_MS[command.action]) ?? 0;
    if (command.action === "set_rate") {
      const nudge = () => {
        if (!this.#isClosed) this.player.setRate(command.rate);
      };
      if (at === null) nudge();
      else this.#alarms.set(at, nudge);
      return;
    }
    if (this.player.isBlocked) return; // it would only be refused again, and told so at once, without end
    const op = (this.#op += 1);
    this.#obey(command, at === null ? performance.now() : at + lateMs, () => op === this.#op);
  }

  async #obey(command, at, isCurrent) {
    this.#nObeying += 1;
    try {
      await this.#carryOut(command, at, isCurrent);
    } catch (error) {
      if (isCurrent()) this.emit("trouble", error);
    } finally {
      this.#nObeying -= 1;
    }
  }

  async #carryOut({ action, trackUri, position, isPlaying, cue, cmdId }, at, isCurrent) {
    const { player } = this;
    const isOther = trackUri && trackUri !== player.track?.uri;
    const track = isOther ? await this.#findTrack(trackUri) : player.track;
    if (!isCurrent()) return;
    if (cmdId !== undefined) this.#ack = cmdId;
    if (!track) {
      await player.pause();
      this.emit("missing", { uri: trackUri });
      return;
    }
    const when = { at, isCued: Boolean(cue), isPlaying };
    if (action === "switch_track" || isOther) await player.load(track, position, { ...when, isPlaying: isPlaying ?? true });
    else if (action === "play") await player.play({ at });
    else if (action === "pause") await player.pause({ at });
    else if (action === "seek") await player.seek(position, when);
  }
}
