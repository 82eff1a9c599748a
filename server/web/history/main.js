/** The history page: what was practised, to look at, to add to and to put right. */

import { showBadge, signInAddress } from "../badge.js";
import { byId, html } from "../dom.js";
import { ApiError, sentence } from "../http.js";
import { identity } from "../identity.js";
import { Days } from "./days.js";
import { Keeper } from "./keeping.js";
import { showNewPractice } from "./new_practice.js";
import { Outbox, countWaiting } from "./outbox.js";
import { Overview } from "./overview.js";
import { fetchMe, fetchStudents } from "./records.js";
import { showReport } from "./report.js";
import { SessionView } from "./session.js";
import { addressOf, filtersHere, studentHere } from "./filters.js";

const TITLE = "History · Etude";
const SAFE = "What you changed here is safe in this browser, and is sent when you sign in again.";

/** Which part of the page the address says, and of which practice session. */
function placeHere() {
  const [, place = "", id = ""] = location.hash.split("/");
  return { place, id: decodeURIComponent(id) };
}

/** Lead who reads or listens to where another part of the page begins. */
function lead(place) {
  if (["session", "new"].includes(place)) scrollTo(0, 0);
  if (place !== "new") byId("main").focus({ preventScroll: true });
}

/** All of the page for one account. */
class History {
  #user;
  #days;
  #outbox;
  #overview;
  #session;
  #keeper;
  #student = studentHere();
  #place = null;
  #stop = new AbortController();

  constructor(user) {
    this.#user = user;
    this.#days = new Days(user.time_zone);
    this.#outbox = this.#student ? null : new Outbox(user.id);
    this.#keeper = this.#outbox && new Keeper(this.#outbox);
    const shared = {
      user, days: this.#days, outbox: this.#outbox, keeper: this.#keeper, student: this.#student,
    };
    this.#overview = new Overview({ ...shared, go: (filters) => this.#go(filters) });
    const { known } = this.#overview;
    this.#session = new SessionView(byId("one"), { ...shared, known, onLeave: () => { location.hash = "#/"; } });
  }

  start() {
    const { signal } = this.#stop;
    addEventListener("popstate", () => this.#show(), { signal });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#fetch(); // perhaps somebody played in another tab
    }, { signal });
    this.#outbox?.on("change", () => this.#refresh());
    this.#outbox?.on("sent", () => this.#fetch());
    this.#outbox?.start();
    if (this.#user.role === "teacher") this.#offerStudents();
    this.#show();
  }

  stop() {
    this.#stop.abort();
    this.#outbox?.stop();
    this.#session.hide();
    this.#overview.clear();
    byId("new").replaceChildren();
  }

  /** Show what the address says. */
  #show() {
    if (studentHere() !== this.#student) {
      location.reload();
      return;
    }
    const { place, id } = placeHere();
    const isElsewhere = this.#place !== null && this.#place !== place;
    this.#place = place;
    byId("overview").hidden = ["session", "new"].includes(place);
    byId("one").hidden = place !== "session";
    byId("new").hidden = place !== "new" || !this.#keeper;
    if (place !== "session") this.#session.hide();
    if (place !== "new") byId("new").replaceChildren();
    if (place === "session") this.#session.show(id);
    else if (place === "new" && this.#keeper) this.#add();
    else {
      document.title = TITLE;
      this.#overview.show(filtersHere());
    }
    if (isElsewhere) lead(place);
  }

  #add() {
    document.title = `Add practice · ${TITLE}`;
    showNewPractice(byId("new"), {
      user: this.#user, days: this.#days, keeper: this.#keeper, onMade: () => { location.hash = "#/"; },
    });
  }

  #go(filters) {
    history.pushState(null, "", addressOf(filters));
    this.#show();
  }

  /** What waits is other than before: show it, unless somebody is in the middle of something. */
  #refresh() {
    this.#overview.showWaiting();
    if (!byId("one").hidden && !this.#session.isEdited) this.#session.show(placeHere().id);
  }

  /** The server has changed. */
  #fetch() {
    if (!byId("overview").hidden) this.#overview.show(filtersHere());
  }

  async #offerStudents() {
    try {
      const students = await fetchStudents();
      if (students.length) this.#overview.offerStudents(students);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#overview.tell(error);
    }
  }
}

/** Say that one has to sign in, and where. */
function showSignedOut() {
  const node = byId("signed-out");
  node.replaceChildren(
    html("h1", {}, "Your practice"),
    html("p", {}, "Sign in, and everything you play is kept here: when, how long, and how it went."),
    countWaiting() ? html("p", { class: "waiting-news" }, SAFE) : "",
    html("p", {}, html("a", { class: "button primary", href: signInAddress() }, "Sign in")));
}

let shown = null;
let shownUser = null;

/** Show the page of who is signed in now. */
function start(user) {
  if (shown && shownUser?.id === user?.id && shownUser?.time_zone === user?.time_zone) return;
  shown?.stop();
  shown = user && new History(user);
  shownUser = user;
  for (const id of ["overview", "one", "new"]) byId(id).hidden = true;
  byId("signed-out").hidden = user !== null;
  if (user) shown.start();
  else showSignedOut();
}

/** Who is signed in; a token that was pasted says so only when the server is asked. */
async function whoIsThere() {
  if (identity.user || !identity.hasToken) return identity.user;
  try {
    const user = await fetchMe();
    identity.remember(user);
    return user;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return null;
  }
}

async function open() {
  const user = await whoIsThere();
  const { place, id } = placeHere();
  if (user && place === "report") {
    await showReport(id).catch((error) => {
      byId("signed-out").hidden = false;
      byId("signed-out").replaceChildren(html("p", { class: "trouble", role: "alert" }, sentence(error)));
    });
    return;
  }
  identity.on("change", start);
  start(user);
}

showBadge();
open();
