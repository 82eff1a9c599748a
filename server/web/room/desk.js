/** What plays, and for the host the keys that lead. */

import { byId, html } from "../dom.js";
import { isTyping } from "../keys.js";
import { clockTime } from "./words.js";

const REFRESH_MS = 250;
const STEP_MS = 10_000;

export class Desk {
  #member = null;
  #music;
  #queue = [];
  #timer = null;
  #isSeeking = false;
  #stops = [];
  #told;

  nPreparing = 0; // tracks whose sound is being fetched or rendered

  /**
   * @param {import("./music.js").Music} music
   * @param {{trouble: (error: Error) => void}} told
   */
  constructor(music, told) {
    this.#music = music;
    this.#told = told;
    byId("play").addEventListener("click", () => this.#toggle());
    byId("next").addEventListener("click", () => this.next());
    byId("sync-now").addEventListener("click", () => this.#member?.requestSync());
    byId("seek").addEventListener("input", () => this.#drag());
    byId("seek").addEventListener("change", () => this.#drop());
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Show a member's player, and lead by it where it is the host's. */
  open(member) {
    this.#member = member;
    const changes = ["change", "playing", "paused", "waiting", "duration"];
    this.#stops = changes.map((name) => member.player.on(name, () => this.refresh()));
    this.#stops.push(member.player.on("ended", () => member.isHost && this.next()));
    this.#timer = setInterval(() => this.refresh(), REFRESH_MS);
    this.refresh();
  }

  close() {
    clearInterval(this.#timer);
    for (const stop of this.#stops) stop();
    this.#member = null;
    this.#queue = [];
    this.#showQueue();
  }

  /** Play a track from its start, for all. */
  async play(track) {
    await this.#try(this.#member.player.load(this.#music.add(track), 0));
  }

  /** Play a track after those that wait already. */
  enqueue(track) {
    this.#queue.push(this.#music.add(track));
    this.#showQueue();
    if (!this.#member.player.track) this.next();
  }

  /** Go on to what waits. */
  next() {
    const track = this.#queue.shift();
    this.#showQueue();
    if (track) this.play(track);
  }

  async refresh() {
    const member = this.#member;
    if (!member) return;
    const { player, isHost } = member;
    byId("play").hidden = !isHost;
    for (const id of ["next", "choose"]) byId(id).hidden = !isHost || Boolean(player.find);
    byId("choose-there").hidden = !isHost || !player.find;
    byId("volume-box").hidden = player.volume === undefined;
    byId("sync-now").hidden = isHost;
    byId("seek").disabled = !isHost || !player.durationMs;
    byId("play").disabled = !player.track;
    byId("play").textContent = player.isPlaying ? "Pause" : "Play";
    byId("next").disabled = !this.#queue.length;
    byId("queue-box").hidden = !isHost || !this.#queue.length;
    byId("track-name").textContent = player.track?.name ?? "Nothing plays yet";
    byId("track-by").textContent = this.nPreparing ? "Getting the music ready…" : (player.track?.artist ?? "");
    if (!this.#isSeeking) this.#showTime(player.position ?? 0, player.durationMs ?? 0);
  }

  #showTime(position, durationMs) {
    byId("time-now").textContent = clockTime(position);
    byId("time-all").textContent = clockTime(durationMs);
    byId("seek").max = Math.max(1, durationMs);
    byId("seek").value = position;
    byId("seek").setAttribute("aria-valuetext", `${clockTime(position)} of ${clockTime(durationMs)}`);
  }

  async #toggle() {
    const { player } = this.#member;
    await this.#try(player.isPlaying ? player.pause() : player.play());
    this.refresh();
  }

  #drag() {
    this.#isSeeking = true;
    byId("time-now").textContent = clockTime(Number(byId("seek").value));
  }

  async #drop() {
    this.#isSeeking = false;
    await this.#try(this.#member.player.seek(Number(byId("seek").value)));
  }

  #step(ms) {
    const { player } = this.#member;
    const end = player.durationMs ?? Infinity;
    this.#try(player.seek(Math.min(end, Math.max(0, (player.position ?? 0) + ms))));
  }

  async #try(work) {
    try {
      await work;
    } catch (error) {
      this.#told.trouble(error);
    }
  }

  #showQueue() {
    const rows = this.#queue.map((track, place) =>
      html(
        "li",
        {},
        html("span", {}, track.name),
        html(
          "button",
          { type: "button", class: "button small quiet", "aria-label": `Take ${track.name} away`, onclick: () => this.#takeAway(place) },
          "Take away",
        ),
      ));
    byId("queue").replaceChildren(...rows);
    this.refresh();
  }

  #takeAway(place) {
    this.#queue.splice(place, 1);
    this.#showQueue();
  }

  #key(event) {
    const isAt = (selector) => event.target instanceof Element && event.target.closest(selector) !== null;
    if (!this.#member?.isHost || !this.#member.player.track) return;
    if (isTyping(event.target) || isAt("dialog, input:not(#seek)")) return;
    if (event.ctrlKey || event.metaKey || event.altKey || (event.key === " " && isAt("button"))) return;
    const back = () => this.#step(-STEP_MS);
    const forth = () => this.#step(STEP_MS);
    const acts = {
      " ": () => this.#toggle(),
      ArrowLeft: back,
      ArrowRight: forth,
      n: () => this.next(),
      ...(isAt("#seek") && { ArrowDown: back, ArrowUp: forth }),
    };
    if (!Object.hasOwn(acts, event.key)) return;
    event.preventDefault(); // a held key, too, would move the slider by itself
    if (!event.repeat) acts[event.key]();
  }
}
