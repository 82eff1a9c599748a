/** What the history page reads and writes over REST. */

import { identity } from "../identity.js";

const MOST = 200; // in one page of a list
const RECENT = 100; // practice sessions in the line of accuracy
const PATIENCE_MS = 30_000; // for the answer to a change, before it counts as lost
const AWAY = [502, 503, 504];

const json = async (path, query) => (await identity.ask("GET", path, { query })).json();

/** Whether an error says that the server is away, rather than that it refuses. */
export const isAway = ({ code, status }) => code === "DISCONNECTED" || AWAY.includes(status);

/** Where the next page of a list begins; null after the last. */
function cursorOf(response) {
  const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "");
  return next && new URL(next[1], location.href).searchParams.get("cursor");
}

async function page(path, query) {
  const response = await identity.ask("GET", path, { query });
  const total = Number(response.headers.get("X-Total-Count"));
  return { rows: await response.json(), total, cursor: cursorOf(response) };
}

async function allPages(path) {
  const rows = [];
  let cursor = null;
  do {
    const next = await page(path, { limit: MOST, cursor });
    rows.push(...next.rows);
    cursor = next.cursor;
  } while (cursor);
  return rows;
}

/** A page of practice sessions, one's own or a student's. */
export const fetchSessions = (student, query) =>
  page(student ? `sessions/students/${encodeURIComponent(student)}/sessions` : "sessions", query);

export const fetchSession = (id) => json(`sessions/${encodeURIComponent(id)}`);

/** All figures of the head of the page; accuracy over time is of one piece, if one is given. */
export async function fetchFigures(song = null) {
  const [week, progress, days, points, statistics] = await Promise.all([
    json("stats"),
    json("progress/stats"),
    json("progress/heatmap"),
    json("progress/sessions", { limit: RECENT, song }),
    json("sessions/statistics"),
  ]);
  return { week: week.weekly_progress, progress, days, points, pieces: statistics.per_song };
}

export const makeSession = async (session) => (await identity.ask("POST", "sessions", { body: session })).json();

/** What a change is sent with: the version it was made from, and an end to waiting for an answer. */
const fitting = (version) => ({ headers: { "If-Match": `"${version}"` }, signal: AbortSignal.timeout(PATIENCE_MS) });

/** Change a practice session, if it is still the one that was read. */
export async function changeSession({ id, version }, body) {
  return (await identity.ask("PATCH", `sessions/${id}`, { body, ...fitting(version) })).json();
}

/** Delete a practice session, if it is still the one that was read. */
export const deleteSession = ({ id, version }) =>
  identity.ask("DELETE", `sessions/${id}`, fitting(version));

export const fetchComments = (id) => allPages(`sessions/${id}/comments`);

export const makeComment = (id, body) => identity.ask("POST", `sessions/${id}/comments`, { body: { body } });

export const deleteComment = (id, comment) => identity.ask("DELETE", `sessions/${id}/comments/${comment}`);

/** What was played in a practice session, event by event. */
export const fetchEvents = (id) => allPages(`sessions/${id}/events`);

/** Its sound. */
export const fetchAudio = async (id) => (await identity.ask("GET", `sessions/${id}/audio`)).blob();

/** Its report, as the text of a page. */
export const fetchReport = async (id) =>
  (await identity.ask("GET", `sessions/${id}/report`, { query: { format: "html" } })).text();

export const fetchStudents = () => json("teaching/students");

export const fetchMe = () => json("auth/me");

/** The piece of a number. */
export const fetchSong = (id) => json(`songs/${id}`);

/** Pieces that have these words. */
export const findSongs = (words) => json("songs/search", { q: words, limit: 8 });
