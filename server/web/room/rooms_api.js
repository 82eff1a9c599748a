/** Rooms over REST: made, joined, put right and ended. */

import { ApiError } from "../api.js";

export class RoomsApi {
  /** @param {{token?: () => string | null, base?: string}} options - who asks, and which server is asked */
  constructor({ token = () => null, base = "" } = {}) {
    this.token = token;
    this.base = base;
  }

  /** Open a room; answers the host's place in it. */
  create(member) {
    return this.#ask("POST", "", member);
  }

  /** Join a room; answers a place in it. */
  join(code, member) {
    return this.#ask("POST", `/${encodeURIComponent(code)}/join`, member);
  }

  /** Let one member hear it so much ahead of the host. */
  setOffset({ sessionId, userId, memberKey }, offsetMs) {
    return this.#ask("PATCH", `/${encodeURIComponent(sessionId)}/offset`, { offsetMs, userId, memberKey });
  }

  state({ sessionId, memberKey }) {
    const query = memberKey ? `?${new URLSearchParams({ memberKey })}` : "";
    return this.#ask("GET", `/${encodeURIComponent(sessionId)}/state${query}`);
  }

  /** End a room; only its host may. */
  end({ sessionId, memberKey }) {
    const query = memberKey ? `?${new URLSearchParams({ memberKey })}` : "";
    return this.#ask("DELETE", `/${encodeURIComponent(sessionId)}${query}`);
  }

  async #ask(method, path, body) {
    const token = this.token();
    const headers = {
      ...(body && { "Content-Type": "application/json" }),
      ...(token && { Authorization: `Bearer ${token}` }),
    };
    let response;
    try {
      response = await fetch(`${this.base}/api/v1/sync/sessions${path}`, {
        method,
        headers,
        body: body && JSON.stringify(body),
      });
    } catch {
      throw new ApiError("The server is not reachable.", "DISCONNECTED");
    }
    const answer = response.status === 204 ? null : await response.json().catch(() => null);
    if (response.ok) return answer;
    throw new ApiError(answer?.error ?? `The server answered ${response.status}.`, answer?.code ?? "UNKNOWN");
  }
}
