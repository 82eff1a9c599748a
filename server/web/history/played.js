/** What was played, drawn: each note at its time and pitch, coloured by what was said of it. */

import { html, svg } from "../dom.js";
import { counted } from "./days.js";

const SIZE = { width: 640, height: 160, edge: 8 };
const WORDS = {
  correct: "right", early: "early", late: "late", wrong_note: "wrong", extra: "extra", ignored: "free",
};
const SHAPES = { correct: 3.5, early: 3.5, late: 3.5 };
const OTHER_SHAPE = 5; // what went wrong is seen without its colour, too

/** The notes of events: the last that was said of each counts. */
function notesOf(events) {
  const played = events.filter(({ event }) => event === "note_on" || event === "note_played");
  const results = new Map();
  for (const { verdicts } of events) {
    for (const { played_index: index, result } of verdicts) if (index >= 0) results.set(index, result);
  }
  return played.map((event) => {
    const own = event.verdicts.find(({ played_index: index }) => index >= 0);
    return { time: event.timestamp, pitch: event.number, result: (own && results.get(own.played_index)) ?? "ignored" };
  });
}

/** A drawing of what was played; null where no note was. */
export function playedChart(events) {
  const notes = notesOf(events);
  if (!notes.length) return null;
  const span = (values) => [Math.min(...values), Math.max(Math.max(...values) - Math.min(...values), 1)];
  const [begin, length] = span(notes.map(({ time }) => time));
  const [low, range] = span(notes.map(({ pitch }) => pitch));
  const place = (share, size) => SIZE.edge + share * (size - 2 * SIZE.edge);
  const counts = new Map();
  for (const { result } of notes) counts.set(result, (counts.get(result) ?? 0) + 1);
  const words = [...counts].map(([result, count]) => `${count} ${WORDS[result] ?? result}`).join(", ");
  return html("div", {},
    svg("svg", {
      class: "played", viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img",
      "aria-label": `${counted(notes.length, "note")} played: ${words}.`,
    }, ...notes.map(({ time, pitch, result }) => svg("circle", {
      class: "played-note", "data-result": result, r: SHAPES[result] ?? OTHER_SHAPE,
      cx: place((time - begin) / length, SIZE.width), cy: SIZE.height - place((pitch - low) / range, SIZE.height),
    }))),
    html("p", { class: "hint" }, `${counted(notes.length, "note")}: ${words}.`));
}
