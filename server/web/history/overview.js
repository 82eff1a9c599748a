/** The page as one comes to it: figures, filters and the list of practice. */

import { byId, html } from "../dom.js";
import { ApiError, sentence } from "../http.js";
import { showFigures } from "./figures.js";
import { addressOf, filterForm, isShown } from "./filters.js";
import { filterLink, merged, showList } from "./list.js";
import { fetchFigures, fetchSessions, isAway } from "./records.js";
import { showWaiting } from "./waiting.js";

const PAGE = 25;
const OLD = "The server is not reachable: what you see here may be old.";

export class Overview {
  #about;
  #rows = [];
  #total = 0;
  #cursor = null;
  #filters = {};
  #pieces = [];
  #visit = 0;

  /** What the list has, by id: for when the server is away. */
  known = new Map();

  /** @param {object} about - days, outbox (null where nothing may be changed), student (or null), go (to filters) */
  constructor(about) {
    this.#about = about;
    byId("add").hidden = about.outbox === null;
    byId("figures").hidden = about.student !== null;
    byId("overview-title").textContent = about.student ? "A student’s practice" : "Your practice";
  }

  /** Show what these filters let through. */
  async show(filters) {
    const visit = ++this.#visit;
    this.#filters = filters;
    this.#showFilters();
    this.showWaiting();
    const parts = [() => this.#fetchFigures(visit), () => this.#fetchList(visit)];
    await this.#try(visit, () => Promise.all(parts.map((part) => part())));
  }

  /** Show what waits, above the list and in it. */
  showWaiting() {
    const { outbox, days } = this.#about;
    if (outbox) showWaiting(byId("waiting"), outbox, days);
    this.#showList();
  }

  /** Somebody else is here now. */
  clear() {
    this.#visit += 1;
    for (const id of ["figures", "filters", "list", "waiting", "students"]) byId(id).replaceChildren();
  }

  /** Let a teacher choose whose practice to see. */
  offerStudents(students) {
    const { student } = this.#about;
    const option = (value, words) => html("option", { value, selected: value === (student ?? "") }, words);
    const select = html("select", { onchange: ({ target }) => location.assign(addressOf({}, target.value)) },
      option("", "My own"), ...students.map(({ id, name }) => option(id, name || "A student without a name")));
    byId("students").replaceChildren(html("label", { class: "students" }, html("span", {}, "Whose practice"), select));
    const name = students.find(({ id }) => id === student)?.name;
    if (name) byId("overview-title").textContent = `Practice of ${name}`;
  }

  /** Say what went wrong. */
  tell(error) {
    byId("overview-error").textContent = isAway(error) ? OLD : sentence(error);
  }

  async #try(visit, work) {
    try {
      await work();
      if (visit === this.#visit) byId("overview-error").textContent = "";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (visit === this.#visit) this.tell(error);
    }
  }

  async #fetchFigures(visit) {
    const { student, days, go } = this.#about;
    if (student) return;
    const filters = this.#filters;
    const figures = await fetchFigures(filters.song ?? null);
    if (visit !== this.#visit) return;
    this.#pieces = figures.pieces.map(({ song_name: name }) => name).filter(Boolean);
    const pieceLink = ({ song_name: song }) => filterLink(song, { song }, go);
    const onDay = (date) => go(date === filters.date ? {} : { date });
    showFigures(byId("figures"), figures, { days, filters, onDay, pieceLink });
    this.#showFilters();
  }

  async #fetchList(visit, cursor = null) {
    const query = { ...this.#filters, limit: PAGE, cursor };
    const page = await fetchSessions(this.#about.student, query).catch((error) => this.#remembered(error, visit));
    if (visit !== this.#visit) return;
    const { rows, total, cursor: next } = page;
    this.#rows = cursor ? [...this.#rows, ...rows] : rows;
    this.#total = total;
    this.#cursor = next;
    for (const row of rows) this.known.set(row.id, row);
    this.#showList();
    this.#showFilters();
  }

  /** What the page has seen before of what is looked for, where the server is away; the error is still told. */
  #remembered(error, visit) {
    if (isAway(error) && visit === this.#visit) {
      this.#rows = [...this.known.values()].filter((row) => isShown(row, this.#filters, this.#about.days));
      this.#total = this.#rows.length;
      this.#cursor = null;
      this.#showList();
    }
    throw error;
  }

  #showList() {
    const { outbox, student, days, go } = this.#about;
    const copies = merged(this.#rows, outbox, this.#filters, days);
    const isFiltered = Object.keys(this.#filters).length > 0;
    const total = this.#total + copies.length - this.#rows.length;
    const onMore = () => this.#showMore(copies.length);
    showList(byId("list"), { copies, total, hasMore: this.#cursor !== null, isFiltered, student, days, go, onMore });
  }

  /** Fetch the next page, and lead to its first entry. */
  async #showMore(count) {
    await this.#try(this.#visit, () => this.#fetchList(this.#visit, this.#cursor));
    byId("list").querySelectorAll(".entry > a")[count]?.focus();
  }

  /** The fields; whoever is in one stays in it. */
  #showFilters() {
    const different = (values) => [...new Set(values.filter(Boolean))].sort();
    const rows = [...this.known.values()];
    const seen = {
      pieces: different([...this.#pieces, ...rows.map(({ song_name: name }) => name)]),
      tags: different(rows.flatMap(({ tags }) => tags)),
      instruments: different(rows.map(({ instrument }) => instrument)),
    };
    const focused = byId("filters").contains(document.activeElement) ? document.activeElement.name : null;
    const form = filterForm(this.#filters, seen, (filters) => this.#about.go(filters));
    byId("filters").replaceChildren(form);
    if (focused) form.elements[focused]?.focus();
  }
}
