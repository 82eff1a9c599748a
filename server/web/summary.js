/** The end of a run: marks, what fell how often, and what to do next. */

import { html } from "./dom.js";
import { inWords } from "./meter.js";
import { median } from "./tally.js";
import { VERDICTS, signIcon } from "./verdicts.js";

const FAR_BARS = 3; // slips within so many bars of the worst are practised with it

/** The bars to practise: the worst, and what is bad close to it. */
export function barsToPractise(worst) {
  const near = worst.map(({ bar }) => bar).filter((bar) => Math.abs(bar - worst[0].bar) <= FAR_BARS);
  return [Math.min(...near), Math.max(...near)];
}

const percent = (value) => `${Math.round(value)} %`;
const figure = (label, value) => html("div", { class: "figure" }, html("dt", {}, label), html("dd", {}, value));
const span = ([from, to]) => (from === to ? `bar ${from}` : `bars ${from}–${to}`);
const TENSES = { wrong_note: "wrong", missed: "missed", extra: "extra", early: "early", late: "late" };

const slips = (results) =>
  Object.entries(results).map(([result, count]) => `${count} ${TENSES[result]}`).join(", ");

function countsList(counts) {
  const rows = Object.entries(VERDICTS).map(([result, { label }]) =>
    html(
      "li",
      { class: counts[result] ? "" : "is-none", "data-result": result },
      signIcon(result),
      html("span", {}, label),
      html("strong", {}, counts[result]),
    ));
  return html("ul", { class: "counts", "aria-label": "Notes by verdict" }, ...rows);
}

function worstList(worst) {
  const rows = worst.map(({ bar, results }) =>
    html("li", {}, html("strong", {}, `Bar ${bar}`), html("span", {}, slips(results))));
  return html("div", { class: "worst" }, html("h3", {}, "Worth another look"), html("ol", {}, ...rows));
}

/**
 * Show the end of a run.
 *
 * @param {HTMLElement} host
 * @param {object} marks - the data of `session_ended`
 * @param {Tally} tally
 * @param {HTMLElement | null} kept - what becomes of it
 * @param {{again: Function, practise: Function, close: Function}} actions
 */
export function showSummary(host, marks, tally, kept, { again, practise, close }) {
  const worst = tally.worstBars();
  const tendency = median(tally.timings);
  const bars = worst.length ? barsToPractise(worst) : null;
  host.replaceChildren(
    html(
      "div",
      { class: "marks-head" },
      html("p", { class: "grade", "aria-label": `Grade ${marks.grade}` }, marks.grade),
      html(
        "div",
        {},
        html("h2", { id: "summary-title" }, "How it went"),
        html("p", { class: "message" }, marks.message),
        html(
          "dl",
          { class: "figures" },
          figure("Score", percent(marks.overallScore)),
          figure("Accuracy", percent(marks.accuracy)),
          tendency === null ? null : figure("On the whole", inWords(tendency)),
        ),
      ),
    ),
    countsList(tally.counts),
    ...(worst.length ? [worstList(worst)] : []),
    html(
      "div",
      { class: "actions" },
      html("button", { type: "button", class: "button primary", id: "again", onclick: again }, "Again"),
      bars && html(
        "button",
        { type: "button", class: "button", id: "practise-bars", onclick: () => practise(bars) },
        `Practise ${span(bars)}`,
      ),
      html("button", { type: "button", class: "button quiet", id: "close-summary", onclick: close }, "Change settings"),
    ),
    ...(kept ? [kept] : []),
  );
  host.hidden = false;
  host.focus({ preventScroll: true });
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  window.scrollTo({ top: 0, behavior: isCalm ? "auto" : "smooth" });
}
