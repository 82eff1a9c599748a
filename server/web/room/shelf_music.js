/** The music that the server offers from a folder of its own. */

import { ApiError } from "../api.js";

const PREFIX = "/api/v1/music/";
const PAGE_SIZE = 200;

export const isShelfUri = (uri) => uri.startsWith(PREFIX);

const nameOf = (uri) => decodeURIComponent(uri.slice(uri.lastIndexOf("/") + 1)).replace(/\.[^.]+$/, "");

async function get(path, token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  let response;
  try {
    response = await fetch(path, { headers });
  } catch {
    throw new ApiError("The server is not reachable.", "DISCONNECTED");
  }
  if (response.ok) return response;
  const { error, code } = await response.json().catch(() => ({}));
  throw new ApiError(error ?? `The server answered ${response.status}.`, code ?? "UNKNOWN");
}

/** What is there of these words, at most as much as one page holds; and how much there is. */
export async function listShelf(words, token) {
  const query = new URLSearchParams({ limit: PAGE_SIZE, ...(words && { q: words }) });
  const response = await get(`${PREFIX.slice(0, -1)}?${query}`, token);
  return { files: await response.json(), total: Number(response.headers.get("X-Total-Count")) };
}

/** One of them as a track; an element that plays can show no token, so where one is needed the whole is fetched. */
export async function shelfTrack(uri, token) {
  const track = { uri, name: nameOf(uri) };
  if (!token) return { ...track, url: uri };
  const file = await (await get(uri, token)).blob();
  return { ...track, url: URL.createObjectURL(file) };
}
