/** An own score on its page: called otherwise, shared, deleted. */

import { changeScore, deleteScore } from "./api.js";
import { html } from "./dom.js";
import { sentence } from "./http.js";

const TITLE_CHARS = 200;

export class OwnScore {
  #box;
  #hears;

  /**
   * @param {HTMLDetailsElement} box
   * @param {{changed: (song: object) => void, deleted: () => void}} hears
   */
  constructor(box, hears) {
    this.#box = box;
    this.#hears = hears;
  }

  /** Show what can be done with a piece: nothing, unless it is one's own. */
  show(song) {
    this.#box.hidden = !song?.mine;
    this.#box.open = false;
    this.#box.replaceChildren(...(song?.mine ? this.#parts(song) : []));
  }

  #parts(song) {
    const field = (name, value, required) =>
      html("input", { type: "text", name, value, required, maxlength: TITLE_CHARS, autocomplete: "off" });
    const told = html("output", { class: "hint", role: "status" });
    const form = html(
      "form",
      { class: "own-form", onsubmit: (event) => this.#save(event, song, told) },
      html("label", {}, html("span", {}, "Title"), field("title", song.title, true)),
      html("label", {}, html("span", {}, "Composer"), field("composer", song.composer, false)),
      html(
        "label",
        { class: "own-shared" },
        html("input", { type: "checkbox", name: "shared", checked: song.shared }),
        " Shared with everybody",
      ),
      html(
        "div",
        { class: "own-go" },
        html("button", { class: "button" }, "Save"),
        ...this.#deletion(song, told),
        told,
      ),
    );
    return [html("summary", {}, "Your score"), form];
  }

  /** Deleting is asked for twice: nothing of it comes back. */
  #deletion(song, told) {
    const surely = html(
      "button",
      { type: "button", class: "button danger", hidden: true, onclick: () => this.#delete(song, told) },
      "Delete for good",
    );
    const first = html("button", { type: "button", class: "button quiet", onclick: () => ask() }, "Delete…");
    const ask = () => {
      first.hidden = true;
      surely.hidden = false;
      surely.focus();
      told.textContent = "What you practised with it stays in your history.";
    };
    return [first, surely];
  }

  async #save(event, song, told) {
    event.preventDefault();
    const { title, composer, shared } = event.target.elements;
    told.textContent = "Saving…";
    try {
      const change = { title: title.value, composer: composer.value, shared: shared.checked };
      this.#hears.changed(await changeScore(song.id, change));
      told.textContent = "Saved.";
    } catch (error) {
      told.textContent = sentence(error);
    }
  }

  async #delete(song, told) {
    told.textContent = "Deleting…";
    try {
      await deleteScore(song.id);
      this.#hears.deleted();
    } catch (error) {
      told.textContent = sentence(error);
    }
  }
}
