/** Where the page begins: which view is shown, and whether the server is there. */

import { Adding } from "./adding.js";
import { showBadge } from "./badge.js";
import { EtudeClient } from "./client.js";
import { byId } from "./dom.js";
import { enter } from "./door.js";
import { identity } from "./identity.js";
import { Lessons } from "./lessons.js";
import { Pieces } from "./pieces.js";
import { Practice } from "./practice.js";
import { Tuner } from "./tuner.js";
import { legend } from "./verdicts.js";

const PIECE = /^#\/piece\/([^?]+)(?:\?(.*))?$/;
const VIEWS = { "#/tuner": "tuner", "#/lessons": "course" };
const TITLES = { tuner: "Tuner · Etude", course: "Lessons · Etude" };
const LESSON = /^#\/lesson\/(.+)$/;

const client = new EtudeClient(undefined, { reconnect: true, token: () => identity.token() });
const pieces = new Pieces({ list: byId("pieces-list"), count: byId("pieces-count"), search: byId("search") });
const lessons = new Lessons(byId("course-list"), byId("lesson"));
const practice = new Practice(client, () => pieces.forget());
const tuner = new Tuner(byId("tuner"), byId("trace"), practice.listening);

new Adding(
  { button: byId("add-score"), field: byId("score-file"), place: byId("library"), news: byId("adding") },
  () => {
    pieces.forget();
    if (!byId("library").hidden) pieces.show();
  },
);

/** The piece an address names; what cannot be decoded stays as it is: a piece nobody knows. */
function decoded(slug) {
  try {
    return decodeURIComponent(slug);
  } catch {
    return slug;
  }
}

/** Which view an address names, and what it is to show. */
function viewOf(hash) {
  const [, piece, query] = PIECE.exec(hash) ?? [];
  if (piece) return { view: "practice", slug: decoded(piece), query: query && new URLSearchParams(query) };
  const lesson = LESSON.exec(hash)?.[1];
  if (lesson) return { view: "lesson", slug: decoded(lesson) };
  return { view: VIEWS[hash] ?? "library" };
}

/** Show what the address names. */
function route() {
  const { view, slug, query } = viewOf(location.hash);
  for (const name of ["library", "course", "lesson", "practice"]) byId(name).hidden = name !== view;
  window.scrollTo(0, 0);
  if (view === "tuner") tuner.show();
  else tuner.hide();
  if (view !== "lesson") lessons.hide();
  if (view === "practice") {
    practice.show(slug, query);
    return;
  }
  practice.hide();
  document.title = TITLES[view] ?? "Etude";
  if (view === "tuner") return;
  practice.listening.close();
  if (view === "library") pieces.show();
  if (view === "course") lessons.showAll();
  if (view === "lesson") lessons.show(slug);
}

/** What could not be fetched while the server was away. */
function fetchAgain() {
  if (!byId("library").hidden && pieces.isMissing) pieces.show();
  if (!byId("practice").hidden && practice.isInTrouble) practice.show(practice.slug, practice.query);
  if (lessons.isMissing && !(byId("course").hidden && byId("lesson").hidden)) route();
}

/** Who looks at it is another: what is theirs is fetched anew. */
function showAnew() {
  pieces.forget();
  lessons.forget();
  const { view, slug, query } = viewOf(location.hash);
  if (view === "library") pieces.show();
  if (view === "course") lessons.showAll();
  if (view === "lesson") lessons.show(slug);
  if (view === "practice" && practice.isInTrouble) practice.show(slug, query);
}

const CONNECTION_WORDS = {
  connecting: () => "Connecting…",
  open: () => "Connected",
  lost: (retryMs) =>
    retryMs === null
      ? "Not connected"
      : `The server is gone. Trying again in ${Math.max(1, Math.round(retryMs / 1000))} s…`,
};

client.on("connection", ({ state, retryMs }) => {
  const box = byId("connection");
  if (state === "connecting" && box.dataset.state === "lost") return; // keep saying that it is gone
  if (retryMs === 0) state = "connecting"; // it is left for a fresh one
  box.dataset.state = state;
  byId("connection-text").textContent = CONNECTION_WORDS[state](retryMs);
  byId("start").disabled = state !== "open";
  if (state === "open") fetchAgain();
});

byId("legend").append(legend());
addEventListener("hashchange", () => {
  route();
  byId("main").focus({ preventScroll: true }); // so that reading goes on where the view begins
});
identity.on("change", showAnew);
showBadge();
enter(client);
route();
