/** What a listener has to do before the host's music can be heard here: one question at a time. */

import { byId, html } from "../dom.js";
import { fileTrack } from "./files_music.js";
import { kindOf, siteOf } from "./music.js";

export class Wanted {
  #music;
  #again;
  #asked = null; // the URI that is asked for

  /**
   * @param {import("./music.js").Music} music
   * @param {() => void} again - what was wanted is there: be told again what to play
   */
  constructor(music, again) {
    this.#music = music;
    this.#again = again;
  }

  /** The browser lets nothing sound before somebody presses something. */
  askForPress(unblock) {
    const onPress = () => {
      unblock();
      this.#settled();
    };
    this.#ask("Your browser keeps silent until you press this.", this.#button("Press to listen", onPress));
  }

  /** There is no sound here for what the host plays. */
  askForTrack(uri, name) {
    if (this.#asked === uri) return; // the server says again what it is waiting for
    this.#asked = uri;
    const kind = kindOf(uri);
    if (kind === "file") this.#askForCopy(uri, name);
    else if (kind === "web") this.#askForSite(uri);
    else this.#ask(`The host plays “${name ?? uri}”, which this page cannot play. Leave, and join with the host’s kind of player.`);
  }

  clear() {
    this.#asked = null;
    byId("wanted").hidden = true;
    byId("wanted").replaceChildren();
  }

  #askForCopy(uri, name) {
    const said = html("p", { class: "error", role: "alert" });
    const input = html("input", {
      type: "file",
      accept: "audio/*",
      "aria-label": "Your copy",
      onchange: async () => {
        said.textContent = "";
        const track = await fileTrack(input.files[0]);
        if (track.uri !== uri) {
          said.textContent = "This is another file than the host’s, though it may have the same name.";
          return;
        }
        this.#music.add(track);
        this.#settled();
      },
    });
    this.#ask(`The host plays ${name ? `“${name}”` : "a file"}. Choose your copy of it:`, input, said);
  }

  #askForSite(uri) {
    const site = siteOf(uri);
    const play = this.#button("Play it from there", () => {
      this.#music.allowSite(site);
      this.#settled();
    });
    this.#ask(`The host plays something from ${site}. To hear it, this browser has to fetch it from there.`, play);
  }

  #button(label, onclick) {
    return html("button", { type: "button", class: "button primary", onclick }, label);
  }

  #ask(sentence, ...children) {
    byId("wanted").replaceChildren(html("p", {}, sentence), ...children);
    byId("wanted").hidden = false;
  }

  #settled() {
    this.clear();
    this.#again();
  }
}
