/** The list of practice: the newest first, with what waits to be sent among it. */

import { html } from "../dom.js";
import { counted, durationWords, percent } from "./days.js";
import { addressOf, isShown } from "./filters.js";
import { stars } from "./stars.js";

/** A link to practice that a filter lets through; `go` shows it without loading the page anew. */
export const filterLink = (words, filters, go, attributes = {}) => html("a", {
  ...attributes, href: addressOf(filters),
  onclick: (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(filters);
  },
}, words);

/** What waits, laid over what the server has: copies with `waits` in words, the newest first. */
export function merged(rows, outbox, filters, days) {
  const changes = outbox?.bySession() ?? new Map();
  const laid = rows.map((row) => {
    const own = changes.get(row.id);
    if (!own) return row;
    return { ...row, ...own.at(-1).copy, waits: waitWords(own) };
  });
  const known = new Set(rows.map(({ id }) => id));
  const added = [...changes.values()]
    .filter((own) => own[0].op === "create" && own.at(-1).copy && !known.has(own[0].id))
    .map((own) => ({ ...own.at(-1).copy, waits: waitWords(own) }))
    .filter((copy) => isShown(copy, filters, days));
  return [...laid, ...added].sort((one, other) => new Date(other.date) - new Date(one.date));
}

/** How changes of one practice session stand. */
export function waitWords(changes) {
  if (changes.some(({ verdict }) => verdict)) return "not sent: please choose";
  return changes.at(-1).op === "delete" ? "deleted, waits to be sent" : "waits to be sent";
}

const NOTHING = "Nothing here fits what you look for.";
const EMPTY = "Play a piece and it is kept here.";

/**
 * Show the list.
 *
 * @param {HTMLElement} node
 * @param {object} about - copies, total, hasMore, isFiltered, student (whose practice it is; null: one's own), days,
 *   go (to filters), onMore
 */
export function showList(node, { copies, total, hasMore, isFiltered, student, days, go, onMore }) {
  const row = (copy) => html("li", { class: "entry", "data-waits": copy.waits !== undefined },
    html("a", { href: `#/session/${copy.id}` },
      html("span", { class: "entry-title" }, copy.song_name ?? copy.focus ?? "Practice"),
      html("time", { datetime: copy.date }, days.words(copy.date))),
    html("p", { class: "entry-facts" },
      html("span", {}, durationWords(copy.duration_seconds)),
      stars(copy.rating),
      copy.score_accuracy === null ? null : html("span", { class: "accuracy" }, percent(copy.score_accuracy)),
      copy.instrument ? html("span", { class: "hint" }, copy.instrument) : null,
      ...copy.tags.map((tag) => filterLink(tag, { tag }, go, { class: "tag" })),
      copy.waits ? html("span", { class: "waits" }, copy.waits) : null));
  if (!copies.length) node.replaceChildren(emptyWords(isFiltered, student));
  else {
    node.replaceChildren(
      html("p", { class: "hint", role: "status" }, counted(total, "session")),
      html("ol", { class: "entries" }, ...copies.map(row)),
      hasMore ? html("button", { type: "button", class: "button", onclick: onMore }, "More") : "");
  }
}

function emptyWords(isFiltered, student) {
  if (isFiltered) return html("p", { class: "empty", role: "status" }, NOTHING);
  if (student) return html("p", { class: "empty", role: "status" }, "No practice is kept here yet.");
  return html("p", { class: "empty", role: "status" }, `${EMPTY} `,
    html("a", { href: "/" }, "Choose a piece"), ", or ", html("a", { href: "#/new" }, "add practice"), " of your own.");
}
