/** The days of a year, a column a week: the darker, the longer the practice. */

import { html, svg } from "../dom.js";
import { counted, dayWords, daysAfter, minutesWords, monthWords, weekday } from "./days.js";

const YEAR_DAYS = 365; // and today, as the server has it
const CELL = 14;
const SIDE = 11;
const LEFT = 30;
const TOP = 18;
const LONG_MIN = [15, 30, 60]; // a quarter of an hour and more is darker, and so on
const MOVES = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -7, ArrowRight: 7, Home: -Infinity, End: Infinity };

const levelOf = (minutes) => 1 + LONG_MIN.filter((long) => minutes >= long).length;

function wordsOf(day, total) {
  if (!total) return `${dayWords(day)}: no practice`;
  return `${dayWords(day)}: ${minutesWords(total.minutes)}, ${counted(total.sessions, "session")}`;
}

/** The year in a sentence. */
export function summaryOf(totals) {
  if (!totals.length) return "No practice in the last year.";
  const best = totals.reduce((most, total) => (total.minutes > most.minutes ? total : most));
  const minutes = totals.reduce((sum, total) => sum + total.minutes, 0);
  return `In the last year you practised on ${counted(totals.length, "day")}, ${minutesWords(minutes)} in all; ` +
    `most on ${dayWords(best.date)} (${minutesWords(best.minutes)}).`;
}

/**
 * The map; arrow keys go from day to day.
 *
 * @param {object[]} totals - days with practice: date, sessions, minutes
 * @param {string} today
 * @param {string|null} chosen - the day that the list shows
 * @param {function} onDay - (day) somebody wants to see it
 */
export function heatMap(totals, today, chosen, onDay) {
  const byDay = new Map(totals.map((total) => [total.date, total]));
  const first = daysAfter(today, -YEAR_DAYS);
  const lead = weekday(first);
  const entry = chosen >= first && chosen <= today ? chosen : today;
  const cells = Array.from({ length: YEAR_DAYS + 1 }, (_, count) => {
    const day = daysAfter(first, count);
    const total = byDay.get(day);
    const words = wordsOf(day, total);
    return svg("rect", {
      class: "day", role: "button", tabindex: day === entry ? 0 : -1, "aria-label": words,
      "aria-pressed": String(day === chosen), "data-day": day, "data-level": total ? levelOf(total.minutes) : 0,
      x: LEFT + CELL * Math.floor((count + lead) / 7), y: TOP + CELL * weekday(day), width: SIDE, height: SIDE, rx: 2,
      onclick: () => onDay(day),
    }, svg("title", {}, words));
  });
  const weeks = Math.ceil((YEAR_DAYS + 1 + lead) / 7);
  const drawing = svg("svg", {
    class: "heat-map", viewBox: `0 0 ${LEFT + CELL * weeks} ${TOP + CELL * 7}`, role: "group",
    "aria-label": "Days of the last year",
    onkeydown: (event) => step(event, cells, onDay),
  }, ...months(first, lead), ...["Mon", "Wed", "Fri"].map((name, row) =>
    svg("text", { class: "axis", x: 0, y: TOP + CELL * 2 * row + SIDE - 1 }, name)), ...cells);
  return html("div", { class: "wide" }, drawing);
}

/** The names of months, above the week in which each begins. */
function months(first, lead) {
  const begins = Array.from({ length: YEAR_DAYS + 1 }, (_, count) => daysAfter(first, count))
    .map((day, count) => ({ day, column: Math.floor((count + lead) / 7) }))
    .filter(({ day }) => day.endsWith("-01"));
  return begins.map(({ day, column }) =>
    svg("text", { class: "axis", x: LEFT + CELL * column, y: 11 }, monthWords(day)));
}

function step(event, cells, onDay) {
  const place = cells.indexOf(event.target);
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    onDay(cells[place].dataset.day);
  } else if (event.key in MOVES) {
    event.preventDefault();
    const next = cells[Math.min(Math.max(place + MOVES[event.key], 0), cells.length - 1)];
    cells[place].setAttribute("tabindex", -1);
    next.setAttribute("tabindex", 0);
    next.focus();
  }
}

/** What the shades mean. */
export const heatLegend = () => html("p", { class: "hint heat-legend", "aria-hidden": "true" },
  ...["none", "under 15 min", "15", "30", "an hour and more"].flatMap((words, level) => [
    svg("svg", { width: SIDE, height: SIDE },
      svg("rect", { class: "day", "data-level": level, width: SIDE, height: SIDE, rx: 2 })),
    html("span", {}, words),
  ]));
