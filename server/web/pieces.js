/** The list of pieces: one's own, those that come with Etude by kind and level, those of others; found by words. */

import { fetchPopular, fetchSongs, searchSongs } from "./api.js";
import { html } from "./dom.js";
import { sentence } from "./http.js";
import { group, isAdded, line } from "./piece_rows.js";

const KINDS = { tune: "Tunes", piece: "Pieces", scale: "Scales", exercise: "Exercises", sargam: "Sargam" };
const SETTLE_MS = 250; // before the server is asked: as long as one still types
const NOTHING = "No piece has these words. Try fewer of them.";

/** Letters without case and accents: "Frère" is found by "frere". */
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

const kindTitle = (kind) => KINDS[kind] ?? kind[0].toUpperCase() + kind.slice(1);

/** What a piece is found by. */
const textOf = ({ title, composer, key, kind }) => folded([title, composer, key, kindTitle(kind)].join(" "));

const byLevel = (songs) => songs.toSorted((a, b) => a.level - b.level);

/** Pieces in groups, the known kinds first, each from easy to hard; empty ones are left out. */
function grouped(songs) {
  const shipped = songs.filter((song) => !isAdded(song));
  const kinds = [...new Set([...Object.keys(KINDS), ...shipped.map(({ kind }) => kind)])];
  return [
    ["own", "Your scores", songs.filter(({ mine }) => mine)],
    ...kinds.map((kind) => [kind, kindTitle(kind), byLevel(shipped.filter((song) => song.kind === kind))]),
    ["others", "Shared by others", byLevel(songs.filter((song) => isAdded(song) && !song.mine))],
  ].filter(([, , members]) => members.length);
}

export class Pieces {
  #list;
  #count;
  #search;
  #songs = null;
  #popular = [];
  #fetches = 0;
  #renders = 0;

  /** @param {{list: HTMLElement, count: HTMLElement, search: HTMLInputElement}} page */
  constructor({ list, count, search }) {
    this.#list = list;
    this.#count = count;
    this.#search = search;
    search.addEventListener("input", () => this.#render());
  }

  /** Whether the list still has to be fetched. */
  get isMissing() {
    return this.#songs === null;
  }

  /** Fetch the list anew when it is shown next: somebody else looks at it, or it has changed. */
  forget() {
    this.#songs = null;
  }

  /** Fetch the list, if it is not there yet, and show it. */
  async show() {
    if (this.#songs) return this.#render();
    const number = ++this.#fetches;
    if (!this.#list.querySelector(".piece")) this.#tell("Fetching the pieces…");
    try {
      const [songs, popular] = await Promise.all([fetchSongs(), fetchPopular()]);
      if (number !== this.#fetches) return undefined;
      this.#songs = songs;
      this.#popular = popular;
    } catch (error) {
      return number === this.#fetches ? this.#showError(error) : undefined;
    }
    return this.#render();
  }

  #render() {
    if (!this.#songs) return;
    const words = folded(this.#search.value).split(/\s+/).filter(Boolean);
    const found = this.#songs.filter((song) => words.every((word) => textOf(song).includes(word)));
    const number = ++this.#renders;
    if (words.length && !found.length) {
      this.#lookFurther(number);
      return;
    }
    const groups = grouped(found).map((each) => group(...each));
    const popular = words.length || !this.#popular.length ? [] : [line("Popular", this.#popular)];
    this.#list.replaceChildren(...popular, ...groups);
    this.#tellCount(found.length);
  }

  /** Where no piece has the words as they are, the server finds what was meant. */
  async #lookFurther(number) {
    this.#tell("Looking for what comes close…");
    this.#count.textContent = "";
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    if (number !== this.#renders) return;
    try {
      const found = await searchSongs(this.#search.value.trim());
      if (number !== this.#renders) return;
      if (found.length) this.#list.replaceChildren(group("close", "Perhaps you mean", found));
      else this.#tell(NOTHING);
      this.#tellCount(found.length);
    } catch (error) {
      if (number === this.#renders) this.#tell(`${NOTHING} Nothing else could be looked for. ${sentence(error)}`);
    }
  }

  #tell(words) {
    this.#list.replaceChildren(html("p", { class: "hint" }, words));
  }

  #tellCount(count) {
    this.#count.textContent = `${count} ${count === 1 ? "piece" : "pieces"}`;
  }

  #showError(error) {
    this.#list.replaceChildren(
      html(
        "div",
        { class: "trouble" },
        html("p", {}, `The pieces could not be fetched. ${error.message}`),
        html("button", { type: "button", class: "button", onclick: () => this.show() }, "Try again"),
      ),
    );
  }
}
