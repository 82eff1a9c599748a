/** What people say of a practice session: the fields to say it in, and the words to show it in. */

import { html } from "../dom.js";
import { durationWords } from "./days.js";
import { findSongs } from "./records.js";
import { starsField } from "./stars.js";

const MINUTE_SEC = 60;
const MOST_MINUTES = 7 * 24 * 60;
const PAUSE_MS = 250; // after a key, before pieces are looked for
const MOST_TAGS = 20;

/** The names of what can be said, as people call them. */
export const LABELS = {
  date: "Date", song_name: "Piece", duration_seconds: "Time", rating: "Stars", instrument: "Instrument",
  focus: "Focus", tags: "Tags", notes: "Notes",
};

/** One thing that was said, in words; a dash where nothing was. */
export function wordsOf(name, value, days) {
  if (value == null || value === "" || value.length === 0) return "–";
  if (name === "date") return days.words(value);
  if (name === "duration_seconds") return durationWords(value);
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** A labelled field of a form. */
export const field = (label, name, attributes = {}, ...more) => html("label", { class: "field" },
  html("span", {}, label), html("input", { name, ...attributes }), ...more);

/** When it began: a day and a time where the account is. */
export const whenFields = (days, moment) => html("div", { class: "when" },
  field("Date", "day", {
    type: "date", value: days.dayOf(moment), min: "1900-01-01", max: days.dayOf(Date.now()), required: true,
  }),
  field("Began at", "time", { type: "time", value: days.timeOf(moment), required: true }));

/** The moment that a form says. */
export const momentOf = ({ elements: { day, time } }, days) => days.moment(day.value, time.value);

/** The piece, with suggestions while one types; the form's `songs` has their numbers by title. */
function pieceField(value) {
  const offers = html("datalist", { id: "found-pieces" });
  let timer = null;
  const look = async (words) => {
    const found = await findSongs(words).catch(() => []); // without the server, any name will do
    for (const { id, title } of found) songs.set(title, id);
    offers.replaceChildren(...found.map(({ title, composer }) => html("option", { value: title, label: composer })));
  };
  const songs = new Map();
  const label = field("Piece", "song_name", {
    value, list: "found-pieces", autocomplete: "off", maxlength: 200,
    oninput: ({ target }) => {
      clearTimeout(timer);
      if (target.value.trim() && !songs.has(target.value)) timer = setTimeout(() => look(target.value), PAUSE_MS);
    },
  }, offers);
  return { label, songs };
}

/**
 * The fields of a practice session.
 *
 * @param {object} copy - as it is; a field that it does not have at all is not offered
 * @returns {{nodes: HTMLElement[], said: function(HTMLFormElement): object}} `said` reads what is other than before
 */
export function sessionFields(copy) {
  const piece = pieceField(copy.song_name);
  const minutes = copy.duration_seconds ? Math.round(copy.duration_seconds / 6) / 10 : "";
  const nodes = [
    piece.label,
    field("Minutes", "minutes", {
      type: "number", min: 0, max: MOST_MINUTES, step: "any", value: minutes, required: true,
    }),
    "instrument" in copy ? field("Instrument", "instrument", { value: copy.instrument, maxlength: 200 }) : null,
    starsField(copy.rating),
    field("Focus", "focus", { value: copy.focus, maxlength: 200, placeholder: "What was it about?" }),
    "notes" in copy ? html("label", { class: "field" }, html("span", {}, "Notes"),
      html("textarea", { name: "notes", rows: 4, maxlength: 10_000 }, copy.notes ?? "")) : null,
    field("Tags, with commas between them", "tags", { value: copy.tags.join(", ") }),
  ].filter(Boolean);
  return { nodes, said: (form) => changes(copy, spoken(form, minutes, copy, piece.songs)) };
}

/** What a form says. */
function spoken(form, minutesBefore, copy, songs) {
  const text = (name) => form.elements[name]?.value.trim() || null;
  const minutes = form.elements.minutes.valueAsNumber;
  const songName = text("song_name");
  return {
    song_name: songName,
    song_id: songName === copy.song_name ? copy.song_id : songs.get(songName) ?? null,
    duration_seconds: minutes === minutesBefore ? copy.duration_seconds : minutes * MINUTE_SEC,
    ...("instrument" in copy && { instrument: text("instrument") }),
    rating: Number(form.elements.rating.value) || null,
    focus: text("focus"),
    ...("notes" in copy && { notes: text("notes") }),
    tags: [...new Set((text("tags") ?? "").split(",").map((tag) => tag.trim()).filter(Boolean))].slice(0, MOST_TAGS),
  };
}

/** What is other than it was; a piece's number goes with its name. */
function changes(copy, said) {
  const isSame = (name) => JSON.stringify(copy[name] ?? null) === JSON.stringify(said[name]);
  const names = Object.keys(said).filter((name) => name !== "song_id" && !isSame(name));
  const isOther = names.includes("song_name") || !isSame("song_id");
  const changed = Object.fromEntries(names.map((name) => [name, said[name]]));
  return isOther ? { ...changed, song_name: said.song_name, song_id: said.song_id } : changed;
}
