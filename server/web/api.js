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
