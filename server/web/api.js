/** The REST side of the protocol, as far as the page reads it. */

import { remembered } from "./dom.js";

const UNAUTHENTICATED = 401;

export class ApiError extends Error {
  constructor(message, code, status) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
  }
}

async function get(path, query = {}, headers = {}) {
  const given = Object.entries(query).filter(([, value]) => value != null);
  const suffix = given.length ? `?${new URLSearchParams(given)}` : "";
  return send(path + suffix, { headers });
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, options);
  } catch {
    throw new ApiError("The server is not reachable.", "DISCONNECTED");
  }
  if (response.ok) return response;
  const { error, code } = await response.json().catch(() => ({}));
  throw new ApiError(error ?? `The server answered ${response.status}.`, code ?? "UNKNOWN", response.status);
}

/** The token this browser remembers; a guest has none. */
function authorization() {
  const token = remembered.get("token", null);
  return token ? { Authorization: `Bearer ${token}` } : null;
}

/** What is open to anybody, with one's own in it; with a token that is worth nothing any more, without. */
async function getOwn(path, query = {}) {
  try {
    return await get(path, query, authorization() ?? {});
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
    const response = await get("songs", { limit: PAGE_SIZE, cursor });
    songs.push(...(await response.json()));
    const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "");
    cursor = next && new URL(next[1], location.href).searchParams.get("cursor");
  } while (cursor);
  return songs;
}

export const fetchSong = async (key) => (await get(`songs/${encodeURIComponent(key)}`)).json();

/** The notes of a section, each with the milliseconds from the section's start. */
export const fetchNotes = async (id, section = {}) => (await get(`songs/${id}/notes`, section)).json();

/** The bars of a section, with the same zero. */
export const fetchBars = async (id, section = {}) => (await get(`songs/${id}/bars`, section)).json();

/** The modules of the course, each with its lessons. */
export async function fetchModules() {
  const modules = await (await get("lessons/modules", { limit: PAGE_SIZE })).json();
  return Promise.all(modules.map(async ({ id }) => (await getOwn(`lessons/modules/${id}`)).json()));
}

/** One lesson: its text, and what to play for it. */
export const fetchLesson = async (key) => (await getOwn(`lessons/${encodeURIComponent(key)}`)).json();

/** Keep in one's account how far one is in a lesson, in percent; a guest has none. */
export async function keepProgress(id, progress) {
  const headers = authorization();
  if (!headers) return;
  await send(`lessons/${id}/progress`, {
    method: "PATCH",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ progress }),
  });
}

/** The engraved score, as the text of an SVG file. */
export const fetchScore = async (id, width) =>
  (await get(`songs/${id}/score.svg`, { width })).text();
