/** One request to the server, and its refusals as errors whose messages are for people. */

export class ApiError extends Error {
  /** @param {number} waitSec - how long the server wants to be left alone; 0 where it does not say */
  constructor(message, code, status, details = null, waitSec = 0) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.details = details;
    this.waitSec = waitSec;
  }
}

/**
 * Ask the server for something below `/api/v1/`; resolves with the response if it is a good one.
 *
 * @param {object} options - query (null values are left out), body (an object for JSON, or what fetch sends by
 *   itself: a file, a form), token, headers, base (the address of another server), signal (of an AbortController)
 * @throws {ApiError} if the server refuses, or is not reachable (code "DISCONNECTED")
 */
export async function ask(method, path, { query = {}, body, token = null, headers = {}, base = "", signal } = {}) {
  const given = Object.entries(query).filter(([, value]) => value != null);
  const suffix = given.length ? `?${new URLSearchParams(given)}` : "";
  const isJson = body?.constructor === Object;
  let response;
  try {
    response = await fetch(`${base}/api/v1/${path}${suffix}`, {
      method,
      headers: {
        ...(isJson && { "Content-Type": "application/json" }),
        ...(token && { Authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: isJson ? JSON.stringify(body) : body,
      signal,
    });
  } catch {
    throw new ApiError("The server is not reachable.", "DISCONNECTED");
  }
  if (response.ok) return response;
  const { error, code, details } = await response.json().catch(() => ({}));
  const message = error ?? `The server answered ${response.status}.`;
  const waitSec = Number(response.headers.get("Retry-After") ?? 0);
  throw new ApiError(message, code ?? "UNKNOWN", response.status, details ?? null, waitSec);
}

/** The message of an error as a sentence of its own. */
export function sentence({ message, details }) {
  const plain = message.replace(`${details?.field}: `, "");
  return plain[0].toUpperCase() + plain.slice(1) + (/[.!?]$/.test(plain) ? "" : ".");
}
