/** Rooms over REST: made, joined, put right and ended. */

import { ask } from "../http.js";

export class RoomsApi {
  /** @param {{token?: () => Promise<string | null>, base?: string}} options - who asks, and which server is asked */
  constructor({ token = async () => null, base = "" } = {}) {
    this.token = token;
    this.base = base;
  }

  /** Open a room; answers the host's place in it. */
  create(member) {
    return this.#ask("POST", "", { body: member });
  }

  /** Join a room; answers a place in it. */
  join(code, member) {
    return this.#ask("POST", `/${encodeURIComponent(code)}/join`, { body: member });
  }

  /** Let one member hear it so much ahead of the host. */
  setOffset({ sessionId, userId, memberKey }, offsetMs) {
    return this.#ask("PATCH", `/${encodeURIComponent(sessionId)}/offset`, {
      body: { offsetMs, userId, memberKey },
    });
  }

  state({ sessionId, memberKey }) {
    return this.#ask("GET", `/${encodeURIComponent(sessionId)}/state`, { query: { memberKey } });
  }

  /** End a room; only its host may. */
  end({ sessionId, memberKey }) {
    return this.#ask("DELETE", `/${encodeURIComponent(sessionId)}`, { query: { memberKey } });
  }

  async #ask(method, path, { query, body } = {}) {
    const { base } = this;
    const response = await ask(method, `sync/sessions${path}`, { query, body, base, token: await this.token() });
    return response.status === 204 ? null : response.json();
  }
}
