/** Which practice is shown: kept in the address, so that it can be shared and gone back to. */

import { html } from "../dom.js";

export const NAMES = ["date", "from", "to", "tag", "song", "instrument"];
const LABELS = { date: "Day", from: "From", to: "To", tag: "Tag", song: "Piece", instrument: "Instrument" };

/** The filters in the address of the page. */
export function filtersHere() {
  const query = new URLSearchParams(location.search);
  return Object.fromEntries(NAMES.filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
}

/** The student whose practice is shown; null: one's own. */
export const studentHere = () => new URLSearchParams(location.search).get("student");

/** The address that shows what these filters let through, of one's own practice or of a student's. */
export function addressOf(filters, student = studentHere()) {
  const given = NAMES.filter((name) => filters[name]).map((name) => [name, filters[name]]);
  const query = new URLSearchParams(student ? [["student", student], ...given] : given);
  return given.length || student ? `/history?${query}` : "/history";
}

/** Whether a practice session that the server has not seen is among those that are shown. */
export function isShown(copy, filters, days) {
  const day = days.dayOf(copy.date);
  const isTagged = (tag) => copy.tags.some((each) => each.toLowerCase() === tag.toLowerCase());
  return (!filters.date || day === filters.date) && (!filters.from || day >= filters.from)
    && (!filters.to || day <= filters.to) && (!filters.tag || isTagged(filters.tag))
    && (!filters.song || copy.song_name === filters.song)
    && (!filters.instrument || copy.instrument === filters.instrument);
}

/**
 * The fields of the filters.
 *
 * @param {object} seen - pieces, tags and instruments that are offered
 * @param {function} onChange - (filters)
 */
export function filterForm(filters, seen, onChange) {
  const field = (name, attributes = {}, ...more) => html("label", {}, html("span", {}, LABELS[name]),
    html("input", { name, value: filters[name], ...attributes }), ...more);
  const offered = (name, values) => field(name, { type: "text", list: `seen-${name}`, autocomplete: "off" },
    html("datalist", { id: `seen-${name}` }, ...values.map((value) => html("option", { value }))));
  const form = html("form", { class: "filters", "aria-label": "Which practice to show" },
    field("date", { type: "date" }), field("from", { type: "date" }), field("to", { type: "date" }),
    offered("song", seen.pieces), offered("tag", seen.tags), offered("instrument", seen.instruments),
    Object.keys(filters).length
      ? html("button", { type: "button", class: "button small", onclick: () => onChange({}) }, "Show all") : null);
  form.addEventListener("change", () => {
    onChange(Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()])));
  });
  return form;
}
