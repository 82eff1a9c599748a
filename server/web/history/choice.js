/** Two versions of one practice session, side by side, and the question which of them is to stay. */

import { html } from "../dom.js";
import { LABELS, wordsOf } from "./fields.js";

/**
 * Ask which version stays.
 *
 * @param {object|null} mine - the copy as it is wanted here; null where it was deleted here
 * @param {object|null} theirs - the copy of the server; null where it was deleted elsewhere
 * @param {object} about - days, keepMine, keepTheirs (what is done then)
 */
export function choice(mine, theirs, { days, keepMine, keepTheirs }) {
  const button = (words, act) => html("button", { type: "button", class: "button", onclick: act }, words);
  return html("div", { class: "choice", role: "group", "aria-label": "Two versions" },
    html("p", {}, questionOf(mine, theirs)),
    mine && theirs ? comparison(mine, theirs, days) : null,
    html("p", { class: "actions" },
      button(mine ? "Keep mine" : "Delete it", keepMine),
      button(theirs ? "Keep the other" : "Let it be deleted", keepTheirs)));
}

function questionOf(mine, theirs) {
  if (!theirs) return "You changed this here, and it was deleted on another device.";
  if (!mine) return "You deleted this here, and it was changed on another device.";
  return "You changed this here, and it was changed on another device. Which version is to stay?";
}

function comparison(mine, theirs, days) {
  const rows = Object.keys(LABELS)
    .filter((name) => name in mine && name in theirs)
    .map((name) => [LABELS[name], wordsOf(name, mine[name], days), wordsOf(name, theirs[name], days)])
    .filter(([, here, there]) => here !== there);
  if (!rows.length) return html("p", { class: "hint" }, "Both look the same now.");
  return html("table", {},
    html("thead", {}, html("tr", {},
      html("td"), html("th", { scope: "col" }, "Mine"), html("th", { scope: "col" }, "The other"))),
    html("tbody", {}, ...rows.map(([label, here, there]) => html("tr", {},
      html("th", { scope: "row" }, label), html("td", {}, here), html("td", {}, there)))));
}
