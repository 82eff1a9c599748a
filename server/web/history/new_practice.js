/** A form for practice away from Etude. */

import { html } from "../dom.js";
import { sentence } from "../http.js";
import { field, momentOf, sessionFields, whenFields } from "./fields.js";
import { newId } from "./outbox.js";
import { isAway } from "./records.js";

const MOST_BYTES = 20_000_000;
const USUAL_SEC = 30 * 60;

/** A file as the text that the server takes. */
function encoded(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

/**
 * Show the form.
 *
 * @param {HTMLElement} node
 * @param {object} about - user, days, keeper, onMade (when it is kept)
 */
export function showNewPractice(node, { user, days, keeper, onMade }) {
  const id = newId(); // the same however often it is tried: it is made once
  const blank = {
    song_name: null, song_id: null, duration_seconds: USUAL_SEC, instrument: user.instrument || null, rating: null,
    focus: null, notes: null, tags: [],
  };
  const { nodes, said } = sessionFields(blank);
  const began = new Date(Date.now() - 1000 * USUAL_SEC);
  const problem = html("p", { class: "error", role: "alert" });
  const keep = html("button", { class: "button primary" }, "Keep it");

  async function make(form) {
    const file = form.elements.sound.files[0] ?? null;
    if (file?.size > MOST_BYTES) throw new Error("This sound is too large: 20 MB is the most.");
    const { song_id: songId, ...rest } = said(form);
    const session = { ...blank, ...rest, song_id: songId ?? null, date: momentOf(form, days) };
    await keeper.make(withoutNothing(session), file && (await encoded(file)), id);
  }

  async function submit(event) {
    event.preventDefault();
    problem.textContent = "";
    keep.disabled = true;
    try {
      await make(event.target);
      onMade();
    } catch (error) {
      problem.textContent = isAway(error)
        ? "The server is not reachable, and sound can only be sent to it: try again later, or leave the sound out."
        : sentence(error);
    } finally {
      keep.disabled = false;
    }
  }

  node.replaceChildren(
    html("a", { class: "back", href: "#/" }, html("span", { "aria-hidden": "true" }, "← "), "All practice"),
    html("h1", {}, "Add practice"),
    html("p", { class: "hint" }, "What Etude heard is kept by itself. Here you add what you played without it."),
    html("form", { class: "editor", "aria-label": "Add practice", onsubmit: submit },
      whenFields(days, began),
      ...nodes,
      field("Sound, if you recorded it (at most 20 MB)", "sound", { type: "file", accept: "audio/*" }),
      problem, html("p", { class: "actions" }, keep)),
  );
  node.querySelector("h1 ~ form [name=song_name]").focus();
}

/** Without what nothing was said of. */
const withoutNothing = (session) =>
  Object.fromEntries(Object.entries(session).filter(([, value]) => value !== null));
