/** What becomes of a run that is over: it is kept in one's history, and can be rated there and then. */

import { changePractice, fetchLatestPractice } from "./api.js";
import { signInAddress } from "./badge.js";
import { html } from "./dom.js";
import { sentence } from "./http.js";
import { identity } from "./identity.js";

const STARS = 5;
const NOTE_CHARS = 10_000;
const FIRST_PAUSE_MS = 300; // takes are written twice a second
const LONGER = 1.5;
const PATIENCE_MS = 20_000;

/**
 * What is said of a run; `player` is whose it is, null where it is a guest's.
 *
 * @returns {HTMLElement}
 */
export function whatBecomes(id, player) {
  if (player === null) return signIn("Sign in to keep what you play");
  const isTheirs = identity.hasToken && (identity.user?.id ?? player) === player;
  return isTheirs ? inHistory(id) : signIn("Kept: sign in again to see it in your history");
}

const signIn = (words) => html("p", { class: "kept" }, html("a", { href: signInAddress() }, words));

function inHistory(id) {
  const words = html("p", { role: "status", class: "hint" }, "Going into your history…");
  const box = html("div", { class: "kept" }, words);
  arrival(id, () => box.isConnected).then(
    (isThere) => {
      if (!isThere) words.textContent = "It is not in your history yet: look there in a while.";
      else {
        words.replaceChildren(html("a", { href: `/history#/session/${id}` }, "Kept in your history"));
        box.append(remarks(id));
      }
    },
    (error) => (words.textContent = `Your history could not be looked into. ${sentence(error)}`),
  );
  return box;
}

/** Wait until a run is in the history. The latest are asked for, as one that is not there yet would be an error. */
async function arrival(id, isAwaited) {
  const untilMs = performance.now() + PATIENCE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; performance.now() < untilMs; pauseMs *= LONGER) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (!isAwaited()) return false;
    if ((await fetchLatestPractice()).some((session) => session.id === id)) return true;
  }
  return false;
}

/** Stars, and a few words; each is kept as it is given. */
function remarks(id) {
  const told = html("output", { class: "hint", role: "status" });
  const keep = async (change, words) => {
    try {
      await changePractice(id, change);
      told.textContent = words;
    } catch (error) {
      told.textContent = sentence(error);
    }
  };
  const note = html("textarea", { id: "kept-note", rows: 2, maxlength: NOTE_CHARS });
  const rate = ({ target }) => keep({ rating: Number(target.value) }, `Rated ${target.value} of ${STARS}.`);
  return html(
    "form",
    {
      class: "remarks",
      onsubmit: (event) => {
        event.preventDefault();
        keep({ notes: note.value.trim() || null }, note.value.trim() ? "Your note is kept." : "There is no note now.");
      },
    },
    html("fieldset", { class: "stars", onchange: rate }, html("legend", {}, "How was it for you?"), ...stars()),
    html("label", { for: "kept-note" }, "A note for yourself"),
    note,
    html("div", { class: "remarks-go" }, html("button", { class: "button small" }, "Keep the note"), told),
  );
}

/** From one to five; the style sheet fills those up to the one that is chosen. */
const stars = () =>
  Array.from({ length: STARS }, (_, index) =>
    html(
      "label",
      {},
      html("input", { type: "radio", name: "rating", value: index + 1, class: "unseen" }),
      html("span", { "aria-hidden": "true" }, "★"),
      html("span", { class: "unseen" }, index ? `${index + 1} stars` : "1 star"),
    ));
