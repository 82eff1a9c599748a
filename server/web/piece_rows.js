/** Pieces in lists: rows, and groups of them under a heading. */

import { html } from "./dom.js";

const LEVELS = 5;
const UPLOAD = /^upload-\d+$/;

/** Whether somebody added this piece; the others come with Etude. */
export const isAdded = ({ slug }) => UPLOAD.test(slug);

export const addressOfPiece = ({ slug }) => `#/piece/${slug}`;

function levelDots(level) {
  const dot = (_, index) => html("i", { class: index < level ? "dot is-on" : "dot" });
  const dots = Array.from({ length: LEVELS }, dot);
  return html("span", { class: "level", role: "img", "aria-label": `Level ${level} of ${LEVELS}` }, ...dots);
}

function row(song) {
  const about = [song.composer, song.key, song.mine && song.shared ? "shared with everybody" : null];
  return html(
    "li",
    {},
    html(
      "a",
      { class: "piece", href: addressOfPiece(song) },
      html("span", { class: "piece-title" }, song.title),
      html("span", { class: "piece-by" }, about.filter(Boolean).join(" · ")),
      levelDots(song.level),
    ),
  );
}

/** A group of pieces; `name` tells it from the others. */
export const group = (name, title, songs) =>
  html(
    "section",
    { class: "group", "aria-labelledby": `kind-${name}` },
    html("h2", { id: `kind-${name}` }, title),
    html("ul", { class: "pieces" }, ...songs.map(row)),
  );

/** A line of titles. */
export const line = (title, songs) =>
  html(
    "section",
    { class: "popular", "aria-labelledby": "popular" },
    html("h2", { id: "popular" }, title),
    html("ul", {}, ...songs.map((song) => html("li", {}, html("a", { href: addressOfPiece(song) }, song.title)))),
  );
