/** What waits to be sent, and what the server did not take: told above the list. */

import { html } from "../dom.js";
import { sentence } from "../http.js";
import { choice } from "./choice.js";
import { counted } from "./days.js";
import { changedCopy, saidIn } from "./keeping.js";

/**
 * Show it.
 *
 * @param {HTMLElement} node
 * @param {Outbox} outbox
 * @param {Days} days
 */
export function showWaiting(node, outbox, days) {
  const stopped = [...outbox.bySession()].filter(([, changes]) => changes.some(({ verdict }) => verdict));
  const count = outbox.changes.length - stopped.flatMap(([, changes]) => changes).length;
  const news = count ? [html("p", { class: "waiting-news" },
    `${counted(count, "change waits", "changes wait")} to be sent. `,
    outbox.problem ? html("span", { class: "hint" }, sentence(outbox.problem)) : null,
    html("button", { type: "button", class: "button small", onclick: () => outbox.send() }, "Send now"))] : [];
  node.replaceChildren(...news, ...stopped.map(([id, changes]) => stoppedItem(outbox, id, changes, days)));
  node.hidden = !node.childElementCount;
}

/** Whether two versions of a practice session wait for a choice. */
export const isConflict = (changes) => changes.find(({ verdict }) => verdict)?.verdict.status === "conflict";

/** A practice session whose change was not made, with what can be done about it. */
export function stoppedItem(outbox, id, changes, days) {
  const verdict = changes.find((change) => change.verdict).verdict;
  const mine = changes.at(-1).copy;
  const title = (mine ?? verdict.current)?.song_name ?? "Practice";
  const give = () => outbox.replace(id, null);
  const about = html("h3", {}, title);
  if (isConflict(changes)) {
    const theirs = verdict.deleted ? null : verdict.current;
    const keepMine = () => outbox.replace(id, replacement(id, changes, verdict));
    return html("section", { class: "stopped", "aria-label": title }, about,
      choice(mine && theirs ? over(theirs, changes) : mine, theirs, { days, keepMine, keepTheirs: give }));
  }
  return html("section", { class: "stopped", "aria-label": title }, about,
    html("p", {}, `The server does not take this: ${refusal(verdict)}`),
    html("p", { class: "actions" },
      mine ? html("a", { class: "button", href: `#/session/${id}` }, "Change it") : null,
      html("button", { type: "button", class: "button", onclick: give }, "Throw it away")));
}

const refusal = ({ error, field }) =>
  sentence({ message: error.replace(/^session\./, ""), details: { field: field?.replace(/^session\./, "") } });

/** One change that does what several wanted, made from the version that is on the server. */
function replacement(id, changes, { version, deleted, current }) {
  const copy = changes.at(-1).copy;
  if (!copy) return { op: "delete", id, version, copy };
  const next = { version: version + 1 };
  if (deleted) return { op: "create", id, version, session: saidIn(copy), copy: { ...copy, ...next } };
  return { op: "update", id, version, session: wanted(changes), copy: { ...over(current, changes), ...next } };
}

const wanted = (changes) => Object.assign({}, ...changes.map(({ session }) => session));

/** The server's copy with what was changed here, and nothing else that differs. */
function over(theirs, changes) {
  const names = Object.keys(wanted(changes));
  const isPiece = names.includes("song_id") || names.includes("song_name");
  const taken = isPiece ? [...names, "song_id", "song_name"] : names;
  const { copy } = changes.at(-1);
  return { ...theirs, ...Object.fromEntries(taken.map((name) => [name, copy[name]])) };
}

/** A change like the ones that the server refused, with what was said since. */
export function corrected(id, changes, session) {
  const first = changes[0];
  const copy = { ...changedCopy(changes.at(-1).copy, session), version: first.version + 1 };
  const isNew = first.op === "create" || changes.some(({ verdict }) => verdict?.field === "id");
  const version = first.op === "create" ? first.version : 0;
  if (isNew) return { op: "create", id, version, session: saidIn(copy), copy };
  return { op: "update", id, version: first.version, session: { ...wanted(changes), ...session }, copy };
}
