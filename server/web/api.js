/** The REST side of the protocol, as far as the page reads it. */

export class ApiError extends Error {
  constructor(message, code) {
    super(message);
    this.name = "ApiError";
    this.code = code;
  }
}

async function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value != null);
  const suffix = given.length ? `?${new URLSearchParams(given)}` : "";
  let response;
  try {
    response = await fetch(`/api/v1/${path}${suffix}`);
  } catch {
    throw new ApiError("The server is not reachable.", "DISCONNECTED");
  }
  if (response.ok) return response;
  const { error, code } = await response.json().catch(() => ({}));
  throw new ApiError(error ?? `The server answered ${response.status}.`, code ?? "UNKNOWN");
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

/** The engraved score, as the text of an SVG file. */
export const fetchScore = async (id, width) =>
  (await get(`songs/${id}/score.svg`, { width })).text();
