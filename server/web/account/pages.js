/** Long lists, a page at a time. */

import { html } from "../dom.js";
import { identity } from "../identity.js";
import { action } from "./fields.js";

/**
 * Show the first page of a list in a place, and a button for the next while there is one.
 *
 * @param {function} row - makes the `li` of an item, which has an `id`
 * @param {string} none - what is said of an empty list
 */
export async function showPages(place, path, row, none) {
  const list = html("ul", { class: "rows" });
  const more = html("div", {});
  const next = async (cursor) => {
    const response = await identity.ask("GET", path, { query: { limit: 20, cursor } });
    const items = await response.json();
    list.append(...items.map(row));
    const last = items.at(-1)?.id;
    more.replaceChildren(...(response.headers.has("Link") ? [action("Show older ones", () => next(last))] : []));
  };
  await next(null);
  place.replaceChildren(list.firstChild ? list : html("p", { class: "hint" }, none), more);
}
