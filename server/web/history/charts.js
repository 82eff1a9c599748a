/** Practice drawn: the days of a week, the pieces, and how accuracy goes on. */

import { html, svg } from "../dom.js";
import { counted, minutesWords, percent } from "./days.js";

const WEEK = { width: 320, height: 170, top: 22, bottom: 144, bar: 26 };
const LINE = { height: 210, left: 44, top: 12, bottom: 180 };
const NAMES = {
  Mon: "Monday", Tue: "Tuesday", Wed: "Wednesday", Thu: "Thursday", Fri: "Friday", Sat: "Saturday", Sun: "Sunday",
};
const LOWEST_MIN = 10; // a week of a few minutes does not look like one of hours
const TENTH = 10;

/** The minutes of each day of this week. */
export function weekChart(week) {
  const most = Math.max(LOWEST_MIN, ...week.map(({ minutes }) => minutes));
  const step = WEEK.width / week.length;
  const practised = week.filter(({ minutes }) => minutes);
  const words = practised.map(({ day, minutes }) => `${NAMES[day]} ${minutesWords(minutes)}`);
  const bars = week.map(({ day, minutes }, place) => {
    const height = (minutes / most) * (WEEK.bottom - WEEK.top);
    const middle = (place + 0.5) * step;
    return svg("g", { class: "week-day", "data-day": day, "data-minutes": minutes },
      svg("title", {}, `${NAMES[day]}: ${minutesWords(minutes)}`),
      svg("rect", { class: "bar", x: middle - WEEK.bar / 2, y: WEEK.bottom - height, width: WEEK.bar, height, rx: 3 }),
      minutes ? svg("text", { class: "amount", x: middle, y: WEEK.bottom - height - 6 }, String(minutes)) : null,
      svg("text", { class: "axis", x: middle, y: WEEK.height - 8 }, day));
  });
  return svg("svg", {
    class: "week-chart", viewBox: `0 0 ${WEEK.width} ${WEEK.height}`, role: "img",
    "aria-label": `This week: ${words.join(", ") || "no practice yet"}.`,
  }, svg("path", { class: "ground", d: `M0 ${WEEK.bottom}.5H${WEEK.width}` }), ...bars);
}

/**
 * The most practised pieces.
 *
 * @param {function} link - (piece) what leads to the practice of a piece
 */
export function pieceBars(pieces, link) {
  const most = Math.max(...pieces.map(({ minutes }) => minutes), 1);
  const row = (piece) => html("li", { class: "piece-bar" },
    link(piece),
    html("span", { class: "hint" }, [
      minutesWords(piece.minutes), counted(piece.sessions, "time"),
      piece.best_accuracy === null ? null : `best ${percent(piece.best_accuracy)}`,
    ].filter(Boolean).join(" · ")),
    svg("svg", { class: "length", "aria-hidden": "true" },
      svg("rect", { class: "bar", width: `${(100 * piece.minutes) / most}%`, height: "100%", rx: 3 })));
  return html("ol", { class: "piece-bars" }, ...pieces.map(row));
}

/**
 * Accuracy over time.
 *
 * @param {object[]} points - progress points with an accuracy, the newest first
 * @param {Days} days
 * @param {number} width - of the drawing, about as it is shown: its words grow and shrink with it
 */
export function accuracyLine(points, days, width) {
  const inOrder = [...points].reverse();
  const values = inOrder.map(({ score_accuracy: value }) => value);
  const floor = Math.min(90, TENTH * Math.floor(Math.min(...values) / TENTH));
  const x = (place) => LINE.left + ((place + 0.5) / inOrder.length) * (width - 10 - LINE.left);
  const y = (value) => LINE.bottom - ((value - floor) / (100 - floor)) * (LINE.bottom - LINE.top);
  const levels = [floor, (floor + 100) / 2, 100];
  const told = ({ date, song_name: song, score_accuracy: value }) =>
    [days.words(date), song, percent(value)].filter(Boolean).join(": ");
  const dots = inOrder.map((point, place) =>
    svg("circle", { class: "dot", cx: x(place), cy: y(point.score_accuracy), r: 4 },
      svg("title", {}, told(point))));
  const first = inOrder[0];
  const last = inOrder.at(-1);
  return svg("svg", {
    class: "accuracy-line", viewBox: `0 0 ${width} ${LINE.height}`, role: "img",
    "aria-label": `Accuracy of the last ${counted(values.length, "run")}: from ${percent(values[0])} to ` +
      `${percent(values.at(-1))}, at best ${percent(Math.max(...values))}.`,
  },
  ...levels.flatMap((level) => [
    svg("path", { class: "rule", d: `M${LINE.left} ${y(level)}H${width}` }),
    svg("text", { class: "axis level", x: LINE.left - 8, y: y(level) + 5 }, `${level}`),
  ]),
  svg("polyline", { class: "line", points: values.map((value, place) => `${x(place)},${y(value)}`).join(" ") }),
  ...dots,
  svg("text", { class: "axis begin", x: LINE.left, y: LINE.height - 4 }, days.words(first.date).slice(5, -7)),
  first === last ? null
    : svg("text", { class: "axis end", x: width, y: LINE.height - 4 }, days.words(last.date).slice(5, -7)));
}
