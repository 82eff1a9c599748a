/** Where the host chooses what to play. */

import { fetchSongs } from "../api.js";
import { byId, html } from "../dom.js";
import { fileTrack } from "./files_music.js";
import { uriOfPiece } from "./pieces_music.js";
import { listShelf } from "./shelf_music.js";

const SHOWN = 200;
const TYPING_MS = 200;

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export class Chooser {
  #music;
  #token;
  #chosen;
  #songs = null;
  #timer = null;
  #visit = 0;

  /**
   * @param {import("./music.js").Music} music
   * @param {() => Promise<string | null>} token
   * @param {{play: (track: object) => void, enqueue: (track: object) => void}} chosen
   */
  constructor(music, token, chosen) {
    this.#music = music;
    this.#token = token;
    this.#chosen = chosen;
    const dialog = byId("chooser");
    byId("choose").addEventListener("click", () => this.open());
    byId("chooser-close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("change", ({ target }) => target.name === "source" && this.#show());
    byId("find").addEventListener("input", () => this.#findSoon());
    byId("file-play").addEventListener("click", () => this.#takeFile("play"));
    byId("file-queue").addEventListener("click", () => this.#takeFile("enqueue"));
    byId("address-box").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#takeAddress("play");
    });
    byId("address-queue").addEventListener("click", () => this.#takeAddress("enqueue"));
  }

  open() {
    byId("chooser").showModal();
    this.#show();
  }

  get #source() {
    return byId("chooser").querySelector("input[name=source]:checked").value;
  }

  #show() {
    const source = this.#source;
    byId("found-box").hidden = source !== "pieces" && source !== "shelf";
    byId("file-box").hidden = source !== "file";
    byId("address-box").hidden = source !== "address";
    this.#say("");
    if (!byId("found-box").hidden) this.#find();
  }

  #findSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#find(), TYPING_MS);
  }

  async #find() {
    const visit = (this.#visit += 1);
    const words = byId("find").value.trim();
    try {
      const { rows, total } = this.#source === "shelf" ? await this.#shelf(words) : await this.#pieces(words);
      if (visit !== this.#visit) return; // more was typed in the meantime
      byId("found").replaceChildren(...rows.map((row) => this.#row(row)));
      byId("found-count").textContent = rows.length < total ? `The first ${rows.length} of ${total}` : `${total} found`;
    } catch (error) {
      this.#say(error.message);
    }
  }

  async #pieces(text) {
    this.#songs ??= await fetchSongs();
    const words = folded(text).split(/\s+/).filter(Boolean);
    const found = this.#songs.filter(({ title, composer, kind }) => {
      const all = folded(`${title} ${composer} ${kind}`);
      return words.every((word) => all.includes(word));
    });
    const rows = found.slice(0, SHOWN).map(({ slug, title, composer }) => ({ uri: uriOfPiece(slug), name: title, by: composer }));
    return { rows, total: found.length };
  }

  async #shelf(words) {
    const { files, total } = await listShelf(words, await this.#token());
    return { rows: files.map(({ uri, name, folder }) => ({ uri, name, by: folder })), total };
  }

  #row({ uri, name, by }) {
    const key = (label, words, act) =>
      html("button", { type: "button", class: "button small", "aria-label": `${words} ${name}`, onclick: () => this.#take(uri, act) }, label);
    return html(
      "li",
      {},
      html("span", { class: "found-name" }, name),
      html("span", { class: "found-by" }, by),
      key("Play", "Play", "play"),
      key("Next", "Put next:", "enqueue"),
    );
  }

  async #take(uri, act) {
    this.#say("");
    try {
      const track = await this.#music.find(uri);
      if (!track) throw new Error("This is no address of an audio file that a browser can play.");
      this.#done(track, act);
    } catch (error) {
      this.#say(error.message);
    }
  }

  async #takeFile(act) {
    const [file] = byId("file").files;
    if (!file) {
      this.#say("Choose a file first.");
      return;
    }
    this.#done(await fileTrack(file), act);
  }

  #takeAddress(act) {
    const text = byId("address").value.trim();
    let address;
    try {
      address = new URL(text);
    } catch {
      this.#say("This is no address. It should begin with https://");
      return;
    }
    if (/^https?:$/.test(address.protocol)) this.#music.allowSite(address.host); // the host has just named it
    this.#take(address.href, act);
  }

  #done(track, act) {
    byId("chooser").close();
    this.#chosen[act](track);
    byId("play").focus(); // so that Space pauses
  }

  #say(sentence) {
    byId("chooser-error").textContent = sentence;
  }
}
