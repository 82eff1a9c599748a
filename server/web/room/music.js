/** All music a listener can hear: what a track's URI names, and where its sound is. */

import { isFileUri } from "./files_music.js";
import { pieceTrack, slugOf } from "./pieces_music.js";
import { isShelfUri, shelfTrack } from "./shelf_music.js";

const KEPT = 20; // tracks whose sound stays at hand
const isWebUri = (uri) => /^https?:\/\//.test(uri);

/** What kind of music a URI names: piece, file, shelf, web, spotify, or null for none of these. */
export function kindOf(uri) {
  if (slugOf(uri) !== null) return "piece";
  if (isFileUri(uri)) return "file";
  if (isShelfUri(uri)) return "shelf";
  if (isWebUri(uri)) return "web";
  return uri.startsWith("spotify:track:") ? "spotify" : null;
}

/** The site that would be asked for a track of the web. */
export const siteOf = (uri) => new URL(uri).host;

/** The name of a file at an address. */
function webName(uri) {
  const { pathname, host } = new URL(uri);
  const last = pathname.split("/").filter(Boolean).at(-1) ?? host;
  try {
    return decodeURIComponent(last).replace(/\.[^.]+$/, "");
  } catch {
    return last; // no address that can be decoded
  }
}

export class Music {
  #tracks = new Map(); // uri → Track, oldest first
  #making = new Map(); // uri → what will be its Track: who asks again waits for the same
  #sites = new Set();
  #token;

  /** @param {() => Promise<string | null>} token - who listens */
  constructor(token = async () => null) {
    this.#token = token;
    this.#sites.add(location.host);
  }

  /** Have a track at hand: one that was chosen here. */
  add(track) {
    this.#tracks.delete(track.uri);
    this.#tracks.set(track.uri, track);
    for (const [uri, { url }] of [...this.#tracks].slice(0, -KEPT)) {
      this.#tracks.delete(uri);
      if (url.startsWith("blob:")) URL.revokeObjectURL(url);
    }
    return track;
  }

  /** Let tracks of a site be fetched: it is told this browser's address, so its listener is asked first. */
  allowSite(site) {
    this.#sites.add(site);
  }

  async #make(uri, make) {
    const making = this.#making.get(uri) ?? make();
    this.#making.set(uri, making);
    try {
      return this.add(await making);
    } finally {
      this.#making.delete(uri);
    }
  }

  /** Find the sound of a URI; null where the listener has to do something for it. */
  async find(uri) {
    const known = this.#tracks.get(uri);
    if (known) return this.add(known);
    switch (kindOf(uri)) {
      case "piece":
        return this.#make(uri, () => pieceTrack(slugOf(uri)));
      case "shelf":
        return this.#make(uri, async () => shelfTrack(uri, await this.#token()));
      case "web":
        return this.#sites.has(siteOf(uri)) ? this.add({ uri, name: webName(uri), url: uri }) : null;
      default:
        return null; // a file that has to be chosen here, or nothing that plays here
    }
  }
}
