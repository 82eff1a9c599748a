/** Adding scores of one's own: chosen by a button, or dropped on the list of pieces. */

import { addScore } from "./api.js";
import { signInAddress } from "./badge.js";
import { html } from "./dom.js";
import { sentence } from "./http.js";
import { identity } from "./identity.js";
import { addressOfPiece } from "./piece_rows.js";

const MAX_BYTES = 2 * 1024 * 1024;
const UNAUTHENTICATED = 401;

const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");

export class Adding {
  #news;
  #onAdded;

  /**
   * @param {{button: HTMLElement, field: HTMLInputElement, place: HTMLElement, news: HTMLElement}} page - `place` is
   *   where files may be dropped
   * @param {(song: object) => void} onAdded
   */
  constructor({ button, field, place, news }, onAdded) {
    this.#news = news;
    this.#onAdded = onAdded;
    button.addEventListener("click", () => (identity.hasToken ? field.click() : signIn()));
    field.addEventListener("change", () => {
      this.#add([...field.files]);
      field.value = ""; // the same file may be chosen again
    });
    this.#takeDrops(place);
  }

  #takeDrops(place) {
    const mark = (event, isOver) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      place.classList.toggle("is-dropping", isOver);
    };
    place.addEventListener("dragover", (event) => mark(event, true));
    place.addEventListener("dragleave", (event) => !place.contains(event.relatedTarget) && mark(event, false));
    place.addEventListener("drop", (event) => {
      mark(event, false);
      if (!hasFiles(event)) return;
      if (identity.hasToken) this.#add([...event.dataTransfer.files]);
      else signIn();
    });
  }

  /** One after the other: what went well or not is told of each. */
  async #add(files) {
    this.#news.replaceChildren();
    for (const file of files) await this.#addOne(file);
  }

  async #addOne(file) {
    const words = html("span", {}, `Reading “${file.name}”…`);
    const progress = html("progress", { "aria-label": `Reading ${file.name}` });
    const item = html("li", {}, words, progress);
    this.#news.append(item);
    try {
      const song = file.size > MAX_BYTES ? null : await addScore(file);
      if (song) this.#onAdded(song);
      item.replaceChildren(...(song ? welcome(song) : refusal(file, "A score may have 2 MiB at most.")));
    } catch (error) {
      item.replaceChildren(...(error.status === UNAUTHENTICATED ? signInFirst() : refusal(file, reason(error, file))));
    }
  }
}

const signIn = () => location.assign(signInAddress());

const welcome = (song) => [
  html("a", { href: addressOfPiece(song) }, song.title),
  html("span", { class: "hint" }, " is among your scores now."),
];

/** Why the server did not take a file; its name is said already. */
const reason = ({ message, details }, { name }) => sentence({ message: message.replace(`${name}: `, ""), details });

const refusal = ({ name }, why) =>
  [html("span", { class: "error", role: "alert" }, `“${name}” was not added. ${why}`)];

const signInFirst = () => [html("a", { href: signInAddress() }, "Sign in"), " to add scores of your own."];
