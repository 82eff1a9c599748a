/** Where the page begins: which view is shown, and whether the server is there. */

import { EtudeClient } from "./client.js";
import { byId } from "./dom.js";
import { enter } from "./door.js";
import { Pieces } from "./pieces.js";
import { Practice } from "./practice.js";
import { Tuner } from "./tuner.js";
import { legend } from "./verdicts.js";

const PIECE = /^#\/piece\/(.+)$/;

const client = new EtudeClient(undefined, { reconnect: true });
const pieces = new Pieces({ list: byId("pieces-list"), count: byId("pieces-count"), search: byId("search") });
const practice = new Practice(client);
const tuner = new Tuner(byId("tuner"), byId("trace"), practice.listening);

/** The piece an address names; what cannot be decoded stays as it is: a piece nobody knows. */
function decoded(slug) {
  try {
    return decodeURIComponent(slug);
  } catch {
    return slug;
  }
}

/** Show what the address names. */
function route() {
  const slug = PIECE.exec(location.hash)?.[1];
  const isTuner = location.hash === "#/tuner";
  byId("library").hidden = Boolean(slug) || isTuner;
  byId("practice").hidden = !slug;
  window.scrollTo(0, 0);
  if (isTuner) tuner.show();
  else tuner.hide();
  if (slug) {
    practice.show(decoded(slug));
    return;
  }
  practice.hide();
  document.title = isTuner ? "Tuner · Etude" : "Etude";
  if (isTuner) return;
  practice.listening.close();
  pieces.show();
}

/** What could not be fetched while the server was away. */
function fetchAgain() {
  if (!byId("library").hidden && pieces.isMissing) pieces.show();
  if (!byId("practice").hidden && practice.isInTrouble) practice.show(practice.slug);
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
enter(client);
route();
