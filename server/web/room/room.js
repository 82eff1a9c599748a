/** One visit to a room, as the page shows it. */

import { byId } from "../dom.js";
import { RoomMember } from "./member.js";
import { changes } from "./news.js";
import { endWords, errorWords } from "./words.js";

const OFFSET_PAUSE_MS = 150; // while the slider moves

export class Room {
  #page;
  #member;
  #place;
  #offsetTimer = null;
  #members = [];
  #stops = [];

  /**
   * @param {object} place - sessionId, userId, memberKey, role, userName
   * @param {object} page - client, alarms, music, api, player, people, news, desk, wanted, and `left(sentence)`
   */
  constructor(place, page) {
    this.#place = place;
    this.#page = page;
    this.#member = new RoomMember({
      client: page.client,
      place,
      role: place.role,
      userName: place.userName,
      player: page.player,
      alarms: page.alarms,
      findTrack: (uri) => this.#find(uri),
    });
    this.#listen();
    page.desk.open(this.#member);
    byId("room-code").textContent = place.sessionId;
    byId("room-link").value = new URL(`/room/${place.sessionId}`, location.href).href;
    this.#showRole();
  }

  get sessionId() {
    return this.#place.sessionId;
  }

  /** Go away for good. */
  leave() {
    this.#member.leave();
    this.#end("");
  }

  /** End the room for all. */
  async endForAll() {
    try {
      await this.#page.api.end(this.#place);
    } catch (error) {
      this.#say(errorWords(error));
    }
  }

  setOffset(offsetMs) {
    clearTimeout(this.#offsetTimer);
    this.#offsetTimer = setTimeout(async () => {
      try {
        await this.#page.api.setOffset(this.#place, offsetMs);
        this.#say("");
      } catch (error) {
        this.#say(errorWords(error));
      }
    }, OFFSET_PAUSE_MS);
  }

  handOver(userId) {
    this.#member.handOver(userId);
  }

  requestSync() {
    this.#member.requestSync();
  }

  /** Say what is wrong; what the player itself says of it is there for who points at it. */
  tellTrouble({ message, detail = "" }) {
    this.#say(message, detail);
  }

  #listen() {
    const { news, wanted } = this.#page;
    const member = this.#member;
    member.on("members", (members) => this.#meet(members));
    member.on("role", (role) => this.#roleChanged(role));
    member.on("missing", ({ uri }) => this.#askFor(uri));
    member.on("trouble", (error) => this.tellTrouble(error));
    member.on("error", (error) => this.#refused(error));
    member.on("ended", ({ reason }) => this.#end(endWords(reason)));
    member.on("state", (state) => {
      if (state === "lost") news.tell("The connection was lost. Trying again…");
      if (state === "joined" && member.isHost && !member.player.track) this.#takeUp();
    });
    this.#stops = [
      member.player.on("blocked", () => wanted.askForPress(() => this.#unblock())),
      member.player.on("playing", () => {
        wanted.clear();
        this.#say("");
      }),
    ];
  }

  #meet(members) {
    const { userId } = this.#place;
    for (const sentence of changes(this.#members, members, userId)) this.#page.news.tell(sentence);
    this.#members = members;
    this.#page.people.show(members, userId);
    this.#showRole();
  }

  #roleChanged(role) {
    this.#place.role = role;
    this.#page.remember(this.#place);
    this.#page.desk.refresh();
    this.#showRole();
  }

  #showRole() {
    const { isHost } = this.#member;
    const host = this.#members.find(({ role }) => role === "host");
    byId("end-room").hidden = !isHost;
    byId("leave-room").hidden = isHost;
    byId("room-who").textContent = isHost
      ? "You lead: what you play is what all hear."
      : host
        ? `${host.userName} leads${host.online === false ? ", but is away: waiting…" : "."}`
        : "Nobody leads.";
  }

  async #find(uri) {
    const { player, music, desk } = this.#page;
    desk.nPreparing += 1;
    try {
      return await (player.find ? player.find(uri) : music.find(uri));
    } finally {
      desk.nPreparing -= 1;
    }
  }

  /** A host whose page was loaded anew goes on where the room is. */
  async #takeUp() {
    const { api } = this.#page;
    const { player } = this.#member;
    try {
      const askedMs = performance.now();
      const { currentTrack } = await api.state(this.#place);
      const track = currentTrack && (await this.#find(currentTrack.uri));
      if (!track || player.track) return;
      await player.load(track, currentTrack.position, { at: askedMs, isPlaying: currentTrack.isPlaying });
    } catch (error) {
      this.#say(errorWords(error));
    }
  }

  #unblock() {
    const { player, isHost } = this.#member;
    player.unblock();
    if (isHost) player.play();
  }

  async #askFor(uri) {
    const { api, wanted } = this.#page;
    let name = null;
    try {
      const { currentTrack } = await api.state(this.#place);
      if (currentTrack?.uri === uri) name = currentTrack.name;
    } catch {
      // Only the name is missing then: what has to be done is asked without it.
    }
    wanted.askForTrack(uri, name);
  }

  #refused(error) {
    if (this.#member.connection.state === "refused") this.#end(errorWords(error));
    else this.#say(errorWords(error));
  }

  #say(sentence, detail = "") {
    byId("room-error").textContent = sentence;
    byId("room-error").title = detail;
  }

  #end(sentence) {
    clearTimeout(this.#offsetTimer);
    for (const stop of this.#stops) stop();
    this.#member.close();
    this.#page.desk.close();
    this.#page.wanted.clear();
    this.#page.people.clear();
    this.#page.news.clear();
    this.#say("");
    this.#page.left(sentence);
  }
}
