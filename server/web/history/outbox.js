/**
 * Changes that wait for the server.
 *
 * Each is a key of its own in the browser's storage, so that tabs never overwrite each other's, and stays until the
 * server has answered for it. It is sent again exactly as it was, with the version it was made from: the server knows
 * one that it has made before, so an answer that is lost does not double anything.
 */

import { Emitter } from "../emitter.js";
import { ApiError, ask } from "../http.js";
import { identity } from "../identity.js";

const PREFIX = "etude.outbox.";
const ORDER_DIGITS = 12;
const BATCH = 100; // changes sent at once; the longest texts of so many are below the server's 8 MiB
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60_000;
const PATIENCE_MS = 30_000; // for an answer, before it counts as lost
const HEARING_MS = 200; // after the last change that another tab took away
const UNAUTHENTICATED = 401;
const NOT_MADE = ["conflict", "rejected"];

/** A UUID; `crypto.randomUUID` is missing where a page came without encryption. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Do some work while no other tab does, where the browser can see to that; elsewhere the server's versions do. */
const alone = (name, work) => (navigator.locks ? navigator.locks.request(name, work) : work());

/** How many changes of any account wait in this browser. */
export const countWaiting = () => keysOf(PREFIX).length;

function keysOf(prefix) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch (error) {
    if (error instanceof DOMException) return []; // storage is switched off, so nothing was ever kept
    throw error;
  }
}

/**
 * The changes of one account.
 *
 * A change is `{key, op, id, version, session, copy, verdict}`: `session` is what is sent, `copy` the practice session
 * as it is to be (null for a deletion), `verdict` why the server did not make it, if it has said so.
 *
 * Tells `change` when what waits is other than before, and `sent` when the server has made some of it.
 */
export class Outbox extends Emitter {
  #user;
  #sending = null;
  #timer = null;
  #hearing = null;
  #waitMs = FIRST_WAIT_MS;
  #stop = new AbortController();

  /** @param {string} user - id of the account */
  constructor(user) {
    super();
    this.#user = user;
  }

  /** Why what waits could not be sent the last time; null when all went well. */
  problem = null;

  /** Send what waits now, and whenever the server may be there again. */
  start() {
    const { signal } = this.#stop;
    addEventListener("online", () => this.send(), { signal });
    addEventListener("storage", (event) => this.#hear(event), { signal });
    return this.send();
  }

  /** Send nothing more: somebody else is signed in. */
  stop() {
    this.#stop.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#hearing);
  }

  /** All changes, in the order in which they were made. */
  get changes() {
    const kept = keysOf(this.#prefix).sort();
    return kept.map((key) => ({ key, ...JSON.parse(localStorage.getItem(key)) }));
  }

  /** The changes of one practice session. */
  of(id) {
    return this.changes.filter((change) => change.id === id);
  }

  /** The changes of each practice session, by its id. */
  bySession() {
    return grouped(this.changes);
  }

  /** Make a practice session. */
  create(copy, session) {
    this.#add({ op: "create", id: copy.id, version: 0, session, copy });
  }

  /** Change a practice session of which `copy` is at hand to how it is `changed`. */
  change(copy, changed, session) {
    const version = this.#nextVersion(copy);
    this.#add({ op: "update", id: copy.id, version, session, copy: { ...changed, version: version + 1 } });
  }

  /** Delete a practice session of which `copy` is at hand. */
  delete(copy) {
    this.#add({ op: "delete", id: copy.id, version: this.#nextVersion(copy), copy: null });
  }

  /** Make again what another device deleted; `version` is that of what is left of it. */
  restore(copy, version, session) {
    this.#add({ op: "create", id: copy.id, version, session, copy: { ...copy, version: version + 1 } });
  }

  /**
   * Let another change take the place of all that were not made of a practice session.
   *
   * @param {object|null} change - null: what was wanted is given up
   */
  replace(id, change) {
    const given = this.of(id);
    if (change) this.#keep(change); // first: a tab that closes now loses nothing
    for (const { key } of given) localStorage.removeItem(key);
    this.emit("change");
    this.send();
  }

  /** Send what waits; resolves when it is sent, or has to wait again. */
  send() {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null));
    return this.#sending;
  }

