/** The few calls of Spotify's Web API that a room needs. */

import { PlayerError } from "./player.js";

const DEFAULT_PAUSE_SEC = 5; // where a refusal does not say how long

const WORDS = {
  401: "Spotify does not accept the access token. It may have run out: make a new one.",
  403: "Spotify does not allow this: remote control wants a Premium account and the scope to play.",
  404: "Spotify has no active device: start playing somewhere, then try again.",
};

export class SpotifyApi {
  #baseUrl;
  #token = null;
  #restUntilMs = 0; // it was asked too often: not before then

  /** @param {{baseUrl: string}} options - its origin: https://api.spotify.com, or another that speaks alike */
  constructor({ baseUrl }) {
    this.#baseUrl = baseUrl.replace(/\/$/, "");
  }

  /** Use this token from now on; rejects where the profile call does not know it. Gives who it is. */
  async authenticate(token) {
    this.#token = token;
    const profile = await this.#ask("GET", "");
    return { id: profile.id, name: profile.display_name ?? profile.id };
  }

  /** What plays on the active device; null where nothing does. */
  async getCurrentPlayback() {
    const playback = await this.#ask("GET", "/player");
    if (!playback?.item) return null;
    const { item, progress_ms, is_playing } = playback;
    return {
      uri: item.uri,
      name: item.name,
      artist: (item.artists ?? []).map(({ name }) => name).join(", "),
      durationMs: item.duration_ms,
      position: progress_ms ?? 0,
      isPlaying: is_playing,
    };
  }

  /** Play on, or a track from a position. */
  play(uri = null, positionMs = 0) {
    return this.#ask("PUT", "/player/play", uri ? { uris: [uri], position_ms: Math.round(positionMs) } : undefined);
  }

  pause() {
    return this.#ask("PUT", "/player/pause");
  }

  seek(positionMs) {
    return this.#ask("PUT", `/player/seek?position_ms=${Math.round(positionMs)}`);
  }

  /** Whether it may be asked now. */
  get mayAsk() {
    return performance.now() >= this.#restUntilMs;
  }

  async #ask(method, path, body) {
    if (!this.mayAsk) throw new PlayerError("Spotify was asked too often and wants a pause.", "RATE_LIMITED");
    const response = await this.#fetch(method, path, body);
    if (response.status === 429) {
      const pauseSec = Number(response.headers.get("Retry-After")) || DEFAULT_PAUSE_SEC;
      this.#restUntilMs = performance.now() + 1000 * pauseSec;
      throw new PlayerError(`Spotify was asked too often: it wants a pause of ${pauseSec} s.`, "RATE_LIMITED");
    }
    if (!response.ok) {
      const words = WORDS[response.status] ?? `Spotify answered ${response.status}.`;
      throw new PlayerError(words, response.status === 401 ? "TOKEN" : "SPOTIFY");
    }
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  }

  async #fetch(method, path, body) {
    const headers = { Authorization: `Bearer ${this.#token}` };
    if (body) headers["Content-Type"] = "application/json";
    try {
      return await fetch(`${this.#baseUrl}/v1/me${path}`, { method, headers, body: body && JSON.stringify(body) });
    } catch {
      throw new PlayerError("Spotify is not reachable.", "DISCONNECTED");
    }
  }
}
