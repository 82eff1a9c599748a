/** Who this browser is signed in as: tokens that are kept, and renewed in time by one tab for all of them. */

import { alone } from "./alone.js";
import { remembered } from "./dom.js";
import { Emitter } from "./emitter.js";
import { ApiError, ask } from "./http.js";

const KEPT = "sign-in"; // {access, refresh, endsAt, user}; only {access} where a token was pasted
const EARLY_MS = 60_000; // a token is renewed this long before its end
const UNAUTHENTICATED = 401;
const signInAgain = () => new ApiError("Sign in again.", "UNAUTHENTICATED", UNAUTHENTICATED);

/** Tells `change` whenever somebody signs in or out, here or in another tab. */
export class Identity extends Emitter {
  #renewing = null;
  #here = null; // the same, where storage is switched off
  #told = this.#who;

  constructor() {
    super();
    addEventListener("storage", ({ key }) => {
      if (key === null || key === `etude.${KEPT}`) this.#tell();
    });
    addEventListener("pageshow", () => this.#tell()); // a page that slept heard of nothing
  }

  get #kept() {
    return remembered.get(KEPT, this.#here);
  }

  /** What others are told about when it changes: new tokens of the same sign-in are nobody's concern. */
  get #who() {
    const kept = this.#kept;
    return JSON.stringify(kept && [kept.user?.id ?? kept.access, kept.user?.name]);
  }

  /** Whether this browser has a token at all, its own or a pasted one. */
  get hasToken() {
    return this.#kept !== null;
  }

  /** The account that is signed in, as it was when last heard of; null for guests and pasted tokens. */
  get user() {
    return this.#kept?.user ?? null;
  }

  /** Make an account, and sign it in. */
  register(account) {
    return this.#enter("auth/register", account);
  }

  /**
   * Sign in by address and password.
   *
   * @throws {ApiError} with code TWO_FACTOR_REQUIRED where a code is asked for: give `details.challenge` to
   *   {@link answer}
   */
  signIn(email, password) {
    return this.#enter("auth/login", { email, password });
  }

  /** Finish a sign-in by the code of an authenticator, or a recovery code. */
  answer(challenge, code) {
    return this.#enter("auth/2fa/verify", { challenge, code });
  }

  /** Finish a sign-in elsewhere by the code that the address brought back. */
  takeCode(code) {
    return this.#enter("auth/oauth/token", { code });
  }

  /** Keep a token that somebody was given, as `etude token` prints it; and whose it is, if that is known. */
  takeToken(access, user = null) {
    this.#keep({ access, user });
  }

  /** Sign out here, whether or not the server hears of it. */
  async signOut() {
    const kept = this.#kept;
    this.forget();
    if (kept?.refresh) await ask("POST", "auth/logout", { body: { refresh_token: kept.refresh } }).catch(() => {});
  }

  /** Take note of how the account is now, unless it is no longer the one that is signed in. */
  remember(user) {
    const kept = this.#kept;
    if (kept && (kept.user ?? user).id === user.id) this.#keep({ ...kept, user });
  }

  /** Be nobody: what is kept is no good any more. */
  forget() {
    this.#keep(null);
  }

  /** A token that is good for a while; null for guests, and for who is signed in no more. */
  async token() {
    const kept = this.#kept;
    if (!kept?.refresh || Date.now() < kept.endsAt - EARLY_MS) return kept?.access ?? null;
    try {
      return await this.#renew(kept.access);
    } catch (error) {
      if (error.status === UNAUTHENTICATED) return null;
      throw error;
    }
  }

  /**
   * Ask the server as who is signed in; a token that it no longer takes is renewed once.
   *
   * @throws {ApiError} as {@link ask}; with status 401 whoever was signed in is so no more
   */
  async ask(method, path, options = {}) {
    const wasKnown = this.hasToken;
    const asker = this.user?.id;
    const token = await this.token();
    if (wasKnown && token === null) throw signInAgain(); // the sign-in has just ended
    try {
      return await ask(method, path, { ...options, token });
    } catch (error) {
      if (error.status !== UNAUTHENTICATED || token === null) throw error;
    }
    const other = await this.#renew(token);
    if (this.user?.id !== asker) throw signInAgain(); // meanwhile somebody else signed in
    return ask(method, path, { ...options, token: other });
  }

  async #enter(path, body) {
    const answer = await (await ask("POST", path, { body })).json();
    this.#take(answer);
    return answer.user;
  }

  /** A new token for one that is no good any more, once for all: a refresh token that is used twice ends all. */
  #renew(old) {
    this.#renewing ??= alone(KEPT, () => this.#renewed(old)).finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renewed(old) {
    const kept = this.#kept;
    if (kept && kept.access !== old) return kept.access; // another tab was faster
    if (!kept?.refresh) {
      this.forget();
      throw signInAgain();
    }
    const isSame = () => this.#kept?.refresh === kept.refresh;
    try {
      const response = await ask("POST", "auth/refresh", { body: { refresh_token: kept.refresh } });
      const answer = await response.json();
      if (!isSame()) throw signInAgain(); // meanwhile somebody signed out, and means it
      this.#take(answer);
      return answer.access_token;
    } catch (error) {
      if (error.status === UNAUTHENTICATED && isSame()) this.forget();
      throw error;
    }
  }

  #take({ access_token: access, refresh_token: refresh, expires_in: sec, user }) {
    this.#keep({ access, refresh, endsAt: Date.now() + 1000 * sec, user: user ?? this.user });
  }

  #keep(kept) {
    remembered.set(KEPT, kept);
    this.#here = remembered.get(KEPT, null) === null ? kept : null;
    this.#tell();
  }

  #tell() {
    const who = this.#who;
    if (who === this.#told) return;
    this.#told = who;
    this.emit("change", this.user);
  }
}

/** The one of this page. */
export const identity = new Identity();
