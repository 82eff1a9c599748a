/** The list of pieces: by kind and level, found by any word of their title or composer. */

import { fetchSongs } from "./api.js";
import { html } from "./dom.js";

const KINDS = { tune: "Tunes", piece: "Pieces", scale: "Scales", exercise: "Exercises", sargam: "Sargam" };
const LEVELS = 5;

/** Letters without case and accents: "Frère" is found by "frere". */
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

const kindTitle = (kind) => KINDS[kind] ?? kind[0].toUpperCase() + kind.slice(1);

/** What a piece is found by. */
const textOf = ({ title, composer, key, kind }) => folded([title, composer, key, kindTitle(kind)].join(" "));

/** Pieces by kind, the known kinds first, each from easy to hard. */
function grouped(songs) {
  const order = [...new Set([...Object.keys(KINDS), ...songs.map(({ kind }) => kind)])];
  return order
    .map((kind) => [kind, songs.filter((song) => song.kind === kind).sort((a, b) => a.level - b.level)])
    .filter(([, members]) => members.length);
}

function levelDots(level) {
  const dot = (_, index) => html("i", { class: index < level ? "dot is-on" : "dot" });
  const dots = Array.from({ length: LEVELS }, dot);
  return html("span", { class: "level", role: "img", "aria-label": `Level ${level} of ${LEVELS}` }, ...dots);
}

const row = (song) =>
  html(
    "li",
    {},
    html(
      "a",
      { class: "piece", href: `#/piece/${song.slug}` },
      html("span", { class: "piece-title" }, song.title),
      html("span", { class: "piece-by" }, [song.composer, song.key].filter(Boolean).join(" · ")),
      levelDots(song.level),
    ),
  );

const group = ([kind, songs]) =>
  html(
    "section",
    { class: "group", "aria-labelledby": `kind-${kind}` },
    html("h2", { id: `kind-${kind}` }, kindTitle(kind)),
    html("ul", { class: "pieces" }, ...songs.map(row)),
  );

export class Pieces {
  #list;
  #count;
  #search;
  #songs = null;

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

  /** Fetch the list, if it is not there yet, and show it. */
  async show() {
    if (this.#songs) return this.#render();
    this.#list.replaceChildren(html("p", { class: "hint" }, "Fetching the pieces…"));
    try {
      this.#songs = await fetchSongs();
    } catch (error) {
      return this.#showError(error);
    }
    return this.#render();
  }

  #render() {
    const words = folded(this.#search.value).split(/\s+/).filter(Boolean);
    const found = (this.#songs ?? []).filter((song) => words.every((word) => textOf(song).includes(word)));
    this.#list.replaceChildren(...grouped(found).map(group));
    if (!found.length) {
      this.#list.append(html("p", { class: "hint" }, "No piece has these words. Try fewer of them."));
    }
    this.#count.textContent = `${found.length} ${found.length === 1 ? "piece" : "pieces"}`;
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
