/** Who plays: whoever is signed in here; where the server lets no guests in, a sign-in or a token is asked for. */

import { fetchStatus } from "./api.js";
import { byId } from "./dom.js";
import { identity } from "./identity.js";
import { signInAddress } from "./badge.js";

const UNAUTHENTICATED = 401;

/** Keeps a connection that of whoever is signed in, but never changes it while something is played. */
class Door {
  #client;
  #isShut = true;
  #isFollowing = false;
  #isBehind = false;
  #isRenewed = false; // since the server last knew who plays

  constructor(client) {
    this.#client = client;
    client.on("connection", ({ state, retryMs }) => this.#connection(state, retryMs));
    client.on("authenticated", () => this.#known());
    client.on("auth_error", ({ message }) => this.#refused(message));
    client.on("idle", () => this.#follow());
    identity.on("change", () => this.#follow());
    byId("door").addEventListener("submit", (event) => {
      event.preventDefault();
      identity.takeToken(byId("token").value.trim());
      this.#connect();
    });
  }

  /** Connect as whoever this browser was last, as a guest where that is enough, or ask. */
  async enter() {
    if (!identity.hasToken && (await needsToken())) this.#ask("");
    else this.#connect();
  }

  #connect() {
    this.#client.connect().catch(() => {}); // told by the connection event, and tried again
  }

  #connection(state, retryMs) {
    this.#isShut = state === "lost" && retryMs === null;
    if (state === "open") this.#follow();
    else if (this.#isShut && byId("door").hidden) this.#shutOut();
  }

  /** The server has closed the connection as its sign-in is over: go on as whoever is signed in by now. */
  async #shutOut() {
    if (identity.user && (await isSignedIn())) return this.#client.restart();
    identity.forget();
    return this.#leave("");
  }

  #known() {
    this.#isRenewed = false;
    byId("door").hidden = true;
  }

  /** Have the server know who is signed in by now, one step after the other. */
  async #follow() {
    this.#isBehind = true;
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    while (this.#isBehind) {
      this.#isBehind = false;
      await this.#step().catch(() => {}); // told by auth_error, or by the loss of the connection
    }
    this.#isFollowing = false;
  }

  async #step() {
    const client = this.#client;
    const here = identity.user?.id ?? null;
    if (client.isPlaying || here === client.userId) return; // what is played is played to its end
    if (client.userId !== null) {
      if (!identity.hasToken) await this.#leave("");
      else if (here) client.restart();
    } else if (this.#isShut) {
      this.#connect();
    } else if (client.isReady) {
      const token = await identity.token();
      if (token) await client.authenticate(token);
    }
  }

  /** A token that is no good is exchanged once, else forgotten: the player is a guest from then on. */
  async #refused(message) {
    if (identity.user && !this.#isRenewed) {
      this.#isRenewed = true;
      if (await isSignedIn()) return this.#client.restart();
    }
    identity.forget();
    return this.#leave(message);
  }

  async #leave(message) {
    if (await needsToken()) this.#ask(message);
    else this.#client.restart();
  }

  #ask(message) {
    this.#client.close();
    byId("door").hidden = false;
    byId("door-sign-in").href = signInAddress();
    byId("door-error").textContent = message;
    byId("door-token").open = message !== "";
    if (message) byId("token").select();
  }
}

/** Keep a connection that of whoever is signed in, from now on. */
export const enter = (client) => new Door(client).enter();

async function needsToken() {
  const status = await fetchStatus().catch(() => null); // the connection tells of a server that is away
  return status !== null && !status.features.guests;
}

/** Whether the server still takes this browser for somebody; its tokens are renewed on the way. */
async function isSignedIn() {
  try {
    await identity.ask("GET", "auth/me");
    return true;
  } catch (error) {
    return error.status !== UNAUTHENTICATED;
  }
}
