/** The music that the server offers from a folder of its own. */

import { ask } from "../http.js";

const BASE = "/api/v1/";
const PREFIX = `${BASE}music/`;
const PAGE_SIZE = 200;

export const isShelfUri = (uri) => uri.startsWith(PREFIX);

const nameOf = (uri) => decodeURIComponent(uri.slice(uri.lastIndexOf("/") + 1)).replace(/\.[^.]+$/, "");

/** What is there of these words, at most as much as one page holds; and how much there is. */
export async function listShelf(words, token) {
  const response = await ask("GET", "music", { query: { limit: PAGE_SIZE, q: words || null }, token });
  return { files: await response.json(), total: Number(response.headers.get("X-Total-Count")) };
}

/** One of them as a track; an element that plays can show no token, so where one is needed the whole is fetched. */
export async function shelfTrack(uri, token) {
  const track = { uri, name: nameOf(uri) };
  if (!token) return { ...track, url: uri };
  const file = await (await ask("GET", uri.slice(BASE.length), { token })).blob();
  return { ...track, url: URL.createObjectURL(file) };
}
