/** The head of the page: how practice goes on, in few figures and many pictures. */

import { html } from "../dom.js";
import { accuracyLine, pieceBars, weekChart } from "./charts.js";
import { counted, minutesWords } from "./days.js";
import { heatLegend, heatMap, summaryOf } from "./heat_map.js";

const TOP_PIECES = 10;
const NARROW = "(max-width: 30rem)";

const figure = (name, amount, more) =>
  html("div", { class: "figure-card" }, html("dt", {}, name),
    html("dd", {}, html("b", {}, amount), html("span", { class: "hint" }, more)));

const panel = (name, title, ...content) => html("section", { class: `panel ${name}`, "aria-label": title },
  html("h2", {}, title), ...content);

/** This week beside the last one, in words. */
function comparison({ this_week_minutes: now, last_week_minutes: before }) {
  const more = now > before ? ` (${minutesWords(now - before)} more than that)` : "";
  return `last week ${minutesWords(before)}${more}`;
}

/**
 * Show the figures.
 *
 * @param {HTMLElement} node
 * @param {object} figures - of {@link fetchFigures}
 * @param {object} about - days, filters (as the list has them), onDay, pieceLink (what leads to a piece's practice)
 */
export function showFigures(node, figures, { days, filters, onDay, pieceLink }) {
  const { week, progress, days: totals, points, pieces } = figures;
  const judged = points.filter(({ score_accuracy: value }) => value !== null);
  const today = days.dayOf(Date.now());
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.day : null;
  const left = node.querySelector(".wide")?.scrollLeft;
  node.replaceChildren(
    html("dl", { class: "figure-cards" },
      figure("In a row", counted(progress.current_streak, "day"), `longest ${counted(progress.longest_streak, "day")}`),
      figure("This week", minutesWords(progress.this_week_minutes), comparison(progress)),
      figure("In all", minutesWords(progress.total_minutes), counted(progress.total_sessions, "session"))),
    html("div", { class: "panels" },
      panel("week", "This week, minutes a day", weekChart(week)),
      panel("accuracy", filters.song ? `Accuracy of ${filters.song}` : "Accuracy, in percent",
        judged.length ? accuracyLine(judged, days, matchMedia(NARROW).matches ? 340 : 640)
          : html("p", { class: "hint" }, "Play a piece while Etude listens, and see here how accuracy grows."))),
    panel("year", "The last year, day by day", heatMap(totals, today, filters.date ?? null, onDay),
      heatLegend(), html("p", { class: "hint year-summary" }, summaryOf(totals))),
    pieces.length ? panel("most", "What you practise most", pieceBars(pieces.slice(0, TOP_PIECES), pieceLink)) : "",
  );
  const frame = node.querySelector(".wide");
  frame.scrollLeft = left ?? frame.scrollWidth; // today is at its right end
  if (focused) node.querySelector(`[data-day="${focused}"]`).focus();
}
