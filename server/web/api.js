/** The REST side of the protocol, as far as the page reads it. */

import { ask } from "./http.js";
import { identity } from "./identity.js";

const UNAUTHENTICATED = 401;

const get = (path, query) => ask("GET", path, { query });

/** What is open to anybody, with one's own in it; with a token that is worth nothing any more, without. */
async function getOwn(path, query = {}) {
  try {
    return await identity.ask("GET", path, { query });
  } catch (error) {
    if (error.status !== UNAUTHENTICATED) throw error;
    return get(path, query);
  }
}

const PAGE_SIZE = 200;
const FOUND_AT_MOST = 20;
const POPULAR = 6;
const LATEST = 5;
const NAME_CHARS = 100; // of a file's name: its end tells what kind it is

/** What the server can do, and whether it lets guests play. */
export const fetchStatus = async () => (await get("status")).json();

/** What the server can listen to: each with its name, range and whether it plays chords. */
export const fetchInstruments = async () => (await get("instruments")).json();

/** All pieces, page by page. */
export async function fetchSongs() {
  const songs = [];
  let cursor = null;
  do {
    const response = await getOwn("songs", { limit: PAGE_SIZE, cursor });
    songs.push(...(await response.json()));
    const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "");
    cursor = next && new URL(next[1], location.href).searchParams.get("cursor");
  } while (cursor);
  return songs;
}

/** What fits some words, the best first; accents and slips are forgiven. */
export const searchSongs = async (q) => (await getOwn("songs/search", { q, limit: FOUND_AT_MOST })).json();

/** What is practised most, by everybody. */
export const fetchPopular = async () => (await getOwn("songs/popular", { limit: POPULAR })).json();

/** A path through a piece: what to practise, in the order to take it. */
export const fetchTutorial = async (id) => (await getOwn(`songs/${id}/tutorial`)).json();

/** Add a score to one's own; the same file again is the piece that is there. */
export async function addScore(file) {
  const query = { name: file.name.slice(-NAME_CHARS) };
  const headers = { "Content-Type": "application/octet-stream" };
  return (await identity.ask("POST", "songs", { query, body: file, headers })).json();
}

/** Change `title`, `composer` or `shared` of an own score. */
export const changeScore = async (id, change) =>
  (await identity.ask("PATCH", `songs/${id}`, { body: change })).json();

export const deleteScore = (id) => identity.ask("DELETE", `songs/${id}`);

/** The practice sessions in one's history that began last. */
export const fetchLatestPractice = async () =>
  (await identity.ask("GET", "sessions", { query: { limit: LATEST } })).json();

/** Say something of a practice session: `rating`, `notes`. */
export const changePractice = async (id, change) =>
  (await identity.ask("PATCH", `sessions/${id}`, { body: change })).json();

export const fetchSong = async (key) => (await getOwn(`songs/${encodeURIComponent(key)}`)).json();

/** The notes of a section, each with the milliseconds from the section's start. */
export const fetchNotes = async (id, section = {}) => (await getOwn(`songs/${id}/notes`, section)).json();

/** The bars of a section, with the same zero. */
export const fetchBars = async (id, section = {}) => (await getOwn(`songs/${id}/bars`, section)).json();

/** The modules of the course, each with its lessons. */
export async function fetchModules() {
  const modules = await (await get("lessons/modules", { limit: PAGE_SIZE })).json();
  return Promise.all(modules.map(async ({ id }) => (await getOwn(`lessons/modules/${id}`)).json()));
}

/** One lesson: its text, and what to play for it. */
export const fetchLesson = async (key) => (await getOwn(`lessons/${encodeURIComponent(key)}`)).json();

/** Keep in one's account how far one is in a lesson, in percent; a guest has none. */
export async function keepProgress(id, progress) {
  if (identity.hasToken) await identity.ask("PATCH", `lessons/${id}/progress`, { body: { progress } });
}

/** The engraved score, as the text of an SVG file. */
export const fetchScore = async (id, width) =>
  (await getOwn(`songs/${id}/score.svg`, { width })).text();