  /** Another tab has kept a change, or sent some: then it is told once, when that is over. */
  #hear({ key, newValue }) {
    if (key !== null && !key.startsWith(this.#prefix)) return;
    this.emit("change");
    if (newValue !== null) return;
    clearTimeout(this.#hearing);
    this.#hearing = setTimeout(() => this.emit("sent"), HEARING_MS);
  }

  get #prefix() {
    return `${PREFIX}${this.#user}.`;
  }

  /** Each change is made from the copy that the one before it makes. */
  #nextVersion(copy) {
    const last = this.of(copy.id).at(-1);
    return last ? last.version + 1 : copy.version;
  }

  #add(change) {
    this.#keep(change);
    this.emit("change");
    this.send();
  }

  #keep(change) {
    const last = keysOf(this.#prefix).sort().at(-1) ?? "";
    const order = Number(last.slice(this.#prefix.length).split(".")[0] || 0) + 1;
    const key = `${this.#prefix}${String(order).padStart(ORDER_DIGITS, "0")}.${newId()}`;
    try {
      localStorage.setItem(key, JSON.stringify(change));
    } catch {
      throw new ApiError("This browser keeps nothing more: wait until the server is there again", "STORAGE_FULL");
    }
  }

  async #sendAll() {
    clearTimeout(this.#timer);
    try {
      await alone(`etude.outbox.${this.#user}`, () => this.#sendBatches());
      this.#waitMs = FIRST_WAIT_MS;
      this.#tellProblem(null);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#tellProblem(error);
    }
    if (this.#stop.signal.aborted || !this.#next().length) return;
    this.#timer = setTimeout(() => this.send(), this.problem ? this.#waitMs : 0);
    if (this.problem) this.#waitMs = Math.min(2 * this.#waitMs, LONGEST_WAIT_MS);
  }

  #tellProblem(problem) {
    const isNews = this.problem?.message !== problem?.message;
    this.problem = problem;
    if (isNews) this.emit("change");
  }

  async #sendBatches() {
    for (let batch = this.#next(); batch.length && !this.#stop.signal.aborted; batch = this.#next()) {
      const items = batch.map(({ op, id, version, session }) => ({ op, id, version, session }));
      const verdicts = await this.#ask(items);
      batch.forEach((change, number) => this.#settle(change, verdicts[number]));
      this.emit("change");
      this.emit("sent");
    }
  }

  /** What is to be sent next: nothing of a session of which a change was not made, before somebody has chosen. */
  #next() {
    const changes = this.changes;
    const stopped = new Set(changes.filter(({ verdict }) => verdict).map(({ id }) => id));
    return changes.filter(({ id }) => !stopped.has(id)).slice(0, BATCH);
  }

  /** The verdicts of the server. */
  async #ask(items) {
    const token = await identity.token();
    if (token === null || identity.user?.id !== this.#user) {
      throw new ApiError("Sign in again to have them sent.", "UNAUTHENTICATED", UNAUTHENTICATED);
    }
    try {
      const options = { token, body: { items }, signal: AbortSignal.timeout(PATIENCE_MS) };
      return (await wholeAnswer(await ask("POST", "sessions/batch", options))).items;
    } catch (error) {
      if (error.status === UNAUTHENTICATED) await identity.ask("GET", "auth/me"); // renews the token, for the next time
      throw error;
    }
  }

  #settle({ key, ...change }, verdict) {
    if (!NOT_MADE.includes(verdict.status)) localStorage.removeItem(key);
    else if (localStorage.getItem(key) !== null) localStorage.setItem(key, JSON.stringify({ ...change, verdict }));
  }
}

/** What the server answered; one that breaks off is as good as none. */
async function wholeAnswer(response) {
  try {
    return await response.json();
  } catch {
    throw new ApiError("The server is not reachable.", "DISCONNECTED");
  }
}

function grouped(changes) {
  const groups = new Map();
  for (const change of changes) groups.set(change.id, [...(groups.get(change.id) ?? []), change]);
  return groups;
}
